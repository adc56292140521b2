"""The periods of a file: which form they are written in, weekly or monthly, and how the next ones are written."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

import pandas as pd

from ml.demand.calendar import Frequency

# A date, a month or an ISO week, and how each is written. What a spreadsheet adds as midnight is passed over.
_FORMS = {
    "%Y-%m-%d": re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ]00:00(?::00(?:\.0+)?)?)?"),
    "%Y-%m": re.compile(r"(\d{4}-\d\d)"),
    "%G-W%V": re.compile(r"(\d{4}-W\d\d)"),
}


def read_period(text: str) -> tuple[date, str] | None:
    """The first day of a period and the form in which it is written; None for text that is no period."""
    for form, pattern in _FORMS.items():
        found = pattern.fullmatch(text.strip())
        if found:
            day = found[1] + "-01" if form == "%Y-%m" else found[1]
            try:
                return date.fromisoformat(day), form
            except ValueError:
                return None
    return None


def detect_frequency(series: Sequence[Sequence[date]], form: str) -> Frequency | None:
    """Monthly for first or last days of months, weekly for whole weeks between dates; None for anything else."""
    days = [day for periods in series for day in periods]
    if form == "%Y-%m" or all(day.day == 1 for day in days) or is_month_ends(days):
        return "monthly"
    gaps = [(later - earlier).days for periods in series for earlier, later in pairwise(periods)]
    if form == "%G-W%V" or (gaps and all(gap % 7 == 0 for gap in gaps)):
        return "weekly"
    return None


def is_month_ends(days: Sequence[date]) -> bool:
    """Whether every day is the last of its month."""
    return all((day + timedelta(days=1)).day == 1 for day in days)


def written(starts: pd.Series, form: str, *, at_month_ends: bool) -> "pd.Series[str]":
    """Periods in the form of the file that they continue."""
    moments = starts + pd.offsets.MonthEnd() if at_month_ends else starts
    return moments.map(lambda moment: moment.strftime(form))
