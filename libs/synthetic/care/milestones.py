"""From steps to dates: the milestones of each pathway and the dates of its treatments."""

import numpy as np
import pandas as pd

from libs.synthetic.care.steps import Care, Kind
from libs.synthetic.draws import Array, between, share
from libs.synthetic.figures import Figures
from libs.synthetic.need.outcomes import CANCER

NONE = -9999
# Milestone column <- day of the step that it is.
MILESTONES = (
    "upgraded_on", "appointment_made_on", "did_not_attend_on", "rebooked_on", "first_seen_on", "first_test_booked_on",
    "first_test_done_on", "first_test_reported_on", "last_test_reported_on", "mdt_on", "informed_on", "diagnosed_on",
    "transfer_on",
)  # fmt: skip


def milestone_days(
    rng: np.random.Generator, figures: Figures, plan: pd.DataFrame, care: Care, done: Array
) -> pd.DataFrame:
    """The day number of every milestone by pathway row, NONE where it never comes, and first_seen_adjustment_days.

    `done` is the day of each step; `plan` has start, outcome, route, rebooked_after, is_straight_to_test,
    diagnosis_icd10 and what `care` drew.
    """
    size = len(plan)
    start = plan["start"].to_numpy()

    def day_of(kind: Kind, *, last: bool = False) -> Array:
        steps = np.flatnonzero(care.kind == kind)
        steps = steps if last else steps[::-1]
        days = np.full(size, NONE)
        days[care.steps.pathway[steps]] = done[steps]
        return days

    seen, missed, upgraded = day_of(Kind.SEEN), day_of(Kind.MISSED), day_of(Kind.UPGRADED)
    reported, last_reported = day_of(Kind.REPORTED), day_of(Kind.REPORTED, last=True)
    staged = day_of(Kind.STAGE_REPORTED, last=True)
    straight = plan["is_straight_to_test"].to_numpy() & (seen != NONE) & (reported != NONE)
    tested = np.where(straight, seen, day_of(Kind.TESTED))
    told = day_of(Kind.TOLD)
    again = np.minimum(_on_a_weekday(missed + plan["rebooked_after"].to_numpy()), seen)
    rebooked = np.where(missed != NONE, again, NONE)
    clock = np.where((upgraded != NONE) & (upgraded <= seen), upgraded, start)
    first = np.where(missed != NONE, missed, seen)
    made = np.where(first != NONE, np.minimum(_on_a_weekday(clock + between(rng, 0, 3, size)), first), NONE)
    booked = np.where(tested != NONE, _booked(rng, np.where(straight, start, np.maximum(seen, start)), tested), NONE)
    known = np.where(last_reported != NONE, last_reported, seen)
    has_diagnosis = plan["diagnosis_icd10"].notna().to_numpy() & (told != NONE)
    is_cancer = plan["outcome"].isin(CANCER).to_numpy()
    diagnosed = np.where(has_diagnosis, np.where(is_cancer & (known != NONE), np.minimum(known, told), told), NONE)
    return pd.DataFrame(
        {
            "upgraded_on": upgraded,
            "appointment_made_on": made,
            "did_not_attend_on": missed,
            "rebooked_on": rebooked,
            "first_seen_on": seen,
            "first_test_booked_on": booked,
            "first_test_done_on": tested,
            "first_test_reported_on": reported,
            "last_test_reported_on": np.maximum(last_reported, staged),
            "mdt_on": day_of(Kind.DISCUSSED),
            "informed_on": told,
            "diagnosed_on": diagnosed,
            "transfer_on": day_of(Kind.TRANSFERRED),
            "first_seen_adjustment_days": np.where(rebooked != NONE, rebooked - clock, 0),
        }
    )


def _booked(rng: np.random.Generator, asked: Array, done: Array) -> Array:
    """The day on which a slot was found: a day or two after it was asked for, and never after it was used."""
    return np.minimum(_on_a_weekday(asked + between(rng, 0, 3, len(asked))), done)


def _on_a_weekday(days: Array) -> Array:
    """Day numbers, a Saturday or Sunday moved to the Monday; days count from a Monday."""
    return np.asarray(days + np.where(days % 7 >= 5, 7 - days % 7, 0))


def treatment_days(care: Care, done: Array, treatments: pd.DataFrame) -> pd.DataFrame:
    """`decided`, `offered` and `treated` of each treatment as day numbers, NONE where it never comes."""
    key = treatments["pathway_id"].to_numpy() * 10 + treatments["treatment_number"].to_numpy()
    days = {}
    for name, kind in (("decided", Kind.DECIDED), ("offered", Kind.OFFERED), ("treated", Kind.TREATED)):
        steps = np.flatnonzero(care.kind == kind)
        of = care.steps.pathway[steps].astype(np.int64) * 10 + care.number[steps]
        order = np.argsort(of, kind="stable")
        at = np.searchsorted(of[order], key).clip(max=max(len(of) - 1, 0))
        found = of[order][at] == key if len(of) else np.zeros(len(key), dtype=bool)
        days[name] = np.where(found, done[steps[order[at]]] if len(of) else NONE, NONE)
    return pd.DataFrame(days)


def date_pathways(
    rng: np.random.Generator,
    figures: Figures,
    plan: pd.DataFrame,
    days: pd.DataFrame,
    first_decision: Array,
    origin: np.datetime64,
) -> pd.DataFrame:
    """The pathways with every milestone as a date; a few are told only after the decision to treat.

    `first_decision` is the day number of the first decision to treat, or NONE.
    """
    told = days["informed_on"].to_numpy()
    late = share(rng, len(plan), figures.habits.told_after_decision) & (plan["outcome"] == "TREATED").to_numpy()
    late &= (first_decision != NONE) & (told != NONE)
    told = np.where(late, first_decision + between(rng, 1, 5, len(plan)), told)
    days = days.assign(informed_on=told)
    dates = {name: as_dates(days[name].to_numpy(), origin) for name in MILESTONES}
    return pd.DataFrame({**dates, "first_seen_adjustment_days": days["first_seen_adjustment_days"]})


def as_dates(days: Array, origin: np.datetime64) -> Array:
    """Day numbers as dates (datetime64[s]), NONE as no date."""
    dates = (origin + np.where(days == NONE, 0, days)).astype("datetime64[s]")
    return np.where(days == NONE, np.datetime64("NaT", "s"), dates)


def date_treatments(
    rng: np.random.Generator, figures: Figures, treatments: pd.DataFrame, days: pd.DataFrame, origin: np.datetime64
) -> pd.DataFrame:
    """The treatments with dates, the date planned, and the pause that counts (shorter than the wait)."""
    size = len(treatments)
    decided, offered, treated = (days[name].to_numpy() for name in ("decided", "offered", "treated"))
    wait = np.where(treated == NONE, 0, treated - decided)
    moved = share(rng, size, figures.habits.planned_date_moved) & (wait >= 12) & (offered == NONE)
    planned = np.where(offered != NONE, offered, np.where(moved, treated - between(rng, 3, 9, size), treated))
    planned = _on_a_weekday(np.where(treated == NONE, decided + between(rng, 10, 25, size), planned))
    pause = np.where(offered != NONE, treated - offered, 0)
    return treatments.assign(
        decision_to_treat_on=as_dates(decided, origin),
        planned_treatment_on=as_dates(np.where(decided == NONE, NONE, np.maximum(planned, decided)), origin),
        treatment_on=as_dates(treated, origin),
        treatment_adjustment_days=np.clip(np.minimum(pause, treatments["pause"]), 0, np.maximum(wait - 1, 0)),
    )
