"""Check: what changed since the last run that passed is held against the suites, before it is published."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from sqlalchemy import inspect, select

from jobs.changed import last_file_id
from jobs.outcome import Run
from libs import log
from libs.fingerprint import row_hash
from libs.lakehouse.tables import Lake, settle
from libs.settings import Settings
from libs.warehouse.dialects import is_absent, make_engine, schema_of
from libs.warehouse.load import LOAD

if TYPE_CHECKING:
    from expectations.runner import Finding
    from expectations.suite import Suite

STEP = "publish"  # the gate is part of it: what was checked and passed, and what was published, go forward together
TABLE = "gold.dq_result"
KEY = ("run_id", "table_name", "rule_code")
GOLD = ("gold.pathway_standard", "gold.ptl_current", "gold.performance_month")
# Small frames are validated in pandas: the same ten expectations take Spark thirty times as long.
PANDAS_ROWS = 200_000
_COLUMNS = (
    "table_name string, rule_code string, severity string, checked bigint, failed bigint, status string, "
    "sentence string"
)


@dataclass(frozen=True)
class Verdict:
    """Whether gold may be published, what was found, and the last file up to which all has passed.

    `failed_critical` has a line for each critical expectation that is not met: table, rule and counts, no value.
    """

    is_publishable: bool
    results: tuple[Finding, ...]
    failed_critical: tuple[str, ...]
    watermark: int


@dataclass(frozen=True)
class _Span:
    """What is to be checked: rows of files after `after`, up to `upto`, and gold rows that runs after `since` wrote.

    A run's name begins with the moment at which it started, so names of later runs are greater.
    """

    after: int
    upto: int
    since: str


def check(lake: Lake, settings: Settings, run: Run) -> Verdict:
    """Hold what changed against the suites; write the counts to `gold.dq_result` and the pages to `data_docs`.

    Rows that did not pass are checked again by each run until they do. Without a change nothing is checked or written.
    """
    span = _Span(run.watermark(STEP), _upto(lake, run), _last_run_that_passed(lake))
    published_count = _published_count(settings, "ptl_current")
    if not _has_changed(lake, span, published_count):
        return Verdict(True, (), (), span.upto)
    # Great Expectations takes seconds to load: not in an hour that brought nothing.
    from expectations.runner import run_suites  # noqa: PLC0415

    findings = tuple(
        run_suites(
            _measured_suites(lake, span, published_count),
            run_id=run.run_id,
            run_time=run.started_at,
            docs=settings.paths.root / "data_docs",
        )
    )
    _write(lake, run, findings)
    failed = [finding for finding in findings if finding.is_failed]
    for finding in failed:
        log.event(
            "expectation_failed",
            level="WARNING",
            table=finding.table_name,
            reason=finding.rule_code,
            rows=finding.failed,
        )
    critical = tuple(line(finding) for finding in failed if finding.severity == "critical")
    return Verdict(not critical, findings, critical, span.after if critical else span.upto)


def line(finding: Finding) -> str:
    """A finding as a person reads it."""
    return f"{finding.table_name} {finding.rule_code}: {finding.failed:,} of {finding.checked:,}"


def _upto(lake: Lake, run: Run) -> int:
    """The last file that silver has taken in."""
    return min(run.watermark("cleanse"), run.watermark("link"), last_file_id(lake))


def _last_run_that_passed(lake: Lake) -> str:
    """The newest run whose check found no critical failure; an empty name before the first."""
    if not lake.exists(TABLE):
        return ""
    is_blocking = (F.col("severity") == "critical") & (F.col("status") == "failed")
    passed = lake.read(TABLE).groupBy("run_id").agg(F.max(is_blocking).alias("is_blocked")).where("not is_blocked")
    newest = passed.agg(F.max("run_id")).collect()[0][0]
    return str(newest or "")


def _published_count(settings: Settings, name: str) -> int | None:
    """How many rows of a table stand in the publication; None before the first."""
    engine = make_engine(settings.warehouse.url)
    try:
        if is_absent(engine):
            return None
        with engine.connect() as connection:
            if not inspect(connection).has_table("load", schema=schema_of(connection)):
                return None
            return connection.scalar(select(LOAD.c.row_count).where(LOAD.c.table_name == name))
    finally:
        engine.dispose()


def _has_changed(lake: Lake, span: _Span, published_count: int | None) -> bool:
    if last_file_id(lake) > span.after:
        return True
    if not lake.exists("gold.ptl_current"):
        return False
    newest = [lake.read(name).select("run_id") for name in GOLD if lake.exists(name)]
    found = newest[0]
    for other in newest[1:]:
        found = found.union(other)
    is_listed = lake.read("gold.ptl_current").count() == published_count
    return not is_listed or not found.where(F.col("run_id") > span.since).isEmpty()


def _measured_suites(
    lake: Lake, span: _Span, published_count: int | None
) -> Iterator[tuple[Suite, pd.DataFrame | DataFrame]]:
    """Each suite whose table has changed rows, with their measures."""
    from expectations import bronze, gold, silver  # noqa: PLC0415 - as above
    from expectations.suite import measured  # noqa: PLC0415 - as above

    by_file, by_run = F.col("file_id") > span.after, F.col("run_id") > span.since
    suites = [(suite(), by_file) for suite in (bronze.extract_file, silver.pathway, silver.patient, silver.treatment)]
    suites += [(suite(), by_file) for suite in (silver.person_link, silver.linked_pathway, silver.linked_member)]
    suites += [(suite(), by_run) for suite in (gold.pathway_standard, gold.ptl_current, gold.performance_month)]
    for suite, is_changed in suites:
        if lake.exists(suite.table_name):
            rows = lake.read(suite.table_name)
            if suite.scope == "members":
                rows = rows.select("file_id", F.explode("members").alias("member")).select("file_id", "member.*")
            measures = _frame(measured(rows, suite, is_changed=is_changed))
            if not isinstance(measures, pd.DataFrame) or len(measures):
                yield suite, measures
    if published_count is not None:
        yield gold.ptl_size(published_count), pd.DataFrame({"row_count": [lake.read("gold.ptl_current").count()]})
    if all(map(lake.exists, GOLD)):
        yield gold.performance_total(), pd.DataFrame({"is_total_right": [_is_total_right(lake)]})


def _frame(measures: DataFrame) -> pd.DataFrame | DataFrame:
    """An hour's measures in pandas; those of a first load stay in Spark, so that memory does not grow with them."""
    few = measures.limit(PANDAS_ROWS + 1).toArrow()
    return few.to_pandas() if few.num_rows <= PANDAS_ROWS else settle(measures)


def _is_total_right(lake: Lake) -> bool:
    measured = lake.read("gold.pathway_standard").where(
        F.col("outcome").isin("WITHIN", "BREACH") & F.col("reporting_month").isNotNull()
    )
    shares = [
        F.sum(F.when(F.col(f"{side}_trust").isNotNull(), F.col(f"{side}_share")))
        for side in ("investigating", "treating")
    ]
    of_waits = measured.agg(*(F.coalesce(share, F.lit(0)).alias(str(place)) for place, share in enumerate(shares)))
    of_months = lake.read("gold.performance_month").agg(F.coalesce(F.sum("denominator_share"), F.lit(0)).alias("total"))
    row = of_waits.crossJoin(of_months).collect()[0]
    return bool(row["0"] + row["1"] == row["total"])


def _write(lake: Lake, run: Run, findings: tuple[Finding, ...]) -> None:
    rows = (
        lake.spark.createDataFrame([astuple(finding) for finding in findings], _COLUMNS)
        .withColumn("row_hash", row_hash(["severity", "checked", "failed", "status", "sentence"]))
        .withColumns({"run_id": F.lit(run.run_id), "as_at": F.lit(run.as_at)})
        .coalesce(1)
    )
    lake.replace_where(TABLE, rows, predicate=f"run_id = '{run.run_id}'")
