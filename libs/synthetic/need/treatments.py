"""Treatments: which each cancer has, in which order, and what comes between."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from libs.synthetic.draws import Array, between, choose, choose_by, choose_one, look_up, position, share
from libs.synthetic.figures import Figures

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
    DECLINED: "other",
}
_MOST = 4  # treatments of one pathway


def family_of(modality: Array) -> Array:
    """The published group of each modality: surgery, drugs, radiotherapy or other."""
    return look_up(modality, _FAMILIES)


def draw_first_modality(rng: np.random.Generator, figures: Figures, cancer_group: pd.Series) -> Array:
    """The modality that each pathway's cancer would first be treated with."""
    weights = {key: each.modalities for key, each in figures.groups.items()}
    return choose_by(rng, weights, cancer_group.fillna("other").to_numpy())


def draw_treatments(
    rng: np.random.Generator, figures: Figures, plan: pd.DataFrame, centres: Mapping[str, str]
) -> pd.DataFrame:
    """One row per treatment decided on, in order of pathway and number.

    `plan` has outcome, cancer_group, diagnosis_icd10, modality, trust, transfer_to, transfer_reason and chance_pause
    by pathway row; `centres` names the trust with radiotherapy of each trust. Columns: pathway_id (the row),
    treatment_number, _event, _modality, _setting, treated_by (a trust), gap (days from the treatment before to the
    decision), pause (days), begins, is_low_priority.
    """
    treated = np.flatnonzero((plan["outcome"] == "TREATED").to_numpy())
    modality = plan["modality"].to_numpy()
    first = _rows(treated, modality[treated])
    rounds = [first, _declined(rng, plan), _never_begun(rng, plan)]
    wanted = _further_counts(rng, figures, modality[treated])
    latest, kind = first, _further_kind(plan)
    for number in range(2, _MOST + 1):
        goes_on = wanted >= number - 1
        latest, wanted = latest[goes_on], wanted[goes_on]
        latest = _next_treatment(rng, figures, latest, kind, number)
        rounds.append(latest)
    drawn = pd.concat(rounds).sort_values(["pathway_id", "treatment_number"], kind="stable").reset_index(drop=True)
    return _where_and_how(rng, figures, plan, drawn, centres)


def _rows(pathway: Array, modality: Array, *, begins: bool = True) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "pathway_id": pathway,
            "treatment_number": 1,
            "treatment_event": "01",
            "treatment_modality": modality,
            "gap": 0,
            "begins": begins,
        }
    )


def _declined(rng: np.random.Generator, plan: pd.DataFrame) -> pd.DataFrame:
    """Half of those who have no treatment have it on record that they declined all of it."""
    who = np.flatnonzero((plan["outcome"] == "NO_TREATMENT").to_numpy() & share(rng, len(plan), 0.5))
    return _rows(who, np.full(len(who), DECLINED, dtype=object))


def _never_begun(rng: np.random.Generator, plan: pd.DataFrame) -> pd.DataFrame:
    """Some of those who die had a treatment decided on that never began."""
    who = np.flatnonzero((plan["outcome"] == "DIED").to_numpy() & share(rng, len(plan), 0.35))
    return _rows(who, plan["modality"].to_numpy()[who], begins=False)


def _further_counts(rng: np.random.Generator, figures: Figures, modality: Array) -> Array:
    counts = figures.subsequent.counts
    return choose(rng, np.array(list(counts.values())), position(family_of(modality), list(counts)))


def _further_kind(plan: pd.DataFrame) -> Array:
    """The line of `figures.subsequent.modalities` for each pathway: its cancer group, or the rectum."""
    is_rectal = plan["diagnosis_icd10"].isin(["C20", "C21.0"]).to_numpy()
    return np.where(is_rectal, "rectum", plan["cancer_group"].fillna("other").to_numpy())


def _next_treatment(
    rng: np.random.Generator, figures: Figures, before: pd.DataFrame, kind: Array, number: int
) -> pd.DataFrame:
    size, pathway = len(before), before["pathway_id"].to_numpy()
    return pd.DataFrame(
        {
            "pathway_id": pathway,
            "treatment_number": number,
            "treatment_event": choose_one(rng, {"02": 0.95, "10": 0.03, "03": 0.02}, size),
            "treatment_modality": choose_by(rng, figures.subsequent.modalities, kind[pathway]),
            "gap": 12 + rng.exponential(24, size).astype(int).clip(0, 120),
            "begins": True,
        }
    )


def _where_and_how(
    rng: np.random.Generator, figures: Figures, plan: pd.DataFrame, drawn: pd.DataFrame, centres: Mapping[str, str]
) -> pd.DataFrame:
    size, rows = len(drawn), drawn["pathway_id"].to_numpy()
    sent = (plan["transfer_reason"] == "9").to_numpy()
    local = np.where(sent, plan["transfer_to"], plan["trust"])[rows]
    modality = drawn["treatment_modality"].to_numpy()
    family = family_of(modality)
    # Linear accelerators stand in few trusts: radiotherapy is given there, whoever else treats the person.
    by = np.where(family == "radiotherapy", look_up(local, centres), local)
    group = plan["cancer_group"].fillna("other").to_numpy()[rows]
    low = look_up(
        group,
        {key: each.low_priority for key, each in figures.care.groups.items()},
    )
    low = np.where(drawn["treatment_number"] > 1, low + 0.1, low)
    low = np.where(family == "surgery", low, np.where(family == "radiotherapy", 0.25, 0.05))
    pauses = share(rng, size, plan["chance_pause"].to_numpy()[rows]) & ~np.isin(modality, ["08", "09", "03", DECLINED])
    pauses &= drawn["begins"].to_numpy()
    settings = figures.settings | {DECLINED: {"03": 1.0}}
    operated = np.where(modality == "23", "23 " + group.astype(object), modality)
    kind = np.where(np.isin(operated.astype(str), list(settings)), operated, modality)
    return drawn.assign(
        treatment_setting=choose_by(rng, settings, kind),
        treated_by=by,
        pause=np.where(pauses, between(rng, 4, 18, size), 0),
        is_low_priority=share(rng, size, low),
    )
