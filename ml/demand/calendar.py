"""Weeks and months as they follow one another, and the working days in them (England)."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import holidays
import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[np.float64]
Frequency = Literal["weekly", "monthly"]
# Periods in a year, and in the hold-out by which methods are compared: 12 weeks or 6 months.
SEASON: dict[Frequency, int] = {"weekly": 52, "monthly": 12}
HOLDOUT: dict[Frequency, int] = {"weekly": 12, "monthly": 6}


@dataclass(frozen=True)
class Calendar:
    """Periods in a row: the day on which each starts and how many working days it has."""

    starts: pd.DatetimeIndex
    working_days: Array

    def part(self, chosen: slice) -> "Calendar":
        """Some of the periods."""
        return Calendar(self.starts[chosen], self.working_days[chosen])


def calendar(first: pd.Timestamp, count: int, *, frequency: Frequency) -> Calendar:
    """The period that starts on `first` and those after it. A month starts on its first day, a week on any day."""
    step = "7D" if frequency == "weekly" else "MS"
    edges = pd.date_range(first, periods=count + 1, freq=step)
    days = edges.to_numpy().astype("datetime64[D]")
    holidays_between = _bank_holidays(edges[0].year, edges[-1].year)
    return Calendar(edges[:-1], np.busday_count(days[:-1], days[1:], holidays=holidays_between).astype(float))


@cache
def _bank_holidays(first_year: int, last_year: int) -> Any:
    years = range(first_year, last_year + 1)
    days = sorted(holidays.country_holidays("GB", subdiv="ENG", years=years))
    return np.array(days, dtype="datetime64[D]")
