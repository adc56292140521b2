"""Pathways that one register holds twice: the same referral of the same patient under two numbers, and who survives.

Two numbers are one referral where the register's own patient, the tumour site and the date of the referral agree, the
last within some days: a referral that was entered again, or merged by halves (cwt-rules 7.5). No name is compared: that
is what linking people is for.
"""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from libs.fingerprint import row_hash
from libs.pathways.versions import KEY

# What makes one of two entries the fuller: the more of these is recorded, the more of its clocks can be told.
_MILESTONES = (
    "first_seen_on", "first_test_booked_on", "first_test_done_on", "first_test_reported_on", "last_test_reported_on",
    "mdt_on", "informed_on", "diagnosed_on", "upgraded_on",
)  # fmt: skip
COLUMNS = (
    *KEY, "source_patient_id", "tumour_site", "referral_received_on", "is_departed", "closed_on", "first_extracted_at",
    *_MILESTONES,
)  # fmt: skip
_OF_PATIENT = ("trust", "system", "source_patient_id", "tumour_site")


def duplicates(pathways: DataFrame, treatments: DataFrame, *, gap_days: int) -> DataFrame:
    """One row a pathway that another one of its register stands for: its key, `survivor_pathway_id` and `row_hash`.

    `pathways` have `COLUMNS` of `silver.pathway`, every one of each patient concerned; `treatments` their treatments.
    The survivor is an open entry before a closed one, so that nobody who waits is hidden, then the one with the most
    treatments and milestones, then the one that came first. A pathway that departed is nobody's duplicate, nor is one
    without a referral date.
    """
    treated = treatments.groupBy(*KEY).agg(F.count("*").alias("_treatments"))
    standing = pathways.where(~F.col("is_departed") & F.col("referral_received_on").isNotNull())
    described = standing.join(treated, [*KEY], "left").select(
        *KEY, "source_patient_id", "tumour_site", "referral_received_on", _rank().alias("_rank")
    )
    of_patient = Window.partitionBy(*_OF_PATIENT).orderBy("referral_received_on", "source_pathway_id")
    days_since = F.date_diff("referral_received_on", F.lag("referral_received_on").over(of_patient))
    # A new referral begins where the one before it lies further back than the gap.
    begins = F.when(days_since <= gap_days, 0).otherwise(1)
    numbered = described.withColumn("_begins", begins).withColumn("_referral", F.sum("_begins").over(of_patient))
    of_referral = Window.partitionBy(*_OF_PATIENT, "_referral")
    survivor = F.min(F.struct("_rank", "source_pathway_id")).over(of_referral)["source_pathway_id"]
    return (
        numbered.withColumn("survivor_pathway_id", survivor)
        .where("survivor_pathway_id <> source_pathway_id and tumour_site is not null")
        .select(*KEY, "survivor_pathway_id")
        .withColumn("row_hash", row_hash(["survivor_pathway_id"]))
    )


def _rank() -> Column:
    """Of entries of one referral the smallest survives."""
    recorded = sum((F.col(name).isNotNull().cast("int") for name in _MILESTONES), F.lit(0))
    fullness = F.coalesce("_treatments", F.lit(0)) * len(_MILESTONES) + recorded
    is_closed = F.col("closed_on").isNotNull()
    return F.struct(
        is_closed.alias("is_closed"), (-fullness).alias("fullness"), F.col("first_extracted_at").alias("since")
    )
