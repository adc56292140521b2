"""How many slots each queue has, day by day: weekdays, bank holidays, leave, failures, and what people need."""

from datetime import date, timedelta

import numpy as np

from libs.synthetic.care.queues import NO_QUEUE, Capacity, Steps
from libs.synthetic.draws import Array
from libs.synthetic.figures import CapacityFigures, Figures


def first_monday(day: date) -> date:
    """The Monday on or before a day."""
    return day - timedelta(days=day.weekday())


def capacity_of(
    rng: np.random.Generator, figures: Figures, steps: Steps, usual_wait: Array, *, begins: date, days: tuple[int, int]
) -> Capacity:
    """Slots that meet the need on average, so that lists neither vanish nor grow for ever.

    `begins` is a Monday, the first day; `days` are the number of days on which people are referred, and of all days.
    `steps.queue` must be numbered without gaps, as `usual_wait` is.
    """
    held = figures.care.capacity
    opening = opening_days(figures, begins=begins, days=days[1])
    open_days = max(float(opening[: days[0]].sum()), 1.0)
    need = np.bincount(steps.queue[steps.queue != NO_QUEUE], minlength=len(usual_wait))
    return Capacity(
        slots=need / open_days,
        usual_wait=usual_wait,
        opening=opening,
        shock=_shocks(rng, held, queues=len(usual_wait), weeks=days[1] // 7 + 1),
        growth=held.growth,
        gain=held.gain,
        least=held.least,
        most=held.most,
        pull=held.pull,
    )


def opening_days(figures: Figures, *, begins: date, days: int) -> Array:
    """The share of the usual slots on each day from a Monday on."""
    held = figures.care.capacity
    week = np.array([*held.opening, 0.0, 0.0])
    opening = np.resize(week, days)
    day = np.datetime64(begins, "D") + np.arange(days)
    opening = opening * _leave(day, held.leave)
    return np.where(np.isin(day, np.array(figures.bank_holidays, dtype="datetime64[D]")), 0.0, opening)


def _leave(day: Array, leave: dict[str, float]) -> Array:
    month = day.astype("datetime64[M]").astype(int) % 12 + 1
    of_month = (day - day.astype("datetime64[M]")).astype(int) + 1
    christmas = ((month == 12) & (of_month >= 21)) | ((month == 1) & (of_month <= 3))
    half_term = ((month == 2) & (of_month >= 12) & (of_month <= 20)) | ((month == 10) & (of_month >= 23))
    easter = (month == 4) & (of_month <= 16)
    share = np.ones(len(day))
    for is_away, name in (
        (christmas, "christmas"),
        (easter, "easter"),
        (month == 8, "august"),
        (half_term, "half_term"),
    ):
        share = np.where(is_away, leave[name], share)
    return share


def _shocks(rng: np.random.Generator, held: CapacityFigures, *, queues: int, weeks: int) -> Array:
    """The share of slots left in each queue and week: scanners fail, consultants leave, wards close."""
    shock = np.ones((queues, weeks))
    number = rng.poisson(held.shock.a_year * weeks / 52, queues)
    queue = np.repeat(np.arange(queues), number)
    first = rng.integers(0, weeks, len(queue))
    length = rng.integers(held.shock.weeks[0], held.shock.weeks[1] + 1, len(queue))
    depth = rng.uniform(*held.shock.depth, len(queue))
    for ahead in range(held.shock.weeks[1]):
        hit = (ahead < length) & (first + ahead < weeks)
        np.minimum.at(shock, (queue[hit], first[hit] + ahead), 1 - depth[hit])
    return shock
