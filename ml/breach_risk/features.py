"""What a model may look at: each pathway as it was known on a day, by the same function for training and scoring."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from libs.pathways.clocks import parts_of
from libs.pathways.ptl import STAGES
from libs.pathways.route import route
from libs.rules import Rules

STANDARDS = ("28", "62")
# A fact and what came with it. What bears no date of its own (site, type, priority, source, who sent the patient on)
# is taken as known from the referral.
DATED = {
    "first_seen_on": ("first_seen_org", "first_seen_adjustment_days"),
    "upgraded_on": ("upgrade_org",),
    "first_test_booked_on": (),
    "first_test_done_on": (),
    "first_test_reported_on": (),
    "last_test_reported_on": (),
    "mdt_on": (),
    "diagnosed_on": ("diagnosis_icd10", "morphology", "is_basal_cell"),
    "informed_on": ("fds_end_reason", "fds_exclusion_reason", "told_by"),
    "transfer_on": ("transfer_to_org",),
    "decision_to_treat_on": (),
    "treatment_on": ("treatment_event", "treatment_modality", "treatment_adjustment_days", "treatment_org"),
    "closed_on": ("closed_reason",),
}
# Treatment and closing end the clock: a model never sees them.
MILESTONES = tuple(name for name in DATED if name not in ("treatment_on", "closed_on"))
CATEGORIES = ("route", "tumour_site", "suspected_cancer_type", "first_trust", "holding_trust", "stage")
NUMBERS = (
    "days_waited", "days_since_referral", "days_in_stage", "adjustment_days",
    *(f"days_since_{name.removesuffix('_on')}" for name in MILESTONES),
)  # fmt: skip
FEATURES = (*CATEGORIES, *NUMBERS)
NOT_KNOWN = "not known"
NOT_REACHED = -1.0  # in the place of days since what has not happened: no model or message then meets a null


def with_first_treatment(pathways: DataFrame, treatments: DataFrame) -> DataFrame:
    """Linked pathways with the columns of their first treatment; `shared.one_pathway` and `one_treatment` make them."""
    columns = [name for name in treatments.columns if name not in ("pathway_key", "treatment_number")]
    first = treatments.groupBy("pathway_key").agg(F.min_by(F.struct(*columns), "treatment_number").alias("first"))
    return pathways.join(first.select("pathway_key", "first.*"), ["pathway_key"], "left")


def known_at(rows: DataFrame, rules: Rules) -> DataFrame:
    """The rows as they were known on their `as_at_on`: of a fact dated later, neither date nor content."""
    hidden: dict[str, Column] = {}
    for date, content in DATED.items():
        has_happened = F.coalesce(F.col(date) <= F.col("as_at_on"), F.lit(False))
        hidden |= {name: F.when(has_happened, F.col(name)) for name in (date, *content)}
    # The holder of today may have got the patient later; the sender of a transfer had them from the referral on.
    hidden["first_trust"] = F.coalesce("transfer_from_org", "holding_trust")
    hidden["is_basal_cell"] = F.coalesce(hidden["is_basal_cell"], F.lit(False))
    known = rows.withColumns(hidden)
    return known.withColumns({"route": route(rules), "holding_trust": F.coalesce("transfer_to_org", "first_trust")})


def with_features(rows: DataFrame, rules: Rules, *, standard: str) -> DataFrame:
    """The rows as known on their `as_at_on`, with the columns `FEATURES`, none of them ever null.

    `rows` as `with_first_treatment` gives them; `standard` is '28' or '62' and says which clock's days are counted.
    """
    known = known_at(rows, rules)
    days = {f"days_since_{name.removesuffix('_on')}": _days_since(F.col(name)) for name in MILESTONES}
    numbers = {
        "days_waited": _days_since(parts_of(standard, rules).start),
        "days_since_referral": _days_since(F.col("referral_received_on")),
        "days_in_stage": F.least(*(_days_since(F.col(name)) for name in STAGES.values())),
        "adjustment_days": F.coalesce("first_seen_adjustment_days", F.lit(0)),
        **days,
    }
    reached = [F.when(F.col(date).isNotNull(), stage) for stage, date in reversed(STAGES.items())]
    staged = known.withColumn("stage", F.coalesce(*reached))
    words = {name: F.coalesce(name, F.lit(NOT_KNOWN)) for name in CATEGORIES}
    doubles = {name: F.coalesce(value.cast("double"), F.lit(NOT_REACHED)) for name, value in numbers.items()}
    return staged.withColumns({**words, **doubles})


def _days_since(date: Column) -> Column:
    return F.date_diff("as_at_on", date)
