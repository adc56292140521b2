"""The one maker of Spark sessions: tuned for a small machine, correct for a cluster."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyspark.sql import SparkSession

from libs.errors import MachineError
from libs.lakehouse.jars import cached_jars
from libs.lakehouse.java import check_java
from libs.settings import Settings, conf_folder


def start_session(settings: Settings, app_name: str = "cancollaborate") -> SparkSession:
    """Start a local session, or take the one that the Databricks cluster already has.

    Raises MachineError when Java or the Delta jars are missing.
    """
    # pyspark writes the text of a failed query, cell values included, to standard error through the first two; py4j, of
    # a batch of a stream that was not taken, a traceback that says nothing: `take_available` raises what happened.
    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger", "py4j.clientserver"):
        logging.getLogger(name).disabled = True
    if "DATABRICKS_RUNTIME_VERSION" in os.environ:
        spark = SparkSession.builder.appName(app_name).getOrCreate()
        spark.conf.set("spark.sql.session.timeZone", settings.timezone)
        return spark
    check_java(os.environ)
    # Python workers take `python3` from PATH otherwise, and every Arrow function fails (platform notes 4.1).
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    builder = SparkSession.builder.appName(app_name).master(settings.spark.master)
    for key, value in local_configuration(settings).items():
        builder = builder.config(key, value)
    log = settings.paths.root / "spark.log"
    try:
        with _standard_error_to(log):
            spark = builder.getOrCreate()
    except Exception as fault:
        raise MachineError(
            f"Spark did not start ({type(fault).__name__})",
            do="Read what it wrote, and look at free memory.",
            log=str(log),
        ) from None
    return spark


@contextmanager
def _standard_error_to(path: Path) -> Iterator[None]:
    """Give the JVM that starts meanwhile a file for its warnings: on a terminal they only frighten people."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = os.dup(2)
    try:
        with path.open("ab") as file:
            os.dup2(file.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def local_configuration(settings: Settings) -> dict[str, str]:
    """What a local session is configured with; each line that is not plain has its reason."""
    partitions = str(settings.spark.shuffle_partitions)
    # The JVM interprets methods over 8,000 bytecodes, which wide projections become: 37 s against 7 (notes 4.9).
    compile_wide_projections = "-XX:-DontCompileHugeMethods"
    # On two cores the default collector's concurrent marking costs: a small hour takes 50 s instead of 58.
    collect_at_once = "-XX:+UseParallelGC"
    quiet_log = conf_folder() / "log4j2.properties"
    return {
        "spark.jars": ",".join(str(jar) for jar in cached_jars(settings.spark.jars)),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.warehouse.dir": str((settings.paths.lake / "_warehouse").absolute()),
        "spark.driver.memory": settings.spark.driver_memory,
        "spark.driver.extraJavaOptions": " ".join(
            (compile_wide_projections, collect_at_once, f"-Dlog4j2.configurationFile={quiet_log}")
        ),
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": settings.timezone,
        "spark.sql.ansi.enabled": "true",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.shuffle.partitions": partitions,
        "spark.default.parallelism": partitions,
        # Adaptive execution splits small queries into many jobs: on two cores that costs more than it saves.
        "spark.sql.adaptive.enabled": "false",
        # An hour compiles about 1,000 pieces of code; with the default of 100 kept, half of them twice and more.
        "spark.sql.codegen.cache.maxEntries": "1000",
        # Delta's default of 50 made one MERGE take 53 s here (notes 4.1).
        "spark.databricks.delta.snapshotPartitions": "2",
        "spark.databricks.delta.properties.defaults.enableDeletionVectors": "true",
        "spark.sql.maxPlanStringLength": "2000",
        # Noting the Python line behind every expression costs a call into the JVM each time.
        "spark.python.sql.dataFrameDebugging.enabled": "false",
        "spark.python.worker.faulthandler.enabled": "false",
    }
