"""When a pathway gets a new version: its content changed, it departed, or it came back."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import (
    IntegerType,
    LongType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from libs.pathways.canonical import PATHWAY
from libs.pathways.versions import empty_history, last_versions, new_versions, with_ends

CLOSED = date(2025, 1, 10)
BATCH = StructType(
    [
        StructField("trust", StringType()),
        StructField("system", StringType()),
        StructField("_file_id", LongType()),
        StructField("_extracted_at", TimestampType()),
        StructField("_sequence", LongType()),
        StructField("_row_number", LongType()),
        StructField("_presence", StringType()),
        StructField("pathway", PATHWAY),
        StructField("treatment", StructType([StructField("treatment_number", IntegerType())])),
    ]
)


def extracted(file_id: int) -> datetime:
    return datetime(2025, 1, 15) + timedelta(hours=file_id)


def present(name: str, file_id: int, *, treatment: int | None = None, row: int = 1, **said: Any) -> tuple[Any, ...]:
    content = {"source_pathway_id": name, "source_patient_id": "p", **said}
    pathway = tuple(content.get(column) for column in PATHWAY.names)
    numbered = None if treatment is None else (treatment,)
    return ("RTR", "scr", file_id, extracted(file_id), file_id, row, "present", pathway, numbered)


def absent(name: str, file_id: int, presence: str = "pathway_gone") -> tuple[Any, ...]:
    pathway = tuple(name if column == "source_pathway_id" else None for column in PATHWAY.names)
    return ("RTR", "scr", file_id, extracted(file_id), file_id, None, presence, pathway, None)


def batch(spark: SparkSession, rows: list[tuple[Any, ...]]) -> DataFrame:
    return spark.createDataFrame(rows, BATCH)


def nothing_before(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([], empty_history())


ROWS = [
    present("unchanged", 1, next_action="scan"),
    present("unchanged", 2, next_action="scan"),
    present("changed", 1, next_action="scan"),
    present("changed", 3, next_action="biopsy"),
    present("moved to its neighbour", 1, next_action="scan"),
    present("moved to its neighbour", 2, next_action_owner="scan"),
    present("closed and aged out", 1, closed_on=CLOSED),
    absent("closed and aged out", 2),
    present("departed", 1),
    absent("departed", 2),
    absent("departed", 3),
    present("back", 1),
    absent("back", 2),
    present("back", 3),
    absent("never known", 1),
    present("a treatment taken back", 1),
    absent("a treatment taken back", 2, "row_gone"),
    present("two rows", 1, treatment=2, row=1, next_action="second"),
    present("two rows", 1, treatment=1, row=2, next_action="first"),
]


@pytest.fixture(scope="module")
def history(spark: SparkSession) -> dict[str, list[Row]]:
    frame = with_ends(new_versions(batch(spark, ROWS), nothing_before(spark)))
    versions: dict[str, list[Row]] = {}
    for row in sorted(frame.collect(), key=lambda row: row["file_id"]):
        versions.setdefault(row["source_pathway_id"], []).append(row)
    return versions


def files(versions: list[Row]) -> list[tuple[int, bool]]:
    return [(version["file_id"], version["is_departed"]) for version in versions]


def test_the_same_content_again_adds_no_version(history: dict[str, list[Row]]) -> None:
    assert files(history["unchanged"]) == [(1, False)]


def test_changed_content_adds_a_version_and_ends_the_one_before(history: dict[str, list[Row]]) -> None:
    first, second = history["changed"]
    assert (first["next_action"], second["next_action"]) == ("scan", "biopsy")
    assert (first["valid_from"], first["valid_to"]) == (extracted(1), extracted(3))
    assert (second["valid_from"], second["valid_to"]) == (extracted(3), None)
    assert second["first_extracted_at"] == extracted(1)


def test_a_value_that_moves_to_an_empty_neighbour_is_a_change(history: dict[str, list[Row]]) -> None:
    assert len(history["moved to its neighbour"]) == 2


def test_a_closed_pathway_that_ages_out_of_the_extract_adds_no_version(history: dict[str, list[Row]]) -> None:
    assert files(history["closed and aged out"]) == [(1, False)]


def test_an_open_pathway_that_vanishes_departs_once_and_keeps_its_content(history: dict[str, list[Row]]) -> None:
    assert files(history["departed"]) == [(1, False), (2, True)]
    assert history["departed"][1]["source_patient_id"] == "p"


def test_a_departed_pathway_comes_back_as_a_version(history: dict[str, list[Row]]) -> None:
    assert files(history["back"]) == [(1, False), (2, True), (3, False)]


def test_the_absence_of_a_pathway_never_known_says_nothing(history: dict[str, list[Row]]) -> None:
    assert "never known" not in history


def test_a_treatment_taken_back_is_no_version_of_its_pathway(history: dict[str, list[Row]]) -> None:
    assert files(history["a treatment taken back"]) == [(1, False)]


def test_of_several_rows_that_of_the_first_treatment_speaks_for_the_pathway(history: dict[str, list[Row]]) -> None:
    (version,) = history["two rows"]
    assert version["next_action"] == "first"


# What a file says of a pathway: nothing new, gone, or present with an action and perhaps closed.
news = st.one_of(
    st.none(),
    st.just("gone"),
    st.tuples(st.sampled_from(["scan", "biopsy"]), st.sampled_from([None, None, CLOSED])),
)
FILES = 6
stories = st.lists(st.lists(news, min_size=FILES, max_size=FILES), min_size=15, max_size=40)


def told(stories: list[list[Any]], *, later: int = 0) -> list[tuple[Any, ...]]:
    """The batch that tells the stories, from file 1 on; only what was once there can be gone."""
    rows = []
    for name, story in enumerate(stories):
        is_known = False
        for file_id, said in enumerate(story, start=1 + later):
            if said == "gone" and is_known:
                rows.append(absent(f"{name}", file_id))
            elif said not in (None, "gone"):
                rows.append(present(f"{name}", file_id, next_action=said[0], closed_on=said[1]))
                is_known = True
    return rows


def content(row: Row) -> tuple[Any, ...]:
    return tuple(value for name, value in row.asDict().items() if name != "how")


@given(stories=stories, split=st.integers(1, FILES - 1))
@hypothesis_settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_versions_do_not_depend_on_how_files_are_batched(
    spark: SparkSession, stories: list[list[Any]], split: int
) -> None:
    rows = batch(spark, told(stories))
    at_once = new_versions(rows, nothing_before(spark))
    first = new_versions(rows.where(F.col("_file_id") <= split), nothing_before(spark))
    second = new_versions(rows.where(F.col("_file_id") > split), first)
    ways: dict[str, list[tuple[Any, ...]]] = {"at once": [], "in two": []}
    both = at_once.withColumn("how", F.lit("at once")).union(first.union(second).withColumn("how", F.lit("in two")))
    for row in both.collect():
        ways[row["how"]].append(content(row))
    assert sorted(ways["at once"], key=repr) == sorted(ways["in two"], key=repr)
    # A version that says what the one before it said would be none.
    states: dict[str, list[tuple[Any, ...]]] = {}
    columns = at_once.columns
    for version in sorted(ways["at once"], key=lambda values: values[columns.index("file_id")]):
        named = dict(zip(columns, version, strict=True))
        state = (named["next_action"], named["closed_on"], named["is_departed"])
        states.setdefault(named["source_pathway_id"], []).append(state)
    assert all(here != after for said in states.values() for here, after in pairwise(said))


@given(stories=st.lists(st.lists(news, min_size=1, max_size=1), min_size=20, max_size=60))
@hypothesis_settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_same_extract_twice_adds_no_version(spark: SparkSession, stories: list[list[Any]]) -> None:
    once = new_versions(batch(spark, told([[("scan", None)], *stories])), nothing_before(spark))
    again = new_versions(batch(spark, told([[("scan", None)], *stories], later=1)), once)
    counts = once.select(F.lit("once").alias("how")).union(again.select(F.lit("again").alias("how"))).collect()
    known = 1 + sum(story[0] not in (None, "gone") for story in stories)
    # A pathway that is in the extract, and in it again, can't have gone in between.
    assert [row["how"] for row in counts] == ["once"] * known


def test_an_absence_before_the_first_sight_is_not_when_a_pathway_was_first_extracted(spark: SparkSession) -> None:
    rows = batch(spark, [absent("p", 1), present("p", 3)])
    (version,) = new_versions(rows, nothing_before(spark)).collect()
    assert version["first_extracted_at"] == extracted(3)


def test_what_comes_late_takes_its_place_and_the_newer_version_stays_the_last(spark: SparkSession) -> None:
    def late(action: str, hour: int) -> tuple[Any, ...]:
        return ("RTR", "scr", 9, extracted(hour), hour, *present("p", 9, next_action=action)[5:])

    known = new_versions(
        batch(spark, [present("p", 1, next_action="scan"), present("p", 3, next_action="surgery")]),
        nothing_before(spark),
    )
    # The late file of hour 2 brings, under its own id, what an extract of hour 4 had said: the same as that of hour 3.
    new = new_versions(batch(spark, [late("biopsy", 2), late("surgery", 4)]), known)
    history = with_ends(known.union(new)).collect()
    told = sorted((row["valid_from"], row["next_action"], row["valid_to"]) for row in history)
    assert told == [
        (extracted(1), "scan", extracted(2)), (extracted(2), "biopsy", extracted(3)), (extracted(3), "surgery", None),
    ]  # fmt: skip
    [last] = last_versions(known.union(new)).collect()
    assert (last["next_action"], last["file_id"]) == ("surgery", 3)
