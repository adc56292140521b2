"""What extracts change: rows that are new or differ from what stood before them, and rows that a full one lacks.

Bronze is a log of changes: each version of a row stands there once. `_presence` tells them apart: `present`, or
`row_gone` and `pathway_gone` for a row that a full extract no longer holds, alone or with its whole pathway.

Versions are ordered by the moment of the extract that told them (its time, then its sequence), not by arrival. So a
late extract changes what stood between its moment and the next extract, and nothing newer. A full extract that was
taken before it and follows it is therefore told again in the same pass (`ledger.to_read_again`): where the late one
would shine through, the row is written anew at the later moment.
"""

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from libs.feeds import FeedContract
from libs.fingerprint import row_hash

PRESENT, ROW_GONE, PATHWAY_GONE = "present", "row_gone", "pathway_gone"
KEY_SEPARATOR = "\x1f"  # no register writes a unit separator into an identifier
# The first two carry the statistics by which files of the table are passed over.
LINEAGE = (
    "_file_id", "_trust", "_extracted_at", "_sequence", "_row_number", "_row_key", "_repeat", "_pathway_key",
    "_row_hash", "_presence", "_is_closed", "_is_superseded", "_is_pathway_superseded", "_batch_id",
)  # fmt: skip
PATHWAY = ("_trust", "_pathway_key")
IDENTITY = (*PATHWAY, "_row_key", "_repeat")
KEYED = ("_path", "_row_number", "_pathway_key", "_row_key", "_is_closed", "_row_hash")
FILES = (
    "_path string, _file_id bigint, _trust string, _moment struct<at:timestamp,sequence:bigint>, _is_full boolean, "
    "_next_full struct<moment:struct<at:timestamp,sequence:bigint>,file_id:bigint>"
)
FULLS = "_trust string, _fulls array<struct<moment:struct<at:timestamp,sequence:bigint>,file_id:bigint>>"
_KNOWN = (
    "_trust string, _pathway_key string, _row_key string, _repeat int, _moment struct<at:timestamp,sequence:bigint>, "
    "_file_id bigint, _row_hash bigint, _is_present boolean, _is_closed boolean"
)


def keyed_rows(rows: DataFrame, contract: FeedContract) -> DataFrame:
    """Add the row key, the pathway key, the hash of the content and `_is_closed` to opened source rows."""
    key = F.concat_ws(KEY_SEPARATOR, *(F.trim(F.coalesce(F.col(f"`{name}`"), F.lit(""))) for name in contract.row_key))
    return rows.select(
        "*",
        F.trim(F.coalesce(F.col(f"`{contract.pathway_key}`"), F.lit(""))).alias("_pathway_key"),
        key.alias("_row_key"),
        _is_closed(contract).alias("_is_closed"),
        F.hash(F.map_entries("_extra")).alias("_extra_hash"),
    ).withColumn("_row_hash", row_hash([*contract.columns, "_extra_hash"]))


def told_rows(keyed: DataFrame, files: DataFrame) -> DataFrame:
    """What the extracts of a pass say: for each row its keys, the hash of its content, and the file that tells it.

    `keyed` has `_path`, `_row_number` and what `keyed_rows` adds, no content; `files` as in `FILES`.
    """
    return keyed.select(*KEYED).join(F.broadcast(files), ["_path"], "inner").drop("_path")


def known_rows(bronze: DataFrame, trusts: DataFrame) -> DataFrame:
    """Every version that bronze holds of the rows of these trusts (`_trust`), without its content.

    `bronze` holds vouched rows only (`jobs.changed`). All versions go along: which of them a pass touches is told in
    the one sort that it takes anyway.
    """
    return bronze.join(F.broadcast(trusts), ["_trust"], "left_semi").select(
        *IDENTITY,
        F.struct(F.col("_extracted_at").alias("at"), F.col("_sequence").alias("sequence")).alias("_moment"),
        "_file_id",
        "_row_hash",
        (F.col("_presence") == PRESENT).alias("_is_present"),
        "_is_closed",
    )


def no_known_rows(spark: SparkSession) -> DataFrame:
    """What stands before the first extract: nothing."""
    return spark.createDataFrame([], _KNOWN)


def judged_rows(told: DataFrame, known: DataFrame, fulls: DataFrame) -> DataFrame:
    """The told rows to write (`_is_written`), and rows that may have gone (`_may_be_gone`), each beside its like.

    One shuffle by pathway. `fulls` as in `FULLS`: the full extracts of the pass by trust, oldest first. A key that
    stands twice in one extract gets a `_repeat` above 1, so that both rows are kept and can be judged.
    """
    of_known = known.join(F.broadcast(fulls), ["_trust"], "left").select(
        *known.columns,
        _next_full(F.col("_fulls"), F.col("_moment")).alias("_next_full"),
        F.lit(True).alias("_is_known"),
    )
    of_told = told.select("*", F.lit(True).alias("_is_present"), F.lit(False).alias("_is_known"))
    rows = of_told.unionByName(of_known, allowMissingColumns=True)
    # Spark compares the first eight bytes first, and those of a trust's code tell nothing apart.
    rows = rows.withColumn("_place", F.xxhash64(*PATHWAY)).repartition("_place")
    same_key = Window.partitionBy("_place", *PATHWAY, "_row_key", "_is_known", "_moment").orderBy("_row_number")
    numbered = rows.withColumn("_repeat", F.coalesce("_repeat", F.row_number().over(same_key)))
    of_pathway, of_row = Window.partitionBy("_place", *PATHWAY), Window.partitionBy("_place", *IDENTITY)
    in_time = of_row.orderBy("_moment", F.desc("_is_known"), "_file_id")
    placed = numbered.select(
        "*",
        F.lag("_moment").over(in_time).alias("_moment_before"),
        F.lag("_row_hash").over(in_time).alias("_hash_before"),
        F.coalesce(F.lag("_is_present").over(in_time), F.lit(False)).alias("_stood_before"),
        F.lag("_is_closed").over(in_time).alias("_was_closed"),
        F.lag("_next_full").over(in_time).alias("_full_before"),
        F.lead("_moment").over(in_time).alias("_moment_after"),
        F.max(F.when(F.col("_is_known"), F.col("_moment"))).over(of_row).alias("_last_known"),
        F.max(F.when(F.col("_is_known"), F.col("_moment"))).over(of_pathway).alias("_pathway_known"),
        F.max(~F.col("_is_known") & F.col("_is_full"))
        .over(Window.partitionBy("_place", *PATHWAY))
        .alias("_is_pathway_told"),
    )
    return _judged(placed)


def _judged(placed: DataFrame) -> DataFrame:
    is_missed = F.col("_full_before.moment") < F.col("_moment")  # a full extract lies between the one before and this
    was_missed = F.coalesce(is_missed, F.lit(False)) & F.col("_stood_before")
    is_other = ~F.col("_row_hash").eqNullSafe(F.col("_hash_before"))
    is_changed = ~F.col("_stood_before") | is_other | (was_missed & ~F.col("_was_closed"))
    is_next_without_it = F.col("_next_full").isNotNull() & (
        F.col("_moment_after").isNull() | (F.col("_next_full.moment") < F.col("_moment_after"))
    )
    # A closed row may go only where its pathway is told of: alone, it has grown old (design 4.2).
    may_be_gone = F.col("_is_present") & is_next_without_it & (~F.col("_is_closed") | F.col("_is_pathway_told"))
    return (
        placed.withColumn("_is_written", ~F.col("_is_known") & is_changed)
        # The same content again after a full extract without it: whether the row had gone is told by its pathway.
        .withColumn("_may_be_back", ~F.col("_is_known") & ~is_changed & was_missed & F.col("_is_pathway_told"))
        .withColumn("_may_be_gone", may_be_gone)
        .where("_is_written or _may_be_back or _may_be_gone")
    )


def changes(judged: DataFrame, told: DataFrame) -> DataFrame:
    """The rows of bronze to write, without their content: versions, and marks of what is gone.

    `judged` should be settled before: it is read three times.
    """
    gone = _gone(judged.where("_may_be_gone"), told)
    back = judged.where("_may_be_back").join(
        gone.select(*IDENTITY, F.col("_moment").alias("_moment_gone")), [*IDENTITY], "inner"
    ).where("_moment_gone > _moment_before and _moment_gone < _moment")  # fmt: skip
    columns = (
        *IDENTITY, "_file_id", "_moment", "_row_number", "_row_hash", "_presence", "_is_closed", "_is_superseded",
        "_is_pathway_superseded",
    )  # fmt: skip
    present = judged.where("_is_written").unionByName(back.select(*judged.columns))
    versions = present.select(
        "*",
        F.lit(PRESENT).alias("_presence"),
        *_supersession(F.col("_moment")),
    ).select(*columns)
    return versions.unionByName(gone.select(*columns))


def _gone(candidates: DataFrame, told: DataFrame) -> DataFrame:
    """One mark for each row that a full extract lacks: at the first such extract, or, of a closed pathway, at the
    first that holds other rows of it.

    A closed pathway that leaves the extract has only grown old (design 4.2): nothing is said of it.
    """
    pathways = candidates.select(*PATHWAY).distinct()
    held = (
        told.where("_is_full")
        .join(F.broadcast(pathways), [*PATHWAY], "left_semi")
        .select(*PATHWAY, F.struct(F.col("_moment").alias("moment"), F.col("_file_id").alias("file_id")).alias("_held"))
        .distinct()
    )
    is_between = (F.col("_held.moment") >= F.col("_next_full.moment")) & (
        F.col("_moment_after").isNull() | (F.col("_held.moment") < F.col("_moment_after"))
    )
    resolved = (
        candidates.join(F.broadcast(held), [*PATHWAY], "left")
        .withColumn("_held", F.when(is_between, F.col("_held")))
        .groupBy(*IDENTITY, "_moment", "_next_full", "_row_hash", "_is_closed", "_last_known", "_pathway_known")
        .agg(F.min("_held").alias("_held"))
    )
    at = F.when(F.col("_is_closed"), F.col("_held")).otherwise(F.col("_next_full"))
    is_alone = F.col("_held").isNotNull() & (F.col("_held") == at)
    return (
        resolved.withColumn("_at", at)
        .where("_at is not null")
        .select(
            *IDENTITY,
            F.col("_at.file_id").alias("_file_id"),
            F.col("_at.moment").alias("_moment"),
            F.lit(None).cast("bigint").alias("_row_number"),
            "_row_hash",
            F.when(is_alone, ROW_GONE).otherwise(PATHWAY_GONE).alias("_presence"),
            F.lit(None).cast("boolean").alias("_is_closed"),
            *_supersession(F.col("_at.moment")),
        )
    )


def _supersession(moment: Column) -> tuple[Column, Column]:
    """Whether bronze knew a newer version of the row, or of any row of its pathway, before the pass."""
    return tuple(
        F.coalesce(F.col(known) > moment, F.lit(False)).alias(name)
        for known, name in (("_last_known", "_is_superseded"), ("_pathway_known", "_is_pathway_superseded"))
    )  # type: ignore[return-value]


def bronze_rows(
    changed: DataFrame, keyed: DataFrame, files: DataFrame, contract: FeedContract, *, batch_id: str
) -> DataFrame:
    """The changes in bronze's columns; a version brings its content, a mark its key and nothing else.

    `keyed` are the source rows with what `keyed_rows` adds, opened once more: a row counts only if it is still the one
    that was judged. Lineage comes first, so that its statistics cover what is filtered on.
    """
    lineage = changed.select(
        *(name for name in changed.columns if name != "_moment"),
        F.col("_moment.at").alias("_extracted_at"),
        F.col("_moment.sequence").alias("_sequence"),
        F.lit(batch_id).alias("_batch_id"),
        F.col("_moment"),
    )
    of_files = keyed.join(F.broadcast(files.select("_path", "_trust", "_moment")), ["_path"], "inner")
    content = of_files.select(
        "_trust", "_moment", "_row_number", "_row_hash", *(F.col(f"`{name}`") for name in (*contract.columns, "_extra"))
    )
    of_row = ["_trust", "_moment", "_row_number", "_row_hash"]
    versions = content.join(lineage.where(F.col("_presence") == PRESENT), of_row, "inner")
    parts = F.split("_row_key", KEY_SEPARATOR)
    marks = lineage.where(F.col("_presence") != PRESENT).select(
        *LINEAGE, *(parts.getItem(index).alias(name) for index, name in enumerate(contract.row_key))
    )
    quoted = [F.col(f"`{name}`") for name in (*LINEAGE, *contract.columns, "_extra")]
    return versions.select(*quoted).unionByName(marks, allowMissingColumns=True).select(*quoted)


def _next_full(fulls: Column, moment: Column) -> Column:
    """The first full extract after a moment; mostly it is the first of the pass, and no search is needed."""
    first = F.get(fulls, F.lit(0))
    later = F.get(F.filter(fulls, lambda one: one["moment"] > moment), F.lit(0))
    return F.when(first["moment"] > moment, first).otherwise(later)


def _is_closed(contract: FeedContract) -> Column:
    """Whether the register says that the pathway is closed: something stands in the column of the closing date."""
    columns = [source.column for source in contract.fields["pathway"]["closed_on"] if source.column]
    nulls = sorted({null.strip().upper() for null in contract.nulls} | {""})
    stands = [~F.upper(F.trim(F.coalesce(F.col(f"`{name}`"), F.lit("")))).isin(*nulls) for name in columns]
    return F.array_contains(F.array(*stands), True)
