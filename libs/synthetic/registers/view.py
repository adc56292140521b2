"""What one trust knew at one moment: its rows as its register would hold them, in the canonical terms."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from libs.synthetic.draws import Array
from libs.synthetic.faults.corruption import HABIT_BITS, corrupt
from libs.synthetic.registers.recording import FACTS
from libs.synthetic.registers.review import reviewed
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
    """Which rows are wanted: the trust, the moment (London), and for how many days a closed pathway is still shown.

    `between` keeps the records from one record_id up to, not including, another; `among` keeps the records named.
    """

    trust: str
    at: np.datetime64
    closed_days: int | None
    between: tuple[int, int] | None = None
    among: Array | None = None


def rows_as_at(world: World, request: Request) -> pd.DataFrame:
    """The trust's rows at the moment, one per pathway and treatment, showing what had been recorded by then.

    Faults are shown as the register shows them; the column `habits` says how each row is spelled (`HABIT_BITS`).
    """
    records, faults = shown_records(world, request)
    known = faults[faults["from_at"].to_numpy() <= request.at]
    is_active = ~(known["until_at"].to_numpy() <= request.at)
    active = known[is_active]
    pathways = world.pathways.iloc[records["pathway_id"].to_numpy()].reset_index(drop=True)
    treatments = _treatments(world, records, request.at, active)
    rows = _identity(world, records, request).join(_pathways(records, pathways, request.at))
    rows = rows.join(reviewed(world, records, pathways, at=request.at, changed_at=_changes(records, known, request.at)))
    rows = rows.merge(treatments, on="record_id", how="left")
    return corrupt(rows, active, seed=world.spec.seed)


def shown_records(world: World, request: Request) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The records that the register shows, with the closing as it has it, and the faults of the trust's records."""
    first, end = _of_trust(world.records, request.trust)
    if request.between is not None:
        first, end = max(first, request.between[0]), min(end, request.between[1])
    listed = world.faults["record_id"].to_numpy()
    faults = world.faults[(listed >= first) & (listed < end)]
    records = _closings(world.records.iloc[first:end], faults, request.at)
    is_shown = records["visible_from"].to_numpy() <= request.at
    is_shown &= ~(records["removed_at"].to_numpy() <= request.at)
    if request.closed_days is not None:
        oldest = request.at.astype("datetime64[D]") - request.closed_days
        is_old = (records["closed_recorded_at"].to_numpy() <= request.at) & (records["closed_on"].to_numpy() < oldest)
        is_shown &= ~is_old
    if request.among is not None:
        is_shown &= np.isin(records["record_id"].to_numpy(), request.among)
    return records[is_shown].reset_index(drop=True), faults


def _of_trust(frame: pd.DataFrame, trust: str) -> tuple[int, int]:
    """Where a trust's rows begin and end: records and identities stand in order of the trust."""
    whose = frame["trust"].to_numpy()
    return int(np.searchsorted(whose, trust, side="left")), int(np.searchsorted(whose, trust, side="right"))


def count_rows(world: World, request: Request) -> tuple[Array, Array]:
    """The record_id of each record that the register shows, and how many rows it has."""
    records, faults = shown_records(world, request)
    active = faults[(faults["from_at"].to_numpy() <= request.at) & ~(faults["until_at"].to_numpy() <= request.at)]
    shown, _ = _shown_treatments(world, records, request.at, active)
    record = records["record_id"].to_numpy()
    of_record = np.bincount(np.searchsorted(record, shown["record_id"].to_numpy()), minlength=len(record))
    return record, np.maximum(of_record, 1)


def _closings(records: pd.DataFrame, faults: pd.DataFrame, at: np.datetime64) -> pd.DataFrame:
    """The records with the closing as the register has it: too early, or only when the death had been noticed."""
    columns = {name: records[name].to_numpy().copy() for name in ("closed_on", "closed_recorded_at")}
    place = records["record_id"].to_numpy()[0] if len(records) else 0
    for fault, moment in (("deceased_but_open", "until_at"), ("pathway_reopened", "from_at")):
        found = faults[(faults["fault"] == fault).to_numpy()]
        if fault == "pathway_reopened":
            found = found[(found["from_at"].to_numpy() <= at) & (at < found["until_at"].to_numpy())]
        when = found[moment].to_numpy()
        rows = found["record_id"].to_numpy() - place
        columns["closed_on"][rows] = when.astype("datetime64[D]")
        columns["closed_recorded_at"][rows] = when
    return records.assign(**columns)


def _identity(world: World, records: pd.DataFrame, request: Request) -> pd.DataFrame:
    columns = [
        "record_id", "pathway_id", "trust", "system", "source_pathway_id", "source_patient_id", "hospital_number",
    ]  # fmt: skip
    identities = world.identities.iloc[slice(*_of_trust(world.identities, request.trust))]
    identities = identities[~(identities["valid_from"].to_numpy() > request.at)]
    person = identities["person_id"].to_numpy()
    valid = identities["valid_from"].to_numpy().astype("datetime64[s]").astype(np.int64)  # NaT is the least
    order = np.lexsort([valid, person])
    last = np.searchsorted(person[order], records["person_id"].to_numpy(), side="right") - 1
    held = identities.drop(columns=["trust", "person_id", "valid_from"]).iloc[order[last]].reset_index(drop=True)
    died = _if_known(records["died_on"], records["died_recorded_at"], request.at)
    return records[columns].join(held).assign(died_on=died)


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


def _shown_treatments(
    world: World, records: pd.DataFrame, at: np.datetime64, active: pd.DataFrame
) -> tuple[pd.DataFrame, pd.Series]:
    """The treatment records that are on show, and by record the minute of a decision that will be taken back."""
    taken_back = active[(active["fault"] == "decision_withdrawn").to_numpy()].set_index("record_id")["from_at"]
    record = records["record_id"].to_numpy()
    ids = world.treatment_records["record_id"].to_numpy()  # in order
    ends = (record[0], record[-1] + 1) if len(record) else (0, 0)
    shown = world.treatment_records.iloc[slice(*np.searchsorted(ids, ends))]
    is_early = shown["record_id"].isin(taken_back.index).to_numpy() & (shown["treatment_number"] == 1).to_numpy()
    is_there = (shown["decided_recorded_at"].to_numpy() <= at) | is_early
    is_there &= np.isin(shown["record_id"].to_numpy(), record)
    return shown[is_there].reset_index(drop=True), taken_back


def _treatments(world: World, records: pd.DataFrame, at: np.datetime64, active: pd.DataFrame) -> pd.DataFrame:
    shown, taken_back = _shown_treatments(world, records, at, active)
    source = world.treatments.iloc[shown["treatment"].to_numpy()].reset_index(drop=True)
    treated = shown["treated_recorded_at"]
    early = taken_back.reindex(shown["record_id"]).to_numpy().astype("datetime64[D]").astype("datetime64[s]")
    is_decided = shown["decided_recorded_at"].to_numpy() <= at
    return pd.DataFrame(
        {
            "record_id": shown["record_id"],
            "treatment_number": shown["treatment_number"].astype("Int64"),
            "decision_to_treat_on": np.where(is_decided, source["decision_to_treat_on"].to_numpy(), early),
            "planned_treatment_on": _if_known(source["planned_treatment_on"], shown["planned_recorded_at"], at),
            "treatment_on": _if_known(source["treatment_on"], treated, at),
            "treatment_adjustment_days": _if_known(source["treatment_adjustment_days"], treated, at),
            **{column: source[column] for column in _KNOWN_WITH_DECISION},
        }
    )


def _changes(records: pd.DataFrame, known: pd.DataFrame, at: np.datetime64) -> Array:
    """The last minute at which an error came into each record or was put right."""
    changed = np.full(len(records), _NO_DAY)
    of_content = known[~known["fault"].isin(list(HABIT_BITS)).to_numpy()]
    until = of_content["until_at"].to_numpy()
    when = np.where(until <= at, until, of_content["from_at"].to_numpy())
    place = np.searchsorted(records["record_id"].to_numpy(), of_content["record_id"].to_numpy())
    is_here = place < len(records)
    is_here[is_here] = records["record_id"].to_numpy()[place[is_here]] == of_content["record_id"].to_numpy()[is_here]
    np.fmax.at(changed, place[is_here], when[is_here])
    return changed
