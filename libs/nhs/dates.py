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


def to_date(name: str, *, pivot: int = PIVOT) -> Column:
    """The day of `YYYY-MM-DD`, `DD/MM/YYYY` or `DD-Mon-YY`, with or without a time; null if it is none of these.

    `name` is that of a text column. A time with a zone is of the session's day: 23:30 in UTC is the next day in a
    London summer (cwt-rules 1.6).
    """
    text = f"`{name}`"
    # A cast to a date passes over the zone, and one to a timestamp takes twice as long: few texts need it.
    local = f"case when {_bears_zone(text)} then cast({_moment(text)} as date) end"
    day = f"coalesce({local}, try_cast(concat({_year_first(text)}, substring({text}, 11, 99)) as date))"
    return F.expr(f"case when {_is_named(text)} then cast({_named_month(text, pivot)} as date) else {day} end")


def to_timestamp(name: str, *, pivot: int = PIVOT) -> Column:
    """The moment of a date in one of `to_date`'s shapes and its time, else midnight, in the session's time zone."""
    text = f"`{name}`"
    return F.expr(f"case when {_is_named(text)} then {_named_month(text, pivot)} else {_moment(text)} end")


def is_possible(day: Column) -> Column:
    """Whether a date or timestamp is no slip of the keyboard: from 1753, the first year that SQL Server knows, to 2199.

    Default dates are possible: somebody's software wrote them.
    """
    on = day.cast("date")
    return on.between(EARLIEST, LATEST) | on.isin(*DEFAULTS)


def recorded(day: Column) -> Column:
    """A date or timestamp that somebody entered: null for a default date and for an impossible one."""
    return F.when(is_possible(day) & ~day.cast("date").isin(*DEFAULTS), day)


def parse(name: str, *, pivot: int = PIVOT) -> Column:
    """The date that a register's text records, if it does; `name` is that of a text column."""
    return recorded(to_date(name, pivot=pivot))


# SQL from here on: a register has twenty dates, and as columns each would be built by a hundred calls from Python.


def _bears_zone(text: str) -> str:
    """Whether more stands there than a time to the minute or the second, without looking at what it is."""
    to_the_minute, to_the_second = len("2024-06-30T23:30"), len("2024-06-30T23:30:00")
    is_to_the_second = f"length({text}) = {to_the_second} and substring({text}, 17, 1) = ':'"
    return f"(length({text}) > {to_the_minute} and not ({is_to_the_second}))"


def _moment(text: str) -> str:
    # Spark reads a zone only after seconds: `2024-06-30T23:30Z` is `2024-06-30T23:30:00Z`.
    is_zone_after_minutes = f"substring({text}, 17, 1) in ('Z', '+', '-')"
    seconds_added = f"concat(substring({text}, 11, 6), ':00', substring({text}, 17, 9))"
    time = f"case when {is_zone_after_minutes} then {seconds_added} else substring({text}, 11, 99) end"
    return f"try_cast(concat({_year_first(text)}, {time}) as timestamp)"


def _year_first(text: str) -> str:
    """The day of `DD/MM/YYYY` as `YYYY-MM-DD`, which stays as it is; null for what has another shape.

    Its separators tell a date's shape; substrings in ISO order and a cast are the cheapest way that Spark has.
    """
    is_iso = f"substring({text}, 8, 1) = '-' and substring({text}, 5, 1) = '-'"
    turned = f"concat_ws('-', substring({text}, 7, 4), substring({text}, 4, 2), substring({text}, 1, 2))"
    is_slashed = f"substring({text}, 3, 1) = '/'"
    return f"case when {is_slashed} then {turned} when {is_iso} then substring({text}, 1, 10) end"


def _is_named(text: str) -> str:
    return f"substring({text}, 3, 1) = '-'"


def _named_month(text: str, pivot: int) -> str:
    century = f"case when substring({text}, 8, 2) > '{pivot:02d}' then '19' else '20' end"
    full = f"initcap(concat(substring({text}, 1, 7), {century}, substring({text}, 8, 99)))"
    return f"try_to_timestamp({full}, 'dd-MMM-yyyy[ HH:mm[:ss]]')"
