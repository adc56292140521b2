"""The suites of bronze and silver: each way in which a row can be wrong is found, and clean rows pass."""

from datetime import date

from pyspark.sql import SparkSession

from expectations import bronze, silver
from tests.expectations.measuring import Row, failures, findings, frame

FILE = "file_id bigint, status string, reason string, row_count bigint"
PATHWAY = (
    "trust string, system string, source_pathway_id string, source_patient_id string, tumour_site string, "
    "referral_received_on date, first_seen_on date, is_departed boolean"
)
PATIENT = (
    "trust string, system string, source_patient_id string, nhs_number string, born_on date, died_on date"
)  # fmt: skip
TREATMENT = (
    "trust string, system string, source_pathway_id string, treatment_number int, decision_to_treat_on date, "
    "treatment_on date, treatment_event string, treatment_modality string, treatment_org string"
)
DUPLICATE = "trust string, system string, source_pathway_id string, survivor_pathway_id string"
UNMAPPED_WORD = (
    "trust string, system string, file_id bigint, rule_code string, field string, word string, row_count bigint"
)
OF_TRUST: Row = {"trust": "RTR", "system": "scr", "source_pathway_id": "p", "source_patient_id": "q"}


def test_the_ledger(spark: SparkSession) -> None:
    clean: Row = {"file_id": 1, "status": "accepted", "reason": None, "row_count": 3}
    rows: list[Row] = [
        {},
        {"file_id": 2, "status": "duplicate", "reason": "DUPLICATE", "row_count": None},
        {"file_id": None},
        {"file_id": 3, "status": "lost"},
        {"file_id": 4, "row_count": None},
        {"file_id": 5, "status": "quarantined"},
    ]
    assert failures(bronze.extract_file(), frame(spark, FILE, clean, rows)) == {
        "KEY_MISSING": 1,
        "STATUS_UNKNOWN": 1,
        "ROW_COUNT_MISSING": 1,
        "REASON_MISSING": 2,  # the lost one has none either
        "FILE_REFUSED": 1,
    }


def test_pathways(spark: SparkSession) -> None:
    clean: Row = {
        **OF_TRUST,
        "tumour_site": "lung",
        "referral_received_on": date(2025, 5, 1),
        "first_seen_on": date(2025, 5, 1),
        "is_departed": False,
    }
    rows: list[Row] = [
        {},
        {"source_pathway_id": "not seen yet", "first_seen_on": None},
        {"source_pathway_id": None},
        {"source_pathway_id": "twice"},
        {"source_pathway_id": "twice"},
        {"source_pathway_id": "a", "tumour_site": "LUNG"},
        {"source_pathway_id": "b", "tumour_site": None},
        {"source_pathway_id": "c", "source_patient_id": None},
        {"source_pathway_id": "d", "referral_received_on": None},
        {"source_pathway_id": "e", "first_seen_on": date(2025, 4, 30)},
        {"source_pathway_id": "f", "is_departed": True},
    ]
    assert failures(silver.pathway(), frame(spark, PATHWAY, clean, rows)) == {
        "KEY_MISSING": 1,
        "KEY_REPEATED": 2,
        "SITE_UNKNOWN": 1,
        "SITE_MISSING": 1,
        "PATIENT_MISSING": 1,
        "REFERRAL_DATE_MISSING": 1,
        "SEEN_BEFORE_REFERRAL": 1,
        "MANY_DEPARTED": 1,
    }


def test_patients(spark: SparkSession) -> None:
    clean: Row = {**OF_TRUST, "nhs_number": "9434765919", "born_on": date(1950, 1, 1), "died_on": None}
    rows: list[Row] = [
        {},
        {"source_patient_id": None},
        {"source_patient_id": "a", "nhs_number": "9434765918"},
        {"source_patient_id": "b", "nhs_number": None},
        {"source_patient_id": "c", "born_on": None},
        {"source_patient_id": "d", "died_on": date(1949, 1, 1)},
    ]
    suite = silver.patient()
    assert failures(suite, frame(spark, PATIENT, clean, rows)) == {
        "KEY_MISSING": 1,
        "NHS_NUMBER_INVALID": 1,
        "NHS_NUMBER_MISSING": 1,
        "BIRTH_DATE_MISSING": 1,
        "DIED_BEFORE_BIRTH": 1,
    }
    found = findings(suite, frame(spark, PATIENT, clean, rows))
    assert found["NHS_NUMBER_INVALID"].checked == 5  # a number that is missing is not an invalid one
    assert {code for code, one in found.items() if one.severity == "critical"} == {
        "KEY_MISSING",
        "KEY_REPEATED",
        "NHS_NUMBER_INVALID",
    }


def test_duplicates(spark: SparkSession) -> None:
    clean: Row = {**OF_TRUST, "survivor_pathway_id": "the fuller"}
    rows: list[Row] = [
        {},
        {"source_pathway_id": None},
        {"source_pathway_id": "twice"},
        {"source_pathway_id": "twice"},
        {"source_pathway_id": "a", "survivor_pathway_id": None},
        {"source_pathway_id": "b", "survivor_pathway_id": "b"},
    ]
    assert failures(silver.duplicate(), frame(spark, DUPLICATE, clean, rows)) == {
        "KEY_MISSING": 1,
        "KEY_REPEATED": 2,
        "SURVIVOR_MISSING": 1,
        "SURVIVES_ITSELF": 1,
    }


def test_unmapped_words(spark: SparkSession) -> None:
    clean: Row = {
        "trust": "RTR",
        "system": "scr",
        "file_id": 1,
        "rule_code": "WORD_UNMAPPED",
        "field": "tumour_site",
        "word": "HAEM",
        "row_count": 2,
    }
    rows: list[Row] = [
        {},
        {"word": "twice"},
        {"word": "twice"},
        {"word": "twice", "field": "closed_reason"},
        {"word": None},
        {"word": "a", "row_count": 0},
        {"word": "b", "row_count": None},
    ]
    assert failures(silver.unmapped_word(), frame(spark, UNMAPPED_WORD, clean, rows)) == {
        "KEY_MISSING": 1,
        "KEY_REPEATED": 2,
        "ROW_COUNT_MISSING": 2,
    }


def test_treatments(spark: SparkSession) -> None:
    clean: Row = {
        **OF_TRUST,
        "treatment_number": 1,
        "decision_to_treat_on": date(2025, 5, 1),
        "treatment_on": date(2025, 5, 1),
        "treatment_event": "01",
        "treatment_modality": "23",
        "treatment_org": "RTR",
    }
    rows: list[Row] = [
        {},
        {"treatment_number": 9, "treatment_on": None, "treatment_org": None},
        {"treatment_number": None},
        {"treatment_number": 2, "treatment_event": "First"},
        {"treatment_number": 3, "treatment_modality": "99"},
        {"treatment_number": 4, "treatment_on": date(2025, 4, 30)},
        {"treatment_number": 5, "treatment_org": None},
    ]
    assert failures(silver.treatment(), frame(spark, TREATMENT, clean, rows)) == {
        "KEY_MISSING": 1,
        "EVENT_UNKNOWN": 1,
        "MODALITY_UNKNOWN": 1,
        "TREATED_BEFORE_DECISION": 1,
        "TREATING_TRUST_MISSING": 1,
    }


def test_links(spark: SparkSession) -> None:
    schema = "trust string, system string, source_patient_id string, person_id string, probability double"
    clean: Row = {**OF_TRUST, "person_id": "x", "probability": 1.0}
    rows: list[Row] = [
        {},
        {"source_patient_id": "a", "person_id": None},
        {"source_patient_id": "b", "probability": 1.5},
        {"source_patient_id": "c", "probability": None},
    ]
    assert failures(silver.person_link(), frame(spark, schema, clean, rows)) == {
        "PERSON_MISSING": 1,
        "PROBABILITY_WRONG": 2,
    }


def test_linked_pathways(spark: SparkSession) -> None:
    schema = "pathway_key string, person_id string, members array<string>, trusts array<string>"
    clean: Row = {"pathway_key": "k", "person_id": "x", "members": ["a", "b"], "trusts": ["RTR", "RVW"]}
    rows: list[Row] = [
        {},
        {"pathway_key": "a", "person_id": None},
        {"pathway_key": "b", "members": []},
        {"pathway_key": "c", "members": None},
        {"pathway_key": "d", "trusts": ["RTR", "RTR"]},
    ]
    assert failures(silver.linked_pathway(), frame(spark, schema, clean, rows)) == {
        "PERSON_MISSING": 1,
        "MEMBER_MISSING": 2,
        "TRUST_REPEATED": 1,
    }


def test_a_pathway_in_two_linked_ones(spark: SparkSession) -> None:
    schema = "trust string, system string, source_pathway_id string"
    rows: list[Row] = [{}, {"source_pathway_id": "twice"}, {"source_pathway_id": "twice"}, {"trust": "RVW"}]
    assert failures(silver.linked_member(), frame(spark, schema, OF_TRUST, rows)) == {"MEMBER_REPEATED": 2}
