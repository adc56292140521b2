"""The stage that a tracker sees a row at, from what had been recorded."""

import numpy as np
import pandas as pd

from libs.synthetic.draws import Array

# The stages that a tracker sees, from the first to the last.
STAGES = (
    "awaiting_appointment",
    "appointment_booked",
    "outcome_awaited",
    "missed_appointment",
    "seen",
    "test_booked",
    "test_done",
    "reported",
    "discussed",
    "told_no_cancer",
    "told_interval",
    "excluded",
    "told_cancer",
    "transferred",
    "decided",
    "decided_operation",
    "treated",
    "monitored",
    "palliative",
    "declined",
    "died",
)
# Stages at which nobody is pressed any more.
_AT_REST = ("told_no_cancer", "told_interval", "excluded", "treated", "monitored", "palliative", "declined", "died")


def stages(facts: pd.DataFrame, at: Array) -> Array:
    """The stage of each row at its own moment, a position in STAGES.

    `facts` holds `<fact>_recorded_at`, `appointment_on`, `outcome`, `is_cancer`, `sends_away` and `modality` (of the
    first treatment, or None).
    """

    def known(fact: str) -> Array:
        return np.asarray(facts[f"{fact}_recorded_at"].to_numpy() <= at)

    told, booked, decided, treated = (
        known(fact) for fact in ("informed_on", "appointment_made_on", "decided", "treated")
    )
    cancer, outcome, modality = (facts[column].to_numpy() for column in ("is_cancer", "outcome", "modality"))
    reached = [
        booked,
        booked & (facts["appointment_on"].to_numpy() <= at),
        known("did_not_attend_on") & ~known("rebooked_on"),
        known("first_seen_on"),
        known("first_test_booked_on"),
        known("first_test_done_on"),
        known("first_test_reported_on"),
        known("mdt_on"),
        told & ~cancer,
        told & (outcome == "INTERVAL"),
        told & (outcome == "EXCLUDED"),
        told & cancer,
        known("transfer_on") & facts["sends_away"].to_numpy() & (cancer | ~told),
        decided,
        decided & (modality == "23"),
        treated,
        treated & (modality == "08"),
        treated & (modality == "09"),
        decided & (modality == "98"),
        known("died_on"),
    ]
    stage = np.zeros(len(facts), dtype=int)
    for number, is_reached in enumerate(reached, start=1):
        stage = np.where(is_reached, number, stage)
    return stage


def presses(stage: Array) -> Array:
    """True at the stages at which something is still waited for."""
    return ~np.isin(stage, [STAGES.index(each) for each in _AT_REST])
