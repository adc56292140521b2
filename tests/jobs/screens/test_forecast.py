from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from jobs.screens.forecast import show_forecast, show_forecast_state
from jobs.screens.tables import FORECAST
from tests.jobs.screens.published import TRUSTS, lines_with, publish_rows, shown

ORIGIN = date(2024, 7, 22)


def series(org: str, site: str, mean: float, stage: str = "referral", origin: date = ORIGIN) -> list[dict[str, Any]]:
    """Twelve weeks of one series, the interval from half to one and a half of the mean."""
    return [
        {
            "org": org, "tumour_site": site, "stage": stage, "origin": origin, "week_ahead": week,
            "period": origin + timedelta(weeks=week), "mean": mean, "lo80": mean / 2, "hi80": 1.5 * mean,
            "method": "damped_ets_per_working_day",
        }
        for week in range(1, 13)
    ]  # fmt: skip


def section(engine: Engine, **other: Any) -> str:
    return shown(engine, lambda console, connection: show_forecast(console, connection, TRUSTS), **other)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    rows = [
        *series("RTR", "lung", 9.0),
        *series("RTR", "breast", 40.0),
        *series("RVW", "breast", 39.0),
        *series("RVW", "skin", 90.0, stage="treatment"),
        *series("RVW", "skin", 95.0, origin=ORIGIN - timedelta(weeks=1)),
    ]
    return publish_rows(tmp_path, {FORECAST: rows})


def test_the_largest_series_of_referrals_is_drawn_week_by_week(engine: Engine) -> None:
    text = section(engine)
    assert "Forecast: Breast referrals a week, RTR South Tees Hospitals NHS FT" in text
    assert "The largest of 4 series. Method: damped_ets_per_working_day. The last week known: Mon 22 Jul 2024." in text
    weeks = [line for line in text.splitlines() if "20 to 60" in line]
    assert len(weeks) == 12
    assert " ".join(weeks[0].split()[:7]) == "Mon 29 Jul 40 20 to 60"
    assert " ".join(weeks[-1].split()[:7]) == "Mon 14 Oct 40 20 to 60"


def test_the_bar_ends_where_the_interval_does_and_is_marked_at_what_is_expected(engine: Engine) -> None:
    drawn = next(line.split()[-1] for line in section(engine).splitlines() if "20 to 60" in line)
    assert len(drawn) == 50
    assert drawn.count("█") == 17
    assert drawn.index("┃") == 33
    assert set(drawn[17:33] + drawn[34:]) == {"▒"}
    assert "┃ the count to expect, ▒ the range that holds 80 weeks of 100" in section(engine)


def test_small_counts_keep_a_decimal(tmp_path: Path) -> None:
    engine = publish_rows(tmp_path, {FORECAST: series("RTR", "lung", 2.5)})
    assert lines_with(section(engine), "29 Jul")[0].startswith("Mon 29 Jul 2.5 1.2 to 3.8")


def test_a_series_of_nothing_is_drawn_too(tmp_path: Path) -> None:
    engine = publish_rows(tmp_path, {FORECAST: series("XYZ", "lung", 0.0)})
    assert "Forecast: Lung referrals a week, XYZ" in section(engine)
    assert lines_with(section(engine), "29 Jul") == ["Mon 29 Jul 0.0 0.0 to 0.0 ┃"]


def test_the_state_of_the_forecast_is_its_newest_origin_and_its_series(engine: Engine) -> None:
    assert "4 series, 12 weeks ahead. The last week known: Mon 22 Jul 2024." in shown(engine, show_forecast_state)


def test_without_a_forecast_a_plain_line_says_so(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for engine in (publish_rows(tmp_path, {}, without=[FORECAST]), publish_rows(tmp_path / "empty", {})):
        assert "No forecast yet." in section(engine)
        assert "No forecast yet." in shown(engine, show_forecast_state)


@pytest.mark.parametrize("mean", [2.5, 40.0, 12_345.0])
def test_nothing_is_cut_off_on_a_narrow_terminal(tmp_path: Path, mean: float) -> None:
    text = section(publish_rows(tmp_path, {FORECAST: series("RVW", "head_neck", mean)}), width=80)
    assert "…" not in text
    assert max(len(line) for line in text.splitlines()) <= 80
    assert len(lines_with(text, "┃▒")) == 12
