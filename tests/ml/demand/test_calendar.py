"""Weeks and months in a row, and the working days of England in them."""

import pandas as pd
import pytest

from ml.demand.calendar import Frequency, calendar


@pytest.mark.parametrize(
    ("first", "frequency", "working_days"),
    [
        ("2025-06-02", "weekly", 5),
        ("2025-04-14", "weekly", 4),  # Good Friday
        ("2024-12-23", "weekly", 3),  # Christmas Day and Boxing Day
        ("2022-05-30", "weekly", 3),  # the Platinum Jubilee
        ("2025-06-04", "weekly", 5),  # a week may start on any day
        ("2025-05-01", "monthly", 20),
        ("2023-05-01", "monthly", 20),  # the Coronation
        ("2024-02-01", "monthly", 21),
    ],
)
def test_bank_holidays_are_no_working_days(first: str, frequency: Frequency, working_days: int) -> None:
    assert calendar(pd.Timestamp(first), 1, frequency=frequency).working_days[0] == working_days


def test_months_and_weeks_follow_one_another_over_the_end_of_a_year() -> None:
    months = calendar(pd.Timestamp("2024-11-01"), 4, frequency="monthly").starts
    assert [f"{month:%Y-%m-%d}" for month in months] == ["2024-11-01", "2024-12-01", "2025-01-01", "2025-02-01"]
    weeks = calendar(pd.Timestamp("2024-12-23"), 3, frequency="weekly").starts
    assert [f"{week:%Y-%m-%d}" for week in weeks] == ["2024-12-23", "2024-12-30", "2025-01-06"]
