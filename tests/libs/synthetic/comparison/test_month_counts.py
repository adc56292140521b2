from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest

from libs.settings import conf_folder
from libs.synthetic.calendar import working_calendar
from libs.synthetic.comparison.month_counts import (
    against_published,
    dispersion,
    month_counts,
    month_index,
    most_dispersion,
    whole_months,
)
from libs.synthetic.providers import load_published_figures
from tests.libs.synthetic.comparison.happened import pathways

REFERRALS = load_published_figures(conf_folder()).referrals


def drawn(rng: np.random.Generator, scale: float, skew: float = 0.0) -> pd.DataFrame:
    """Counts of eight trusts drawn from the published ones, some months fuller than they should be."""
    northern = REFERRALS[REFERRALS["provider"].isin(["RVW", "RTR", "RTD", "RXP", "RR7", "RTF", "R0B", "RNN"])]
    much = 1 + skew * rng.standard_normal(len(northern)).clip(-2, 2)
    received = rng.poisson(northern["seen"] * scale * much).astype(float)
    return northern.drop(columns="seen").assign(received=received, first_seen=received)


def test_a_period_starts_with_its_third_whole_month_and_ends_with_its_last() -> None:
    first, last = whole_months(date(2023, 6, 2), datetime(2025, 6, 2, 17))
    assert (str(first), str(last)) == ("2023-08-31", "2025-05-31")
    assert str(whole_months(date(2023, 6, 1), datetime(2025, 5, 31, 17))[1]) == "2025-05-31"


def test_urgent_and_breast_symptom_referrals_count_by_month_of_receipt_and_of_first_appointment() -> None:
    made = pathways(
        {},
        {"route": "BSYM", "suspected": "breast", "referral_received_on": "2024-05-30", "first_seen_on": "2024-06-08"},
        {"route": "SCREEN", "suspected": "breast"},
        {"referral_received_on": "2023-05-30", "first_seen_on": "2023-06-08"},
    )
    counts = month_counts(made, (np.datetime64("2024-04-30"), np.datetime64("2024-06-30")))
    found = counts.set_index(["provider", "suspected", counts["month"].dt.strftime("%Y-%m")])
    assert found.loc[("RVW", "lung", "2024-05"), ["received", "first_seen"]].tolist() == [1, 1]
    assert found.loc[("RVW", "bsym", "2024-05"), ["received", "first_seen"]].tolist() == [1, 0]
    assert found.loc[("RVW", "bsym", "2024-06"), ["received", "first_seen"]].tolist() == [0, 1]
    assert len(counts) == 3


@pytest.mark.parametrize("scale", [0.05, 0.5])
def test_counts_drawn_from_the_published_ones_are_poisson_noise(scale: float) -> None:
    cells = against_published(drawn(np.random.default_rng(3), scale), REFERRALS)
    measured, large = dispersion(cells["z_received"], cells["expected"])
    assert large > 500
    assert measured < most_dispersion(cells["expected"])
    assert cells["expected"].sum() == pytest.approx(cells["received"].sum())


def test_months_that_are_fuller_than_they_should_be_are_more_than_noise() -> None:
    cells = against_published(drawn(np.random.default_rng(3), 0.5, skew=0.2), REFERRALS)
    measured, _ = dispersion(cells["z_received"], cells["expected"])
    assert measured > most_dispersion(cells["expected"])


def test_the_month_index_of_the_published_counts_is_low_at_christmas() -> None:
    cells = against_published(drawn(np.random.default_rng(3), 1.0), REFERRALS)
    months = month_index(cells, working_calendar([date(2023, 12, 25), date(2023, 12, 26)]))
    december = months[months["month"] == "2023-12-01"].iloc[0]
    assert december["working_days"] == 19
    assert december["expected_index"] < 0.95
    assert months["received_index"].mean() == pytest.approx(1)
