"""What has changed since a step last ran: bronze is the log of changes, so each step asks it from its own watermark."""

from collections.abc import Iterable
from datetime import date
from functools import reduce
from operator import or_

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from libs.lakehouse.tables import Lake
from libs.pathways.linked import members
from libs.pathways.standards import OPEN_OUTCOMES
from libs.pathways.versions import KEY
from libs.rules import Rules

LEDGER = "bronze.extract_file"
_AHEAD = ("decision_to_treat_on", "treatment_on")  # dates that a register may hold before they come


def last_file_id(lake: Lake) -> int:
    """The newest file of the ledger; 0 while there is none."""
    if not lake.exists(LEDGER):
        return 0
    newest = lake.read(LEDGER).agg(F.max("file_id")).collect()[0][0]
    return int(newest or 0)


def vouched(lake: Lake, system: str) -> DataFrame:
    """The rows of a source system that the ledger vouches for.

    A run that was killed, or that another run forestalled, may have left rows that no commit of the ledger followed.
    """
    batches = lake.read(LEDGER).select(F.col("batch_id").alias("_batch_id")).distinct()
    return lake.read(f"bronze.{system}_row").join(F.broadcast(batches), ["_batch_id"], "left_semi")


def bronze_between(lake: Lake, system: str, *, after: int, upto: int) -> DataFrame:
    """The changes that files after `after`, up to and with `upto`, brought for a source system, as far as vouched for.

    The few batches of some hours are named in a filter: a join below the wide expressions of cleansing is planned for
    longer than it runs.
    """
    of_files = lake.read(LEDGER).where((F.col("file_id") > after) & (F.col("file_id") <= upto))
    batches = [row["batch_id"] for row in of_files.select("batch_id").distinct().collect()]
    is_between = (F.col("_file_id") > after) & (F.col("_file_id") <= upto)
    return lake.read(f"bronze.{system}_row").where(is_between & F.col("_batch_id").isin(batches))


def changed_pathways(lake: Lake, systems: Iterable[str], *, after: int, upto: int) -> DataFrame:
    """The keys of the trusts' pathways in which anything changed."""
    found = [
        bronze_between(lake, system, after=after, upto=upto).select(
            F.col("_trust").alias("trust"),
            F.lit(system).alias("system"),
            F.col("_pathway_key").alias("source_pathway_id"),
        )
        for system in systems
        if lake.exists(f"bronze.{system}_row")
    ]
    if not found:
        return lake.spark.createDataFrame([], "trust string, system string, source_pathway_id string")
    changed = found[0]
    for other in found[1:]:
        changed = changed.union(other)
    return changed.distinct()


def changed_pathway_keys(lake: Lake, systems: Iterable[str], *, after: int, upto: int, is_new_day: bool) -> DataFrame:
    """The linked pathways to work on: those with a change, those linked anew, and on a new day all whose clock runs."""
    linked = lake.read("silver.linked_pathway")
    changed = changed_pathways(lake, systems, after=after, upto=upto)
    keys = members(linked).join(F.broadcast(changed), [*KEY], "left_semi").select("pathway_key")
    keys = keys.union(linked.where(F.col("file_id") > after).select("pathway_key"))
    if is_new_day and lake.exists("gold.pathway_standard"):
        running = lake.read("gold.pathway_standard").where(F.col("outcome").isin(*OPEN_OUTCOMES))
        keys = keys.union(running.select("pathway_key"))
    if is_new_day and lake.exists("gold.ptl_current"):
        keys = keys.union(lake.read("gold.ptl_current").select("pathway_key"))
    return keys.distinct()


def come_due(lake: Lake, *, since: date | None, until: date) -> DataFrame:
    """The pathways with a treatment that was decided or given ahead, and whose day has come since the last list.

    Nobody writes anything on that day, and a pathway whose first treatment is done has no clock that runs.
    """
    if since is None or since >= until or not lake.exists("silver.treatment"):
        return lake.spark.createDataFrame([], "pathway_key string")
    has_come = reduce(or_, ((F.col(name) > since) & (F.col(name) <= until) for name in _AHEAD))
    due = lake.read("silver.treatment").where(has_come).select(*KEY)
    return members(lake.read("silver.linked_pathway")).join(due, [*KEY], "left_semi").select("pathway_key").distinct()


def timed_by_other_rules(lake: Lake, table: str, rules: Rules) -> DataFrame:
    """The pathways of a gold table that were last worked on under other rules than those of now."""
    if not lake.exists(table):
        return lake.spark.createDataFrame([], "pathway_key string")
    rows = lake.read(table)
    if "rules_version" in rows.columns:  # a version of the platform that did not note it made all of them by others
        rows = rows.where(~F.col("rules_version").eqNullSafe(F.lit(rules.version)))
    return rows.select("pathway_key").distinct()


def vanished(lake: Lake, table: str, key: tuple[str, ...], *, worked_on: DataFrame, produced: DataFrame) -> DataFrame:
    """The rows of a gold table to drop: of pathways worked on, or no longer linked, those that were not produced."""
    standing = lake.read(table).select(*key) if lake.exists(table) else produced.select(*key).limit(0)
    linked = lake.read("silver.linked_pathway").select("pathway_key")
    of_these = standing.join(worked_on, ["pathway_key"], "left_semi")
    unlinked = standing.join(linked, ["pathway_key"], "left_anti")
    return of_these.union(unlinked).distinct().join(produced.select(*key), [*key], "left_anti")
