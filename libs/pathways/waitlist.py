"""`gold.waitlist_summary`: the open list counted by organisation, site, route, day band and decision to treat."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from libs.fingerprint import row_hash

KEY = ("org", "tumour_site", "route", "day_band", "has_decision_to_treat")
EVERYONE = "ALL"
UNTRACKED_AFTER_DAYS = 7


def waitlist_summary(ptl: DataFrame, *, as_at_on: Column) -> DataFrame:
    """Count the list: a shared pathway once for each trust that holds it, and once in the rows of org ALL.

    Never sum organisations: a shared pathway would count twice.
    """
    untracked_since = F.date_sub(as_at_on, UNTRACKED_AFTER_DAYS)
    is_untracked = F.coalesce(F.col("last_tracked_on") < untracked_since, F.lit(True))
    days = F.coalesce(F.col("days_62"), F.col("days_28"), F.col("days_31"))
    counted = ptl.select(
        F.explode(F.concat(F.split("tracked_by", ", "), F.array(F.lit(EVERYONE)))).alias("org"),
        F.coalesce("tumour_site", F.lit("other")).alias("tumour_site"),
        "route",
        F.coalesce("day_band", F.lit("no clock")).alias("day_band"),
        F.col("decision_to_treat_on").isNotNull().alias("has_decision_to_treat"),
        F.lit(1).alias("on_list"),
        _one_if(days > 28, "past_28"),
        _one_if(days > 62, "past_62"),
        _one_if(days > 104, "past_104"),
        _one_if(F.col("outcome_28") == "OPEN_BREACHED", "breached_28"),
        _one_if(F.col("outcome_62") == "OPEN_BREACHED", "breached_62"),
        _one_if(F.col("next_action").isNotNull(), "with_next_action"),
        _one_if(F.col("next_action").isNull(), "no_next_action"),
        _one_if(is_untracked, "untracked_7d"),
        _one_if(F.col("is_shared"), "tracked_by_2_trusts"),
    )
    measures = [name for name in counted.columns if name not in KEY]
    summary = counted.groupBy(*KEY).agg(*(F.sum(name).cast("int").alias(name) for name in measures))
    return summary.select(*KEY, as_at_on.alias("snapshot_on"), *measures).withColumn(
        "row_hash", row_hash(["snapshot_on", *measures])
    )


def _one_if(condition: Column, name: str) -> Column:
    return F.when(condition, 1).otherwise(0).alias(name)
