"""How well registers are linked: counted once a day, and again in hours that changed a link."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.linkage_tables import DECISIONS, LINKS, PAIRS, REVIEW
from jobs.outcome import Run
from libs.lakehouse.tables import Lake, settle
from libs.pathways import link_quality

TABLE = "gold.link_quality"


def count_links(lake: Lake, run: Run, *, is_new_day: bool) -> int:
    """Count the links of the list's date anew where any changed, or on its first list; rows of days before it stay.

    Returns how many rows changed, came or went.
    """
    if not lake.exists(LINKS) or not (is_new_day or _is_outdated(lake)):
        return 0
    linked_on = run.as_at.date()
    records = settle(link_quality.grouped_records(lake.read("silver.patient"), lake.read(LINKS), linked_on=linked_on))
    pairs, review, decisions = (lake.read(name) if lake.exists(name) else None for name in (PAIRS, REVIEW, DECISIONS))
    rows = settle(
        link_quality.link_quality(records, pairs=pairs, review=review, decisions=decisions, linked_on=linked_on)
    )
    return _write(lake, rows.coalesce(1), run)


def _write(lake: Lake, rows: DataFrame, run: Run) -> int:
    """Bring the rows of the list's date to these."""
    stamp = {"run_id": run.run_id, "as_at": run.as_at}
    if not lake.exists(TABLE):
        return lake.merge(TABLE, rows, keys=link_quality.KEY, stamp=stamp)
    table = lake.read(TABLE)
    standing = table.where(F.col("linked_on") == F.lit(run.as_at.date())).select(*link_quality.KEY)
    if {*table.columns} == {*rows.columns, *stamp} and standing.isEmpty():
        # A new day, as nearly always; adding its rows costs far less than a MERGE.
        lake.append(TABLE, rows.select("*", *(F.lit(value).alias(name) for name, value in stamp.items())))
        return rows.count()
    gone = standing.join(rows, [*link_quality.KEY], "left_anti")
    return lake.merge(TABLE, rows, keys=link_quality.KEY, gone=gone, stamp=stamp)


def _is_outdated(lake: Lake) -> bool:
    """Whether a link or a doubt was written after the figures; asking the tables' logs needs no query of their rows."""
    return max(lake.version(name) for name in (LINKS, PAIRS, REVIEW)) > lake.version(TABLE)
