"""What a batch of canonical rows says of patients, treatments and transfers, and what it is refused for."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    IntegerType,
    LongType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from libs.pathways import silver
from libs.pathways.canonical import SECTIONS

FAULT = StructType().add("rule_code", "string").add("field", "string").add("word", "string")
BATCH = StructType(
    [
        StructField("trust", StringType()),
        StructField("system", StringType()),
        StructField("_file_id", LongType()),
        StructField("_extracted_at", TimestampType()),
        StructField("_sequence", LongType()),
        StructField("_row_number", LongType()),
        StructField("_row_key", StringType()),
        StructField("_repeat", IntegerType()),
        StructField("_presence", StringType()),
        StructField("_is_superseded", BooleanType()),
        StructField("_is_pathway_superseded", BooleanType()),
        *(StructField(name, section) for name, section in SECTIONS.items()),
        StructField("is_key_lost", BooleanType()),
        StructField("faults", ArrayType(FAULT)),
    ]
)


WORD, DATE = ("WORD_UNMAPPED", "sex", "X"), ("DATE_NOT_UNDERSTOOD", "born_on", None)


def judged_row(
    pathway: str | None, patient_id: str | None = "p", *, file_id: int = 1, row: int | None = 1, **said: Any
) -> dict[str, Any]:
    """A canonical row; `said` may name sections (as dictionaries) and the columns of the row itself."""
    sections: dict[str, dict[str, Any]] = {
        "patient": {"source_patient_id": patient_id, **said.pop("patient", {})},
        "pathway": {"source_pathway_id": pathway, "source_patient_id": patient_id},
        **{
            name: {"source_pathway_id": pathway, **said.pop(name)} for name in ("transfer", "treatment") if name in said
        },
    }
    return {
        "trust": "RTR",
        "system": "scr",
        "_file_id": file_id,
        "_extracted_at": datetime(2025, 1, 15) + timedelta(hours=file_id),
        "_sequence": file_id,
        "_row_number": row,
        "_row_key": f"{pathway}",
        "_repeat": 1,
        "_presence": "present",
        "_is_superseded": False,
        "_is_pathway_superseded": False,
        "is_key_lost": False,
        "faults": [],
        **sections,
        **said,
    }


def batch(spark: SparkSession, *rows: dict[str, Any]) -> DataFrame:
    def section(name: str, values: dict[str, Any] | None) -> tuple[Any, ...] | None:
        return None if values is None else tuple(values.get(column) for column in SECTIONS[name].names)

    return spark.createDataFrame(
        [
            tuple(section(name, row.get(name)) if name in SECTIONS else row.get(name) for name in BATCH.names)
            for row in rows
        ],
        BATCH,
    )


JUDGED = [
    judged_row("fine"),
    judged_row(None, row=2, _row_key="no pathway"),
    judged_row("no patient", None, row=3),
    judged_row("repeated", row=4, _repeat=2, faults=[WORD]),
    judged_row("not understood", row=5, faults=[DATE, WORD], patient={"family_name": "Confidential"}),
    judged_row("gone", None, row=None, _presence="pathway_gone", faults=[WORD]),
    judged_row("row gone", None, row=None, _presence="row_gone"),
]


@pytest.fixture(scope="module")
def judged(spark: SparkSession) -> DataFrame:
    return batch(spark, *JUDGED).withColumn("refused_as", silver.refused_as())


@pytest.fixture(scope="module")
def rejects(judged: DataFrame) -> list[Row]:
    return silver.rejects(judged).collect()


def test_a_row_is_refused_for_a_missing_identifier_or_as_a_repetition(judged: DataFrame) -> None:
    refused = {row["_row_key"]: row["refused_as"] for row in judged.select("_row_key", "refused_as").collect()}
    assert refused == {
        "fine": None,
        "no pathway": "PATHWAY_ID_MISSING",
        "no patient": "PATIENT_ID_MISSING",
        "repeated": "ROW_REPEATED",
        "not understood": None,
        "gone": None,
        "row gone": None,
    }


def test_a_refused_row_is_one_reject_and_its_values_none(rejects: list[Row]) -> None:
    refused = sorted((row["row_key"], row["rule_code"], row["field"]) for row in rejects if row["severity"] == "reject")
    assert refused == [
        ("no pathway", "PATHWAY_ID_MISSING", None),
        ("no patient", "PATIENT_ID_MISSING", None),
        ("repeated", "ROW_REPEATED", None),
    ]
    assert [row["row_key"] for row in rejects].count("repeated") == 1


def test_each_value_not_understood_is_a_reject_of_its_field(rejects: list[Row]) -> None:
    found = sorted(
        (row["row_key"], row["field"], row["file_id"], row["row_number"])
        for row in rejects
        if row["severity"] == "null the field"
    )
    assert found == [("not understood", "born_on", 1, 5), ("not understood", "sex", 1, 5)]


def test_a_word_that_nobody_knows_is_counted_by_file_and_field(judged: DataFrame) -> None:
    found = [tuple(row) for row in silver.unmapped_words(judged).collect()]
    assert found == [("RTR", "scr", 1, "WORD_UNMAPPED", "sex", "X", 1)]


def test_a_reject_never_holds_a_value_of_the_row(rejects: list[Row]) -> None:
    assert tuple(rejects[0].asDict()) == silver.REJECT_COLUMNS
    assert all("Confidential" not in str(row) for row in rejects)


def test_a_row_that_is_no_longer_there_is_no_reject(rejects: list[Row]) -> None:
    assert {"gone", "row gone"}.isdisjoint(row["row_key"] for row in rejects)


def test_a_patients_identifiers_are_those_of_the_newest_file_and_of_its_first_row(spark: SparkSession) -> None:
    rows = batch(
        spark,
        judged_row("a", "p", file_id=2, row=2, patient={"postcode": "second row"}),
        judged_row("b", "p", file_id=2, row=1, patient={"postcode": "first row"}),
        judged_row("a", "p", file_id=1, row=1, patient={"postcode": "older"}),
        judged_row("c", "q", file_id=1, patient={"postcode": "only"}),
        judged_row("c", "q", file_id=3, row=None, _presence="pathway_gone"),
    )
    patients = {row["source_patient_id"]: (row["postcode"], row["file_id"]) for row in silver.patients(rows).collect()}
    assert patients == {"p": ("first row", 2), "q": ("only", 1)}


def test_a_treatment_alone_gone_was_taken_back_and_one_whose_pathway_is_gone_stays(spark: SparkSession) -> None:
    def treatment(name: str, file_id: int, number: int = 1, presence: str = "present") -> dict[str, Any]:
        given_on = date(2025, 1, file_id) if presence == "present" else None
        told = {"treatment_number": number, "treatment_on": given_on}
        return judged_row(name, file_id=file_id, treatment=told, _presence=presence)

    kept, taken_back = silver.treatments(
        batch(
            spark,
            treatment("changed", 1),
            treatment("changed", 2),
            treatment("taken back", 1, number=1),
            treatment("taken back", 1, number=2),
            treatment("taken back", 2, number=2, presence="row_gone"),
            treatment("gone and back", 2, presence="row_gone"),
            treatment("gone and back", 3),
            treatment("pathway gone", 1),
            treatment("pathway gone", 2, presence="pathway_gone"),
            judged_row("untreated"),
        )
    )
    found = sorted((row["source_pathway_id"], row["treatment_number"], row["treatment_on"]) for row in kept.collect())
    assert found == [
        ("changed", 1, date(2025, 1, 2)),
        ("gone and back", 1, date(2025, 1, 3)),
        ("pathway gone", 1, date(2025, 1, 1)),
        ("taken back", 1, date(2025, 1, 1)),
    ]
    assert [tuple(row) for row in taken_back.collect()] == [("RTR", "scr", "taken back", 2)]


def test_the_newest_transfer_counts_and_a_pathway_that_no_longer_tells_of_one_has_none(spark: SparkSession) -> None:
    def sent(day: int) -> dict[str, Any]:
        return {"transfer_on": date(2025, 1, day), "transfer_to_org": "RTR"}

    kept, withdrawn = silver.transfers(
        batch(
            spark,
            judged_row("moved", file_id=1, transfer=sent(1)),
            judged_row("moved", file_id=2, transfer=sent(2)),
            judged_row("withdrawn", file_id=1, transfer=sent(1)),
            judged_row("withdrawn", file_id=2),
            judged_row("never sent"),
            judged_row("sent, then gone", file_id=1, transfer=sent(1)),
            judged_row("sent, then gone", file_id=2, row=None, _presence="pathway_gone"),
        )
    )
    found = sorted((row["source_pathway_id"], row["transfer_on"], row["transfer_to_org"]) for row in kept.collect())
    assert found == [("moved", date(2025, 1, 2), "RTR"), ("sent, then gone", date(2025, 1, 1), "RTR")]
    assert sorted(row["source_pathway_id"] for row in withdrawn.collect()) == ["never sent", "withdrawn"]
