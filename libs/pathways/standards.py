"""`gold.pathway_standard`: one row a pathway, standard and treatment, with its clock and its accountable trusts."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from libs.fingerprint import row_hash
from libs.pathways.allocation import with_allocation
from libs.pathways.clocks import FIRST_TREATMENT_EVENTS, with_clocks

KEY = ("pathway_key", "standard", "treatment_number")
OPEN_OUTCOMES = ("OPEN", "OPEN_BREACHED")
# Published modality groups (cwt-rules 1.3 and 4.11).
MODALITY_GROUPS = {
    "Surgery": ("01", "23", "24"),
    "Anti-cancer drug regimen": ("02", "03", "14", "15"),
    "Radiotherapy": ("04", "05", "06", "13"),
}
COLUMNS = (
    "pathway_key", "standard", "treatment_number", "route", "tumour_site", "suspected_cancer_type", "stage",
    "modality_group", "is_shared", "investigating_trust", "treating_trust", "investigating_share", "treating_share",
    "clock_start_on", "clock_stop_on", "adjustment_days", "days_waited", "last_compliant_on", "first_breach_on",
    "outcome", "reporting_month",
)  # fmt: skip


def pathway_standards(pathways: DataFrame, treatments: DataFrame) -> DataFrame:
    """The three standards of each linked pathway; the 31-day standard once for each treatment.

    `pathways` as `shared.one_pathway` makes them, `treatments` as `shared.one_treatment` does. The 28-day row carries
    treatment number 0. Shares are the parts of the denominator for which a trust is accountable.
    """
    number = F.coalesce(F.col("treatment_number"), F.lit(1))
    is_first_row = number == F.min(number).over(Window.partitionBy("pathway_key"))
    rows_of_treatments = pathways.join(treatments, ["pathway_key"], "left").withColumn("is_first_row", is_first_row)
    timed = with_allocation(with_clocks(rows_of_treatments))
    told_by = F.when(F.col("clock_28.outcome") != "NOT_APPLICABLE", F.coalesce("told_by", "first_seen_org"))
    rows = F.array(
        F.when(
            F.col("is_first_row"), _row("28", number=F.lit(0), investigating=told_by, shares=(_whole(told_by), None))
        ),
        _row("31", number=number, treating=F.col("treatment_org"), shares=(None, _whole(F.col("treatment_org")))),
        F.when(F.col("is_first_row"), _row_62(number)),
    )
    exploded = timed.select(
        "pathway_key", "route", "tumour_site", "suspected_cancer_type", "is_shared", F.explode(rows).alias("row")
    )
    described = exploded.where(F.col("row").isNotNull()).select(
        "pathway_key", "route", "tumour_site", "suspected_cancer_type", "is_shared", "row.*", "row.clock.*"
    )
    return (
        described.withColumnsRenamed(
            {
                "start_on": "clock_start_on",
                "stop_on": "clock_stop_on",
                "days": "days_waited",
                "month": "reporting_month",
            }
        )
        .select(*COLUMNS)
        .withColumn("row_hash", row_hash([name for name in COLUMNS if name not in KEY]))
    )


def _row_62(number: Column) -> Column:
    is_solo = F.col("allocation.method") == "SOLO"
    shares = F.col("allocation.shares")
    investigating_share = F.when(is_solo, F.lit(0)).otherwise(F.try_element_at(shares, F.lit(1))["denominator_share"])
    treating_share = F.try_element_at(shares, F.lit(-1))["denominator_share"]
    return _row(
        "62",
        number=number,
        investigating=F.col("allocation.investigating_trust"),
        treating=F.col("allocation.treating_trust"),
        shares=(investigating_share, treating_share),
    )


def _row(
    standard: str,
    *,
    number: Column,
    investigating: Column | None = None,
    treating: Column | None = None,
    shares: tuple[Column | None, Column | None],
) -> Column:
    clock = F.col(f"clock_{standard}")
    is_measured = clock["outcome"].isin("WITHIN", "BREACH")
    event = F.col("treatment_event")
    stage = F.when(event.isin(*FIRST_TREATMENT_EVENTS), "first").when(event.isNotNull(), "subsequent")
    is_diagnosis = standard == "28"

    def share(value: Column | None) -> Column:
        held = F.lit(0) if value is None else F.coalesce(value, F.lit(0))
        return F.when(is_measured, held).cast("decimal(3,1)")

    def trust(value: Column | None) -> Column:
        return F.lit(None).cast("string") if value is None else value

    return F.struct(
        F.lit(standard).alias("standard"),
        number.cast("int").alias("treatment_number"),
        (F.lit(None).cast("string") if is_diagnosis else stage).alias("stage"),
        (F.lit(None).cast("string") if is_diagnosis else _modality_group()).alias("modality_group"),
        trust(investigating).alias("investigating_trust"),
        trust(treating).alias("treating_trust"),
        share(shares[0]).alias("investigating_share"),
        share(shares[1]).alias("treating_share"),
        clock.alias("clock"),
    )


def _whole(trust: Column) -> Column:
    return F.when(trust.isNotNull(), F.lit(1)).otherwise(F.lit(0))


def _modality_group() -> Column:
    modality = F.col("treatment_modality")
    group = F.when(modality.isNull(), F.lit(None).cast("string"))
    for name, codes in MODALITY_GROUPS.items():
        group = group.when(modality.isin(*codes), name)
    return group.otherwise("Other")
