"""`gold.feed_freshness`: for each feed and expected hour, whether its extract came, came late or is missing."""

from datetime import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from libs.fingerprint import row_hash

KEY = ("trust", "system", "expected_at")
_EXTRACT = ("file_name", "row_count", "arrived_at")


def feed_freshness(
    accepted: DataFrame, feeds: DataFrame, *, as_at: datetime, since: datetime, late_after_minutes: int
) -> DataFrame:
    """One row for each feed and slot of its rhythm from `since` on, or from its first extract, until now.

    `accepted` holds all of the ledger's accepted full and delta extracts (trust, system, file_name, extracted_at,
    arrived_at, row_count); `feeds` the configured ones (trust, system, trust_name, cadence_minutes). An extract is that
    of the slot nearest to its own time; the slot counts as served when the first of its extracts arrived, which is late
    if that was more than `late_after_minutes` after it. A slot without an extract is shown as missing once half a
    rhythm has passed, never filled. A feed that has sent nothing at all has no rows.
    """
    cadence = F.col("cadence_minutes") * 60
    slotted = (
        accepted.join(F.broadcast(feeds), ["trust", "system"], "inner")
        .where(F.col("extracted_at") <= F.lit(as_at))
        .withColumn("expected_at", _slot(F.col("extracted_at"), cadence))
    )
    # Two rhythms more than is shown: the last slot of a rhythm that is longer than the time shown.
    shown_since = F.lit(since) - F.make_interval(mins=F.col("cadence_minutes") * 2)
    first_of_slot = (
        slotted.where(F.col("expected_at") >= shown_since)
        .groupBy(*KEY)
        .agg(F.min_by(F.struct(*_EXTRACT), F.struct("arrived_at", "extracted_at")).alias("extract"))
    )
    minutes_late = F.floor((F.unix_timestamp("extract.arrived_at") - F.unix_timestamp("expected_at")) / 60)
    is_late = F.col("minutes_late") > late_after_minutes
    shown = (
        _expected_slots(slotted, as_at=as_at, since=since)
        .join(first_of_slot, [*KEY], "left")
        .withColumn("minutes_late", F.when(minutes_late > 0, minutes_late.cast("int")).when(minutes_late <= 0, 0))
        .select(
            *KEY,
            "trust_name",
            F.when(F.col("extract").isNull(), "missing").when(is_late, "late").otherwise("arrived").alias("status"),
            "minutes_late",
            F.col("extract.file_name").alias("file_name"),
            F.col("extract.row_count").alias("row_count"),
            "last_good_extract_at",
        )
    )
    return shown.withColumn("row_hash", row_hash([name for name in shown.columns if name not in KEY]))


def _expected_slots(slotted: DataFrame, *, as_at: datetime, since: datetime) -> DataFrame:
    """The slots of each feed's rhythm that are due, or whose extract is there already.

    A feed that has long been silent is still expected; one whose rhythm is longer than the time shown has one slot.
    """
    cadence = F.col("cadence_minutes") * 60
    spans = slotted.groupBy("trust", "system", "trust_name", "cadence_minutes").agg(
        F.min("expected_at").alias("first_slot"),
        F.max("expected_at").alias("last_slot"),
        F.max("extracted_at").alias("last_good_extract_at"),
    )
    half_a_rhythm = F.make_interval(mins=(F.col("cadence_minutes") / 2).cast("int"))
    due = _slot_before(F.lit(as_at) - half_a_rhythm, cadence)
    return (
        spans.withColumn("until", F.greatest("last_slot", due))
        .withColumn("from", F.least("until", F.greatest("first_slot", _slot_from(F.lit(since), cadence))))
        .select(
            "trust",
            "system",
            "trust_name",
            "last_good_extract_at",
            F.explode(F.sequence("from", "until", F.make_interval(mins=F.col("cadence_minutes")))).alias("expected_at"),
        )
    )


def _slot(moment: Column, cadence_seconds: Column) -> Column:
    """The nearest slot of the rhythm: an extract of 07:58 is that of 08:00."""
    return F.timestamp_seconds(F.round(F.unix_timestamp(moment) / cadence_seconds) * cadence_seconds)


def _slot_before(moment: Column, cadence_seconds: Column) -> Column:
    """The last slot that is not after the moment."""
    return F.timestamp_seconds(F.floor(F.unix_timestamp(moment) / cadence_seconds) * cadence_seconds)


def _slot_from(moment: Column, cadence_seconds: Column) -> Column:
    """The first slot that is not before the moment."""
    return F.timestamp_seconds(F.ceil(F.unix_timestamp(moment) / cadence_seconds) * cadence_seconds)
