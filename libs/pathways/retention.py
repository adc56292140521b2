"""Which raw rows and versions are past their day: what retention removes, and what must stand whatever its age.

A row or version is needed as long as an extract that comes late may ask what stood at its moment. So days count from
when the next one took its place, and what stood on the last day, or came after it, is never touched.
"""

from collections.abc import Mapping
from datetime import datetime

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from libs.errors import SettingsError
from libs.pathways.versions import KEY

_PATHWAY = ("_trust", "_pathway_key")
_IDENTITY = (*_PATHWAY, "_row_key", "_repeat")
# What tells one row of bronze, or one version of the history, from every other.
ROW = (*_IDENTITY, "_extracted_at", "_sequence", "_file_id", "_batch_id")
VERSION = (*KEY, "extracted_at", "file_id", "row_hash")
_PRESENT = "present"


def check_days(*, bronze_days: int, late_days: int, closed_days: Mapping[str, int]) -> None:
    """Hold the days of bronze against those for which each feed's full extracts hold closed pathways.

    Raises SettingsError where an ended pathway could be emptied while its rows still come, or may come late.
    """
    for system, days in sorted(closed_days.items()):
        if bronze_days < days + late_days:
            raise SettingsError(
                "retention.bronze_days is too small for a feed: its extracts hold closed pathways for longer",
                do="Set it to closed_days of the feed and retention.late_days together, or more.",
                feed=system, closed_days=days, late_days=late_days, bronze_days=bronze_days,
            )  # fmt: skip


def due_rows(rows: DataFrame, *, before: datetime, taken_in: int) -> DataFrame:
    """The rows of bronze that are past their day by `ROW`; `_is_emptied` tells those that stay without their content.

    `rows` are all that the ledger vouches for: `ROW`, `_presence`, `_is_closed` and `_has_content`. Due are rows that
    another took the place of before this moment, and the content of what stands of pathways that ended before it, that
    is, of which every row is closed or gone. What stands of them keeps its keys, its moment and its hash: by these a
    late extract is known to be older, and the same row that comes again to be known. Nothing is due before every step
    has taken it in, `taken_in` being the last such file.
    """
    of_row = Window.partitionBy(*_IDENTITY).orderBy("_extracted_at", "_sequence", "_file_id")
    of_pathway = Window.partitionBy(*_PATHWAY)
    next_row = F.lead(F.struct("_extracted_at", "_file_id")).over(of_row)
    # One shuffle serves both windows.
    placed = rows.repartition(*_PATHWAY).withColumn("_next", next_row)
    is_open = F.col("_next").isNull() & (F.col("_presence") == _PRESENT) & ~F.coalesce("_is_closed", F.lit(False))
    told = placed.select(
        "*",
        F.max(is_open).over(of_pathway).alias("_is_open"),
        F.max("_extracted_at").over(of_pathway).alias("_last_told"),
        F.max("_file_id").over(of_pathway).alias("_last_file"),
    )
    is_superseded = _is_past("_next._extracted_at", "_next._file_id", before=before, taken_in=taken_in)
    has_ended = ~F.col("_is_open") & _is_past("_last_told", "_last_file", before=before, taken_in=taken_in)
    is_emptied = F.col("_next").isNull() & F.col("_has_content") & has_ended
    is_taken_in = F.col("_file_id") <= taken_in
    due = told.where(is_taken_in & (F.coalesce(is_superseded, F.lit(False)) | is_emptied))
    return due.select(*ROW, F.col("_next").isNull().alias("_is_emptied"))


def due_versions(history: DataFrame, *, before: datetime, taken_in: int) -> DataFrame:
    """The versions of `silver.pathway_history` that are past their day, by `VERSION`.

    Due are versions of pathways that are closed or have departed, which another took the place of before this moment.
    The newest stays: late facts are held against it. So does one that tells of an earlier first extract than the newest
    knows: a linked pathway is named after the member that came first.
    """
    of_pathway = Window.partitionBy(*KEY).orderBy("extracted_at", "file_id")
    whole = of_pathway.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    told = history.select(
        *VERSION,
        "first_extracted_at",
        F.lead(F.struct("extracted_at", "file_id")).over(of_pathway).alias("_next"),
        F.last(F.struct("closed_on", "is_departed", "first_extracted_at")).over(whole).alias("_newest"),
    )
    has_ended = F.col("_newest.closed_on").isNotNull() | F.coalesce("_newest.is_departed", F.lit(False))
    is_first_known = F.col("first_extracted_at") < F.col("_newest.first_extracted_at")
    is_superseded = _is_past("_next.extracted_at", "_next.file_id", before=before, taken_in=taken_in)
    is_due = is_superseded & has_ended & ~F.coalesce(is_first_known, F.lit(False)) & (F.col("file_id") <= taken_in)
    return told.where(is_due).select(*VERSION)


def _is_past(moment: str, file_id: str, *, before: datetime, taken_in: int) -> Column:
    """Whether something was told before a moment, by a file that every step has taken in; null where nothing was."""
    return (F.col(moment) < F.lit(before)) & (F.col(file_id) <= taken_in)
