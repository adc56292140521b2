"""Faults that come and go: pathways closed too early or left open, decisions taken back, plans that move."""

import numpy as np

from libs.synthetic.draws import Array, between
from libs.synthetic.faults.rows import NEVER, Draw, Listed, drawn, listed, of_all, some_days_later

_DAY = np.timedelta64(86_400, "s")
_LEFT_OPEN_DAYS = (15, 130)  # working days for which a dead person's pathway stays open: about 100 days on average
_LEFT_OPEN_MEAN = 101.5


def deceased_but_open(draw: Draw) -> Listed:
    """The death is on record, but the pathway stays open for months.

    The rate is a share of the open list on average: what has to befall deaths follows from how long it lasts.
    """
    records = draw.happened.records
    died, closed = (records[column].to_numpy() for column in ("died_recorded_at", "closed_recorded_at"))
    possible = (records["closed_reason"] == "DIED").to_numpy() & ~np.isnat(died) & ~np.isnat(closed)
    open_days = np.nansum((closed - records["visible_from"].to_numpy()) / _DAY)
    left_open_days = possible.sum() * _LEFT_OPEN_MEAN
    rows = drawn(draw, possible, min(draw.rate * open_days / left_open_days, 1.0) if left_open_days else 0.0)
    from_at = np.fmax(closed[rows], died[rows])
    return listed(rows, "closed_on", from_at=from_at, until_at=some_days_later(draw, from_at, _LEFT_OPEN_DAYS))


def pathway_reopened(draw: Draw) -> Listed:
    """A pathway is closed by mistake, and opened again a few days later."""
    records = draw.happened.records
    closed, seen = (records[column].to_numpy() for column in ("closed_recorded_at", "visible_from"))
    rows, from_at, until_at = _before(draw, until=closed, not_before=seen)
    return listed(rows, "closed_on", from_at=from_at, until_at=until_at)


def decision_withdrawn(draw: Draw) -> Listed:
    """A first treatment is decided on, the decision is taken back, and made again."""
    shown, records = draw.happened.shown, draw.happened.records
    record = shown["record_id"].to_numpy()
    is_first = (shown["treatment_number"] == 1).to_numpy() & (records["role"] != "referring").to_numpy()[record]
    decided = np.where(is_first, shown["decided_recorded_at"].to_numpy(), NEVER)
    told = records["informed_on_recorded_at"].to_numpy()[record]
    seen = np.fmax(records["visible_from"].to_numpy()[record], told)
    rows, from_at, until_at = _before(draw, until=decided, not_before=seen)
    return listed(
        record[rows], "decision_to_treat_on", from_at=from_at, until_at=until_at,
        treatment_number=np.ones(len(rows), dtype=int),
    )  # fmt: skip


def _before(draw: Draw, *, until: Array, not_before: Array) -> tuple[Array, Array, Array]:
    """Events that befall some of the rows a few days before another event, where there is room for them.

    Returns the rows, and from when until when it shows: minutes of working days. The rate is a share of all rows that
    have the other event.
    """
    happens = np.flatnonzero(~np.isnat(until))
    last, earliest = until[happens], not_before[happens]
    days = between(draw.rng, 3, 8, len(happens))
    day = np.busday_offset(last.astype("datetime64[D]"), -days, roll="backward", busdaycal=draw.calendar)
    minute = 8 * 60 + 30 + between(draw.rng, 0, 480, len(happens))
    from_at = day.astype("datetime64[s]") + minute.astype("timedelta64[m]")
    until_at = np.fmin(some_days_later(draw, from_at, (1, 5)), last - np.timedelta64(60, "s"))
    chosen = of_all(draw, from_at > earliest)
    return happens[chosen], from_at[chosen], until_at[chosen]


def planned_as_treatment_date(draw: Draw) -> Listed:
    """The planned date stands in the field of the treatment date until the treatment is recorded."""
    return _planned(draw, "treatment_on", lasts_for=1.0)


def planned_date_moved(draw: Draw) -> Listed:
    """Another date was planned at first."""
    return _planned(draw, "planned_treatment_on", lasts_for=0.7)


def _planned(draw: Draw, column: str, *, lasts_for: float) -> Listed:
    """Rows of planned treatments, from the plan on for a part of the time to the treatment."""
    shown = draw.happened.shown
    rows = drawn(draw, ~np.isnat(draw.of_shown("planned_treatment_on")))
    planned, treated = (shown[f"{moment}_recorded_at"].to_numpy()[rows] for moment in ("planned", "treated"))
    part = draw.rng.random(len(rows)) * lasts_for if lasts_for < 1 else np.ones(len(rows))
    known = ~np.isnat(treated)
    span = np.where(known, treated - planned, np.timedelta64(0, "s")).astype(np.int64)
    until_at = np.where(known, planned + (span * part).astype(np.int64) // 60 * np.timedelta64(60, "s"), NEVER)
    if lasts_for < 1:
        until_at = _in_working_hours(draw, until_at)
    return listed(
        shown["record_id"].to_numpy()[rows], column, from_at=planned, until_at=until_at,
        treatment_number=shown["treatment_number"].to_numpy()[rows],
    )  # fmt: skip


def _in_working_hours(draw: Draw, minutes: Array) -> Array:
    return some_days_later(draw, minutes, (0, 0))


FAULTS = {
    "deceased_but_open": deceased_but_open,
    "pathway_reopened": pathway_reopened,
    "decision_withdrawn": decision_withdrawn,
    "planned_as_treatment_date": planned_as_treatment_date,
    "planned_date_moved": planned_date_moved,
}
