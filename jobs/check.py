"""Check: what changed since the last run that passed is held against the suites, before it is published."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from sqlalchemy import inspect, select

from expectations import EVERY_SOURCE
from jobs.changed import last_file_id
from jobs.outcome import Run
from jobs.scorecards import scorecards
from libs import log
from libs.fingerprint import row_hash
from libs.lakehouse.tables import Lake, settle
from libs.rules import load_rules
from libs.settings import Settings
from libs.warehouse.dialects import connected, is_absent, make_engine, schema_of
from libs.warehouse.load import LOAD

if TYPE_CHECKING:
    from expectations.runner import Finding
    from expectations.suite import Suite

STEP = "publish"  # the gate is part of it: what passed and what was published go forward together
TABLE = "gold.dq_result"
KEY = ("run_id", "source", "table_name", "rule_code")
PTL, CLOCKS, MONTHS = "gold.ptl_current", "gold.pathway_standard", "gold.performance_month"
ALLOCATIONS, WEEKS = "gold.breach_allocation", "gold.canptl62_week"
PREDICTIONS = ("gold.risk_score", "gold.demand_forecast")
# An hour's measures are validated in pandas (0.1 s a suite, where Spark takes 1.4 to 2.8 s), larger ones in Spark,
# so that memory does not grow with a first load.
PANDAS_ROWS = 200_000
QUERIES_AT_ONCE = 2  # more gain nothing on two cores
_COLUMNS = (
    "table_name string, rule_code string, severity string, checked bigint, failed bigint, status string, "
    "sentence string, source string, quarantined bigint"
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
    """What is to be checked: rows of files after `after`, gold rows that runs after `since` wrote.

    A run's name begins with the moment at which it started, so names of later runs are greater. `published_count` is
    the number of rows of the list that was last published, None before the first.
    """

    after: int
    since: str
    published_count: int | None


def check(lake: Lake, settings: Settings, run: Run) -> Verdict:
    """Hold what changed against the suites; write the counts to `gold.dq_result` and the pages to `data_docs`.

    Rows that did not pass are checked again by each run until they do. Without a change nothing is checked or written.
    """
    newest = last_file_id(lake)
    # What silver has not taken in yet is still to be checked.
    upto = min(run.watermark("cleanse"), run.watermark("link"), newest)
    span = _Span(run.watermark(STEP), _last_run_that_passed(lake), _published_count(settings))
    if newest <= span.after and not _has_gold_changed(lake, span):
        return Verdict(True, (), (), span.after)
    # Great Expectations takes seconds to load: not in an hour that brought nothing.
    from expectations.runner import run_suites  # noqa: PLC0415

    docs = settings.paths.root / "data_docs"
    findings = tuple(
        run_suites(_measured_suites(lake, settings, span), run_id=run.run_id, run_time=run.started_at, docs=docs)
    )
    of_trusts = scorecards(lake, after=span.after, upto=upto)
    if findings or of_trusts:
        _write(lake, run, (*findings, *of_trusts))
    failed = [finding for finding in findings if finding.is_failed]
    for one in failed:
        log.event("expectation_failed", level="WARNING", table=one.table_name, reason=one.rule_code, rows=one.failed)
    critical = tuple(line(one) for one in failed if one.severity == "critical")
    return Verdict(not critical, findings, critical, span.after if critical else max(span.after, upto))


def line(finding: Finding) -> str:
    """A finding as a person reads it."""
    return f"{finding.table_name} {finding.rule_code}: {finding.failed:,} of {finding.checked:,}"


def _last_run_that_passed(lake: Lake) -> str:
    """The newest run whose check found no critical failure; an empty name before the first."""
    if not lake.exists(TABLE):
        return ""
    is_blocking = (F.col("severity") == "critical") & (F.col("status") == "failed")
    passed = lake.read(TABLE).groupBy("run_id").agg(F.max(is_blocking).alias("is_blocked")).where("not is_blocked")
    newest = passed.agg(F.max("run_id")).collect()[0][0]
    return str(newest or "")


def _published_count(settings: Settings) -> int | None:
    """How many rows of the list stand in the publication; None before the first."""
    engine = make_engine(settings.warehouse.url)
    try:
        if is_absent(engine):
            return None
        with connected(engine) as connection:
            if not inspect(connection).has_table(LOAD.name, schema=schema_of(connection)):
                return None
            name = PTL.partition(".")[2]
            return connection.scalar(select(LOAD.c.row_count).where(LOAD.c.table_name == name))
    finally:
        engine.dispose()


def _has_gold_changed(lake: Lake, span: _Span) -> bool:
    """Whether a run wrote gold rows since, or the list has another length than the published one: rows only went."""
    is_new = F.col("run_id") > span.since
    names = (CLOCKS, PTL, MONTHS, ALLOCATIONS, WEEKS, *PREDICTIONS)
    tables = [lake.read(name).where(is_new) for name in names if lake.exists(name)]
    if any(not rows.isEmpty() for rows in tables):
        return True
    return span.published_count is not None and _listed_count(lake) != span.published_count


def _listed_count(lake: Lake) -> int:
    """The rows of the list: none where the lake is built anew and the list of before still stands in the database."""
    return lake.read(PTL).count() if lake.exists(PTL) else 0


def _measured_suites(lake: Lake, settings: Settings, span: _Span) -> Iterator[tuple[Suite, pd.DataFrame | DataFrame]]:
    """Each suite whose table has changed rows, with their measures; then what is measured of whole tables."""
    from expectations import bronze, gold, predictions, silver  # noqa: PLC0415 - as above

    by_file, by_run = F.col("file_id") > span.after, F.col("run_id") > span.since
    suites = [(suite(), by_file) for suite in (bronze.extract_file, silver.pathway, silver.patient, silver.treatment)]
    suites += [(suite(), by_file) for suite in (silver.duplicate, silver.unmapped_word)]
    suites += [(suite(), by_file) for suite in (silver.person_link, silver.linked_pathway, silver.linked_member)]
    rules = load_rules()
    suites += [(suite, by_run) for suite in (gold.pathway_standard(rules), gold.ptl_current())]
    suites += [(suite, by_run) for suite in (gold.performance_month(rules), gold.breach_allocation())]
    suites += [(gold.canptl62_week(), by_run)]
    suites += [(suite(), by_run) for suite in (predictions.risk_score, predictions.demand_forecast)]
    suites = [(suite, is_changed) for suite, is_changed in suites if lake.exists(suite.table_name)]
    with ThreadPoolExecutor(QUERIES_AT_ONCE) as pool:
        frames = pool.map(lambda one: _frame(lake, one[0], one[1]), suites)
        for (suite, _), measures in zip(suites, frames, strict=True):
            if not isinstance(measures, pd.DataFrame) or len(measures):
                yield suite, measures
    if span.published_count is not None:
        size = gold.ptl_size(span.published_count, smallest_share=settings.gate.smallest_list_share)
        yield size, pd.DataFrame({"row_count": [_listed_count(lake)]})
    if lake.exists(CLOCKS) and lake.exists(MONTHS):
        yield gold.performance_total(), pd.DataFrame({"is_total_right": [_is_total_right(lake)]})


def _frame(lake: Lake, suite: Suite, is_changed: Column) -> pd.DataFrame | DataFrame:
    from expectations.suite import measured  # noqa: PLC0415 - as above

    rows = lake.read(suite.table_name)
    if suite.scope == "members":
        rows = rows.select("file_id", F.explode("members").alias("member")).select("file_id", "member.*")
    measures = measured(rows, suite, is_changed=is_changed)
    few = measures.limit(PANDAS_ROWS + 1).toArrow()
    return few.to_pandas() if few.num_rows <= PANDAS_ROWS else settle(measures)


def _is_total_right(lake: Lake) -> bool:
    """Whether the denominators of the months are the shares of the finished waits."""
    shares = [
        F.sum(F.when(F.col(f"{side}_trust").isNotNull(), F.col(f"{side}_share")))
        for side in ("investigating", "treating")
    ]
    is_finished = F.col("outcome").isin("WITHIN", "BREACH") & F.col("reporting_month").isNotNull()
    of_waits = lake.read(CLOCKS).where(is_finished).agg(*(share.alias(str(i)) for i, share in enumerate(shares)))
    of_months = lake.read(MONTHS).agg(F.sum("denominator_share").alias("total"))
    row = of_waits.crossJoin(of_months).collect()[0]
    return bool((row["0"] or 0) + (row["1"] or 0) == (row["total"] or 0))


def _write(lake: Lake, run: Run, findings: tuple[Finding, ...]) -> None:
    _add_source(lake)
    rows = (
        lake.spark.createDataFrame([astuple(finding) for finding in findings], _COLUMNS)
        .withColumn("row_hash", row_hash(["severity", "checked", "failed", "status", "sentence", "quarantined"]))
        .withColumns({"run_id": F.lit(run.run_id), "as_at": F.lit(run.as_at)})
        .coalesce(1)
    )
    lake.replace_where(TABLE, rows, predicate=f"run_id = '{run.run_id}'")


def _add_source(lake: Lake) -> None:
    """Results of a version of the platform that knew no sources are of all of them."""
    if lake.exists(TABLE) and "source" not in lake.read(TABLE).columns:
        older = lake.read(TABLE)
        lake.swap(TABLE, older.withColumns({"source": F.lit(EVERY_SOURCE), "quarantined": F.lit(0).cast("bigint")}))
