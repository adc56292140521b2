"""Everybody's care from referral to the last treatment: planned, queued for, done and dated."""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import pandas as pd

from libs.synthetic.care.capacity import capacity_of, first_monday
from libs.synthetic.care.milestones import (
    NONE,
    as_dates,
    date_pathways,
    date_treatments,
    milestone_days,
    treatment_days,
)
from libs.synthetic.care.plan import plan_care
from libs.synthetic.care.queues import NO_QUEUE, Steps, serve
from libs.synthetic.care.resources import resources_of
from libs.synthetic.care.steps import Kind
from libs.synthetic.draws import Array
from libs.synthetic.figures import Figures
from libs.synthetic.need.transfers import centres_of
from libs.synthetic.need.treatments import draw_treatments
from libs.synthetic.pathways import assign_organisations, assign_treating_sites

Rngs = Mapping[str, np.random.Generator]
_RUN_OUT_DAYS = 420  # after the last referral, so that everybody's care comes to its end
# What a pathway keeps of its plan.
_KEPT = (
    "trust", "route", "suspected", "tumour_site", "suspected_cancer_type", "priority_type", "referral_source",
    "outcome", "cancer_group", "fds_end_reason", "fds_exclusion_reason", "diagnosis_icd10", "morphology", "transfer_to",
    "transfer_reason", "person_id",
)  # fmt: skip
_WAITED_FOR = {
    "first_appointment": (Kind.MISSED, Kind.SEEN),
    "tests": (Kind.TESTED, Kind.STAGED),
    "reports": (Kind.REPORTED, Kind.STAGE_REPORTED),
    "telling": (Kind.TOLD,),
    "decision": (Kind.DECIDED,),
    "treatment": (Kind.OFFERED, Kind.TREATED),
}


def simulate_care(
    rngs: Rngs, figures: Figures, plan: pd.DataFrame, *, period: tuple[date, date]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The dated pathways and treatments of a plan, and the days that each pathway spent in its queues.

    Every wait for a slot comes from the queues; `plan` has a row for each pathway that takes a slot. `period` is the
    first and the last day of the world. Streams of chance: care, capacity, dates.
    """
    begins = first_day(figures, period[0])
    origin = np.datetime64(begins, "D")
    referred = (period[1] - begins).days + 1
    plan = plan.copy()
    treatments = draw_treatments(rngs["care"], figures, plan, centres_of(figures))
    resources = resources_of(figures)
    care = plan_care(rngs["care"], figures, plan, treatments, resources)
    used, queue = np.unique(care.steps.queue, return_inverse=True)
    has_none = int(used[0] == NO_QUEUE)
    steps = Steps(
        care.steps.pathway, queue - has_none, care.steps.delay, care.steps.place, care.steps.weekday, care.steps.due
    )
    capacity = capacity_of(
        rngs["capacity"], figures, steps, resources.usual_wait[used[has_none:]], begins=begins,
        days=(referred, referred + _RUN_OUT_DAYS),
    )  # fmt: skip
    done = serve(steps, plan["start"].to_numpy(), capacity)
    days = milestone_days(rngs["dates"], figures, plan, care, done)
    of_treatments = treatment_days(care, done, treatments)
    first = np.full(len(plan), NONE)
    is_first = (treatments["treatment_number"] == 1).to_numpy()
    first[treatments["pathway_id"].to_numpy()[is_first]] = of_treatments["decided"].to_numpy()[is_first]
    dated = date_pathways(rngs["dates"], figures, plan, days, first, origin)
    treatments = date_treatments(rngs["dates"], figures, treatments, of_treatments, origin)
    treatments = assign_treating_sites(rngs["dates"], figures, treatments)
    pathways = plan[list(_KEPT)].assign(
        referral_decided_on=plan["decided"].to_numpy().astype("datetime64[s]"),
        referral_received_on=as_dates(plan["start"].to_numpy(), origin),
    )
    pathways = pathways.join(dated)
    never = pathways["transfer_on"].isna()
    pathways.loc[never, ["transfer_to", "transfer_reason"]] = None
    return (
        assign_organisations(rngs["dates"], figures, pathways),
        treatments,
        _waits(steps, care.kind, done, plan["start"].to_numpy()),
    )


def first_day(figures: Figures, starts_on: date) -> date:
    """The Monday on which the hospitals begin to fill, some weeks before the world's period."""
    return first_monday(starts_on - timedelta(days=figures.care.capacity.warm_up_days))


def _waits(steps: Steps, kind: Array, done: Array, start: Array) -> pd.DataFrame:
    """Days that each pathway waited in queues by what it waited for, beyond the delays of its own making."""
    is_first = np.concatenate([[True], steps.pathway[1:] != steps.pathway[:-1]])
    before = np.where(is_first, start[steps.pathway], np.concatenate([[0], done[:-1]]))
    waited = np.where(steps.queue == NO_QUEUE, 0, done - before - steps.delay).clip(0)
    spent = {}
    for name, kinds in _WAITED_FOR.items():
        rows = np.isin(kind, kinds)
        days = np.bincount(steps.pathway[rows], waited[rows], minlength=len(start))
        spent[f"days_queued_for_{name}"] = days.astype(np.int32)
    return pd.DataFrame(spent)
