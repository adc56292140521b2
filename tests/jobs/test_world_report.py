import io
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from jobs import simulate_command, world_report
from jobs.demo import ENDS_AT
from libs.settings import conf_folder, load_settings
from libs.synthetic.calendar import LONDON, working_calendar
from libs.synthetic.comparison.report import Report, compare
from libs.synthetic.figures import Figures, load_figures
from tests.libs.synthetic.comparison.happened import pathways, treatments

PICTURES = {
    "bands_28", "bands_62", "bands_62_routes", "northern", "referrals_by_month", "referrals_noise", "treatments_31",
}  # fmt: skip


@pytest.fixture(scope="module")
def figures() -> Figures:
    return load_figures(conf_folder())


def world(size: int, starts_on: date = date(2023, 6, 2), days: int = 660) -> Any:
    """A crude world of two trusts: everybody is told on day 20, a tenth are treated on day 50."""
    rng = np.random.default_rng(5)
    received = np.datetime64(starts_on) + rng.integers(0, days, size)
    people = [
        {
            "trust": trust, "suspected": site, "referral_received_on": str(day), "first_seen_on": str(day + 9),
            "informed_on": str(day + 20),
        }
        for day, trust, site in zip(
            received, rng.choice(["RVW", "RTR"], size), rng.choice(["lung", "urology"], size), strict=True
        )
    ]  # fmt: skip
    treated = [
        {"pathway_id": at, "decision_to_treat_on": str(received[at] + 30), "treatment_on": str(received[at] + 50)}
        for at in range(0, size, 10)
    ]
    spec = SimpleNamespace(
        seed=5, pathways=size, starts_on=starts_on, systems={"RVW": "infoflex", "RTR": "scr"},
        ends_at=datetime.combine(starts_on, datetime.min.time(), LONDON) + pd.Timedelta(days=days + 30),
    )  # fmt: skip
    return SimpleNamespace(spec=spec, pathways=pathways(*people), treatments=treatments(*treated))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, figures: Figures) -> tuple[Path, Report, str]:
    folder = tmp_path_factory.mktemp("world")
    return folder / "report", *reported(world(4_000), folder, figures)


def reported(made: Any, folder: Path, figures: Figures) -> tuple[Report, str]:
    with (folder / "screen.txt").open("w", encoding="utf-8") as file:
        report = world_report.run(made, folder, Console(file=file, width=110), figures)
    return report, (folder / "screen.txt").read_text(encoding="utf-8")


def test_a_report_writes_its_tables_and_pictures(written: tuple[Path, Report, str]) -> None:
    names = {path.name for path in written[0].iterdir()}
    assert {f"{name}.png" for name in PICTURES} <= names
    assert {"verdicts.csv", "bands.csv", "distances.csv", "percentages.csv", "referrals.csv"} <= names


def test_the_same_world_gives_the_same_report(written: tuple[Path, Report, str], figures: Figures) -> None:
    again = compare(world(4_000), figures.tables, working_calendar(figures.bank_holidays))
    pd.testing.assert_frame_equal(written[1].verdicts, again.verdicts)
    pd.testing.assert_frame_equal(written[1].percentages, again.percentages)


def test_the_screen_tells_the_worlds_identity_and_what_failed(
    written: tuple[Path, Report, str], figures: Figures
) -> None:
    _, report, screen = written
    assert "SYNTHETIC" in screen
    assert figures.identity() in " ".join(screen.split())
    line = next(line for line in screen.splitlines() if "28-day: RVW" in line)
    assert line.split()[-1] == "NO"  # everybody told in time is far from the published 78 per cent
    assert "+21.9" in line
    verdict = report.verdicts.set_index("subject")["passed"]
    assert not verdict["28-day: RVW"]
    assert not verdict["referrals: trust x type x month"]


def test_two_trusts_are_not_judged_by_englands_bands(written: tuple[Path, Report, str]) -> None:
    _, report, screen = written
    bands = report.verdicts[report.verdicts["subject"].str.startswith("62-day bands")]
    assert bands["passed"].isna().all()
    assert "No judgement on England's bands" in screen


def test_a_world_of_years_that_nothing_is_published_of_is_reported_all_the_same(
    tmp_path: Path, figures: Figures
) -> None:
    report, screen = reported(world(300, date(2030, 1, 1), 400), tmp_path, figures)
    assert report.referrals.empty
    assert report.verdicts.set_index("subject")["passed"].isna()["referrals: trust x type x month"]
    assert "28-day: RVW" in screen


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_world_of_all_england_meets_every_limit(tmp_path: Path) -> None:
    """Four minutes: every limit of the issue, on the world that `simulate --trusts all --report` makes."""
    asked = simulate_command.Asked(
        pathways=None, hours=1, seed=1, ends_at=ENDS_AT, trusts="all", kind="full", astray=(0, 0, 0), faults=(),
        is_clean=False, has_report=True,
    )  # fmt: skip
    settings = load_settings("local", [f"paths.root={tmp_path}"])
    simulate_command.run(settings, asked, Console(file=io.StringIO()))
    verdicts = pd.read_csv(tmp_path / "report" / "verdicts.csv")
    missed = verdicts[~verdicts["passed"].astype(bool)]
    assert missed.empty, missed.to_string()
