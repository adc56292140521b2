"""The gate in the hour: a critical violation keeps the last publication in place and says so, until it is mended."""

import shutil
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from sqlalchemy import select

from jobs import publish
from jobs.steps import STEPS, run_steps
from libs.errors import HeldBackError, WarehouseError
from libs.lakehouse.tables import open_lake
from libs.settings import Settings, load_settings
from libs.warehouse.dialects import make_engine
from libs.warehouse.load import LOAD
from tests.jobs.conftest import FIRST_HOUR, SECOND_HOUR, Start, differing, published_rows, tables

GOLD = {f"sql {table.name}" for table in publish.GOLD}


@pytest.fixture
def planted(spark: SparkSession, start: Start) -> Settings:
    """The first hour as it was published, and a pathway that gold has put into a wrong band since."""
    settings = start.copy()
    lake = open_lake(spark, settings)
    rows = lake.read("gold.ptl_current").withColumn("is_first", F.col("pathway_key") == _first_key(spark, settings))
    wrong = {
        "day_band": F.lit(">104"),
        "row_hash": F.lit(0).cast("bigint"),
        "run_id": F.lit(f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-zzzz"),
    }
    lake.swap(
        "gold.ptl_current",
        rows.withColumns(
            {name: F.when(F.col("is_first"), value).otherwise(F.col(name)) for name, value in wrong.items()}
        ).drop("is_first"),
    )
    return settings


def _first_key(spark: SparkSession, settings: Settings) -> str:
    listed = open_lake(spark, settings).read("gold.ptl_current").where("day_band = '0-28'")
    return str(listed.agg(F.min("pathway_key")).collect()[0][0])


def moments(settings: Settings) -> dict[str, Any]:
    engine = make_engine(settings.warehouse.url)
    with engine.connect() as connection:
        found = {row.table_name: row.as_at for row in connection.execute(select(LOAD))}
    engine.dispose()
    return found


def gold_rows(settings: Settings) -> Mapping[str, Counter[str]]:
    return {name: rows for name, rows in published_rows(settings, without=frozenset()).items() if name in GOLD}


@pytest.mark.spark
def test_a_critical_violation_keeps_the_last_publication_until_the_next_clean_hour(
    spark: SparkSession, planted: Settings, undisturbed: Settings
) -> None:
    before, as_at = gold_rows(planted), moments(planted)
    with pytest.raises(HeldBackError, match=r"gold\.ptl_current BAND_WRONG: 1 of 1") as held:
        run_steps(spark, planted, [publish.STEP], as_at=FIRST_HOUR.replace(hour=10))
    assert _first_key(spark, planted) not in str(held.value)
    assert gold_rows(planted) == before
    assert {name: moments(planted)[name] for name in ("ptl_current", "pathway_standard")} == {
        name: as_at[name] for name in ("ptl_current", "pathway_standard")
    }
    # The database itself tells why it stands still.
    assert moments(planted)["dq_result"] > as_at["ptl_current"]
    told = published_rows(planted, without=frozenset())
    assert any("'BAND_WRONG'" in row and "'failed'" in row for row in told["sql dq_result"])
    run_steps(spark, planted, tuple(STEPS), as_at=SECOND_HOUR)
    assert {name for name in differing(tables(spark, planted), tables(spark, undisturbed)) if name in GOLD} == set()
    assert len(set(moments(planted).values())) == 1


@pytest.mark.spark
def test_a_publication_without_a_new_list_leaves_the_list_its_moment(spark: SparkSession, start: Start) -> None:
    settings = start.copy()
    before = moments(settings)
    run_steps(spark, settings, [publish.STEP], as_at=FIRST_HOUR.replace(hour=11))
    after = moments(settings)
    assert {name: after[name] == before[name] for name in ("ptl_current", "waitlist_summary", "extract_file")} == {
        "ptl_current": True, "waitlist_summary": True, "extract_file": False,
    }  # fmt: skip


@pytest.mark.spark
def test_a_table_that_the_lake_no_longer_holds_is_emptied(spark: SparkSession, start: Start) -> None:
    settings = start.copy()
    shutil.rmtree(settings.paths.lake / "gold" / "waitlist_summary")
    before = published_rows(settings, without=frozenset())
    run_steps(spark, settings, [publish.STEP], as_at=FIRST_HOUR.replace(hour=11))
    after = published_rows(settings, without=frozenset())
    assert before["sql waitlist_summary"]
    assert not after["sql waitlist_summary"]
    assert after["sql ptl_current"] == before["sql ptl_current"]


@pytest.mark.spark
def test_a_database_that_can_not_be_reached_is_one_clear_line_and_the_lake_stands(
    spark: SparkSession, start: Start
) -> None:
    root = start.copy().paths.root
    settings = load_settings(
        "local", [f"paths.root={root}", "warehouse.url=postgresql+psycopg://nobody@127.0.0.1:1/none"]
    )
    with pytest.raises(WarehouseError, match=r"Look at the database and at warehouse\.url") as fault:
        run_steps(spark, settings, [publish.STEP], as_at=FIRST_HOUR.replace(hour=11))
    assert "127.0.0.1" not in str(fault.value)
    failed = open_lake(spark, settings).read("ops.run").where("status = 'failed'").collect()
    assert [(row["step"], row["error"].split(":")[0]) for row in failed] == [("publish", "WarehouseError")]
