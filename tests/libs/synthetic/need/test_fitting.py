"""Diagnoses, treatments, settings and sites that a clinician would believe together."""

import numpy as np
import pandas as pd

from libs.synthetic.figures import Figures
from libs.synthetic.need.outcomes import diagnoses_that_fit
from libs.synthetic.world import World


def _treated(world: World) -> pd.DataFrame:
    return world.treatments.merge(
        world.pathways[["pathway_id", "cancer_group", "diagnosis_icd10", "morphology", "outcome"]], on="pathway_id"
    )


def test_first_treatments_are_given_for_their_diagnosis(world: World) -> None:
    first = _treated(world).query("treatment_number == 1")
    code, modality = first["diagnosis_icd10"], first["treatment_modality"]
    assert not (code.str.startswith("C18") & modality.isin(["04", "05"])).any()
    assert not ((code == "C34.9") & (modality == "23")).any()
    assert not (code.str.startswith("D05") & (modality == "02")).any()
    assert not (code.str.startswith("C83") & (modality == "08")).any()


def test_a_diagnosis_keeps_its_morphology_and_its_cancer_group(world: World, figures: Figures) -> None:
    pathways = world.pathways[world.pathways["cancer_group"].notna()]
    known = {
        (name, code, morphology) for name, each in figures.groups.items() for code, morphology, *_ in each.diagnoses
    }
    held = set(zip(pathways["cancer_group"], pathways["diagnosis_icd10"], pathways["morphology"], strict=True))
    assert held <= known


def test_a_diagnosis_that_fits_stays(figures: Figures) -> None:
    plan = pd.DataFrame(
        {
            "cancer_group": ["lower_gi", "lower_gi", None],
            "modality": ["23", "05", "05"],
            "diagnosis_icd10": ["C18.7", "C18.7", None],
            "morphology": ["M81403", "M81403", None],
        }
    )
    fitting = diagnoses_that_fit(figures, plan)
    assert fitting["diagnosis_icd10"].tolist() == ["C18.7", "C20", None]


def test_nobody_has_the_melanoma_irradiated_with_drugs_or_the_lymphoma_cut_out(world: World) -> None:
    later = _treated(world).query("treatment_number > 1")
    of = later.groupby("cancer_group")["treatment_modality"].agg(set)
    assert not of["skin"] & {"03", "04", "09"}
    assert "23" not in of["lymphoma"] | of["haematology_other"]
    assert not of["lung"] & {"03"}


def test_lungs_are_not_operated_on_as_day_cases_and_skin_is(world: World) -> None:
    operations = _treated(world).query("treatment_modality == '23'")
    admitted = (operations["treatment_setting"] == "01").groupby(operations["cancer_group"]).mean()
    assert admitted["lung"] == 1
    assert admitted["lower_gi"] > 0.85
    assert admitted["skin"] < 0.15


def test_radiotherapy_is_given_where_the_machines_stand(world: World) -> None:
    by = world.treatments.groupby("treatment_modality")["treatment_org"].agg(set)
    assert by["05"] | by["04"] == {"RTRAT"}
    assert {"RTRAT", "RTR45"} <= by["23"]


def test_few_die_of_the_skin_before_they_are_treated_and_many_of_the_pancreas(world: World) -> None:
    cancers = world.pathways[world.pathways["cancer_group"].notna()]
    dies = (cancers["outcome"] == "DIED").groupby(cancers["cancer_group"]).agg(["mean", "size"])
    lethal, mild = ["lung", "hepatobiliary", "oesophagus_stomach"], ["skin", "breast", "prostate"]
    share = {name: np.average(dies.loc[groups, "mean"], weights=dies.loc[groups, "size"])
             for name, groups in (("lethal", lethal), ("mild", mild))}  # fmt: skip
    assert share["lethal"] > 2 * share["mild"]
