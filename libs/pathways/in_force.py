"""Rules as expressions: the version that holds on a row's day, and membership of a list of diagnosis codes."""

from collections.abc import Callable, Iterable
from functools import reduce
from operator import or_
from typing import TypeVar

from pyspark.sql import Column
from pyspark.sql import functions as F

from libs.rules import Rule

T = TypeVar("T")


def in_force(rule: Rule[T], on: Column, build: Callable[[T], Column] = F.lit) -> Column:
    """What the version in force on a day makes of a row; the newest where the day is null.

    A rule with one version costs nothing more than a literal would.
    """
    versions = rule.versions
    chosen = build(versions[-1].value)
    if len(versions) == 1:
        return chosen
    # From the newest back: the day lies before the first day of the version that follows.
    for earlier, later in zip(versions[-2::-1], versions[:0:-1], strict=True):
        chosen = F.when(on < F.lit(later.from_day), build(earlier.value)).otherwise(chosen)
    return chosen


def bare_code(code: Column) -> Column:
    """A diagnosis code without its dot, in capitals: `C18.7` is `C187`."""
    return F.upper(F.translate(code, ". ", ""))


def in_codes(bare: Column, ranges: Iterable[str]) -> Column:
    """Whether a bare code lies in one of the ranges, such as `C18-C21` or `D05`; null for null."""
    return reduce(or_, (_in_range(bare, text) for text in ranges))


def _in_range(bare: Column, text: str) -> Column:
    first, _, last = text.partition("-")
    if not last:
        return bare.startswith(first)
    return F.substring(bare, 1, len(first)).between(first, last)
