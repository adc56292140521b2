"""`gold.performance_month`: what each provider is accountable for, month by month, as numerators and denominators."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from libs.fingerprint import row_hash

KEY = ("month", "org", "standard", "route", "tumour_site", "stage", "modality_group")
NOT_APPLICABLE = "-"  # a key can't be null: the 28-day standard has neither stage nor modality


def performance_month(standards: DataFrame) -> DataFrame:
    """Sum the shares of the closed waits; a shared 62-day wait can be half one provider's and half another's."""
    measured = standards.where(F.col("outcome").isin("WITHIN", "BREACH") & F.col("reporting_month").isNotNull())
    sides = F.array(
        *(
            F.struct(F.col(f"{side}_trust").alias("org"), F.col(f"{side}_share").alias("share"))
            for side in ("investigating", "treating")
        )
    )
    accountable = measured.select(
        F.col("reporting_month").alias("month"),
        "standard",
        "route",
        *(F.coalesce(name, F.lit(NOT_APPLICABLE)).alias(name) for name in ("tumour_site", "stage", "modality_group")),
        "outcome",
        F.explode(sides).alias("side"),
    ).where("side.org is not null and side.share > 0")
    share = F.col("side.share")
    return (
        accountable.withColumn("org", F.col("side.org"))
        .groupBy(*KEY)
        .agg(
            F.sum(share).cast("decimal(12,2)").alias("denominator_share"),
            F.sum(F.when(F.col("outcome") == "WITHIN", share).otherwise(0)).cast("decimal(12,2)").alias("within_share"),
            F.sum(F.when(F.col("outcome") == "BREACH", share).otherwise(0)).cast("decimal(12,2)").alias("breach_share"),
        )
        .withColumn("row_hash", row_hash(["denominator_share", "within_share", "breach_share"]))
    )
