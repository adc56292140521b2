"""More records than one machine holds: the hour goes on in Spark, with the same people, and back again."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.linkage_backend import backend_for
from jobs.linkage_basis import Basis
from jobs.linkage_tables import KEYS, PAIRS
from libs.settings import load_settings
from ml.linkage.backend import DuckDBBackend
from ml.linkage.spark_backend import SparkBackend
from tests.jobs.test_people_by_model import EVERYONE, Hours, basis

__all__ = ["basis"]


def told(hours: Hours, table: str, columns: list[str]) -> list[str]:
    return sorted(str(row) for row in hours.lake.read(table).select(*columns).collect())


def all_told(hours: Hours) -> tuple[object, ...]:
    """Everything but the hour at which it was told."""
    keys = [name for name in hours.lake.read(KEYS).columns if name.startswith(("key", "ordinal", "made_by"))]
    levels = [name for name in hours.lake.read(PAIRS).columns if name not in {"match_weight", "probability", "file_id"}]
    return hours.together(), hours.asked(), told(hours, KEYS, keys), told(hours, PAIRS, levels)


def test_up_to_the_size_duckdb_compares_and_beyond_it_spark(spark: SparkSession) -> None:
    settings = load_settings("local", ["linkage.most_records_in_duckdb=10"])
    with backend_for(spark, 10, settings) as few, backend_for(spark, 11, settings) as many:
        assert isinstance(few, DuckDBBackend)
        assert isinstance(many, SparkBackend)


@pytest.fixture(scope="module")
def by_duckdb(spark: SparkSession, basis: Basis, tmp_path_factory: pytest.TempPathFactory) -> Hours:
    hours = Hours(spark, tmp_path_factory.mktemp("duckdb"), basis)
    hours.bring(EVERYONE)
    return hours


def test_all_at_once_in_spark_makes_the_same_people(
    spark: SparkSession, basis: Basis, by_duckdb: Hours, tmp_path: Path
) -> None:
    by_spark = Hours(spark, tmp_path, basis)
    by_spark.settings = load_settings("local", ["linkage.most_records_in_duckdb=0"])
    by_spark.bring(EVERYONE)
    assert all_told(by_spark) == all_told(by_duckdb)


def test_an_hour_that_passes_the_size_goes_on_in_spark_and_nothing_is_linked_anew(
    spark: SparkSession, basis: Basis, by_duckdb: Hours, tmp_path: Path
) -> None:
    hours = Hours(spark, tmp_path, basis)
    hours.settings = load_settings("local", ["linkage.most_records_in_duckdb=3"])
    hours.bring(EVERYONE[:3])
    assert hours.bring(EVERYONE[3:]) < len(EVERYONE)
    assert all_told(hours) == all_told(by_duckdb)
    assert hours.told() == []
