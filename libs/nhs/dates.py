"""Dates and times as registers write them, read by their shape without anything that can raise."""

from datetime import date

from pyspark.sql import Column
from pyspark.sql import functions as F

# What software writes when nobody entered a date (cwt-rules 9).
DEFAULTS = (date(1753, 1, 1), date(1899, 12, 30), date(1900, 1, 1), date(2099, 12, 31), date(9999, 12, 31))
# A two-digit year above the pivot is 19xx, else 20xx.
PIVOT = 69

EARLIEST = DEFAULTS[0]
LATEST = date(2199, 12, 31)


def to_date(text: Column, *, pivot: int = PIVOT) -> Column:
    """The day of `YYYY-MM-DD`, `DD/MM/YYYY` or `DD-Mon-YY`, with or without a time; null if it is none of these."""
    return _by_shape(text, "date", pivot)


def to_timestamp(text: Column, *, pivot: int = PIVOT) -> Column:
    """The moment of a date in one of `to_date`'s shapes and its time, else midnight, in the session's time zone."""
    return _by_shape(text, "timestamp", pivot)


def is_possible(day: Column) -> Column:
    """Whether a date or timestamp is no slip of the keyboard: from 1753, the first year that SQL Server knows, to 2199.

    Default dates are possible: somebody's software wrote them.
    """
    on = day.cast("date")
    return on.between(EARLIEST, LATEST) | on.isin(*DEFAULTS)


def recorded(day: Column) -> Column:
    """A date or timestamp that somebody entered: null for a default date and for an impossible one."""
    return F.when(is_possible(day) & ~day.cast("date").isin(*DEFAULTS), day)


def parse(text: Column, *, pivot: int = PIVOT) -> Column:
    """The date that a register's text records, if it does."""
    return recorded(to_date(text, pivot=pivot))


def _by_shape(text: Column, kind: str, pivot: int) -> Column:
    """Its separators tell a date's shape; substrings in ISO order and a cast are the cheapest way that Spark has."""
    third = F.substring(text, 3, 1)
    return (
        F.when(third == "/", _year_first(text).try_cast(kind))
        .when(third == "-", _named_month(text, pivot).cast(kind))
        .when(F.substring(text, 8, 1) == "-", text.try_cast(kind))
    )


def _year_first(text: Column) -> Column:
    """`DD/MM/YYYY` and what follows it, as `YYYY-MM-DD` and what follows it."""
    day = F.concat_ws("-", F.substring(text, 7, 4), F.substring(text, 4, 2), F.substring(text, 1, 2))
    return F.concat(day, F.substring(text, 11, 99))


def _named_month(text: Column, pivot: int) -> Column:
    century = F.when(F.substring(text, 8, 2) > f"{pivot:02d}", "19").otherwise("20")
    full = F.initcap(F.concat(F.substring(text, 1, 7), century, F.substring(text, 8, 99)))
    return F.try_to_timestamp(full, F.lit("dd-MMM-yyyy[ HH:mm[:ss]]"))
