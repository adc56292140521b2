"""`gold.feed_freshness`: for each feed and expected hour, whether its extract came, came late or is missing."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from libs.fingerprint import row_hash

KEY = ("trust", "system", "expected_at")


def feed_freshness(accepted: DataFrame, feeds: DataFrame, *, as_at: Column) -> DataFrame:
    """One row for each feed and slot of its rhythm, from its first hourly extract until now.

    `accepted` holds the ledger's accepted full and delta extracts (trust, system, file_name, extracted_at, arrived_at,
    row_count); `feeds` the configured ones (trust, system, trust_name, cadence_minutes). A slot without an extract is
    shown as missing once half a rhythm has passed, never filled.
    """
    cadence = F.col("cadence_minutes") * 60
    of_feed = accepted.join(F.broadcast(feeds), ["trust", "system"], "inner").where(F.col("extracted_at") <= as_at)
    slotted = of_feed.withColumn("expected_at", _slot(F.col("extracted_at"), cadence))
    first_of_slot = slotted.groupBy(*KEY).agg(
        F.min_by(F.struct("file_name", "row_count", "extracted_at"), "extracted_at").alias("extract")
    )
    span = of_feed.groupBy("trust", "system", "trust_name", "cadence_minutes").agg(
        F.min("extracted_at").alias("first_at"), F.max("extracted_at").alias("last_good_extract_at")
    )
    half_a_rhythm = F.make_interval(mins=(F.col("cadence_minutes") / 2).cast("int"))
    rhythm = F.make_interval(mins=F.col("cadence_minutes"))
    expected = span.select(
        "trust",
        "system",
        "trust_name",
        "last_good_extract_at",
        F.explode(
            F.sequence(
                _slot(F.col("first_at"), cadence),
                F.greatest(_slot(F.col("first_at"), cadence), _slot_before(as_at - half_a_rhythm, cadence)),
                rhythm,
            )
        ).alias("expected_at"),
    )
    minutes_late = F.floor((F.unix_timestamp("extract.extracted_at") - F.unix_timestamp("expected_at")) / 60)
    status = F.when(F.col("extract").isNull(), "missing").when(F.col("minutes_late") > 15, "late").otherwise("arrived")
    shown = (
        expected.join(first_of_slot, [*KEY], "left")
        .withColumn("minutes_late", F.when(minutes_late > 0, minutes_late.cast("int")).when(minutes_late <= 0, 0))
        .select(
            *KEY,
            "trust_name",
            status.alias("status"),
            "minutes_late",
            F.col("extract.file_name").alias("file_name"),
            F.col("extract.row_count").alias("row_count"),
            "last_good_extract_at",
        )
    )
    return shown.withColumn("row_hash", row_hash([name for name in shown.columns if name not in KEY]))


def _slot(moment: Column, cadence_seconds: Column) -> Column:
    """The nearest slot of the rhythm: an extract of 07:58 is that of 08:00."""
    seconds = F.unix_timestamp(moment)
    return F.timestamp_seconds(F.round(seconds / cadence_seconds) * cadence_seconds)


def _slot_before(moment: Column, cadence_seconds: Column) -> Column:
    """The last slot that is not after the moment."""
    return F.timestamp_seconds(F.floor(F.unix_timestamp(moment) / cadence_seconds) * cadence_seconds)
