"""The rival methods: each says how a series goes on, as a level per working day.

All work on log(1 + value per working day): a bank holiday is then no fall in demand, growth is in proportion, and
nothing becomes negative. Each returns None for a history that is too short for it.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from pmdarima import auto_arima
from statsmodels.tsa.holtwinters import ExponentialSmoothing
from threadpoolctl import threadpool_limits

from ml.demand.calendar import SEASON, Array, Calendar, Frequency

# Below these many periods a method has nothing to learn from.
_LEAST_FOR_ETS = 12
_LEAST_FOR_ARIMA = 24
_LEAST_DIFFERENCES = 6
_MOST_WAVES = 5
_PATHS = 2_000


@dataclass(frozen=True)
class History:
    """The log level of each past period; `seasons` counts the full years by which methods may judge a season."""

    level: Array
    calendar: Calendar
    frequency: Frequency
    seasons: int


@dataclass(frozen=True)
class Outlook:
    """The log level expected in each coming period, and its standard error."""

    centre: Array
    spread: Array


Candidate = Callable[[History, Calendar], Outlook | None]


def recent_mean(history: History, future: Calendar) -> Outlook:
    """The mean of the last year, or of what there is."""
    recent = history.level[-SEASON[history.frequency] :]
    spread = recent.std(ddof=1) * np.sqrt(1 + 1 / len(recent)) if len(recent) > 1 else 0.0
    return Outlook(np.full(len(future.starts), recent.mean()), np.full(len(future.starts), spread))


def seasonal_naive(history: History, future: Calendar) -> Outlook | None:
    """The same period of the last year; how far years differ is judged by the last three."""
    season, horizon = SEASON[history.frequency], len(future.starts)
    if len(history.level) < season + _LEAST_DIFFERENCES:
        return None
    differences = (history.level[season:] - history.level[:-season])[-3 * season :]
    years_ahead = np.arange(horizon) // season + 1
    spread = np.sqrt(np.mean(differences**2) * years_ahead)
    return Outlook(np.resize(history.level[-season:], horizon), spread)


def damped_ets(history: History, future: Calendar) -> Outlook | None:
    """Exponential smoothing with a damped trend; with months of the year where two full years are known.

    A season of 52 weeks would be 52 numbers to estimate: weeks go without.
    """
    if len(history.level) < _LEAST_FOR_ETS:
        return None
    is_seasonal = history.frequency == "monthly" and history.seasons >= 2
    with _quiet():
        fitted = ExponentialSmoothing(
            history.level,
            trend="add",
            damped_trend=True,
            seasonal="add" if is_seasonal else None,
            seasonal_periods=SEASON["monthly"] if is_seasonal else None,
        ).fit()
        horizon = len(future.starts)
        # The model has no formula for its intervals here: the spread of simulated futures stands in, always the same.
        paths = fitted.simulate(horizon, repetitions=_PATHS, error="add", random_state=0)
        return Outlook(np.asarray(fitted.forecast(horizon)), np.asarray(paths).reshape(horizon, _PATHS).std(axis=1))


def arima(history: History, future: Calendar) -> Outlook | None:
    """ARIMA as `auto_arima` finds it, with working days and waves of the year as regressors.

    The search is bounded: an unbounded one takes a minute a series (platform notes 4.6).
    """
    if len(history.level) < _LEAST_FOR_ARIMA:
        return None
    waves = min(_MOST_WAVES, history.seasons - 1)
    past, coming = _regressors(history.calendar, waves), _regressors(future, waves)
    # A constant column says the same as the intercept, and nothing could be learnt from it.
    varies = np.ptp(past, axis=0) > 0
    with _quiet():
        model = auto_arima(
            history.level, X=past[:, varies] if varies.any() else None, seasonal=False,
            start_p=1, start_q=1, max_p=2, max_q=2, max_d=1, max_order=4,
            stepwise=True, maxiter=30, n_jobs=1, error_action="ignore", suppress_warnings=True,
        )  # fmt: skip
        centre, bounds = model.predict(
            len(future.starts),
            X=coming[:, varies] if varies.any() else None,
            return_conf_int=True,
            alpha=0.05,
        )
    bounds = np.asarray(bounds)
    return Outlook(np.asarray(centre), (bounds[:, 1] - bounds[:, 0]) / (2 * NormalDist().inv_cdf(0.975)))


# What answers where no other can.
FALLBACK = "mean_per_working_day"
# The plainer first: of two that do equally well the plainer wins.
CANDIDATES: dict[str, Candidate] = {
    FALLBACK: recent_mean,
    "seasonal_naive_per_working_day": seasonal_naive,
    "damped_ets_per_working_day": damped_ets,
    "auto_arima_working_days": arima,
}


def rivals(history: History) -> list[str]:
    """The methods to compare. The mean is one only until a full year is known: it then misses the season."""
    return [name for name in CANDIDATES if name != FALLBACK or history.seasons == 0]


def outlook(name: str, history: History, future: Calendar) -> Outlook | None:
    """What a method expects; None where the history is too short for it or the fit fails."""
    try:
        found = CANDIDATES[name](history, future)
    except (ValueError, ArithmeticError, np.linalg.LinAlgError):
        return None
    if found is None or not (np.isfinite(found.centre).all() and np.isfinite(found.spread).all()):
        return None
    return found


def _regressors(periods: Calendar, waves: int) -> Array:
    """The working days, and sine and cosine of the place in the year for each wave."""
    angle = 2 * np.pi * periods.starts.dayofyear.to_numpy() / 365.25
    columns = [np.log(periods.working_days)]
    for wave in range(1, waves + 1):
        columns += [np.sin(wave * angle), np.cos(wave * angle)]
    return np.column_stack(columns)


@contextmanager
def _quiet() -> Iterator[None]:
    """One thread, for Spark runs a worker on every core already; and no warnings of fits that did not converge."""
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        yield
