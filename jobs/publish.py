"""Publish: what passes the quality gate becomes SQL tables, all in one transaction; only what changed moves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from sqlalchemy import Engine, Table, inspect, select

from jobs import check, extract_ledger, gold, run_log
from jobs.outcome import Outcome, Run
from jobs.published_columns import columns_of
from libs.errors import HeldBackError
from libs.fingerprint import row_hash
from libs.intake.claims import AGREED_NAME, AGREED_TRUST
from libs.lakehouse.tables import Lake, open_lake
from libs.pathways import breach_allocation, freshness, link_quality, performance, ptl, standards, waitlist, weekly_list
from libs.pathways.shared import CONFLICTS_LENGTH
from libs.pathways.trace import told
from libs.settings import Settings
from libs.warehouse.dialects import connected, is_absent, make_engine, schema_of
from libs.warehouse.difference import difference
from libs.warehouse.load import LOAD
from libs.warehouse.publication import Moment, TableChange, TableLoad, publish, published_hashes, published_versions
from libs.warehouse.schema import warehouse_table
from ml.breach_risk import scoring
from ml.demand import series

STEP = "publish"
_DO_IF_HELD_BACK = (
    "Look at dq_result and data_docs. A corrected extract mends it by itself; after mending a rule run"
    " `cancollaborate hourly --from-file N`, N being the file that brought it."
)


@dataclass(frozen=True)
class Published:
    """A lake table that is published under its own name: its key, and text columns longer than the default."""

    lake_name: str
    key: Sequence[str]
    lengths: Mapping[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name in the warehouse: that of the lake without its schema."""
        return self.lake_name.partition(".")[2]


CONFLICTS, TRACE = 2 * CONFLICTS_LENGTH + 2, 4000  # characters: of a pathway and of its treatment
# A suspected type's label takes up to 71 characters; what the other words need keeps the key narrow enough to index.
_MONTH_LENGTHS = {"month": 7, "standard": 2, "route": 10, "tumour_group": 120, "stage": 10}
_WEEK_LENGTHS = {"row_type": 10, "tumour_group": 120, "month": 7}
GOLD = (
    Published("gold.ptl_current", ptl.KEY, {"conflicts": CONFLICTS}),
    Published("gold.pathway_standard", standards.KEY, {"conflicts": CONFLICTS, "trace": TRACE}),
    Published("gold.breach_allocation", breach_allocation.KEY),
    Published("gold.waitlist_summary", waitlist.KEY),
    Published("gold.canptl62_week", weekly_list.KEY, _WEEK_LENGTHS),
    Published("gold.performance_month", performance.KEY, _MONTH_LENGTHS),
    Published("gold.link_quality", link_quality.KEY),
    Published("gold.risk_score", scoring.KEY),
    Published("gold.demand_forecast", series.KEY, {"method": 160}),
)
# How the platform itself is doing: told also when the gate holds gold back.
OPERATIONAL = (
    Published("gold.feed_freshness", freshness.KEY),
    Published(extract_ledger.TABLE, ("file_id",), extract_ledger.LENGTHS),
    Published(check.TABLE, check.KEY, {"sentence": 255}),
)
RUNS = Published(run_log.TABLE, ("run_id", "step"), {"error": run_log.ERROR_LENGTH})
TABLES = (*GOLD, *OPERATIONAL, RUNS)


def run(spark: SparkSession, settings: Settings, run: Run) -> Outcome:
    """Bring the SQL database to what gold holds. A reader sees the last publication or this one, never half.

    Raises HeldBackError where the gate finds what would mislead: gold then stays as it was last published.
    """
    lake = open_lake(spark, settings)
    verdict = check.check(lake, settings, run)
    loads = publish_tables(lake, settings, run, (*GOLD, *OPERATIONAL) if verdict.is_publishable else OPERATIONAL)
    if not verdict.is_publishable:
        raise HeldBackError(
            "the quality gate held gold back, the last publication stands", do=_DO_IF_HELD_BACK,
            failed="; ".join(verdict.failed_critical),
        )  # fmt: skip
    changed_count = sum(load.upserted_count + load.deleted_count for load in loads)
    return Outcome(STEP, verdict.watermark, sum(load.row_count for load in loads), changed_count, lake.commits)


def publish_tables(lake: Lake, settings: Settings, run: Run, tables: Sequence[Published]) -> list[TableLoad]:
    """Publish those of the tables that stand in the database at another version than in the lake.

    One that only the database holds is emptied: it tells of a lake that is no more.
    """
    engine = make_engine(settings.warehouse.url)
    try:
        known = _published_names(engine)
        frames = {
            table.name: (table, _frame(lake, table))
            for table in tables
            if lake.exists(table.lake_name) or table.name in known
        }
        changes = _changes(lake, engine, frames)
        # A run that did not make gold can't say that it holds as at its moment.
        sure = frames if gold.STEP in run.done else frames.keys() - {table.name for table in GOLD}
        unchanged = set(sure) - {change.table.name for change in changes}
        moment = Moment(run.run_id, _utc(run.as_at), _utc(run.started_at))
        return publish(engine, changes, moment, unchanged=unchanged)
    finally:
        engine.dispose()


def _frame(lake: Lake, table: Published) -> DataFrame:
    """The lake's table as it is published; the operational ones get the hash that gold's rows carry already."""
    columns = columns_of(table.name)
    rows = lake.read_or_empty(table.lake_name, columns)
    if "trace" in rows.columns and lake.exists(table.lake_name):
        rows = rows.withColumn("trace", F.substring(told(F.col("trace")), 1, TRACE))
    if table.lake_name == extract_ledger.TABLE:
        # Files and folders that are not ours may bear any name, a patient's too.
        is_agreed = {"file_name": AGREED_NAME, "trust": AGREED_TRUST}
        rows = rows.withColumns(
            {name: F.when(F.col(name).rlike(form), F.col(name)) for name, form in is_agreed.items()}
        )
    if "row_hash" in rows.columns:
        return rows.select(*columns.names)
    hashed = rows.withColumn(
        "row_hash", row_hash([name for name in rows.columns if name not in (*table.key, "run_id", "as_at")])
    )
    stamp = [name for name in ("row_hash", "run_id", "as_at") if "run_id" not in table.key]
    return hashed.select(*(name for name in hashed.columns if name not in stamp), *stamp)


def _changes(lake: Lake, engine: Engine, frames: Mapping[str, tuple[Published, DataFrame]]) -> list[TableChange]:
    targets = {
        name: warehouse_table(name, frame.schema, table.key, lengths=table.lengths)
        for name, (table, frame) in frames.items()
    }
    changes = []
    standing = _standing_versions(engine, list(targets.values()))
    for name, (table, frame) in frames.items():
        version = lake.version(table.lake_name)
        if name not in standing:
            changes.append(TableChange(targets[name], version, frame.toArrow()))
        elif standing[name] != version:
            with connected(engine) as connection:
                hashes = published_hashes(connection, targets[name])
            changes.append(_change(targets[name], frame, (standing[name], hashes), version=version))
    return changes


def _published_names(engine: Engine) -> set[str]:
    """The tables that have ever been published."""
    if is_absent(engine):
        return set()
    with connected(engine) as connection:
        if not inspect(connection).has_table(LOAD.name, schema=schema_of(connection)):
            return set()
        return set(connection.scalars(select(LOAD.c.table_name)))


def _standing_versions(engine: Engine, targets: Sequence[Table]) -> dict[str, int]:
    """The version of each table that stands in the database with the columns of today."""
    if is_absent(engine):
        return {}
    with connected(engine) as connection:
        return published_versions(connection, targets)


def _change(target: Table, frame: DataFrame, standing: tuple[int, pa.Table], *, version: int) -> TableChange:
    """The rows that are new or differ, and the keys that are gone."""
    since, published = standing
    keys = target.primary_key.columns.keys()
    changed, vanished = difference(frame.select(*keys, "row_hash").toArrow(), published, keys)
    wanted = frame.sparkSession.createDataFrame(changed, frame.select(*keys).schema)
    upserts = frame.join(F.broadcast(wanted), keys, "left_semi").select(*frame.columns).toArrow()
    return TableChange(target, version, upserts, deletes=vanished, since=since)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
