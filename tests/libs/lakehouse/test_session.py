import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.errors import NumberFormatException
from pyspark.sql import SparkSession

from libs.errors import MachineError
from libs.lakehouse.session import local_configuration, start_session
from libs.settings import Settings


def test_a_session_reads_times_as_london_does_and_refuses_a_cast_that_loses_a_value(spark: SparkSession) -> None:
    summer = spark.sql("select date_format(timestamp'2025-06-02 08:00:00Z', 'HH:mm') as shown").collect()
    assert summer[0]["shown"] == "09:00"
    with pytest.raises(NumberFormatException):
        spark.sql("select cast('x' as int)").collect()


def test_functions_run_in_the_interpreter_that_started_the_session(spark: SparkSession) -> None:
    def tell(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for _ in batches:
            yield pa.RecordBatch.from_pydict({"interpreter": [sys.executable]})

    found = spark.range(1).mapInArrow(tell, "interpreter string").collect()
    assert {row["interpreter"] for row in found} == {sys.executable}


def test_a_session_writes_delta_and_leaves_no_warehouse_in_the_working_folder(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    spark.range(3).write.format("delta").save(str(tmp_path / "table"))
    assert spark.read.format("delta").load(str(tmp_path / "table")).count() == 3
    assert [path.name for path in tmp_path.iterdir()] == ["table"]


def test_the_machine_and_the_size_come_from_the_settings(make_settings: Callable[..., Settings]) -> None:
    told = local_configuration(make_settings("spark.driver_memory=1500m", "spark.shuffle_partitions=7"))
    assert told["spark.driver.memory"] == "1500m"
    assert told["spark.sql.shuffle.partitions"] == told["spark.default.parallelism"] == "7"


def test_a_local_session_listens_to_this_machine_only(settings: Settings) -> None:
    told = local_configuration(settings)
    assert told["spark.driver.bindAddress"] == told["spark.driver.host"] == "127.0.0.1"
    assert told["spark.ui.enabled"] == "false"


def test_missing_jars_are_named_before_anything_starts(make_settings: Callable[..., Settings], tmp_path: Path) -> None:
    with pytest.raises(MachineError, match=r"Delta jars.*make setup"):
        start_session(make_settings(f"spark.jars={tmp_path}"))


def test_a_missing_java_is_named_before_anything_starts(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(MachineError, match="JAVA_HOME"):
        start_session(settings)


def test_on_a_cluster_its_own_session_is_taken_whatever_java_and_jars_are_here(
    spark: SparkSession, make_settings: Callable[..., Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABRICKS_RUNTIME_VERSION", "18.0")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert start_session(make_settings(f"spark.jars={tmp_path}")) is spark
    assert spark.conf.get("spark.sql.session.timeZone") == "Europe/London"


def test_standard_error_is_a_persons_again_once_the_session_has_started(
    spark: SparkSession, settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    assert start_session(settings, "tests") is spark
    os.write(2, b"still here\n")
    assert "still here\n" in capfd.readouterr().err
