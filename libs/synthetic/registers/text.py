"""Writing columns of dates and codes as a register's text: each distinct value is spelled once."""

from collections.abc import Mapping
from functools import cache

import numpy as np
import pandas as pd

from libs.synthetic.draws import Array

_FIRST, _LAST = np.datetime64("1880-01-01", "D"), np.datetime64("2102-01-01", "D")
_NONE = -1


@cache
def _calendar(form: str) -> Array:
    """Every day that can occur, in one form, and at the end the empty text of no day."""
    days = np.arange(_FIRST, _LAST).astype("datetime64[s]").tolist()
    return np.array([*(day.strftime(form) for day in days), ""], dtype=object)


def dates(values: pd.Series, form: str) -> Array:
    """Dates in a `strftime` form without hours; an unknown one is empty."""
    return _spelled_days(values.to_numpy().astype("datetime64[D]"), form)


def _spelled_days(days: Array, form: str) -> Array:
    spelled = _calendar(form)
    number = (days - _FIRST).astype(np.int64)
    return np.asarray(spelled[np.where(np.isnat(days), _NONE, number)])


def moments(values: pd.Series, form: str) -> Array:
    """Moments as a date in a `strftime` form, a space and HH:MM; an unknown one is empty."""
    seconds = values.to_numpy().astype("datetime64[s]")
    days = seconds.astype("datetime64[D]")
    minute = (seconds - days).astype("timedelta64[m]").astype(np.int64)
    return np.asarray(_spelled_days(days, form) + _MINUTES[np.where(np.isnat(seconds), 1440, minute)])


_MINUTES = np.array([*(f" {minute // 60:02d}:{minute % 60:02d}" for minute in range(1440)), ""], dtype=object)


def words(values: pd.Series | Array, spelling: Mapping[str, str] | None = None) -> Array:
    """Text, each code replaced by the register's word for it; an unknown one is empty."""
    codes, distinct = pd.factorize(np.asarray(values, dtype=object))
    spelled = [str(spelling[each]) if spelling else str(each) for each in distinct.tolist()]
    return np.array([*spelled, ""], dtype=object)[codes]


def numbers(values: pd.Series, *, hide_zero: bool = True) -> Array:
    """Whole numbers as digits; an unknown one, and usually nought, is empty."""
    plain = pd.to_numeric(values).fillna(-1).to_numpy().astype(np.int64)
    return words(pd.Series(plain, dtype=object).where(plain > (0 if hide_zero else -1)))


def spelled_otherwise(column: Array, rows: Array, spell: "Mapping[str, str]") -> Array:
    """The column with the words of some rows spelled otherwise; a word that `spell` does not know stays."""
    result = column.copy()
    result[rows] = [spell.get(each, each) for each in column[rows].tolist()]
    return result
