"""The periods of a file: the forms in which they are written, and what tells weeks from months."""

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.demand.periods import detect_frequency, read_period, written

DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 1))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2025-03-01", (date(2025, 3, 1), "%Y-%m-%d")),
        (" 2025-03-01 00:00:00 ", (date(2025, 3, 1), "%Y-%m-%d")),
        ("2025-03", (date(2025, 3, 1), "%Y-%m")),
        ("2025-W10", (date(2025, 3, 3), "%G-W%V")),
        ("2025-03-01 09:30", None),
        ("2025-02-30", None),
        ("01/03/2025", None),
        ("2025-W60", None),
        ("", None),
    ],
)
def test_a_period_is_a_date_a_month_or_an_iso_week(text: str, read: tuple[date, str] | None) -> None:
    assert read_period(text) == read


@given(DAYS, st.sampled_from(["%Y-%m-%d", "%Y-%m", "%G-W%V"]))
def test_what_is_written_reads_as_the_same_period(day: date, form: str) -> None:
    start = {"%Y-%m-%d": day, "%Y-%m": day.replace(day=1), "%G-W%V": day - timedelta(days=day.weekday())}[form]
    text = written(pd.Series([pd.Timestamp(start)]), form, at_month_ends=False)[0]
    assert read_period(text) == (start, form)


@given(DAYS, st.lists(st.integers(1, 9), min_size=1, max_size=12))
def test_dates_whole_weeks_apart_are_weekly_unless_all_begin_months(first: date, gaps: list[int]) -> None:
    days = [first + timedelta(weeks=sum(gaps[:count])) for count in range(len(gaps) + 1)]
    begin_or_end_months = all(day.day == 1 for day in days) or all((day + timedelta(1)).day == 1 for day in days)
    assert detect_frequency([days], "%Y-%m-%d") == ("monthly" if begin_or_end_months else "weekly")


@pytest.mark.parametrize(
    ("days", "frequency"),
    [
        ([date(2025, 1, 1), date(2025, 2, 1), date(2025, 3, 1)], "monthly"),
        ([date(2025, 1, 31), date(2025, 2, 28), date(2025, 3, 31)], "monthly"),
        ([date(2025, 2, 1)], "monthly"),
        ([date(2025, 2, 3)], None),
        ([date(2025, 1, 1), date(2025, 1, 8), date(2025, 2, 1)], None),
        ([date(2025, 1, 15), date(2025, 2, 15)], None),
    ],
)
def test_months_are_told_by_their_first_or_last_days(days: list[date], frequency: str | None) -> None:
    assert detect_frequency([days], "%Y-%m-%d") == frequency


def test_weekly_and_monthly_series_in_one_file_are_neither() -> None:
    weekly = [date(2025, 1, 6), date(2025, 1, 13)]
    monthly = [date(2025, 1, 1), date(2025, 2, 1)]
    assert detect_frequency([weekly, monthly], "%Y-%m-%d") is None


def test_month_ends_go_on_as_month_ends() -> None:
    starts = pd.Series(pd.to_datetime(["2025-02-01", "2025-03-01"]))
    assert list(written(starts, "%Y-%m-%d", at_month_ends=True)) == ["2025-02-28", "2025-03-31"]
