"""What was removed leaves the disk, and small files become larger ones, on real Delta folders."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyspark.errors import IllegalArgumentException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from libs.lakehouse.tables import BRONZE_PROPERTIES, Lake
from libs.lakehouse.upkeep import MANY_FILES, compact, purge, vacuum

SAFETY = "spark.databricks.delta.retentionDurationCheck.enabled"


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> Lake:
    lake = Lake(spark, tmp_path / "lake")
    names = spark.createDataFrame([("a", "Smith"), ("b", "Jones")], "key string, `Patient Name` string")
    lake.append("bronze.t", names.coalesce(1), properties=BRONZE_PROPERTIES)
    return lake


@pytest.fixture
def no_waiting(spark: SparkSession) -> Iterator[None]:
    """Delta would let files of less than a week lie; a test can't wait for it."""
    spark.conf.set(SAFETY, "false")
    yield
    spark.conf.unset(SAFETY)


def names_on_disk(lake: Lake) -> list[str]:
    """Every value of every data file below the table's folder, whichever version needs it."""
    files = (lake.root / "bronze" / "t").rglob("*.parquet")
    of_data = [file for file in files if "_delta_log" not in file.parts]
    return sorted(str(value) for file in of_data for column in pq.read_table(file).columns for value in column)


@pytest.mark.usefixtures("no_waiting")
def test_a_row_that_was_deleted_is_gone_from_the_disk_once_its_file_is_purged_and_vacuumed(
    lake: Lake, capfd: pytest.CaptureFixture[str]
) -> None:
    lake.drop_where("bronze.t", F.col("key") == "a")
    purge(lake, "bronze.t")
    assert "Smith" in names_on_disk(lake)
    assert vacuum(lake, "bronze.t", hours=0) > 0
    assert names_on_disk(lake) == ["Jones", "b"]
    assert [row["key"] for row in lake.read("bronze.t").collect()] == ["b"]
    assert lake.commits == 3
    version = lake.version("bronze.t")
    purge(lake, "bronze.t")
    assert vacuum(lake, "bronze.t", hours=0) == 0
    assert (lake.version("bronze.t"), lake.commits) == (version, 3)
    told = capfd.readouterr()
    assert told.out == ""


def test_delta_refuses_to_delete_files_that_a_reader_may_still_need(lake: Lake) -> None:
    parallelism = "spark.sql.sources.parallelPartitionDiscovery.parallelism"
    before = lake.spark.conf.get(parallelism)
    lake.drop_where("bronze.t", F.col("key") == "a")
    purge(lake, "bronze.t")
    with pytest.raises(IllegalArgumentException, match="retention period is too low"):
        vacuum(lake, "bronze.t", hours=0)
    assert "Smith" in names_on_disk(lake)
    assert lake.spark.conf.get(parallelism) == before


def test_only_a_table_of_many_small_files_is_compacted_and_says_the_same_afterwards(lake: Lake) -> None:
    assert not compact(lake, "bronze.t")
    lake.append("gold.t", lake.spark.range(0, 200, 1, MANY_FILES).select(F.col("id").cast("string").alias("key")))
    assert compact(lake, "gold.t")
    assert len(lake.read("gold.t").inputFiles()) == 1
    assert {row["key"] for row in lake.read("gold.t").collect()} == {str(number) for number in range(200)}
    assert not compact(lake, "gold.t")
    assert lake.commits == 3
