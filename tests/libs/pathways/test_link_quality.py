"""How well two registers are linked: records and pairs counted by hand, with a model and without one."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from jobs.published_columns import columns_of
from libs.pathways.link_quality import KEY, grouped_records, link_quality
from libs.pathways.people import RECORD_KEY

ON = date(2025, 6, 2)
PATIENT = (
    "trust string, system string, source_patient_id string, born_on date, ethnic_category string, nhs_number string,"
    " nhs_number_status string"
)
LINK = "trust string, system string, source_patient_id string, person_id string, tier int, probability double"
NORTH, SOUTH, EAST, WEST = ("RVW", "infoflex"), ("RTR", "scr"), ("R0B", "scr"), ("RR7", "scr")
YOUNG, OLD = date(2000, 1, 1), date(1930, 1, 1)
# Trust and register, local id, born on, ethnic category, NHS number and its status, person, tier.
RECORDS: Sequence[tuple[tuple[str, str], str, date, str, str | None, str | None, str, int]] = (
    (NORTH, "n1", OLD, "A", "9434765919", "01", "one", 1),
    (SOUTH, "s1", OLD, "A", "9434765919", "01", "one", 3),
    (NORTH, "n2", YOUNG, "H", None, None, "one", 3),  # of another age: no pair is in one group only
    (SOUTH, "s2", YOUNG, "M", None, None, "two", 0),
    (NORTH, "n3", YOUNG, "M", "9434765870", "02", "three", 4),
    (EAST, "e1", YOUNG, "M", "9434765870", "02", "three", 4),
    (EAST, "e2", YOUNG, "Z", None, None, "four", 0),
    (WEST, "w1", YOUNG, "A", None, None, "five", 0),
)  # fmt: skip
PAIR = "one string, other string, rule string, probability double, is_accepted boolean, is_apart boolean"
PAIRS = (
    ("n1", "s1", "nhs_number", 1.0, True, False),
    ("n1", "n2", "model", 0.97, True, False),
    ("n2", "s1", "same_details", 0.99, True, False),
    ("n3", "e1", "model", 0.4, False, False),
    ("s2", "e2", "model", 0.6, False, False),
    ("s2", "w1", "model", 0.9, False, True),
)


def named(spark: SparkSession) -> DataFrame:
    """The number of each record by its local id."""
    keys = spark.createDataFrame([(*at, local) for at, local, *_ in RECORDS], [*RECORD_KEY])
    return keys.select("source_patient_id", F.xxhash64(*RECORD_KEY).alias("ordinal"))


def of_pairs(spark: SparkSession, rows: Sequence[tuple[Any, ...]], schema: str) -> DataFrame:
    """Pairs by local ids as silver has them: the lesser number left."""
    frame, name = spark.createDataFrame(rows, schema), named(spark)
    for column in ("one", "other"):
        frame = frame.join(
            name.select(F.col("source_patient_id").alias(column), F.col("ordinal").alias(f"_{column}")), [column]
        )
    return frame.withColumns({"left": F.least("_one", "_other"), "right": F.greatest("_one", "_other")})


def records(spark: SparkSession, rows: Sequence[tuple[Any, ...]] = RECORDS) -> DataFrame:
    patients = spark.createDataFrame([(*at, *told) for at, *told, _, _ in rows], PATIENT)
    links = spark.createDataFrame([(*at, local, person, tier, 1.0) for at, local, *_, person, tier in rows], LINK)
    return grouped_records(patients, links, linked_on=ON)


def by_group(rows: DataFrame) -> Mapping[tuple[str, ...], Row]:
    """Each row by its registers, without their systems, and its group."""
    found = {}
    for row in rows.collect():
        left, right = (row[name].partition(":")[0] for name in ("left_source", "right_source"))
        found[left, right, row["dimension"], row["category"]] = row
    return found


@pytest.fixture(scope="module")
def modelled(spark: SparkSession) -> DataFrame:
    review = spark.createDataFrame(
        [(*SOUTH, "s2", *EAST, "e2"), (*EAST, "e2", *EAST, "e1"), (*EAST, "e2", *EAST, "gone")],
        "left_trust string, left_system string, left_patient_id string,"
        " right_trust string, right_system string, right_patient_id string",
    )
    decided = of_pairs(spark, [("n3", "e1", True), ("s2", "e2", False)], "one string, other string, is_same boolean")
    decisions = decided.select(F.col("left").alias("left_ordinal"), F.col("right").alias("right_ordinal"), "is_same")
    pairs = of_pairs(spark, PAIRS, PAIR)
    rows = link_quality(records(spark), pairs=pairs, review=review, decisions=decisions, linked_on=ON)
    return rows.localCheckpoint()


@pytest.fixture(scope="module")
def quality(modelled: DataFrame) -> Mapping[tuple[str, ...], Row]:
    return by_group(modelled)


def counts(row: Row) -> tuple[int, ...]:
    return tuple(row[f"{name}_pairs"] for name in ("tier_1", "tier_2", "tier_3", "decided", "review"))


def test_the_columns_are_those_that_are_published(modelled: DataFrame) -> None:
    published = columns_of("link_quality")
    found = {field.name: field.dataType for field in modelled.schema}
    assert found == {field.name: field.dataType for field in published if field.name not in {"run_id", "as_at"}}
    keys = modelled.select(*KEY).collect()
    assert len(set(keys)) == len(keys)
    assert {row["linked_on"] for row in keys} == {ON}


def test_the_match_rate_is_of_the_records_of_both_registers(quality: Mapping[tuple[str, ...], Row]) -> None:
    row = quality["RTR", "RVW", "all", "all"]
    assert (row["record_count"], row["linked_record_count"], row["match_rate"]) == (5, 3, 0.6)
    row = quality["R0B", "RVW", "all", "all"]
    assert (row["record_count"], row["linked_record_count"], row["match_rate"]) == (5, 2, 0.4)
    row = quality["ALL", "ALL", "all", "all"]
    assert (row["record_count"], row["linked_record_count"], row["match_rate"]) == (8, 5, 0.625)


def test_a_register_that_holds_somebody_twice_stands_with_itself(quality: Mapping[tuple[str, ...], Row]) -> None:
    row = quality["RVW", "RVW", "all", "all"]
    assert (row["record_count"], row["linked_record_count"]) == (3, 2)
    assert counts(row) == (0, 0, 1, 0, 0)


def test_registers_with_nobody_and_no_doubt_in_common_have_no_rows(quality: Mapping[tuple[str, ...], Row]) -> None:
    assert {(left, right) for left, right, *_ in quality} == {
        ("RTR", "RVW"), ("R0B", "RVW"), ("RVW", "RVW"), ("R0B", "RTR"), ("R0B", "R0B"), ("ALL", "ALL"),
    }  # fmt: skip


def test_a_pair_counts_by_what_made_it_one_and_people_go_before_rules(quality: Mapping[tuple[str, ...], Row]) -> None:
    assert counts(quality["RTR", "RVW", "all", "all"]) == (1, 1, 0, 0, 0)
    assert counts(quality["R0B", "RVW", "all", "all"]) == (0, 0, 0, 1, 0)
    assert counts(quality["ALL", "ALL", "all", "all"]) == (1, 1, 1, 1, 2)


def test_pairs_that_wait_count_as_long_as_both_records_are_there(quality: Mapping[tuple[str, ...], Row]) -> None:
    row = quality["R0B", "RTR", "all", "all"]
    assert (counts(row), row["record_count"], row["linked_record_count"]) == ((0, 0, 0, 0, 1), 4, 0)
    assert row["match_rate"] == 0.0
    assert counts(quality["R0B", "R0B", "all", "all"]) == (0, 0, 0, 0, 1)


def test_every_group_has_its_own_rate_and_a_pair_counts_in_the_groups_of_both_records(
    quality: Mapping[tuple[str, ...], Row],
) -> None:
    rates = {
        (dimension, category): (row["linked_record_count"], row["record_count"])
        for (left, right, dimension, category), row in quality.items()
        if (left, right) == ("RTR", "RVW")
    }
    assert rates == {
        ("all", "all"): (3, 5), ("age_band", "85+"): (2, 2), ("age_band", "18-49"): (1, 3),
        ("ethnicity_group", "White"): (2, 2), ("ethnicity_group", "Asian or Asian British"): (1, 1),
        ("ethnicity_group", "Black or Black British"): (0, 2), ("deprivation", "not known"): (3, 5),
        ("nhs_number", "verified"): (2, 2), ("nhs_number", "present"): (0, 1), ("nhs_number", "missing"): (1, 2),
    }  # fmt: skip
    assert counts(quality["RTR", "RVW", "age_band", "85+"]) == (1, 1, 0, 0, 0)
    assert counts(quality["RTR", "RVW", "age_band", "18-49"]) == (0, 1, 0, 0, 0)


def test_precision_and_recall_are_what_the_model_thinks_and_of_everybody_only(
    quality: Mapping[tuple[str, ...], Row],
) -> None:
    row = quality["ALL", "ALL", "all", "all"]
    accepted = 1.0 + 0.97 + 0.99
    assert row["estimated_precision"] == pytest.approx(accepted / 3, abs=1e-4)
    assert row["estimated_recall"] == pytest.approx(accepted / (accepted + 0.4 + 0.6), abs=1e-4)
    row = quality["R0B", "RTR", "all", "all"]
    assert (row["estimated_precision"], row["estimated_recall"]) == (None, 0.0)
    told = {key for key, row in quality.items() if row["estimated_recall"] is not None}
    assert {dimension for _, _, dimension, _ in told} == {"all"}


def test_without_a_model_the_greater_tier_of_two_records_counts_and_nothing_is_estimated(spark: SparkSession) -> None:
    """On many records of three registers, against a count by hand."""
    rng = np.random.default_rng(4)
    places = [(NORTH, SOUTH, EAST)[number] for number in rng.integers(3, size=120)]
    rows = [
        (at, f"p{number}", YOUNG, "A", None, None, f"person {rng.integers(60)}", int(rng.integers(1, 5)))
        for number, at in enumerate(places)
    ]
    found = by_group(link_quality(records(spark, rows), pairs=None, review=None, decisions=None, linked_on=ON))
    everybody = {key[:2]: row for key, row in found.items() if key[2] == "all"}
    people: dict[str, list[tuple[str, int]]] = {}
    for at, *_, person, tier in rows:
        people.setdefault(person, []).append((at[0], tier))
    for (left, right), row in everybody.items():
        wanted = {left, right} if left != "ALL" else {"R0B", "RTR", "RVW"}
        assert row["record_count"] == sum(at[0] in wanted for at in places)
        trusts_of = [[trust for trust, _ in members if trust in wanted] for members in people.values()]
        linked = sum(
            len(trusts) for trusts in trusts_of if len(set(trusts)) > 1 or (left == right != "ALL" and len(trusts) > 1)
        )
        assert row["linked_record_count"] == linked > 0
        tiers = [
            max(one[1], other[1])
            for members in people.values()
            for one, other in combinations(members, 2)
            if left == "ALL" or sorted((one[0], other[0])) == [left, right]
        ]
        assert counts(row) == (*(tiers.count(tier) for tier in (1, 2, 3, 4)), None)
        assert (row["estimated_precision"], row["estimated_recall"]) == (None, None)
    assert len(everybody) == 7
