"""The lake on real Delta folders."""

import shutil
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from libs.errors import StepOrderError
from libs.fingerprint import row_hash
from libs.lakehouse import tables
from libs.lakehouse.tables import BRONZE_PROPERTIES, Lake

SCHEMA = "key string, value string"


def rows(spark: SparkSession, *pairs: tuple[str, str | None]) -> DataFrame:
    return spark.createDataFrame(list(pairs), SCHEMA).withColumn("row_hash", row_hash(["key", "value"]))


def contents(lake: Lake, name: str) -> dict[str, str]:
    return {row["key"]: row["value"] for row in lake.read(name).collect()}


def log_length(lake: Lake, name: str) -> int:
    return len(list((lake.root / name.replace(".", "/") / "_delta_log").glob("*.json")))


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> Lake:
    return Lake(spark, tmp_path / "lake")


def test_reading_a_table_that_nothing_wrote_says_what_to_run(lake: Lake) -> None:
    with pytest.raises(StepOrderError, match=r"this table does not exist yet \(table=gold.nothing\). Run `cancoll"):
        lake.read("gold.nothing")
    assert lake.version("gold.nothing") == -1
    assert lake.read_or_empty("gold.nothing", rows(lake.spark).schema).count() == 0


def test_a_merge_changes_adds_and_drops_what_it_is_told_and_leaves_the_rest(lake: Lake) -> None:
    lake.merge("gold.t", rows(lake.spark, ("a", "1"), ("b", "1"), ("c", "1")), keys=["key"], stamp={"run_id": "r1"})
    gone = lake.spark.createDataFrame([("c",), ("never",)], "key string")
    changed = lake.merge(
        "gold.t", rows(lake.spark, ("a", "1"), ("b", "2"), ("d", "1")), keys=["key"], gone=gone, stamp={"run_id": "r2"}
    )
    assert contents(lake, "gold.t") == {"a": "1", "b": "2", "d": "1"}
    assert changed == 3
    assert {row["key"]: row["run_id"] for row in lake.read("gold.t").collect()} == {"a": "r1", "b": "r2", "d": "r2"}


def test_a_merge_that_changes_nothing_makes_no_commit(lake: Lake) -> None:
    lake.merge("gold.t", rows(lake.spark, ("a", "1")), keys=["key"])
    before = log_length(lake, "gold.t")
    assert lake.merge("gold.t", rows(lake.spark, ("a", "1")), keys=["key"]) == 0
    assert log_length(lake, "gold.t") == before
    assert lake.commits == 1


@pytest.mark.parametrize("quickly_written", [0, 3, 100])
def test_changes_are_written_in_one_commit_into_tables_great_and_small(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, quickly_written: int
) -> None:
    monkeypatch.setattr(tables, "_QUICKLY_WRITTEN", quickly_written)
    first = rows(lake.spark, ("a", "1"), ("b", "1"), ("c", "1"), ("e", "1"))
    lake.write_changes("gold.t", first, row_count=4, keys=["key"])
    gone = lake.spark.createDataFrame([("c",), ("never",)], "key string")
    second = rows(lake.spark, ("b", "2"), ("d", "1"))
    lake.write_changes("gold.t", second, row_count=4, keys=["key"], gone=gone)
    assert contents(lake, "gold.t") == {"a": "1", "b": "2", "d": "1", "e": "1"}
    third = rows(lake.spark, ("a", "2")).withColumn("note", F.lit("new"))
    lake.write_changes("gold.t", third, row_count=1, keys=["key"])
    assert contents(lake, "gold.t") == {"a": "2", "b": "2", "d": "1", "e": "1"}
    assert {row["key"]: row["note"] for row in lake.read("gold.t").collect() if row["note"]} == {"a": "new"}
    assert lake.commits == log_length(lake, "gold.t") == 3


def test_commits_counted_are_the_commits_in_the_log(lake: Lake) -> None:
    lake.append("ops.t", rows(lake.spark, ("a", "1")))
    lake.append("ops.t", rows(lake.spark, ("b", "1")))
    lake.merge("ops.t", rows(lake.spark, ("b", "2")), keys=["key"])
    lake.swap("ops.t", rows(lake.spark, ("z", "1")))
    assert lake.commits == log_length(lake, "ops.t") == 4
    assert contents(lake, "ops.t") == {"z": "1"}


def test_a_version_lasts_until_the_next_commit_and_does_not_come_again_in_a_table_that_is_made_anew(lake: Lake) -> None:
    lake.append("gold.t", rows(lake.spark, ("a", "1")))
    first = lake.version("gold.t")
    assert lake.version("gold.t") == first
    lake.append("gold.t", rows(lake.spark, ("b", "1")))
    assert lake.version("gold.t") > first
    shutil.rmtree(lake.root)
    anew = Lake(lake.spark, lake.root)
    anew.append("gold.t", rows(lake.spark, ("z", "1")))
    assert anew.version("gold.t") > first


def test_an_empty_log_that_a_killed_run_left_is_no_table_and_the_next_run_makes_it(lake: Lake) -> None:
    (lake.root / "gold" / "t" / "_delta_log").mkdir(parents=True)
    assert not lake.exists("gold.t")
    assert lake.version("gold.t") == -1
    with pytest.raises(StepOrderError):
        lake.read("gold.t")
    lake.register()
    assert lake.merge("gold.t", rows(lake.spark, ("a", "1")), keys=["key"]) == 1
    assert contents(lake, "gold.t") == {"a": "1"}


def test_replacing_where_is_safe_to_repeat(lake: Lake) -> None:
    first = rows(lake.spark, ("a", "1")).withColumn("_file_id", F.lit(1))
    second = rows(lake.spark, ("b", "1")).withColumn("_file_id", F.lit(2))
    lake.replace_where("bronze.t", first, predicate="_file_id > 0", properties=BRONZE_PROPERTIES)
    lake.replace_where("bronze.t", second, predicate="_file_id > 1")
    lake.replace_where("bronze.t", second, predicate="_file_id > 1")
    assert contents(lake, "bronze.t") == {"a": "1", "b": "1"}


def test_rows_that_are_removed_go_or_lose_their_content_in_one_commit(lake: Lake) -> None:
    columns = "`row key` string, moment int, `D.O.B.` string, tags map<string,string>"
    held = [("a", 1, "x", {"t": "y"}), ("a", 2, "x", {"t": "y"}), ("b", 1, "x", None), ("c", 1, "x", None)]
    lake.append("bronze.t", lake.spark.createDataFrame(held, columns), properties=BRONZE_PROPERTIES)
    gone = lake.spark.createDataFrame(
        [("a", 1, False), ("a", 2, True), ("c", 1, False), ("never", 1, True)],
        "`row key` string, moment int, _is_emptied boolean",
    )
    lake.remove("bronze.t", gone, keys=["row key", "moment"], emptied=["D.O.B.", "tags"])
    assert sorted(map(tuple, lake.read("bronze.t").collect())) == [("a", 2, None, None), ("b", 1, "x", None)]
    assert log_length(lake, "bronze.t") == lake.commits == 2


def test_the_tables_of_a_lake_are_those_that_were_written(lake: Lake) -> None:
    lake.append("gold.t", rows(lake.spark, ("a", "1")))
    (lake.root / "gold" / "killed" / "_delta_log").mkdir(parents=True)
    assert lake.names() == ["gold.t"]


def test_bronze_takes_the_headings_of_the_registers_as_they_are(lake: Lake) -> None:
    headings = lake.spark.createDataFrame([("01/02/1950", "3")], "`D.O.B.` string, `62 Day Breach Date` string")
    lake.replace_where("bronze.t", headings, predicate="true", properties=BRONZE_PROPERTIES)
    assert lake.read("bronze.t").columns == ["D.O.B.", "62 Day Breach Date"]


def test_an_aggregate_with_another_key_than_the_table_takes_its_place(lake: Lake) -> None:
    stamp = {"run_id": "1"}
    lake.renew(
        "gold.t", rows(lake.spark, ("a", "1")).withColumnRenamed("key", "old_key"), keys=["old_key"], stamp=stamp
    )
    assert lake.renew("gold.t", rows(lake.spark, ("b", "2"), ("c", "3")), keys=["key"], stamp=stamp) == 2
    assert contents(lake, "gold.t") == {"b": "2", "c": "3"}


def test_registered_tables_are_read_by_name_in_sql(lake: Lake) -> None:
    lake.append("gold.by_name", rows(lake.spark, ("a", "1")))
    lake.register()
    assert lake.spark.sql("select value from gold.by_name").collect()[0]["value"] == "1"
    lake.spark.sql("drop table gold.by_name")


def test_a_value_that_moves_to_its_empty_neighbour_changes_the_hash(spark: SparkSession) -> None:
    moved = spark.createDataFrame([("x", None), (None, "x"), ("x", None)], "left string, right string")
    hashes = [row[0] for row in moved.select(row_hash(["left", "right"])).collect()]
    assert hashes[0] == hashes[2] != hashes[1]
