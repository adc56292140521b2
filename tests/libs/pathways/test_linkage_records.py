"""A register's patient as linkage compares it: what says nothing of who somebody is, is null."""

from datetime import date, datetime
from typing import Any

import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from libs.pathways.linkage_records import linkage_records
from libs.pathways.people import RECORD_KEY, record_id

COLUMNS = {
    "trust": "RTR", "system": "scr", "source_patient_id": "whole", "nhs_number": "9990000018",
    "nhs_number_status": "01", "hospital_number": "H1", "family_name": "Okonkwo", "given_name": "Chidi",
    "born_on": date(1948, 11, 2), "sex": "1", "postcode": "TS3 6QT", "phone": "07700900123",
    "first_extracted_at": datetime(2025, 1, 1), "file_id": 7,
}  # fmt: skip
TYPES = {"born_on": "date", "first_extracted_at": "timestamp", "file_id": "bigint"}
SCHEMA = ", ".join(f"{name} {TYPES.get(name, 'string')}" for name in COLUMNS)


def patient(name: str, **changed: Any) -> dict[str, Any]:
    return {**COLUMNS, "source_patient_id": name, **changed}


PATIENTS = [
    patient("whole"),
    patient("elsewhere", trust="RVW", system="infoflex"),
    patient("traced", nhs_number_status="02"),
    patient("unsaid", nhs_number_status=None),
    patient("numberless", nhs_number=None),
    patient("vague", born_on=None, sex="9", postcode="ZZ99 3VZ", phone=None),
    patient("long ago", born_on=date(1905, 3, 4)),
]


@pytest.fixture(scope="module")
def made(spark: SparkSession) -> dict[str, Row]:
    frame = spark.createDataFrame([tuple(each.values()) for each in PATIENTS], SCHEMA)
    named = frame.select(F.xxhash64(*RECORD_KEY).alias("ordinal"), "source_patient_id", record_id().alias("record_id"))
    return {row["source_patient_id"]: row for row in linkage_records(frame).join(named, ["ordinal"]).collect()}


def test_a_whole_record_keeps_what_it_says(made: dict[str, Row]) -> None:
    whole = made["whole"].asDict()
    told = ("nhs_number", "is_verified", "family_name", "given_name", "birth_date", "sex", "postcode", "phone")
    assert [whole[name] for name in told] == [
        "9990000018", True, "Okonkwo", "Chidi", "19481102", "1", "TS3 6QT", "07700900123",
    ]  # fmt: skip
    assert whole["arrived_at"] == datetime(2025, 1, 1)
    assert made["long ago"]["birth_date"] == "19050304"


def test_its_ordinal_is_the_number_that_its_id_writes(made: dict[str, Row]) -> None:
    for row in made.values():
        assert f"{row['ordinal'] % 2**64:016x}" == row["record_id"]


def test_only_the_status_01_verifies_a_number_that_is_there(made: dict[str, Row]) -> None:
    verified = {name for name, row in made.items() if row["is_verified"]}
    assert verified == {"whole", "elsewhere", "vague", "long ago"}
    assert made["traced"]["nhs_number"] == "9990000018"
    assert all(isinstance(row["is_verified"], bool) for row in made.values())


def test_what_stands_for_nothing_is_null(made: dict[str, Row]) -> None:
    assert [made["vague"][name] for name in ("birth_date", "sex", "postcode", "phone")] == [None] * 4


def test_the_hospital_number_of_one_trust_is_never_compared(made: dict[str, Row]) -> None:
    assert all(row[name] is None for row in made.values() for name in ("local_id", "address", "middle_name"))


def test_records_of_one_register_share_a_source_and_others_do_not(made: dict[str, Row]) -> None:
    assert made["whole"]["source"] == made["traced"]["source"] != made["elsewhere"]["source"]
