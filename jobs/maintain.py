"""Maintain: what is past its day is removed, by the rule in the settings, and the lake's files are kept in order.

Each part stands for itself and is safe to repeat: what a run that was killed left undone, the next one does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs import cleanse, clocks, gold, link
from jobs.changed import LEDGER, last_file_id, vouched
from jobs.originals import due_originals, remove_originals
from jobs.outcome import Outcome, Run
from libs.errors import SettingsError, Terminal
from libs.feeds import FeedContract, load_contracts
from libs.intake.changes import LINEAGE, PRESENT
from libs.lakehouse.tables import Lake, open_lake, settle
from libs.lakehouse.upkeep import compact, purge, vacuum
from libs.pathways.retention import ROW, VERSION, check_days, due_rows, due_versions
from libs.settings import Settings, conf_folder

STEP = "maintain"
HISTORY = "silver.pathway_history"
# What these have not taken in yet stays. Score works on what stands, not on what changed.
_READERS = (cleanse.STEP, link.STEP, clocks.STEP, gold.STEP)
_SUPERSEDED, _ENDED = "rows that newer ones superseded", "content of rows of ended pathways"
_LEFT = "rows that a killed run left"


@dataclass(frozen=True)
class Removed:
    """What was past its day by a setting of `retention`, and how much of it was removed: nothing by a mere look.

    `before` is the moment before which it counts as past, None where its age does not matter.
    """

    setting: str
    what: str
    before: datetime | None
    due: int
    removed: int


@dataclass(frozen=True)
class Maintained(Outcome):
    """The outcome, and what was removed by each setting. `rows_read` tells how many rows and originals were due."""

    removed: tuple[Removed, ...] = ()


@dataclass(frozen=True)
class _Work:
    """What the rules work on; with `is_look` they remove nothing."""

    lake: Lake
    settings: Settings
    as_at: datetime
    taken_in: int
    is_look: bool

    def before(self, days: int) -> datetime:
        return self.as_at - timedelta(days=days)


def check(settings: Settings) -> None:
    """Hold the settings against the feeds, before a session starts. Raises SettingsError where days are too few."""
    closed_days = {system: contract.closed_days for system, contract in load_contracts(conf_folder()).items()}
    days = settings.retention
    check_days(bronze_days=days.bronze_days, late_days=days.late_days, closed_days=closed_days)


def run(spark: SparkSession, settings: Settings, run: Run) -> Maintained:
    """Remove what is past its day at the moment of the run. Repeating it removes nothing more.

    Raises SettingsError for a moment that is still to come: what will be due by then is not due today.
    """
    if run.as_at > run.started_at:
        raise SettingsError("--as-at is still to come", do="See with --dry-run what will be past its day by then.")
    lake = open_lake(spark, settings)
    removed = remove_due(lake, settings, run)
    due, done = sum(one.due for one in removed), sum(one.removed for one in removed)
    files = _tidy(lake, settings)
    return Maintained(STEP, last_file_id(lake), due, done, lake.commits, (*removed, files))


def look(spark: SparkSession, settings: Settings, run: Run) -> list[Removed]:
    """What is past its day at the moment of the run, by each setting; nothing is removed or written."""
    return remove_due(open_lake(spark, settings), settings, run, is_look=True)


def remove_due(lake: Lake, settings: Settings, run: Run, *, is_look: bool = False) -> list[Removed]:
    """Remove the rows, versions and originals that are past their day at the moment of the run, or only look for them.

    They stay on the disk until the lake's files are tidied. Raises SettingsError where a feed outlasts the days.
    """
    check(settings)
    taken_in = min(run.watermark(step) for step in _READERS)
    return [*_removed(_Work(lake, settings, run.as_at, taken_in, is_look))]


def check_whole(lake: Lake, from_file: int) -> None:
    """See that bronze still holds all that a file and those after it brought, before it is cleansed once more.

    The history of what those files told is then made anew from bronze: what bronze lacks would be lost. Raises Terminal
    with the first file from which it can be done.
    """
    if not lake.exists(LEDGER):
        return
    told = lake.read(LEDGER).where((F.col("file_id") >= from_file) & (F.col("rows_changed") > 0))
    held = lake.spark.createDataFrame([], "_file_id bigint")
    for contract in load_contracts(conf_folder()).values():
        if lake.exists(f"bronze.{contract.system}_row"):
            is_whole = (F.col("_presence") != PRESENT) | _has_content(contract)
            held = held.union(vouched(lake, contract.system).where(is_whole).select("_file_id"))
    counts = held.groupBy(F.col("_file_id").alias("file_id")).count()
    thin = told.join(counts, ["file_id"], "left").where(F.coalesce("count", F.lit(0)) < F.col("rows_changed"))
    last = thin.agg(F.max("file_id")).collect()[0][0]
    if last is not None:
        raise Terminal(
            "bronze no longer holds all that this file and those after it brought: it was past its day",
            do=f"Name file {last + 1} or a later one.", from_file=from_file,
        )  # fmt: skip


def _removed(work: _Work) -> Iterator[Removed]:
    for contract in load_contracts(conf_folder()).values():
        if work.lake.exists(f"bronze.{contract.system}_row"):
            yield from _rows(work, contract)
    if work.lake.exists(HISTORY):
        yield _versions(work)
    yield from _originals(work)


def _rows(work: _Work, contract: FeedContract) -> Iterator[Removed]:
    lake, name = work.lake, f"bronze.{contract.system}_row"
    before = work.before(work.settings.retention.bronze_days)
    due = settle(_due_rows(work, contract, before=before))
    counts = {row["what"]: row["count"] for row in due.groupBy("what").count().collect()}
    if counts and not work.is_look:
        content = [column for column in lake.read(name).columns if column not in LINEAGE]
        lake.remove(name, due, keys=ROW, emptied=content)
    for what, moment in ((_SUPERSEDED, before), (_ENDED, before), (_LEFT, None)):
        count = counts.get(what, 0)
        yield Removed("bronze_days", f"{name}: {what}", moment, count, 0 if work.is_look else count)


def _due_rows(work: _Work, contract: FeedContract, *, before: datetime) -> DataFrame:
    """By `ROW`, `_is_emptied` and `what`: the rows that are past their day, and those that nothing ever reads.

    Under a number of the ledger no row counts that the ledger does not vouch for; those above may be of a run at work.
    """
    lake, name = work.lake, f"bronze.{contract.system}_row"
    last_id = last_file_id(lake)
    rows = lake.read(name)
    lineage = vouched(lake, contract.system).select(
        *ROW, "_presence", "_is_closed", _has_content(contract).alias("_has_content")
    )
    past = due_rows(lineage, before=before, taken_in=work.taken_in)
    past = past.withColumn("what", F.when(F.col("_is_emptied"), _ENDED).otherwise(_SUPERSEDED))
    batches = lake.read(LEDGER).select(F.col("batch_id").alias("_batch_id")).distinct()
    left = rows.where(F.col("_file_id") <= last_id).join(F.broadcast(batches), ["_batch_id"], "left_anti")
    left = left.select(*ROW).distinct()
    return past.union(left.select("*", F.lit(False).alias("_is_emptied"), F.lit(_LEFT).alias("what")))


def _has_content(contract: FeedContract) -> Column:
    """Whether a row still holds what its file said: a column that no file may lack is null in no row that came."""
    return (F.col("_presence") == PRESENT) & F.col(f"`{contract.pathway_key}`").isNotNull()


def _versions(work: _Work) -> Removed:
    before = work.before(work.settings.retention.history_days)
    due = settle(due_versions(work.lake.read(HISTORY), before=before, taken_in=work.taken_in))
    count = due.count()
    if count and not work.is_look:
        work.lake.remove(HISTORY, due, keys=VERSION)
    what = f"{HISTORY}: superseded versions of ended pathways"
    return Removed("history_days", what, before, count, 0 if work.is_look else count)


def _originals(work: _Work) -> Iterator[Removed]:
    paths, days = work.settings.paths, work.settings.retention
    for setting, folder, kept in (
        ("archive_days", paths.archive, days.archive_days),
        ("quarantine_days", paths.quarantine, days.quarantine_days),
    ):
        before = work.before(kept)
        due = due_originals(work.lake, work.settings, folder, before=before)
        removed = 0 if work.is_look else remove_originals(due)
        yield Removed(setting, f"{folder.name}: sealed originals", before, len(due), removed)


def _tidy(lake: Lake, settings: Settings) -> Removed:
    """Have what was removed leave the disk, and join small files."""
    count = 0
    held = {HISTORY, *(f"bronze.{system}_row" for system in load_contracts(conf_folder()))}
    for name in lake.names():
        if name in held:
            purge(lake, name)
        compact(lake, name)
        count += vacuum(lake, name, hours=settings.retention.vacuum_hours)
    return Removed("vacuum_hours", "lake: files that no version needs", None, count, count)
