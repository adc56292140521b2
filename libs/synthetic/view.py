"""What one trust knew at one moment: its rows as its register would hold them, in the canonical terms."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from libs.synthetic.draws import Array, is_given, only_where
from libs.synthetic.outcomes import CANCER
from libs.synthetic.recording import FACTS
from libs.synthetic.tracking import latest_touch, next_actions, stages, write_notes
from libs.synthetic.world import World

# Columns that become known together with a milestone.
_KNOWN_WITH = {
    "first_seen_org": "first_seen_on",
    "upgrade_org": "upgraded_on",
    "first_seen_adjustment_days": "rebooked_on",
    "fds_end_reason": "informed_on",
    "fds_exclusion_reason": "informed_on",
    "diagnosis_icd10": "diagnosed_on",
    "morphology": "diagnosed_on",
    "transfer_from_org": "transfer_on",
    "transfer_to": "transfer_on",
    "transfer_reason": "transfer_on",
}
_KNOWN_WITH_DECISION = ("treatment_event", "treatment_modality", "treatment_setting", "treatment_org")
_NO_DAY = np.datetime64("NaT", "s")


@dataclass(frozen=True)
class Request:
    """Which rows are wanted: the trust, the moment (London), and for how many days a closed pathway is still shown."""

    trust: str
    at: np.datetime64
    closed_days: int | None


def rows_as_at(world: World, request: Request) -> pd.DataFrame:
    """The trust's rows at the moment, one per pathway and treatment, showing only what had been recorded by then."""
    records = world.records[world.records["trust"] == request.trust]
    records = records[records["visible_from"].to_numpy() <= request.at]
    if request.closed_days is not None:
        oldest = request.at.astype("datetime64[D]") - request.closed_days
        is_old = (records["closed_recorded_at"].to_numpy() <= request.at) & (records["closed_on"].to_numpy() < oldest)
        records = records[~is_old]
    records = records.reset_index(drop=True)
    pathways = world.pathways.iloc[records["pathway_id"].to_numpy()].reset_index(drop=True)
    people = world.people.iloc[records["person_id"].to_numpy()].reset_index(drop=True)
    treatments = _treatments(world, records, request.at)
    rows = _identity(records, people, request.at).join(_pathways(records, pathways, request.at))
    rows = rows.join(_tracked(world, records, pathways, request.at))
    rows = rows.merge(treatments, on="record_id", how="left").sort_values(["record_id", "treatment_number"])
    return rows.reset_index(drop=True)


def _identity(records: pd.DataFrame, people: pd.DataFrame, at: np.datetime64) -> pd.DataFrame:
    columns = ["record_id", "pathway_id", "source_pathway_id", "source_patient_id", "hospital_number"]
    person = people.drop(columns=["person_id", "died_on"])
    died = _if_known(records["died_on"], records["died_recorded_at"], at)
    return records[columns].join(person).assign(died_on=died)


def _pathways(records: pd.DataFrame, pathways: pd.DataFrame, at: np.datetime64) -> pd.DataFrame:
    shown = pathways[
        [
            "trust", "route", "suspected", "tumour_site", "cancer_group", "suspected_cancer_type", "priority_type",
            "referral_source", "referral_decided_on", "pathway_identifier", "pathway_identifier_issuer", "outcome",
        ]
    ].rename(columns={"trust": "first_trust"})  # fmt: skip
    source = pathways.assign(transfer_from_org=pathways["trust"])
    known = {fact: _if_known(source[fact], records[f"{fact}_recorded_at"], at) for fact in FACTS}
    known |= {
        column: _if_known(source[column], records[f"{fact}_recorded_at"], at) for column, fact in _KNOWN_WITH.items()
    }
    closed = records["closed_recorded_at"]
    known["closed_on"] = _if_known(records["closed_on"], closed, at)
    known["closed_reason"] = _if_known(records["closed_reason"], closed, at)
    # The clinic's day is known before it happens: a register may show the appointment that is still to come.
    booked = source["did_not_attend_on"].fillna(source["first_seen_on"])
    booked = booked.where(~(records["rebooked_on_recorded_at"] <= at), source["first_seen_on"])
    known["appointment_on"] = _if_known(booked, records["appointment_made_on_recorded_at"], at)
    return shown.assign(**known)


def _if_known(values: pd.Series, recorded_at: pd.Series, at: np.datetime64) -> pd.Series:
    return values.where(recorded_at.to_numpy() <= at)


def _treatments(world: World, records: pd.DataFrame, at: np.datetime64) -> pd.DataFrame:
    shown = world.treatment_records[world.treatment_records["record_id"].isin(records["record_id"])]
    shown = shown[shown["decided_recorded_at"].to_numpy() <= at].reset_index(drop=True)
    source = world.treatments.iloc[shown["treatment"].to_numpy()].reset_index(drop=True)
    treated = shown["treated_recorded_at"]
    return pd.DataFrame(
        {
            "record_id": shown["record_id"],
            "treatment_number": shown["treatment_number"].astype("Int64"),
            "decision_to_treat_on": source["decision_to_treat_on"],
            "planned_treatment_on": _if_known(source["planned_treatment_on"], shown["planned_recorded_at"], at),
            "treatment_on": _if_known(source["treatment_on"], treated, at),
            "treatment_adjustment_days": _if_known(source["treatment_adjustment_days"], treated, at),
            **{column: source[column] for column in _KNOWN_WITH_DECISION},
        }
    )


def _tracked(world: World, records: pd.DataFrame, pathways: pd.DataFrame, at: np.datetime64) -> pd.DataFrame:
    """The tracker's columns, as the last edit left them, and when the row was last changed at all."""
    touch = latest_touch(world.touches, len(world.records), at)[records["record_id"].to_numpy()]
    is_touched = touch >= 0
    minute = np.where(is_touched, world.touches["at"].to_numpy()[touch], _NO_DAY)
    draw = np.where(is_touched, world.touches["draw"].to_numpy()[touch], 0)
    facts = _stage_facts(world, records, pathways)
    stage = stages(facts, minute)
    day = minute.astype("datetime64[D]")
    notes = write_notes(stage, _words_for(pathways), np.where(is_touched, day, np.datetime64(0, "D")), draw)
    actions, owners = next_actions(stage, draw)
    is_open = ~(records["closed_recorded_at"].to_numpy() <= at)
    acts = is_touched & is_open & is_given(actions)
    started = pathways["upgraded_on"].fillna(pathways["referral_received_on"]).to_numpy().astype("datetime64[D]")
    due = np.busday_offset(np.where(is_touched, day, np.datetime64(0, "D")), 1 + draw // 23 % 9, roll="forward")
    waits_long = (day - started > np.timedelta64(50, "D")) & (draw // 29 % 5 < 2)
    return pd.DataFrame(
        {
            "tracking_note": only_where(is_touched, notes),
            "last_tracked_on": day.astype("datetime64[s]"),
            "next_action": only_where(acts, actions),
            "next_action_owner": only_where(acts, owners),
            "next_action_due_on": np.where(acts, due.astype("datetime64[s]"), _NO_DAY),
            "is_escalated": is_touched & is_open & waits_long,
            "source_updated_at": _last_change(facts, records, minute, at),
        }
    )


def _words_for(pathways: pd.DataFrame) -> Array:
    is_prostate = (pathways["suspected"] == "urology") & (pathways["cancer_group"] == "prostate")
    return np.where(is_prostate, "prostate", pathways["suspected"])


def _stage_facts(world: World, records: pd.DataFrame, pathways: pd.DataFrame) -> pd.DataFrame:
    first = world.treatment_records[world.treatment_records["treatment_number"] == 1].set_index("record_id")
    columns = ["decided_recorded_at", "treated_recorded_at"]
    facts = records[[f"{fact}_recorded_at" for fact in FACTS]].join(
        first[columns].reindex(records["record_id"]).reset_index(drop=True)
    )
    return facts.assign(
        is_cancer=pathways["outcome"].isin(CANCER),
        is_excluded=pathways["outcome"] == "EXCLUDED",
        sends_away=(records["role"] == "referring").to_numpy(),
    )


def _last_change(facts: pd.DataFrame, records: pd.DataFrame, touched: Array, at: np.datetime64) -> Array:
    """The last minute up to now at which a fact, a tracker's edit, a death or the closing reached the row."""
    minutes = facts.filter(like="_recorded_at").assign(
        closed=records["closed_recorded_at"], died=records["died_recorded_at"], visible=records["visible_from"]
    )
    values = minutes.to_numpy().astype("datetime64[s]")
    values = np.where(values <= at, values, _NO_DAY)
    return np.asarray(np.fmax(np.fmax.reduce(values, axis=1), touched))
