"""What each referral proves to be: cancer or not, of which group, and whether it comes to treatment."""

import numpy as np
import pandas as pd

from libs.synthetic.draws import Array, choose, choose_by, choose_one, is_given, look_up, only_where, share
from libs.synthetic.figures import Figures

CANCER = ("TREATED", "DIED", "PRIVATE", "NO_TREATMENT")
# FDS exclusion reasons, labels our own (cwt-rules 4.8 has none): declined tests, died, private, withdrawn, other.
_EXCLUSIONS = {"01": 0.35, "02": 0.08, "03": 0.15, "04": 0.30, "05": 0.12}


def draw_outcomes(rng: np.random.Generator, figures: Figures, referrals: pd.DataFrame) -> pd.DataFrame:
    """Per pathway: outcome, cancer group, diagnosis, FDS end and exclusion reason. `referrals` also has the sex."""
    size = len(referrals)
    habits = figures.habits
    conversion = _conversion(figures, referrals) / (1 - sum(habits.untreated.values()))
    is_cancer = share(rng, size, conversion)
    of_cancer = choose_one(rng, {"TREATED": 1 - sum(habits.untreated.values()), **habits.untreated}, size)
    of_others = choose_one(
        rng,
        {"EXCLUDED": habits.excluded, "INTERVAL": habits.interval_scan, "NOT_CANCER": 1 - habits.excluded},
        size,
    )
    outcome = np.where(is_cancer, of_cancer, of_others)
    is_timed = referrals["route"].isin(["USC", "BSYM", "SCREEN"]).to_numpy()
    outcome = np.where(~is_timed & np.isin(outcome, ["EXCLUDED", "INTERVAL"]), "NOT_CANCER", outcome)
    group = only_where(is_cancer, _groups(rng, figures, referrals))
    reasons = {"NOT_CANCER": "02", "EXCLUDED": "03", "INTERVAL": "04"} | dict.fromkeys(CANCER, "01")
    reason = look_up(outcome, reasons).astype(object)
    reason[(referrals["route"] == "OTHER").to_numpy()] = None
    return pd.DataFrame(
        {
            "outcome": outcome,
            "cancer_group": group,
            "fds_end_reason": reason,
            "fds_exclusion_reason": only_where(outcome == "EXCLUDED", choose_one(rng, _EXCLUSIONS, size)),
            **_diagnoses(rng, figures, referrals, group),
        }
    )


def _conversion(figures: Figures, referrals: pd.DataFrame) -> Array:
    suspected, route = referrals["suspected"].to_numpy(), referrals["route"].to_numpy()
    chance = look_up(suspected, {key: line.conversion for key, line in figures.suspected.items()})
    for site, programme in figures.screening.items():
        chance[(route == "SCREEN") & (suspected == site)] = programme.conversion
    chance[route == "BSYM"] = figures.breast_symptomatic.conversion
    for name, conversion in figures.conversion.items():
        chance[route == name] = conversion
    return chance


def _groups(rng: np.random.Generator, figures: Figures, referrals: pd.DataFrame) -> Array:
    weights = {f"{key} urgent": line.groups for key, line in figures.suspected.items()}
    weights |= {f"{key} upgrade": line.upgrade_groups or line.groups for key, line in figures.suspected.items()}
    kind = referrals["suspected"] + np.where(referrals["route"] == "UPGRADE", " upgrade", " urgent")
    group = choose_by(rng, weights, kind.to_numpy())
    return np.where((group == "prostate") & (referrals["sex"] == "2").to_numpy(), "urology_other", group)


def _diagnoses(rng: np.random.Generator, figures: Figures, referrals: pd.DataFrame, group: Array) -> dict[str, Array]:
    codes = np.full(len(group), None, dtype=object)
    morphologies = codes.copy()
    sex = referrals["sex"].to_numpy()
    for name, each in figures.groups.items():
        rows = np.flatnonzero(group == name)
        fits = np.array([[of in ("any", s) for *_, of in each.diagnoses] for s in ("1", "2")], dtype=float)
        weights = fits * np.array([weight for _, _, weight, _ in each.diagnoses])
        if not len(rows):
            continue
        weights[weights.sum(axis=1) == 0] = 1.0  # a sex that this cancer knows no diagnosis for never comes here
        drawn = choose(rng, weights, (sex[rows] == "2").astype(int))
        codes[rows] = np.array([code for code, *_ in each.diagnoses], dtype=object)[drawn]
        morphologies[rows] = np.array([morphology for _, morphology, *_ in each.diagnoses], dtype=object)[drawn]
    basal = ~is_given(group) & (referrals["suspected"] == "skin").to_numpy()
    basal &= share(rng, len(group), figures.habits.basal_cell)
    codes[basal], morphologies[basal] = "C44.3", "M80903"
    return {"diagnosis_icd10": codes, "morphology": morphologies}
