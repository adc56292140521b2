"""What each referral proves to be: cancer or not, of which group, and whether it comes to treatment."""

import numpy as np
import pandas as pd

from libs.synthetic.draws import Array, choose, choose_by, choose_one, is_given, look_up, only_where, share
from libs.synthetic.figures import Figures
from libs.synthetic.mixing import chance, stirred

CANCER = ("TREATED", "DIED", "PRIVATE", "NO_TREATMENT")
# FDS exclusion reasons, labels our own (cwt-rules 4.8 has none): declined tests, died, private, withdrawn, other.
_EXCLUSIONS = {"01": 0.35, "02": 0.08, "03": 0.15, "04": 0.30, "05": 0.12}

# How often people of a cancer group die before treatment, beside all cancers (ours).
_LETHALITY = {
    "skin": 0.1, "testicular": 0.1, "children": 0.2, "breast": 0.3, "prostate": 0.3, "head_neck": 0.6,
    "gynaecology": 0.7, "urology_other": 0.8, "sarcoma": 0.8, "lymphoma": 1.0, "haematology_other": 1.0,
    "lower_gi": 1.2, "brain": 2.0, "oesophagus_stomach": 2.2, "lung": 2.4, "other": 2.4, "hepatobiliary": 2.8,
}  # fmt: skip
# What is not treated so at first, by cancer group: how the diagnosis begins, modalities, and which one is.
_UNFIT: dict[str, tuple[tuple[str, list[str], str], ...]] = {
    "breast": (("D05", ["02", "03", "09", "15"], "C50.4"),),
    "gynaecology": (
        ("C56", ["04", "05", "06"], "C53.9"),
        ("C54", ["04"], "C53.9"),
        ("C56", ["03"], "C54.1"),
        ("C51", ["02", "03"], "C54.1"),
        ("C53", ["03"], "C54.1"),
    ),
    "lymphoma": (("C83", ["08"], "C82.9"), ("C81", ["08"], "C82.9")),
    "haematology_other": (("C90", ["08"], "C91.1"), ("C92", ["08"], "C91.1")),
    "head_neck": (("C73", ["02", "04", "05", "09"], "C10.9"),),
    "lower_gi": (("C18", ["04", "05"], "C20"), ("C21", ["23"], "C20")),
    "lung": (("C34.9", ["23"], "C34.1"), ("C45", ["04", "23"], "C34.1")),
    "oesophagus_stomach": (("C16.3", ["04", "05"], "C15.4"),),
    "hepatobiliary": (("C25", ["08", "15"], "C22.0"),),
    "urology_other": (
        ("C64", ["02", "04", "05", "06"], "C67.9"),
        ("C67", ["08"], "C64"),
        ("C66", ["08"], "C64"),
        ("C60", ["08", "15"], "C64"),
    ),
    "skin": (("C43", ["05", "08"], "C44.3"),),
    "children": (("C91", ["23"], "C64"), ("C81", ["23"], "C64")),
    "other": (("C80", ["23"], "C69.3"), ("C69", ["02", "09", "15"], "C80.0")),
}


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
    outcome = _as_lethal_as(group, outcome, stirred(referrals["received"].to_numpy().astype(np.int64), 47))
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


def _as_lethal_as(group: Array, outcome: Array, draw: Array) -> Array:
    """The outcomes with as many deaths before treatment as the cancer brings.

    Who dies of a lethal cancer, and who lives on with another, changes places with people who have no treatment: as
    many are treated as before. `draw` is a stirred number per row.
    """
    known = np.where(np.isin(group.astype(str), list(_LETHALITY)), group, "lymphoma")
    times = look_up(known, _LETHALITY)
    lives = (outcome == "DIED") & (chance(stirred(draw.view(np.int64) + np.arange(len(draw)), 3)) >= times)
    dies = (outcome == "NO_TREATMENT") & (
        chance(stirred(draw.view(np.int64) + np.arange(len(draw)), 5)) < (times - 1) * 0.7
    )
    return np.where(lives, "NO_TREATMENT", np.where(dies, "DIED", outcome)).astype(object)


def diagnoses_that_fit(figures: Figures, plan: pd.DataFrame) -> pd.DataFrame:
    """Diagnosis and morphology of each pathway, of the same group, such that its first treatment is one given for it.

    `plan` has cancer_group, modality, diagnosis_icd10 and morphology; people keep their cancer group and treatment.
    """
    codes, morphologies = (plan[column].to_numpy().copy() for column in ("diagnosis_icd10", "morphology"))
    group, modality = plan["cancer_group"].to_numpy(), plan["modality"].to_numpy()
    before = codes.astype(str)
    for name, lines in _UNFIT.items():
        morphology = {code: known for code, known, *_ in figures.groups[name].diagnoses}
        for begins, modalities, instead in lines:
            rows = np.flatnonzero((group == name) & np.isin(modality, modalities))
            rows = rows[np.char.startswith(before[rows], begins)]
            codes[rows], morphologies[rows] = instead, morphology[instead]
    return pd.DataFrame({"diagnosis_icd10": codes, "morphology": morphologies}, index=plan.index)


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
