"""How pathways end: deaths, and the day and reason of closing."""

import numpy as np
import pandas as pd

from libs.synthetic.calendar import nearest_working_day
from libs.synthetic.draws import Array, between, share
from libs.synthetic.figures import Figures

# Days from the event that ends a pathway to the day it is closed, by outcome.
_CLOSING_DAYS = {
    "NOT_CANCER": (0, 7),
    "INTERVAL": (60, 150),
    "EXCLUDED": (0, 5),
    "TREATED": (5, 21),
    "NO_TREATMENT": (3, 21),
    "PRIVATE": (2, 14),
    "DIED": (1, 10),
}
_HAPPENED = ("informed_on", "transfer_on", "first_seen_on", "last_test_reported_on", "mdt_on")
_EXCLUDED_REASONS = {"02": "DIED", "03": "PRIVATE", "01": "NO_TREATMENT", "04": "NO_TREATMENT", "05": "NO_TREATMENT"}


def draw_deaths(rng: np.random.Generator, figures: Figures, pathways: pd.DataFrame, treatments: pd.DataFrame) -> Array:
    """The day of death of the person on each pathway, or no day: always after everything that happened to them."""
    size = len(pathways)
    latest = _latest(pathways, treatments, ["decision_to_treat_on", "treatment_on"])
    died = np.full(size, np.datetime64("NaT", "D"))
    dies = (pathways["outcome"] == "DIED").to_numpy()
    died[dies] = (latest + between(rng, 2, 45, size).astype("timedelta64[D]"))[dies]
    excluded = (pathways["fds_exclusion_reason"] == "02").to_numpy()
    died[excluded] = latest[excluded]
    is_alone = ~pathways["person_id"].duplicated(keep=False).to_numpy()
    later = is_alone & (pathways["outcome"] == "TREATED").to_numpy() & share(rng, size, figures.habits.dies_later)
    died[later] = (latest + between(rng, 25, 500, size).astype("timedelta64[D]"))[later]
    return died


def draw_closings(
    rng: np.random.Generator, pathways: pd.DataFrame, treatments: pd.DataFrame, calendar: np.busdaycalendar
) -> pd.DataFrame:
    """Closing date and reason, and the earlier date on which a trust that sent the person away closes its own row."""
    size = len(pathways)
    outcome = pathways["outcome"].to_numpy()
    ended = _latest(pathways, treatments, ["decision_to_treat_on", "treatment_on"])
    died = pathways["died_on"].to_numpy().astype("datetime64[D]")
    ended = np.where(np.isin(outcome, ["DIED"]), died, ended)
    low, high = (np.array([_CLOSING_DAYS[each][side] for each in outcome]) for side in (0, 1))
    closed = nearest_working_day(ended + between(rng, low, high, size).astype("timedelta64[D]"), calendar)
    closed = np.maximum(closed, ended)
    sent = closed.copy()
    first = treatments[treatments["treatment_number"] == 1]
    begun = first["treatment_on"].to_numpy().astype("datetime64[D]")
    after = nearest_working_day(begun + between(rng, 3, 14, len(first)).astype("timedelta64[D]"), calendar)
    sent[first["pathway_id"]] = np.where(np.isnat(after), sent[first["pathway_id"]], after)
    reason = np.where(outcome == "INTERVAL", "NOT_CANCER", outcome)
    excluded = [_EXCLUDED_REASONS.get(each, "NO_TREATMENT") for each in pathways["fds_exclusion_reason"]]
    reason = np.where(outcome == "EXCLUDED", excluded, reason)
    return pd.DataFrame({"closed_on": closed, "sender_closed_on": np.minimum(sent, closed), "closed_reason": reason})


def _latest(pathways: pd.DataFrame, treatments: pd.DataFrame, columns: list[str]) -> Array:
    """The last day on which something happened on each pathway."""
    latest = pathways[list(_HAPPENED)].max(axis=1).to_numpy().astype("datetime64[D]")
    of_treatments = treatments[columns].max(axis=1).groupby(treatments["pathway_id"]).max()
    at = of_treatments.index.to_numpy()
    latest[at] = np.fmax(latest[at], of_treatments.to_numpy().astype("datetime64[D]"))
    return np.asarray(latest)
