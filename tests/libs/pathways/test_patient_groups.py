"""In which groups a patient is counted."""

from datetime import date

import pytest
from pyspark.sql import SparkSession

from libs.pathways.patient_groups import groups

ON = date(2025, 2, 28)
COLUMNS = "born_on date, ethnic_category string, nhs_number string, nhs_number_status string"
BORN = {
    date(2025, 1, 1): "0-17", date(2007, 3, 1): "0-17", date(2007, 2, 28): "18-49", date(1975, 3, 1): "18-49",
    date(1975, 2, 28): "50-64", date(1960, 3, 1): "50-64", date(1960, 2, 29): "50-64", date(1960, 2, 28): "65-74",
    date(1950, 2, 28): "75-84", date(1940, 3, 1): "75-84", date(1940, 2, 28): "85+", None: "not known",
}  # fmt: skip
ETHNIC = {
    "A": "White", "c": "White", "D": "Mixed", "G": "Mixed", "H": "Asian or Asian British",
    "L1": "Asian or Asian British", "M": "Black or Black British", "P": "Black or Black British",
    "R": "Other ethnic groups", "S": "Other ethnic groups", "Z": "not stated", "99": "not known", "": "not known",
    "?": "not known", None: "not known",
}  # fmt: skip
NUMBERS = {
    ("9434765919", "01"): "verified", ("9434765919", "02"): "present", ("9434765919", None): "present",
    (None, "07"): "missing", (None, None): "missing",
}  # fmt: skip


@pytest.fixture(scope="module")
def told(spark: SparkSession) -> list[dict[str, str]]:
    """The groups of everybody of the three tables above, in that order."""
    rows = [
        *((born_on, None, None, None) for born_on in BORN),
        *((None, code, None, None) for code in ETHNIC),
        *((None, None, *number) for number in NUMBERS),
    ]
    grouped = spark.createDataFrame(rows, COLUMNS).coalesce(1).select(groups(ON).alias("groups")).collect()
    return [{group["dimension"]: group["category"] for group in row["groups"]} for row in grouped]


def test_a_band_of_age_begins_on_the_birthday(told: list[dict[str, str]]) -> None:
    assert [each["age_band"] for each in told[: len(BORN)]] == list(BORN.values())


def test_ethnic_categories_are_those_of_the_data_dictionary_whatever_a_trust_adds_to_the_code(
    told: list[dict[str, str]],
) -> None:
    assert [each["ethnicity_group"] for each in told[len(BORN) : -len(NUMBERS)]] == list(ETHNIC.values())


def test_a_number_is_verified_present_or_missing(told: list[dict[str, str]]) -> None:
    assert [each["nhs_number"] for each in told[-len(NUMBERS) :]] == list(NUMBERS.values())


def test_everybody_is_in_one_group_of_every_dimension_and_deprivation_is_not_known(told: list[dict[str, str]]) -> None:
    assert {tuple(each) for each in told} == {("all", "age_band", "ethnicity_group", "deprivation", "nhs_number")}
    assert {(each["all"], each["deprivation"]) for each in told} == {("all", "not known")}
