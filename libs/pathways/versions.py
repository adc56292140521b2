"""The versions of a pathway: each time its canonical content changed, departed or came back.

The history is append-only; a version ends where the next begins (`with_ends`). Versions are ordered by the extract
that told them, not by arrival: what comes late takes its place among those that were known.
"""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.types import BooleanType, LongType, StringType, StructField, StructType, TimestampType

from libs.fingerprint import row_hash
from libs.pathways.canonical import PATHWAY

KEY = ("trust", "system", "source_pathway_id")
CONTENT = tuple(name for name in PATHWAY.names if name not in KEY)
VERSION_COLUMNS = (*KEY, *CONTENT, "is_departed", "file_id", "extracted_at", "first_extracted_at", "row_hash")
PATHWAY_GONE = "pathway_gone"


def empty_history() -> StructType:
    """The schema of a history that nothing has been written to."""
    types = {
        **{field.name: field.dataType for field in PATHWAY},
        "is_departed": BooleanType(),
        "file_id": LongType(),
        "extracted_at": TimestampType(),
        "first_extracted_at": TimestampType(),
        "row_hash": LongType(),
    }
    return StructType([StructField(name, types.get(name, StringType())) for name in VERSION_COLUMNS])


def new_versions(rows: DataFrame, before: DataFrame) -> DataFrame:
    """The versions that a batch of canonical rows adds to the history as it stood `before` the batch.

    An open pathway that a full extract no longer holds has departed; a closed one has only aged out of the extract and
    adds nothing (design 4.2). `before` holds every version of the pathways of the batch.
    """
    states = _states(rows).unionByName(_known(before))
    of_pathway = Window.partitionBy(*KEY).orderBy("extracted_at", "sequence", "file_id")
    up_to_now = of_pathway.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    filled = states.select(
        *KEY,
        "file_id",
        "extracted_at",
        "sequence",
        "is_known",
        F.col("content").isNull().alias("is_gone"),
        F.last("content", ignorenulls=True).over(up_to_now).alias("content"),
        F.min("first_extracted_at").over(Window.partitionBy(*KEY)).alias("first_extracted_at"),
        "was_departed",
    )
    is_open = F.col("content.closed_on").isNull()
    is_departed = F.when(F.col("is_known"), F.col("was_departed")).otherwise(F.col("is_gone") & is_open)
    described = filled.where(F.col("content").isNotNull()).select(
        *KEY,
        "content.*",
        is_departed.alias("is_departed"),
        "file_id",
        "extracted_at",
        "sequence",
        "first_extracted_at",
        "is_known",
    )
    hashed = described.withColumn("row_hash", row_hash([*CONTENT, "is_departed"]))
    is_changed = ~F.col("row_hash").eqNullSafe(F.lag("row_hash").over(of_pathway))
    return hashed.withColumn("is_changed", is_changed).where("is_changed and not is_known").select(*VERSION_COLUMNS)


def last_versions(versions: DataFrame) -> DataFrame:
    """The newest version of each pathway."""
    columns = [name for name in versions.columns if name not in KEY]
    newest = F.max_by(F.struct(*columns), F.struct("extracted_at", "file_id")).alias("newest")
    return versions.groupBy(*KEY).agg(newest).select(*KEY, "newest.*")


def with_ends(history: DataFrame) -> DataFrame:
    """Add `valid_from` and `valid_to`, the extracts that brought a version and the one that replaced it."""
    next_version = F.lead("extracted_at").over(Window.partitionBy(*KEY).orderBy("extracted_at", "file_id"))
    return history.select("*", F.col("extracted_at").alias("valid_from"), next_version.alias("valid_to"))


def as_known(history: DataFrame, *, upto: int) -> DataFrame:
    """The pathways as they were current once the files up to and with `upto` were taken in: as `silver.pathway` stood.

    Versions that later files brought do not count, even where they tell of an earlier time: nobody knew of them then.
    """
    return last_versions(history.where(F.col("file_id") <= upto)).select(*VERSION_COLUMNS)


def _states(rows: DataFrame) -> DataFrame:
    """What each extract of the batch says of a pathway: its content, or null where the pathway is gone.

    A late file brings what later extracts said under its own id, so an extract is told by its time and sequence too.
    """
    is_gone = F.col("_presence") == PATHWAY_GONE
    first_row = F.struct(F.coalesce(F.col("treatment.treatment_number"), F.lit(0)), F.col("_row_number"))
    content: Column = F.min_by(F.struct(*(F.col(f"pathway.{name}") for name in CONTENT)), F.when(~is_gone, first_row))
    return (
        rows.where(F.col("_presence").isin("present", PATHWAY_GONE))
        .groupBy(
            "trust",
            "system",
            F.col("pathway.source_pathway_id").alias("source_pathway_id"),
            F.col("_extracted_at").alias("extracted_at"),
            F.col("_sequence").alias("sequence"),
            F.col("_file_id").alias("file_id"),
        )
        .agg(
            content.alias("content"),
            # Absence is no first sight.
            F.min(F.when(~is_gone, F.col("_extracted_at"))).alias("first_extracted_at"),
        )
        .select(
            *KEY,
            "file_id",
            "extracted_at",
            "sequence",
            "content",
            F.lit(False).alias("is_known"),
            F.lit(None).cast("boolean").alias("was_departed"),
            "first_extracted_at",
        )
    )


def _known(before: DataFrame) -> DataFrame:
    return before.select(
        *KEY,
        "file_id",
        "extracted_at",
        F.lit(None).cast("bigint").alias("sequence"),
        F.struct(*CONTENT).alias("content"),
        F.lit(True).alias("is_known"),
        F.col("is_departed").alias("was_departed"),
        "first_extracted_at",
    )
