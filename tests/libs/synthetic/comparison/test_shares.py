import numpy as np
import pandas as pd
import pytest

from libs.settings import conf_folder
from libs.synthetic.comparison.shares import band_shares, conversion, distances, percentages, treatment_mix
from libs.synthetic.providers import BANDS, ENGLAND, PublishedFigures, load_published_figures

_UPPER = {"fds": (14, 28, 42, 62, 90), "d31": (31, 38, 48, 62, 90), "d62": (31, 38, 48, 62, 76, 90, 104, 130)}


@pytest.fixture(scope="module")
def figures() -> PublishedFigures:
    return load_published_figures(conf_folder())


@pytest.fixture(scope="module")
def as_published(figures: PublishedFigures) -> pd.DataFrame:
    """Waits that are exactly England's: one row a published band, counting as many as it holds."""
    table = figures.published
    cells = table[(table["provider"] == ENGLAND) & ~table["band"].isin(["all", "within"])]
    finest = cells[(cells["route_or_stage"] != "ALL") & (cells["breakdown"] != "all")]
    upper = {
        (standard, band): days
        for standard in BANDS
        for band, days in zip(BANDS[standard], _UPPER[standard], strict=True)
    }
    days = [upper[each] for each in zip(finest["standard"], finest["band"], strict=True)]
    limit = finest["standard"].map({"fds": 28, "d31": 31, "d62": 62})
    waits = finest.rename(columns={"count": "counted"}).assign(days=days, provider="RVW")
    return waits.assign(within=np.where(waits["days"] <= limit, waits["counted"], 0.0)).drop(columns="band")


def test_a_world_just_like_england_has_no_distance(figures: PublishedFigures, as_published: pd.DataFrame) -> None:
    told = distances(band_shares(as_published, figures.published))
    assert told["distance"].max() < 0.002  # a few of England's cells do not sum to their totals


def test_a_band_that_takes_all_is_as_far_as_what_it_took(figures: PublishedFigures) -> None:
    row = {"standard": "d62", "provider": "RVW", "route_or_stage": "USC", "breakdown": "lung", "days": 20}
    waits = pd.DataFrame([{**row, "counted": 1.0, "within": 1.0}])
    told = distances(band_shares(waits, figures.published)).set_index(["standard", "route_or_stage", "breakdown"])
    assert told.loc[("d62", "ALL", "lung"), "distance"] == pytest.approx(1 - 0.274, abs=0.001)
    assert told.loc[("d62", "ALL", "all"), "distance"] == pytest.approx(1 - 93_487 / 331_267.5)
    assert np.isnan(told.loc[("d62", "ALL", "skin"), "distance"])


def test_what_chance_explains_shrinks_with_the_root_of_the_number(
    figures: PublishedFigures, as_published: pd.DataFrame
) -> None:
    many = distances(band_shares(as_published.assign(counted=100.0), figures.published))
    few = distances(band_shares(as_published.assign(counted=1.0), figures.published))
    assert few["by_chance"].to_numpy() == pytest.approx(10 * many["by_chance"].to_numpy(), rel=1e-6)


def test_percentages_of_england_come_of_every_provider_even_one_outside_the_world(figures: PublishedFigures) -> None:
    row = {"standard": "d31", "route_or_stage": "first", "breakdown": "drugs", "days": 20, "counted": 1.0}
    waits = pd.DataFrame([{**row, "provider": "RVW", "within": 1.0}, {**row, "provider": "X1", "within": 0.0}])
    cells = percentages(waits, figures.published).set_index(["standard", "provider", "route_or_stage", "breakdown"])
    assert cells.loc[("d31", ENGLAND, "ALL", "all"), "synthetic"] == 50
    assert cells.loc[("d31", "RVW", "ALL", "all"), "synthetic"] == 100
    assert cells.loc[("d31", "RVW", "ALL", "all"), "difference"] == pytest.approx(100 - 96.1, abs=0.05)
    assert cells.loc[("d31", "RTR", "ALL", "all"), "synthetic_n"] == 0


def test_the_mix_of_treatments_is_of_each_stage(figures: PublishedFigures, as_published: pd.DataFrame) -> None:
    mix = treatment_mix(as_published, figures.published)
    assert mix.groupby("route_or_stage")["synthetic_share"].sum().to_numpy() == pytest.approx(100)
    first = mix[(mix["route_or_stage"] == "first") & (mix["breakdown"] == "surgery")]
    assert first["published_share"].iloc[0] == pytest.approx(51.2, abs=0.05)
    assert first["synthetic"].iloc[0] == pytest.approx(first["published"].iloc[0])


def test_conversion_is_of_the_trusts_of_the_world(figures: PublishedFigures) -> None:
    waits = pd.DataFrame(
        {"standard": "d62", "provider": ["RVW", "RTR"], "route_or_stage": "USC", "breakdown": "lung", "counted": 1.0}
    )
    seen = pd.DataFrame({"suspected": ["lung"], "first_seen": [10.0]})
    lung = conversion(waits, seen, figures, {"RVW": "infoflex"}).set_index("site").loc["lung"]
    assert lung["synthetic"] == 10
    assert lung["published"] == pytest.approx(100 * 85 / 749, abs=0.3)
