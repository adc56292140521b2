import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from libs.errors import SettingsError
from libs.settings import conf_folder, load_settings
from libs.synthetic.comparison.shares import NORTHERN
from libs.synthetic.providers import BANDS, ENGLAND, PublishedFigures, load_published_figures

SENTENCE = "Contains public sector information licensed under the Open Government Licence v3.0."
FILES = ("providers.yml", "practices.yml", "referrals.csv", "published.csv")
DATA = Path(__file__).parents[4] / "shared" / "data"


@pytest.fixture(scope="module")
def figures() -> PublishedFigures:
    return load_published_figures(conf_folder())


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    shutil.copytree(conf_folder() / "synthetic", tmp_path / "synthetic")
    return tmp_path


def test_every_file_of_published_figures_names_its_licence() -> None:
    for name in FILES:
        assert SENTENCE in (conf_folder() / "synthetic" / name).read_text(encoding="utf-8").splitlines()[0], name


def test_the_published_files_are_small() -> None:
    assert sum((conf_folder() / "synthetic" / name).stat().st_size for name in FILES) < 470_000


def test_england_was_first_seen_as_often_as_the_reference_says(figures: PublishedFigures) -> None:
    seen = figures.referrals[figures.referrals["month"] >= "2024-04-01"]
    urgent = seen.loc[seen["suspected"] != "bsym", "seen"].sum()
    assert urgent == pytest.approx(3_148_362, rel=0.001)  # cwt-rules 10.6; the rest are providers too small to keep


def test_north_tees_and_south_tees_were_seen_as_the_reference_says(figures: PublishedFigures) -> None:
    year = figures.referrals[figures.referrals["month"] >= "2024-04-01"]
    a_month = year[year["suspected"] != "bsym"].groupby("provider")["seen"].sum() / 12
    assert round(a_month["RVW"]) == 1_256
    assert round(a_month["RTR"]) == 1_791
    skin = year[(year["provider"] == "RTR") & (year["suspected"] == "skin")]["seen"].sum() / 12
    assert round(skin) == 528


@pytest.mark.parametrize(
    ("standard", "provider", "percent"),
    [
        ("fds", "RVW", 78.1), ("d31", "RVW", 96.1), ("d62", "RVW", 67.3), ("fds", "RTR", 77.1), ("d31", "RTR", 88.5),
        ("d62", "RTR", 61.9), ("d62", "RTD", 62.2), ("fds", "RXP", 88.1), ("d31", "RR7", 99.5), ("d62", "RTF", 79.0),
        ("d62", "R0B", 73.7), ("d62", "RNN", 68.7),
    ],
)  # fmt: skip
def test_a_northern_percentage_is_the_one_of_the_reference(
    figures: PublishedFigures, standard: str, provider: str, percent: float
) -> None:
    table = figures.published
    cell = table[(table["standard"] == standard) & (table["provider"] == provider) & (table["route_or_stage"] == "ALL")]
    count = cell[cell["breakdown"] == "all"].set_index("band")["count"]
    assert round(100 * count["within"] / count["all"], 1) == percent


def test_englands_bands_sum_to_their_cell(figures: PublishedFigures) -> None:
    england = figures.published[figures.published["provider"] == ENGLAND]
    key = ["standard", "route_or_stage", "breakdown"]
    of = england[~england["band"].isin(["all", "within"])].groupby(key)["count"].sum()
    assert ((of - england[england["band"] == "all"].set_index(key)["count"]).abs() < 2).all()
    assert set(england["band"]) == {"all", "within"}.union(*BANDS.values())


def test_nothing_is_published_twice(figures: PublishedFigures) -> None:
    key = ["standard", "provider", "route_or_stage", "breakdown", "band"]
    assert not figures.published.duplicated(key).any()
    assert not figures.referrals.duplicated(["provider", "suspected", "month"]).any()


def test_every_provider_has_people_practices_and_sites_of_its_own(figures: PublishedFigures) -> None:
    sites = [site for provider in figures.providers.values() for site in provider.sites]
    assert len(sites) == len(set(sites))
    for code, provider in figures.providers.items():
        assert all(site.startswith(code) for site in provider.sites), code
        assert sum(provider.sites.values()) == pytest.approx(1), code
        assert sum(provider.postcode_areas.values()) == pytest.approx(1, abs=0.01), code
        assert all(figures.practices[area] for area in provider.postcode_areas), code
        assert provider.system in {"scr", "infoflex"}, code
    assert max(len(codes) for codes in figures.practices.values()) <= 25


def test_south_tees_screening_rows_mostly_have_no_valid_type(figures: PublishedFigures) -> None:
    screen = figures.providers["RTR"].screen
    assert screen["missing"] == 370
    assert sum(screen.values()) == 391


@pytest.mark.parametrize(("env", "trusts"), [("northern", 8), ("england", 143)])
def test_an_environment_reads_each_trust_as_its_provider_writes(
    figures: PublishedFigures, env: str, trusts: int
) -> None:
    settings = load_settings(env)
    assert settings.is_synthetic
    assert settings.paths.root == Path("build") / env
    assert {code: each.system for code, each in settings.trusts.items()}.items() <= {
        code: each.system for code, each in figures.providers.items()
    }.items()
    assert len(settings.trusts) == trusts
    assert set(NORTHERN) <= set(settings.trusts)


def test_the_two_trusts_of_every_environment_run_what_base_says(figures: PublishedFigures) -> None:
    for code, trust in load_settings("local").trusts.items():
        assert figures.providers[code].system == trust.system


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(conf: Path, name: str) -> None:
    (conf / "synthetic" / name).unlink()
    with pytest.raises(SettingsError, match=name):
        load_published_figures(conf)


def test_an_unknown_key_of_a_provider_is_an_error(conf: Path) -> None:
    path = conf / "synthetic" / "providers.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("{name:", "{nmae: x, name:", 1), encoding="utf-8")
    with pytest.raises(SettingsError, match=r"providers\.yml"):
        load_published_figures(conf)


@pytest.mark.skipif(not DATA.is_dir(), reason="the published tables are not on this machine")
def test_the_script_writes_these_very_files(tmp_path: Path) -> None:
    (tmp_path / "synthetic").mkdir()
    script = Path(__file__).parents[3] / "scripts" / "published_figures"
    subprocess.run([sys.executable, str(script), str(DATA), str(tmp_path)], check=True)
    for name in [*(f"synthetic/{name}" for name in FILES), "northern.yml", "england.yml"]:
        assert (tmp_path / name).read_bytes() == (conf_folder() / name).read_bytes(), name
