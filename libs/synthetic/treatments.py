"""Treatments: the first one, those that follow, and the days between decision and start."""

import numpy as np
import pandas as pd

from libs.synthetic.draws import Array, between, choose, choose_by, choose_one, look_up, position, share
from libs.synthetic.figures import Figures
from libs.synthetic.timelines import NONE

DECLINED = "98"
_FAMILIES = {
    "23": "surgery",
    "02": "drugs",
    "03": "drugs",
    "15": "drugs",
    "04": "radiotherapy",
    "05": "radiotherapy",
    "06": "radiotherapy",
    "08": "other",
    "09": "other",
}


def draw_first_modality(rng: np.random.Generator, figures: Figures, cancer_group: pd.Series) -> pd.DataFrame:
    """The modality that each pathway's cancer would first be treated with, and the days from decision to treatment."""
    modality = choose_by(
        rng, {key: each.modalities for key, each in figures.groups.items()}, cancer_group.fillna("other").to_numpy()
    )
    return pd.DataFrame(
        {"modality": modality, "decision_to_treatment": _days(rng, figures, modality, subsequent=False)}
    )


def draw_treatments(rng: np.random.Generator, figures: Figures, plan: pd.DataFrame) -> pd.DataFrame:
    """One row per treatment decided on, as day offsets of its pathway (`NONE` for a treatment that never began).

    `plan` is indexed by pathway and has outcome, told, transferred, decided, treated and modality.
    """
    treated = plan[plan["outcome"] == "TREATED"]
    first = _rows(treated, number=1, event="01", decided=treated["decided"], treated=treated["treated"])
    rounds = [first, _declined(rng, plan), _never_begun(rng, plan)]
    wanted = _further_counts(rng, figures, treated["modality"].to_numpy())
    latest = first
    for number in range(2, 5):
        goes_on = wanted >= number - 1
        latest, wanted = latest[goes_on], wanted[goes_on]
        latest = _next_treatment(rng, figures, latest, number)
        rounds.append(latest)
    drawn = pd.concat(rounds).sort_values(["pathway_id", "treatment_number"], kind="stable").reset_index(drop=True)
    return _settings_and_pauses(rng, figures, drawn)


def _rows(plan: pd.DataFrame, *, number: int, event: str, decided: pd.Series, treated: pd.Series | int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "pathway_id": plan.index,
            "treatment_number": number,
            "treatment_event": event,
            "treatment_modality": plan["modality"],
            "decided": decided,
            "treated": treated,
        }
    ).reset_index(drop=True)


def _declined(rng: np.random.Generator, plan: pd.DataFrame) -> pd.DataFrame:
    """Half of those who have no treatment have it on record that they declined all of it."""
    who = plan[(plan["outcome"] == "NO_TREATMENT").to_numpy() & share(rng, len(plan), 0.5)]
    day = who[["told", "transferred"]].max(axis=1) + between(rng, 2, 18, len(who))
    return _rows(who.assign(modality=DECLINED), number=1, event="01", decided=day, treated=day)


def _never_begun(rng: np.random.Generator, plan: pd.DataFrame) -> pd.DataFrame:
    """Some of those who die had a treatment decided on that never began."""
    who = plan[(plan["outcome"] == "DIED").to_numpy() & share(rng, len(plan), 0.35)]
    day = who[["told", "transferred"]].max(axis=1) + between(rng, 1, 7, len(who))
    return _rows(who, number=1, event="01", decided=day, treated=NONE)


def _further_counts(rng: np.random.Generator, figures: Figures, modality: Array) -> Array:
    counts = figures.subsequent.counts
    return choose(rng, np.array(list(counts.values())), position(look_up(modality, _FAMILIES), list(counts)))


def _next_treatment(rng: np.random.Generator, figures: Figures, before: pd.DataFrame, number: int) -> pd.DataFrame:
    size = len(before)
    modality = choose_one(rng, figures.subsequent.modalities, size)
    decided = before["treated"].to_numpy() + 12 + rng.exponential(24, size).astype(int).clip(0, 120)
    return pd.DataFrame(
        {
            "pathway_id": before["pathway_id"].to_numpy(),
            "treatment_number": number,
            "treatment_event": choose_one(rng, {"02": 0.95, "10": 0.03, "03": 0.02}, size),
            "treatment_modality": modality,
            "decided": decided,
            "treated": decided + _days(rng, figures, modality, subsequent=True),
        }
    )


def _days(rng: np.random.Generator, figures: Figures, modality: Array, *, subsequent: bool) -> Array:
    """Days from the decision to the treatment: the usual span, or past day 31 as often as the figures say."""
    size = len(modality)
    within = {
        key: each.within_31_subsequent if subsequent else each.within_31 for key, each in figures.modalities.items()
    }
    usual = look_up(modality, {key: each.days for key, each in figures.modalities.items()})
    late = 32 + rng.exponential(12, size).astype(int).clip(0, 90)
    return np.where(share(rng, size, look_up(modality, within)), between(rng, usual[:, 0], usual[:, 1], size), late)


def _settings_and_pauses(rng: np.random.Generator, figures: Figures, drawn: pd.DataFrame) -> pd.DataFrame:
    size = len(drawn)
    settings = {key: each.settings for key, each in figures.modalities.items()} | {DECLINED: {"03": 1.0}}
    wait = drawn["treated"] - drawn["decided"]
    pauses = share(rng, size, figures.habits.treatment_pause) & (wait >= 12).to_numpy()
    moved = share(rng, size, figures.habits.planned_date_moved) & (wait >= 12).to_numpy() & ~pauses
    lead = between(rng, 3, 10, size)
    planned = np.where(moved, drawn["treated"] - lead, drawn["treated"])
    return drawn.assign(
        treatment_setting=choose_by(rng, settings, drawn["treatment_modality"].to_numpy()),
        adjustment=np.where(pauses, between(rng, 5, 10 + (wait.to_numpy() - 12) // 2, size).clip(max=wait - 2), 0),
        planned=np.where(drawn["treated"] == NONE, drawn["decided"] + between(rng, 10, 25, size), planned),
    )
