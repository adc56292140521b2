"""Dates and times as registers write them, read by their shape without anything that can raise."""

from datetime import date

from pyspark.sql import Column
from pyspark.sql import functions as F

# What software writes when nobody entered a date (cwt-rules 9).
# The last is the first at midnight in UTC: in London, which kept local time until 1847, a minute before midnight.
DEFAULTS = (
    *(date(1753, 1, 1), date(1899, 12, 30), date(1900, 1, 1), date(2099, 12, 31), date(9999, 12, 31)),
    date(1752, 12, 31),
)
# A two-digit year above the pivot is 19xx, else 20xx.
PIVOT = 69

EARLIEST = DEFAULTS[0]
LATEST = date(2199, 12, 31)


def to_date(text: Column, *, pivot: int = PIVOT) -> Column:
    """The day of `YYYY-MM-DD`, `DD/MM/YYYY` or `DD-Mon-YY`, with or without a time; null if it is none of these.

    A time with a zone is of the session's day: 23:30 in UTC is the next day in a London summer (cwt-rules 1.6).
    """
    # A cast to a date passes over the zone, and one to a timestamp takes twice as long: few texts need it.
    local = F.when(_bears_zone(text), _cast(_year_first(text), "timestamp").cast("date"))
    return F.coalesce(local, _by_shape(text, "date", pivot))


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
    named = _named_month(text, pivot).cast(kind)
    return F.when(F.substring(text, 3, 1) == "-", named).otherwise(_cast(_year_first(text), kind))


def _bears_zone(text: Column) -> Column:
    """Whether more stands there than a time to the minute or the second, without looking at what it is."""
    is_to_the_second = (F.length(text) == len("2024-06-30T23:30:00")) & (F.substring(text, 17, 1) == ":")
    return (F.length(text) > len("2024-06-30T23:30")) & ~is_to_the_second


def _cast(iso: Column, kind: str) -> Column:
    if kind == "date":
        return iso.try_cast("date")
    # Spark reads a zone only after seconds: `2024-06-30T23:30Z` is `2024-06-30T23:30:00Z`.
    is_zone_after_minutes = F.substring(iso, 17, 1).isin("Z", "+", "-")
    seconds_added = F.concat(F.substring(iso, 1, 16), F.lit(":00"), F.substring(iso, 17, 9))
    return F.when(is_zone_after_minutes, seconds_added).otherwise(iso).try_cast("timestamp")


def _year_first(text: Column) -> Column:
    """`DD/MM/YYYY` as `YYYY-MM-DD`, which stays as it is, and what follows; null for what has another shape.

    Its separators tell a date's shape; substrings in ISO order and a cast are the cheapest way that Spark has.
    """
    is_iso = (F.substring(text, 8, 1) == "-") & (F.substring(text, 5, 1) == "-")
    turned = F.concat_ws("-", F.substring(text, 7, 4), F.substring(text, 4, 2), F.substring(text, 1, 2))
    return F.when(F.substring(text, 3, 1) == "/", F.concat(turned, F.substring(text, 11, 99))).when(is_iso, text)


def _named_month(text: Column, pivot: int) -> Column:
    century = F.when(F.substring(text, 8, 2) > f"{pivot:02d}", "19").otherwise("20")
    full = F.initcap(F.concat(F.substring(text, 1, 7), century, F.substring(text, 8, 99)))
    return F.try_to_timestamp(full, F.lit("dd-MMM-yyyy[ HH:mm[:ss]]"))
