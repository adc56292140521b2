"""Pathways and treatments as dates: offsets become working days, adjustments follow from the dates themselves."""

import numpy as np
import pandas as pd

from libs.synthetic.calendar import nearest_working_day
from libs.synthetic.draws import Array, choose_by, share
from libs.synthetic.figures import Figures
from libs.synthetic.timelines import NONE

# Milestone column <- day offset of `timelines`.
MILESTONES = {
    "upgraded_on": "upgraded",
    "appointment_made_on": "booked",
    "did_not_attend_on": "missed",
    "rebooked_on": "rebooked",
    "first_seen_on": "first_seen",
    "first_test_booked_on": "test_booked",
    "first_test_done_on": "test_done",
    "first_test_reported_on": "test_reported",
    "last_test_reported_on": "last_reported",
    "mdt_on": "mdt",
    "informed_on": "told",
    "diagnosed_on": "diagnosed",
    "transfer_on": "transferred",
}


def date_pathways(plan: pd.DataFrame, days: pd.DataFrame, calendar: np.busdaycalendar) -> pd.DataFrame:
    """The pathways with every milestone as a date, never before the referral, and the first-seen adjustment in days."""
    received = plan["received"].to_numpy().astype("datetime64[D]")
    dates = {column: _date(received, days[offset], calendar) for column, offset in MILESTONES.items()}
    started = np.where(dates["upgraded_on"] <= dates["first_seen_on"], dates["upgraded_on"], received)
    misses = ~np.isnat(dates["rebooked_on"])
    adjustment = np.where(misses, (dates["rebooked_on"] - started).astype(int), 0)
    kept = plan.drop(
        columns=["received", "decided", "age_days", "sex", "lives_on", "modality", "decision_to_treatment"]
    )
    return kept.assign(
        referral_decided_on=plan["decided"].to_numpy().astype("datetime64[s]"),
        referral_received_on=received.astype("datetime64[s]"),
        **{column: date.astype("datetime64[s]") for column, date in dates.items()},
        first_seen_adjustment_days=adjustment,
    )


def date_treatments(pathways: pd.DataFrame, drawn: pd.DataFrame, calendar: np.busdaycalendar) -> pd.DataFrame:
    """The treatments with dates; a pause is always shorter than the wait that it pauses."""
    received = pathways["referral_received_on"].to_numpy().astype("datetime64[D]")[drawn["pathway_id"]]
    decided, planned, treated = (_date(received, drawn[name], calendar) for name in ("decided", "planned", "treated"))
    planned = np.maximum(planned, decided)
    wait = np.where(np.isnat(treated), 0, (treated - decided).astype(int))
    return drawn.drop(columns=["decided", "planned", "treated", "adjustment"]).assign(
        decision_to_treat_on=decided.astype("datetime64[s]"),
        planned_treatment_on=planned.astype("datetime64[s]"),
        treatment_on=treated.astype("datetime64[s]"),
        treatment_adjustment_days=np.clip(drawn["adjustment"], 0, np.maximum(wait - 1, 0)),
    )


def _date(received: Array, offset: pd.Series, calendar: np.busdaycalendar) -> Array:
    exists = offset.to_numpy() != NONE
    day = nearest_working_day(received + np.where(exists, offset, 0).astype("timedelta64[D]"), calendar)
    return np.where(exists, np.maximum(day, received), np.datetime64("NaT", "D"))


def assign_organisations(rng: np.random.Generator, figures: Figures, pathways: pd.DataFrame) -> pd.DataFrame:
    """The site that first saw each person, the one that upgraded, and the identifier of the pathway with its issuer."""
    size = len(pathways)
    sites = {key: each.sites for key, each in figures.trusts.items()}
    by_service = share(rng, size, np.where(pathways["referral_source"].isin(["03", "92"]), 0.85, 0.05))
    number = rng.permutation(np.arange(10**10, 10**10 + 8 * size, 8))[:size] + rng.integers(0, 8, size)
    local = pathways["trust"].to_numpy() + number.astype(str).astype(object)
    return pathways.assign(
        first_seen_org=choose_by(rng, sites, pathways["trust"].to_numpy()),
        upgrade_org=choose_by(rng, sites, pathways["trust"].to_numpy()),
        pathway_identifier=np.where(by_service, "00" + number.astype(str).astype(object), local),
        pathway_identifier_issuer=np.where(by_service, "X09", pathways["trust"]),
    )


def assign_treating_sites(
    rng: np.random.Generator, figures: Figures, pathways: pd.DataFrame, treatments: pd.DataFrame
) -> pd.DataFrame:
    """The site of each treatment: of the trust that the pathway went to for treatment, else of its own trust."""
    sent = (pathways["transfer_reason"] == "9").to_numpy()
    trust = np.where(sent, pathways["transfer_to"], pathways["trust"])[treatments["pathway_id"]]
    sites = {key: each.sites for key, each in figures.trusts.items()} | {key: {key: 1.0} for key in figures.elsewhere}
    return treatments.assign(treatment_org=choose_by(rng, sites, trust))
