"""The forecast of one series: methods compete on a hold-out, the winner goes on and is named."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from ml.demand.calendar import HOLDOUT, SEASON, Array, Calendar, Frequency, calendar
from ml.demand.candidates import FALLBACK, History, Outlook, outlook, recent_mean, rivals

_QUANTILES = {"lo80": 0.1, "hi80": 0.9, "lo95": 0.025, "hi95": 0.975}
COLUMNS = (
    "period", "mean", "lo80", "hi80", "lo95", "hi95", "method",
    "holdout_volume", "holdout_error", "holdout_naive_error",
)  # fmt: skip


@dataclass(frozen=True)
class _Choice:
    """The method that won, why it was not compared (if so), and the errors of the hold-out, each a sum."""

    method: str
    reason: str | None = None
    volume: float | None = None
    error: float | None = None
    naive_error: float | None = None


@dataclass(frozen=True)
class _Recent:
    """The mean value of a period in the last year, and its mean working days."""

    value: float
    working_days: float


def forecast_series(history: pd.DataFrame, *, horizon: int, frequency: Frequency) -> pd.DataFrame:
    """The coming `horizon` periods of one series, with intervals of 80 and 95 %, never negative.

    `history` has `period` (the first day of each) and `value` (counts, not negative), in any order; a missing period
    is filled from its neighbours. `method` names the method, and in brackets what was out of the ordinary. The
    `holdout_` columns repeat sums over the hold-out: its volume, the winner's absolute errors (a little flattering,
    since it was chosen by them) and those of the same period a year before; empty where methods were not compared.
    """
    values, known = _complete(history, frequency)
    future = calendar(known.starts[-1], horizon + 1, frequency=frequency).part(slice(1, None))
    choice, expected = _expected(values, known, future, frequency=frequency)
    notes = [choice.reason] if choice.reason else []
    filled_count = len(values) - len(history)
    if filled_count:
        notes.append(f"{filled_count} missing {'period' if filled_count == 1 else 'periods'} filled")
    return _described(expected, future, recent=_recent(values, known, frequency)).assign(
        method=choice.method + (f" ({'; '.join(notes)})" if notes else ""),
        holdout_volume=choice.volume,
        holdout_error=choice.error,
        holdout_naive_error=choice.naive_error,
    )[list(COLUMNS)]


def _expected(values: Array, known: Calendar, future: Calendar, *, frequency: Frequency) -> tuple[_Choice, Outlook]:
    if values.min() == values.max():
        level = np.log1p(values[-1] / future.working_days)
        reason = None if len(values) > 1 else "one value is known"
        return _Choice("constant", reason), Outlook(level, np.zeros_like(level))
    choice = _choose(values, known, frequency)
    # A season is assumed only where it was known when the methods were compared.
    past = _history(values, known, frequency, compared_on=len(values) - HOLDOUT[frequency])
    found = outlook(choice.method, past, future)
    if found is None:
        choice = _Choice(FALLBACK, f"{choice.method} could not be fitted to the whole series")
    return choice, found or recent_mean(past, future)


def _complete(history: pd.DataFrame, frequency: Frequency) -> tuple[Array, Calendar]:
    """Every period from the first to the last; one that is missing lies between its neighbours, per working day."""
    by_period = pd.Series(history["value"].to_numpy(dtype=float), index=pd.DatetimeIndex(history["period"]))
    by_period = by_period.sort_index()
    first, last = by_period.index[0], by_period.index[-1]
    months = (last.year - first.year) * 12 + last.month - first.month
    count = 1 + (months if frequency == "monthly" else (last - first).days // 7)
    known = calendar(first, count, frequency=frequency)
    values = by_period.reindex(known.starts)
    between = (values / known.working_days).interpolate() * known.working_days
    return values.fillna(between).to_numpy(), known


def _choose(values: Array, known: Calendar, frequency: Frequency) -> _Choice:
    """The method with the smallest absolute error over the hold-out, fitted to what came before it."""
    count = len(values) - HOLDOUT[frequency]
    errors: dict[str, float] = {}
    if count > 0:
        before, after = known.part(slice(None, count)), known.part(slice(count, None))
        past = _history(values[:count], before, frequency, compared_on=count)
        actual, recent = values[count:], _recent(values[:count], before, frequency)
        for name in rivals(past):
            found = outlook(name, past, after)
            if found is not None:
                errors[name] = float(np.abs(_mean(found, after, recent=recent) - actual).sum())
    if len(errors) < 2:
        unit = "weeks" if frequency == "weekly" else "months"
        return _Choice(FALLBACK, f"{len(values)} {unit} are too few to compare methods")
    winner = min(errors, key=errors.__getitem__)
    lag = SEASON[frequency] if count >= SEASON[frequency] else 1
    naive = np.resize(values[count - lag : count], len(actual))
    naive_error = float(np.abs(naive - actual).sum())
    return _Choice(winner, volume=float(actual.sum()), error=errors[winner], naive_error=naive_error)


def _history(values: Array, known: Calendar, frequency: Frequency, *, compared_on: int) -> History:
    seasons = max(0, compared_on) // SEASON[frequency]
    return History(np.log1p(values / known.working_days), known, frequency, seasons)


def _recent(values: Array, known: Calendar, frequency: Frequency) -> _Recent:
    last_year = slice(-SEASON[frequency], None)
    return _Recent(float(values[last_year].mean()), float(known.working_days[last_year].mean()))


def _described(expected: Outlook, future: Calendar, *, recent: _Recent) -> pd.DataFrame:
    """Mean and intervals as values. No interval is narrower than chance alone makes counts of this size."""
    days = future.working_days
    mean = _mean(expected, future, recent=recent)
    spread = np.maximum(expected.spread, np.sqrt(recent.value) / days / np.exp(expected.centre))
    rows = {"period": future.starts, "mean": mean}
    for name, quantile in _QUANTILES.items():
        bound = np.maximum(np.expm1(expected.centre + NormalDist().inv_cdf(quantile) * spread) * days, 0)
        # The correction of the mean must not lift it out of a narrow interval.
        rows[name] = np.minimum(bound, mean) if name.startswith("lo") else np.maximum(bound, mean)
    return pd.DataFrame(rows)


def _mean(expected: Outlook, future: Calendar, *, recent: _Recent) -> Array:
    """The mean of counts whose logarithm is expected so.

    The logarithm of small counts is lower on average than that of their mean: going back, half the variance that
    chance makes in them (Poisson) is added. All of the spread would be too much: one shock years ago widens it.
    """
    chance = np.sqrt(recent.value) / recent.working_days / np.exp(expected.centre)
    noise = np.minimum(expected.spread, chance)
    return np.asarray(np.maximum(np.expm1(expected.centre + noise**2 / 2) * future.working_days, 0))
