"""What an extract changes: rows that are new or differ from the last time, and rows that it no longer holds.

Bronze is a log of changes: each version of a row stands there once. `_presence` tells them apart: `present`, or
`row_gone` and `pathway_gone` for a row that a full extract no longer holds, alone or with its whole pathway.
"""

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from libs.feeds import FeedContract
from libs.fingerprint import row_hash

PRESENT, ROW_GONE, PATHWAY_GONE = "present", "row_gone", "pathway_gone"
KEY_SEPARATOR = "\x1f"  # no register writes a unit separator into an identifier
LINEAGE = (
    "_file_id", "_trust", "_extracted_at", "_row_number", "_row_key", "_repeat", "_pathway_key", "_row_hash",
    "_presence", "_is_closed",
)  # fmt: skip


def keyed_rows(rows: DataFrame, contract: FeedContract) -> DataFrame:
    """Add the local row key, the pathway key and the content hash to the source rows of opened extracts.

    A key that stands twice in one extract gets a `_repeat` above 1, so that both rows are kept and can be judged.
    """
    key = F.concat_ws(KEY_SEPARATOR, *(F.trim(F.coalesce(F.col(f"`{name}`"), F.lit(""))) for name in contract.row_key))
    hashed = rows.select(
        "*",
        key.alias("_row_key"),
        F.trim(F.coalesce(F.col(f"`{contract.pathway_key}`"), F.lit(""))).alias("_pathway_key"),
        _is_closed(contract).alias("_is_closed"),
        F.hash(F.map_entries("_extra")).alias("_extra_hash"),
    ).withColumn("_row_hash", row_hash([*contract.columns, "_extra_hash"]))
    same_key = Window.partitionBy("_file_id", "_row_key").orderBy("_row_number")
    return hashed.withColumn("_repeat", F.row_number().over(same_key)).drop("_extra_hash")


def standing_rows(bronze: DataFrame, *, last_file_id: int) -> DataFrame:
    """The rows that each trust's last extract held: key, pathway and hash of the newest version of every row.

    Rows of files beyond `last_file_id` are leftovers of a run that crashed before it reached the ledger.
    """
    newest = F.max_by(F.struct("_row_hash", "_presence", "_pathway_key", "_is_closed"), "_file_id").alias("newest")
    return (
        bronze.where(F.col("_file_id") <= last_file_id)
        .groupBy("_trust", "_row_key", "_repeat")
        .agg(newest)
        .where(F.col("newest._presence") == PRESENT)
        .select("_trust", "_row_key", "_repeat", "newest._row_hash", "newest._pathway_key", "newest._is_closed")
    )


def no_standing_rows(spark: SparkSession) -> DataFrame:
    """What stands before the first extract: nothing."""
    schema = "_trust string, _row_key string, _repeat int, _row_hash bigint, _pathway_key string, _is_closed boolean"
    return spark.createDataFrame([], schema)


def changed_rows(incoming: DataFrame, standing: DataFrame) -> DataFrame:
    """The incoming rows whose content does not stand yet, marked present."""
    known = standing.select("_trust", "_row_key", "_repeat", "_row_hash")
    new = incoming.join(known, ["_trust", "_row_key", "_repeat", "_row_hash"], "left_anti")
    return new.withColumn("_presence", F.lit(PRESENT))


def departed_rows(
    incoming: DataFrame, standing: DataFrame, full_extracts: DataFrame, contract: FeedContract
) -> DataFrame:
    """One mark for each standing row that a full extract of its trust no longer holds: its key and nothing else.

    A closed pathway that leaves the extract has only grown old (design 4.2): nothing is said of it.
    `full_extracts` has `_trust`, `_file_id` and `_extracted_at`, one row a trust. Absence from a history or a delta
    means nothing, so their trusts are not in it.
    """
    expected = standing.join(F.broadcast(full_extracts), ["_trust"], "inner")
    gone = expected.join(
        incoming.select("_trust", "_row_key", "_repeat"), ["_trust", "_row_key", "_repeat"], "left_anti"
    )
    kept_pathways = incoming.select("_trust", "_pathway_key", F.lit(True).alias("_is_kept")).distinct()
    presence = F.when(F.col("_is_kept"), ROW_GONE).otherwise(PATHWAY_GONE)
    parts = F.split("_row_key", KEY_SEPARATOR)
    told = gone.join(kept_pathways, ["_trust", "_pathway_key"], "left")
    return told.where(F.col("_is_kept") | ~F.col("_is_closed")).select(
        "_file_id",
        "_trust",
        "_extracted_at",
        F.lit(None).cast("bigint").alias("_row_number"),
        "_row_key",
        "_repeat",
        "_pathway_key",
        "_row_hash",
        presence.alias("_presence"),
        F.lit(None).cast("boolean").alias("_is_closed"),
        *(parts.getItem(index).alias(name) for index, name in enumerate(contract.row_key)),
    )


def bronze_rows(changed: DataFrame, departed: DataFrame, contract: FeedContract) -> DataFrame:
    """Both kinds of change in bronze's columns: lineage first, so that its statistics cover what is filtered on."""
    quoted = [F.col(f"`{name}`") for name in (*LINEAGE, *contract.columns, "_extra")]
    return changed.unionByName(departed, allowMissingColumns=True).select(*quoted)


def _is_closed(contract: FeedContract) -> Column:
    """Whether the register says that the pathway is closed: something stands in the column of the closing date."""
    columns = [source.column for source in contract.fields["pathway"]["closed_on"] if source.column]
    nulls = sorted({null.strip().upper() for null in contract.nulls} | {""})
    stands = [~F.upper(F.trim(F.coalesce(F.col(f"`{name}`"), F.lit("")))).isin(*nulls) for name in columns]
    return F.array_contains(F.array(*stands), True)
