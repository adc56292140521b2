"""Who is accountable for a 62-day wait that two trusts shared (cwt-rules 3: solo, 50/50, the six scenarios)."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

LAST_TRANSFER_DAY = 38  # the investigating trust has 38 days, the treating trust the 24 that follow
TREATING_DAYS = 24


def with_allocation(rows: DataFrame) -> DataFrame:
    """Add the struct `allocation` to rows that carry `clock_62`, transfer, first-seen, upgrade and treating trust.

    The struct: investigating_trust, treating_trust, method (SOLO, 5050, 6SCENARIO), scenario (1 to 6), phase_38_days,
    phase_24_days, shares (array of trust, within_share, denominator_share; the investigating trust first).
    Everything but the two trusts is null unless the 62-day clock is WITHIN or BREACH.
    """
    return rows.withColumns({"_sides": _sides()}).select("*", _allocation().alias("allocation")).drop("_sides")


def _sides() -> Column:
    """Investigating and treating trust, and the transfer date if it lies between clock start and treatment."""
    start, stop = F.col("clock_62.start_on"), F.col("clock_62.stop_on")
    is_transfer_in_order = F.coalesce(F.col("transfer_on").between(start, stop), F.lit(False))
    transfer_from = F.when(is_transfer_in_order, F.col("transfer_from_org"))
    upgrade_org = F.when(F.col("route") == "UPGRADE", F.col("upgrade_org"))
    investigating = F.coalesce(transfer_from, upgrade_org, F.col("first_seen_org"), F.col("treatment_org"))
    return F.struct(
        investigating.alias("investigating"),
        # Without a treating trust the whole wait stays with the one that is known: no half may vanish.
        F.coalesce(F.col("treatment_org"), investigating).alias("treating"),
        F.when(transfer_from.isNotNull(), F.col("transfer_on")).alias("transfer_on"),
    )


def _allocation() -> Column:
    outcome = F.col("clock_62.outcome")
    is_within = outcome == "WITHIN"
    is_measured = outcome.isin("WITHIN", "BREACH")
    method = (
        F.when(F.col("_sides.investigating") == F.col("_sides.treating"), "SOLO")
        .when(F.col("_sides.transfer_on").isNull(), "5050")
        .otherwise("6SCENARIO")
    )
    days = F.col("clock_62.days")
    treatment_adjustment = F.coalesce(F.col("treatment_adjustment_days"), F.lit(0))
    phase_24 = F.date_diff(F.col("clock_62.stop_on"), F.col("_sides.transfer_on")) - treatment_adjustment
    phase_38 = days - phase_24  # the two phases make up the whole wait
    is_in_time, is_prompt = phase_38 <= LAST_TRANSFER_DAY, phase_24 <= TREATING_DAYS
    scenario = (
        F.when(is_within & is_in_time & is_prompt, 1)
        .when(is_within & is_in_time, 2)
        .when(is_within, 3)
        .when(is_in_time, 4)
        .when(is_prompt, 5)
        .otherwise(6)
    )
    is_scenario = is_measured & (method == "6SCENARIO")
    return F.struct(
        F.col("_sides.investigating").alias("investigating_trust"),
        F.col("_sides.treating").alias("treating_trust"),
        F.when(is_measured, method).alias("method"),
        F.when(is_scenario, scenario).alias("scenario"),
        F.when(is_scenario, phase_38).alias("phase_38_days"),
        F.when(is_scenario, phase_24).alias("phase_24_days"),
        F.when(is_measured, _shares(method, scenario, is_within)).alias("shares"),
    )


def _shares(method: Column, scenario: Column, is_within: Column) -> Column:
    """The denominator of each side; the numerator is the same where the wait was within, else 0."""
    investigating, treating = F.col("_sides.investigating"), F.col("_sides.treating")
    half, whole, none = F.lit(0.5), F.lit(1.0), F.lit(0.0)

    def share(trust: Column, denominator: Column) -> Column:
        share_type = "struct<trust:string,within_share:decimal(3,1),denominator_share:decimal(3,1)>"
        numerator = F.when(is_within, denominator).otherwise(none)
        return F.struct(trust, numerator, denominator).cast(share_type)

    is_scenario = method == "6SCENARIO"
    is_treating_alone = is_scenario & scenario.isin(3, 4)
    is_investigating_alone = is_scenario & (scenario == 5)
    by_investigating = F.when(is_treating_alone, none).when(is_investigating_alone, whole).otherwise(half)
    by_treating = F.when(is_treating_alone, whole).when(is_investigating_alone, none).otherwise(half)
    both = F.array(share(investigating, by_investigating), share(treating, by_treating))
    return F.when(method == "SOLO", F.array(share(treating, whole))).otherwise(both)
