"""The groups under which waits are published."""

import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from libs.pathways.groups import diagnosis_group, modality_group, stage, suspected_group
from libs.rules import load_rules

# diagnosis, suspected type, route, modality, event: cancer group, suspected label, modality group, stage
CASES: dict[str, tuple[tuple[str | None, ...], tuple[str | None, ...]]] = {
    "breast": (("C50.4", "01", "USC", "23", "01"), ("Breast", "Suspected breast cancer", "Surgery", "first")),
    "breast in situ by screening": (
        ("D05.1", "01", "SCREEN", "01", "07"), ("Breast", "Suspected breast cancer", "Surgery", "first"),
    ),
    "lower gastrointestinal": (
        ("C18.7", "07", "USC", "02", "02"),
        ("Lower Gastrointestinal", "Suspected lower gastrointestinal cancer", "Anti-cancer drug regimen", "subsequent"),
    ),
    "prostate": (
        ("C61", "11", "USC", "05", "12"),
        ("Urological - Prostate", "Suspected urological malignancies (excluding testicular)", "Radiotherapy", "first"),
    ),
    "testicular": (
        ("C62", "12", "USC", "08", "10"),
        ("Urological - Other (a)", "Suspected testicular cancer", "Other", "subsequent"),
    ),
    "lymphoma by its longer code": (
        ("C88.4", "04", "USC", None, None),
        ("Haematological - Lymphoma", "Suspected haematological malignancies (excluding acute leukaemia)", None, None),
    ),
    "the shorter code beside it": (
        ("C88.0", "05", "UPGRADE", "97", "11"),
        ("Haematological - Other (a)", "Suspected acute leukaemia", "Other", "subsequent"),
    ),
    "a child's kidney": (
        ("C64", "02", "USC", "14", "01"),
        ("Other (a)", "Suspected children's cancer", "Anti-cancer drug regimen", "first"),
    ),
    "brain": (
        ("C71.9", "10", "USC", "22", "01"),
        ("Other (a)", "Suspected brain/central nervous system tumours", "Other", "first"),
    ),
    "breast symptoms": (
        ("C50", "16", "BSYM", None, None),
        ("Breast", "Exhibited (non-cancer) breast symptoms - cancer not initially suspected", None, None),
    ),
    "a type that no programme screens for": (
        ("C44.3", "08", "SCREEN", None, None), ("Skin", "Missing or Invalid", None, None),
    ),
    "nothing said": ((None, None, "USC", None, None), (None, "Missing or Invalid", None, None)),
    "a type that does not exist": ((None, "99", "USC", None, None), (None, "Missing or Invalid", None, None)),
}  # fmt: skip


@pytest.fixture(scope="module")
def grouped(spark: SparkSession) -> dict[str, Row]:
    rules, today = load_rules(), F.current_date()
    schema = (
        "case string, diagnosis_icd10 string, suspected_cancer_type string, route string, treatment_modality string, "
        "treatment_event string"
    )
    frame = spark.createDataFrame([(case, *said) for case, (said, _) in CASES.items()], schema)
    columns = [group(today, rules) for group in (diagnosis_group, suspected_group, modality_group, stage)]
    return {row[0]: row for row in frame.select("case", *columns).collect()}


@pytest.mark.parametrize("case", CASES)
def test_a_wait_is_published_in_its_groups(grouped: dict[str, Row], case: str) -> None:
    assert tuple(grouped[case])[1:] == CASES[case][1]
