"""`gold.ptl_current`: one row for each open linked pathway, with its clocks, its stage and what is to be done next."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from libs.fingerprint import row_hash
from libs.pathways.clocks import STANDARDS
from libs.pathways.standards import OPEN_OUTCOMES

KEY = ("pathway_key",)
# In the order in which a pathway goes through them; the last one reached is where the patient stands.
STAGES = {
    "referral received": "referral_received_on",
    "first seen": "first_seen_on",
    "first test done": "first_test_done_on",
    "first test reported": "first_test_reported_on",
    "last test reported": "last_test_reported_on",
    "discussed at MDT": "mdt_on",
    "told": "informed_on",
    "decision to treat": "decision_to_treat_on",
}
# A trust may write what it likes; the published column is so long.
FREE_TEXT, TEXT_LENGTH = ("next_action", "next_action_owner", "local_pathway_ids"), 200
DAY_BANDS = ((28, "0-28"), (62, "29-62"), (104, "63-104"))
LAST_BAND = ">104"
COLUMNS = (
    "pathway_key", "tracked_by", "is_shared", "local_pathway_ids", "route", "tumour_site", "suspected_cancer_type",
    "first_seen_trust", "holding_trust", "current_stage", "stage_since_on", "referral_received_on", "first_seen_on",
    "informed_on", "decision_to_treat_on", "planned_treatment_on", "transfer_on", "next_action", "next_action_owner",
    "next_action_due_on", "last_tracked_on", "is_escalated", "days_28", "last_compliant_28_on", "outcome_28", "days_31",
    "last_compliant_31_on", "outcome_31", "days_62", "last_compliant_62_on", "outcome_62", "day_band",
    "next_breach_standard", "next_breach_on", "days_to_breach", "conflicts", "rules_version",
)  # fmt: skip


def current_ptl(pathways: DataFrame, treatments: DataFrame, standards: DataFrame) -> DataFrame:
    """The open pathways among those given.

    `pathways` as `shared.one_pathway` makes them, `treatments` as `shared.one_treatment`, `standards` as
    `standards.pathway_standards`. A pathway is open until the trust that holds the patient closes it, it leaves that
    trust's extract, or it is treated and no clock runs.
    """
    dates = F.struct("decision_to_treat_on", "planned_treatment_on", "treatment_on")
    first = treatments.groupBy("pathway_key").agg(F.min_by(dates, "treatment_number").alias("_first"))
    first = first.select("pathway_key", "_first.*")
    listed = pathways.join(first, ["pathway_key"], "left").join(_clocks(standards), ["pathway_key"], "left")
    is_treated = F.coalesce(F.col("treatment_on") <= F.col("as_at_on"), F.lit(False))
    is_open = F.col("closed_on").isNull() & ~F.coalesce(F.col("is_departed"), F.lit(False))
    waits = listed.where(is_open & (~is_treated | F.col("has_open_clock")))
    return (
        waits.withColumns(
            {"first_seen_trust": F.col("first_seen_org"), "_reached": _reached(), "_breach": _next_breach()}
        )
        .withColumns(
            {
                "current_stage": F.col("_reached.stage"),
                "stage_since_on": F.col("_reached.since_on"),
                "day_band": _day_band(F.coalesce(F.col("days_62"), F.col("days_28"), F.col("days_31"))),
                "next_breach_standard": F.col("_breach.standard"),
                "next_breach_on": F.col("_breach.breach_on"),
                "days_to_breach": F.date_diff(F.col("_breach.breach_on"), F.col("as_at_on")),
            }
        )
        .withColumns({name: F.substring(name, 1, TEXT_LENGTH) for name in FREE_TEXT})
        .select(*COLUMNS)
        .withColumn("row_hash", row_hash([name for name in COLUMNS if name not in KEY]))
    )


def _clocks(standards: DataFrame) -> DataFrame:
    """The clocks of a pathway side by side; of several 31-day clocks the one that still runs, else the last."""
    is_running = F.col("outcome").isin(*OPEN_OUTCOMES)
    clock = F.struct("days_waited", "last_compliant_on", "first_breach_on", "outcome")
    order = F.struct(is_running, "treatment_number")
    by_standard = standards.groupBy("pathway_key").agg(
        F.max(is_running).alias("has_open_clock"),
        F.max("rules_version").alias("rules_version"),
        *(F.max_by(clock, F.when(F.col("standard") == name, order)).alias(f"_{name}") for name in STANDARDS),
    )
    return by_standard.select(
        "pathway_key",
        "has_open_clock",
        "rules_version",
        *(
            F.col(f"_{name}.{source}").alias(target.format(name))
            for name in STANDARDS
            for source, target in (
                ("days_waited", "days_{}"),
                ("last_compliant_on", "last_compliant_{}_on"),
                ("first_breach_on", "first_breach_{}_on"),
                ("outcome", "outcome_{}"),
            )
        ),
    )


def _reached() -> Column:
    """The last stage whose date is not in the future, and that date."""
    stages = F.array(
        *(
            F.when(
                F.coalesce(F.col(name) <= F.col("as_at_on"), F.lit(False)),
                F.struct(F.lit(stage).alias("stage"), F.col(name).alias("since_on")),
            )
            for stage, name in STAGES.items()
        )
    )
    return F.try_element_at(F.filter(stages, lambda stage: stage.isNotNull()), F.lit(-1))


def _next_breach() -> Column:
    """The first breach date among the clocks that run: the soonest to come, else the longest past."""
    running = F.filter(
        F.array(
            *(
                F.struct(
                    (F.col(f"outcome_{name}") == "OPEN_BREACHED").alias("is_past"),
                    F.col(f"first_breach_{name}_on").alias("breach_on"),
                    F.lit(name).alias("standard"),
                    F.col(f"outcome_{name}").alias("outcome"),
                )
                for name in STANDARDS
            )
        ),
        lambda clock: clock["outcome"].isin(*OPEN_OUTCOMES) & clock["breach_on"].isNotNull(),
    )
    return F.try_element_at(F.array_sort(running), F.lit(1))


def _day_band(days: Column) -> Column:
    band = F.when(days.isNull(), F.lit(None).cast("string"))
    for limit, name in DAY_BANDS:
        band = band.when(days <= limit, name)
    return band.otherwise(LAST_BAND)
