"""When each fact reaches each register: the records that trusts hold, and the minute from which each shows what."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from libs.synthetic.calendar import working_days_later, working_minute
from libs.synthetic.care.milestones import MILESTONES
from libs.synthetic.draws import Array, between, look_up
from libs.synthetic.figures import Figures, Recording
from libs.synthetic.registers.duplicates import add_duplicates, without_half_of_the_treatments

_MOMENTS = ("decided_recorded_at", "planned_recorded_at", "treated_recorded_at")
# Every fact of a pathway that is recorded by itself: the referral, then the milestones.
FACTS = ("referral_received_on", *MILESTONES)


def record_pathways(
    rng: np.random.Generator, figures: Figures, happened: tuple[pd.DataFrame, pd.DataFrame],
    setting: tuple[Mapping[str, str], np.busdaycalendar],
) -> tuple[pd.DataFrame, pd.DataFrame]:  # fmt: skip
    """Which trust knows what from when: the records, those entered twice included, and the treatments that they show.

    `happened` are the pathways and the treatments; `setting` the system that each trust runs and the calendar.
    """
    pathways, treatments = happened
    systems, calendar = setting
    minutes = recorded_minutes(rng, figures.recording, pathways[list(FACTS)], calendar)
    held = records_frame(rng, pathways, minutes, systems)
    held = add_duplicates(rng, figures.faults.get("pathway_duplicated", 0.0), held, calendar)
    records = number_records(figures, held, pathways)
    shown = treatment_records_frame(rng, figures.recording, records, treatments, calendar)
    closed = close_records(rng, figures.recording, records, pathways=pathways, shown=shown, calendar=calendar)
    return closed, without_half_of_the_treatments(rng, shown, closed)


def recorded_minutes(
    rng: np.random.Generator, recording: Recording, days: pd.DataFrame, calendar: np.busdaycalendar
) -> pd.DataFrame:
    """The minute in working hours at which each fact was recorded: not before it, and in the order of the facts."""
    size, chances = len(days), np.array(recording.lag_days) / sum(recording.lag_days)
    minutes = {}
    for column in days:
        day = days[column].to_numpy().astype("datetime64[D]")
        lag = rng.choice(len(chances), size, p=chances)
        # Clinics run in the morning: an attendance that is recorded on the day itself is recorded in the afternoon.
        hours = (13, recording.hours[1]) if column == "first_seen_on" else recording.hours
        minutes[column] = working_minute(rng, working_days_later(day, lag, calendar), hours)
    return pd.DataFrame(_in_order_of_events(days, pd.DataFrame(minutes)), columns=days.columns, index=days.index)


def _in_order_of_events(days: pd.DataFrame, minutes: pd.DataFrame) -> Array:
    """A later event is never recorded before an earlier one of the same row."""
    never = np.iinfo(np.int64).max
    missing = days.isna().to_numpy()
    when = minutes.to_numpy().astype("datetime64[m]").astype(np.int64)
    key = np.where(missing, never, days.to_numpy().astype("datetime64[m]").astype(np.int64))
    order = np.argsort(key, axis=1, kind="stable")
    ordered = np.maximum.accumulate(np.take_along_axis(np.where(missing, never, when), order, axis=1), axis=1)
    result = np.empty_like(ordered)
    np.put_along_axis(result, order, ordered, axis=1)
    return np.where(missing, np.datetime64("NaT", "m"), result.astype("datetime64[m]")).astype("datetime64[s]")


def records_frame(
    rng: np.random.Generator, pathways: pd.DataFrame, minutes: pd.DataFrame, systems: Mapping[str, str]
) -> pd.DataFrame:
    """One row per trust and pathway that it holds, with the role of the trust and `<fact>_recorded_at` for every fact.

    The trust that received a transfer holds the pathway from the moment it registered it; the trust that sent it learns
    what happens afterwards a working day or two later.
    """
    shared = pathways["transfer_to"].isin(list(systems)).to_numpy()
    own = pd.DataFrame(
        {
            "trust": pathways["trust"],
            "pathway_id": pathways["pathway_id"],
            "role": np.where(shared, "referring", "owner"),
        }
    )
    received = pd.DataFrame(
        {
            "trust": pathways["transfer_to"][shared],
            "pathway_id": pathways["pathway_id"][shared],
            "role": "receiving",
        }
    )
    records = pd.concat([own, received], ignore_index=True)
    records["system"] = look_up(records["trust"].to_numpy(), dict(systems))
    at = records["pathway_id"].to_numpy()
    base = minutes.iloc[at].reset_index(drop=True)
    lag = between(rng, 1, 2, len(records))
    transferred = base["transfer_on"].to_numpy()
    receives, refers = (records["role"].to_numpy() == role for role in ("receiving", "referring"))
    for fact in FACTS:
        minute = base[fact].to_numpy()
        minute = np.where(receives & (minute < transferred), transferred, minute)
        late = refers & (minute > transferred)
        records[f"{fact}_recorded_at"] = np.where(late, later_by_days(minute, lag), minute)
    # A referral that is upgraded comes onto the cancer register with the upgrade.
    entered = np.fmax(base["referral_received_on"].to_numpy(), base["upgraded_on"].to_numpy())
    records["visible_from"] = np.where(receives, transferred, entered)
    return records


def later_by_days(minutes: Array, days: Array) -> Array:
    """The same time of the day, so many weekdays on."""
    day = minutes.astype("datetime64[D]")
    moved = np.busday_offset(day, days, roll="forward")
    return np.asarray(minutes + (moved - day).astype("timedelta64[s]"))


def number_records(figures: Figures, records: pd.DataFrame, pathways: pd.DataFrame) -> pd.DataFrame:
    """The records in the order in which each trust registered them, with its own pathway and patient numbers."""
    order = records.reset_index(drop=True).sort_values(["trust", "visible_from", "pathway_id"], kind="stable").index
    records = records.iloc[order].reset_index(drop=True)
    place = np.append(np.argsort(order.to_numpy(), kind="stable"), -1)
    records["duplicate_of"] = place[records["duplicate_of"].to_numpy()]
    person = pathways["person_id"].to_numpy()[records["pathway_id"]]
    of_trust = records.groupby("trust").cumcount().to_numpy()
    seen_as = pd.DataFrame({"trust": records["trust"], "person": person})
    patient = seen_as.groupby("trust")["person"].transform(lambda people: pd.factorize(people)[0]).to_numpy()
    trusts, of = np.unique(records["trust"].to_numpy().astype(str), return_inverse=True)
    forms = [figures.providers[trust].hospital_number for trust in trusts.tolist()]
    prefix = np.array([form.prefix for form in forms], dtype=object)[of]
    number = np.array([10 ** (form.digits - 1) for form in forms], dtype=np.int64)[of] + 31 * patient + 4127
    hospital = prefix + number.astype(str).astype(object)
    is_scr = (records["system"] == "scr").to_numpy()
    return records.assign(
        record_id=np.arange(len(records)),
        person_id=person,
        source_pathway_id=(10_001 + of_trust).astype(str).astype(object),
        source_patient_id=np.where(is_scr, (5_001 + patient).astype(str).astype(object), hospital),
        hospital_number=hospital,
    )


def treatment_records_frame(
    rng: np.random.Generator, recording: Recording, records: pd.DataFrame, treatments: pd.DataFrame,
    calendar: np.busdaycalendar,
) -> pd.DataFrame:  # fmt: skip
    """One row per record and treatment that it shows, with the minutes at which decision, plan and start were recorded.

    A trust that sent the person away hears of the first treatment only.
    """
    days = treatments[["decision_to_treat_on", "treatment_on"]]
    minutes = recorded_minutes(rng, recording, days, calendar)
    planned = later_by_days(minutes["decision_to_treat_on"].to_numpy(), between(rng, 0, 2, len(treatments)))
    timed = treatments[["pathway_id", "treatment_number"]].assign(
        treatment=np.arange(len(treatments)),
        decided=minutes["decision_to_treat_on"],
        planned=np.fmin(planned, minutes["treatment_on"].to_numpy()),
        treated=minutes["treatment_on"],
        lag=between(rng, 1, 2, len(treatments)),
    )
    held = records[["record_id", "pathway_id", "role", "visible_from", "transfer_on_recorded_at"]]
    shown = held.merge(timed, on="pathway_id")
    shown = shown[(shown["role"] != "referring") | (shown["treatment_number"] == 1)].reset_index(drop=True)
    transferred = shown["transfer_on_recorded_at"].to_numpy()
    refers, crosses = (shown["role"] == "referring").to_numpy(), ~np.isnat(transferred)
    for moment in ("decided", "planned", "treated"):
        minute = shown[moment].to_numpy()
        # Nobody knows of a treatment elsewhere before the transfer, and who sent the person away hears of it later.
        minute = np.where(crosses, np.maximum(minute, transferred), minute)
        minute = np.where(refers, later_by_days(minute, shown["lag"].to_numpy()), minute)
        shown[f"{moment}_recorded_at"] = np.maximum(minute, shown["visible_from"].to_numpy())
    shown = shown.sort_values(["record_id", "treatment_number"], kind="stable").reset_index(drop=True)
    return shown[["record_id", "pathway_id", "treatment_number", "treatment", *_MOMENTS]]


def close_records(
    rng: np.random.Generator, recording: Recording, records: pd.DataFrame, *, pathways: pd.DataFrame,
    shown: pd.DataFrame, calendar: np.busdaycalendar,
) -> pd.DataFrame:  # fmt: skip
    """The records with the date, reason and minute of closing, and the minute at which a death became known.

    `shown` is the frame of `treatment_records_frame`: nothing is closed before its treatments are on record.
    """
    of = pathways.iloc[records["pathway_id"].to_numpy()].reset_index(drop=True)
    sender = (records["role"] == "referring").to_numpy() & (of["transfer_reason"] == "9").to_numpy()
    days = pd.DataFrame(
        {"closed_on": np.where(sender, of["sender_closed_on"], of["closed_on"]), "died_on": of["died_on"]}
    )
    minutes = recorded_minutes(rng, recording, days, calendar)
    treated = shown.groupby("record_id")[["decided_recorded_at", "treated_recorded_at"]].max().max(axis=1)
    latest = records[[f"{fact}_recorded_at" for fact in FACTS]].max(axis=1).to_numpy()
    latest = np.fmax(latest, treated.reindex(records["record_id"]).to_numpy())
    died = np.maximum(minutes["died_on"].to_numpy(), records["visible_from"].to_numpy())
    return records.assign(
        closed_on=days["closed_on"],
        closed_reason=of["closed_reason"],
        closed_recorded_at=np.fmax(minutes["closed_on"].to_numpy(), latest),
        died_on=days["died_on"],
        died_recorded_at=died,
    )
