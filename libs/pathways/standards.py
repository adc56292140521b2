"""`gold.pathway_standard`: one row a pathway, standard and treatment, with its clock, its trusts and its trace."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from libs.fingerprint import row_hash
from libs.pathways import groups
from libs.pathways.allocation import with_allocation
from libs.pathways.clocks import STANDARDS, with_clocks
from libs.pathways.trace import SCHEMA, with_traces
from libs.rules import Rules

KEY = ("pathway_key", "standard", "treatment_number")
OPEN_OUTCOMES = ("OPEN", "OPEN_BREACHED")
_OF_PATHWAY = ("pathway_key", "route", "tumour_site", "suspected_cancer_type", "is_shared", "first_seen_on")
COLUMNS = (
    "pathway_key", "standard", "treatment_number", "route", "tumour_site", "tumour_group", "suspected_cancer_type",
    "stage", "modality_group", "is_shared", "first_seen_on", "investigating_trust", "treating_trust",
    "investigating_share", "treating_share", "clock_start_on", "clock_stop_on", "adjustment_days", "days_waited",
    "last_compliant_on", "first_breach_on", "outcome", "reporting_month", "conflicts", "trace",
    "rules_version",
)  # fmt: skip


def pathway_standards(pathways: DataFrame, treatments: DataFrame, rules: Rules, *, traced: bool = True) -> DataFrame:
    """The three standards of each linked pathway; the 31-day standard once for each treatment.

    `pathways` as `shared.one_pathway` makes them, `treatments` as `shared.one_treatment` does. The 28-day row carries
    treatment number 0. Shares are the parts of the denominator for which a trust is accountable. `trace` is an array
    of (rule, inputs, result), null without `traced`.
    """
    rows = rows_of_treatments(pathways, treatments)
    return standards_and_allocations(rows, rules, traced=traced).drop("allocation")


def rows_of_treatments(pathways: DataFrame, treatments: DataFrame) -> DataFrame:
    """One row a pathway and treatment, or one without any; `is_first_row` marks the one that 28 and 62 days time."""
    number = F.coalesce(F.col("treatment_number"), F.lit(1))
    is_first_row = number == F.min(number).over(Window.partitionBy("pathway_key"))
    return pathways.join(treatments, ["pathway_key"], "left").withColumn("is_first_row", is_first_row)


def standards_and_allocations(rows: DataFrame, rules: Rules, *, traced: bool = True) -> DataFrame:
    """The rows of `pathway_standards`, those of 62 days with the struct `allocation` that tells how it was divided.

    `rows` as `rows_of_treatments` makes them; the struct is that of `allocation.with_allocation`.
    """
    number = F.coalesce(F.col("treatment_number"), F.lit(1))
    timed = with_allocation(with_clocks(rows, rules), rules)
    if traced:
        timed = with_traces(timed, rules)
    else:
        timed = timed.withColumns({f"trace_{name}": F.lit(None).cast(SCHEMA) for name in STANDARDS})
    told_by = F.when(F.col("clock_28.outcome") != "NOT_APPLICABLE", F.coalesce("told_by", "first_seen_org"))
    of_standards = F.array(
        F.when(
            F.col("is_first_row"),
            _row("28", rules, number=F.lit(0), investigating=told_by, shares=(_whole(told_by), None)),
        ),
        _row(
            "31", rules, number=number, treating=F.col("treatment_org"), shares=(None, _whole(F.col("treatment_org")))
        ),
        F.when(F.col("is_first_row"), _row_62(number, rules)),
    )
    exploded = timed.select(*_OF_PATHWAY, F.explode(of_standards).alias("row"))
    described = exploded.where(F.col("row").isNotNull()).select(*_OF_PATHWAY, "row.*", "row.clock.*")
    return (
        described.withColumnsRenamed(
            {
                "start_on": "clock_start_on",
                "stop_on": "clock_stop_on",
                "days": "days_waited",
                "month": "reporting_month",
            }
        )
        .withColumn("rules_version", F.lit(rules.version))
        .select(*COLUMNS, "allocation")
        .withColumn("row_hash", row_hash([name for name in COLUMNS if name not in KEY]))
    )


def _row_62(number: Column, rules: Rules) -> Column:
    is_solo = F.col("allocation.method") == "SOLO"
    shares = F.col("allocation.shares")
    investigating_share = F.when(is_solo, F.lit(0)).otherwise(F.try_element_at(shares, F.lit(1))["denominator_share"])
    treating_share = F.try_element_at(shares, F.lit(-1))["denominator_share"]
    return _row(
        "62",
        rules,
        number=number,
        investigating=F.col("allocation.investigating_trust"),
        treating=F.col("allocation.treating_trust"),
        shares=(investigating_share, treating_share),
    )


def _row(
    standard: str,
    rules: Rules,
    *,
    number: Column,
    investigating: Column | None = None,
    treating: Column | None = None,
    shares: tuple[Column | None, Column | None],
) -> Column:
    clock = F.col(f"clock_{standard}")
    is_measured = clock["outcome"].isin("WITHIN", "BREACH")
    on = F.coalesce(clock["stop_on"], F.col("as_at_on"))
    is_diagnosis = standard == "28"
    nothing = F.lit(None).cast("string")
    group = groups.suspected_group(on, rules) if is_diagnosis else groups.diagnosis_group(on, rules)
    conflicts = {
        "28": F.col("conflicts"),
        "31": F.col("treatment_conflicts"),
        "62": F.when(
            F.col("conflicts").isNotNull() | F.col("treatment_conflicts").isNotNull(),
            F.concat_ws("; ", "conflicts", "treatment_conflicts"),
        ),
    }[standard]

    def share(value: Column | None) -> Column:
        held = F.lit(0) if value is None else F.coalesce(value, F.lit(0))
        return F.when(is_measured, held).cast("decimal(3,1)")

    def trust(value: Column | None) -> Column:
        return F.lit(None).cast("string") if value is None else value

    return F.struct(
        F.lit(standard).alias("standard"),
        number.cast("int").alias("treatment_number"),
        group.alias("tumour_group"),
        (nothing if is_diagnosis else groups.stage(on, rules)).alias("stage"),
        (nothing if is_diagnosis else groups.modality_group(on, rules)).alias("modality_group"),
        trust(investigating).alias("investigating_trust"),
        trust(treating).alias("treating_trust"),
        share(shares[0]).alias("investigating_share"),
        share(shares[1]).alias("treating_share"),
        conflicts.alias("conflicts"),
        F.col(f"trace_{standard}").alias("trace"),
        F.when(F.lit(standard == "62"), F.col("allocation")).alias("allocation"),
        clock.alias("clock"),
    )


def _whole(trust: Column) -> Column:
    return F.when(trust.isNotNull(), F.lit(1)).otherwise(F.lit(0))
