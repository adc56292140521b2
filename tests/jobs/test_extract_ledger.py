"""The ledger as it is published: what stands already is not written again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs import extract_ledger
from jobs.outcome import Run
from jobs.publish import TABLES, publish_tables
from libs.lakehouse.tables import open_lake
from libs.settings import Settings

MOMENT = datetime(2025, 6, 2, 9, tzinfo=UTC)
RUN = Run("run-9", MOMENT, MOMENT)
LEDGER = [table for table in TABLES if table.lake_name == extract_ledger.TABLE]


@pytest.fixture
def ledger(spark: SparkSession) -> DataFrame:
    """Two files, as the ledger of a run says."""
    schema = spark.createDataFrame([], extract_ledger.SCHEMA)
    said = [(n, f"RVW_infoflex_20250602T090000Z_00000{n}.jwe", "accepted", RUN.run_id, MOMENT) for n in (1, 2)]
    rows = spark.createDataFrame(said, schema.select("file_id", "file_name", "status", "run_id", "as_at").schema)
    return schema.unionByName(rows, allowMissingColumns=True)


def test_a_row_of_the_ledger_that_differs_by_its_run_and_moment_only_is_not_published_again(
    spark: SparkSession, settings: Settings, ledger: DataFrame
) -> None:
    """As where an ingest that was killed is run again: the files are the same, only the run is another."""
    lake = open_lake(spark, settings)
    lake.append(extract_ledger.TABLE, ledger)
    [first] = publish_tables(lake, settings, RUN, LEDGER)
    later = MOMENT + timedelta(hours=1)
    again = ledger.withColumns({"run_id": F.lit("run-10"), "as_at": F.lit(later)})
    lake.swap(extract_ledger.TABLE, again.withColumn("status", F.expr("if(file_id = 2, 'duplicate', status)")))
    [second] = publish_tables(lake, settings, replace(RUN, run_id="run-10", as_at=later), LEDGER)
    assert (first.upserted_count, second.upserted_count, second.deleted_count) == (2, 1, 0)
