"""Rows written in a test become a frame; a suite's counts of it come back by rule."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from expectations.runner import Finding, run_suites
from expectations.suite import Suite, measured

Row = Mapping[str, Any]


def frame(spark: SparkSession, schema: str, clean: Row, changes: Sequence[Row]) -> DataFrame:
    """One row for each mapping of changes to the clean row."""
    names = [part.split()[0] for part in schema.split(", ")]
    return spark.createDataFrame([tuple({**clean, **change}[name] for name in names) for change in changes], schema)


def findings(suite: Suite, rows: DataFrame) -> dict[str, Finding]:
    """What the suite finds when all rows are new, by rule."""
    measures = measured(rows, suite, is_changed=F.lit(True)).toArrow().to_pandas()
    found = run_suites([(suite, measures)], run_id="run", run_time=datetime(2025, 6, 2, tzinfo=UTC))
    return {finding.rule_code: finding for finding in found}


def failures(suite: Suite, rows: DataFrame) -> dict[str, int]:
    """How many rows fail, for each rule with any."""
    return {code: finding.failed for code, finding in findings(suite, rows).items() if finding.failed}
