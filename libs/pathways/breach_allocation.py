"""`gold.breach_allocation`: who answers for a 62-day wait that has ended, and who would if a shared one ended today.

What would be is found by the engine itself, on rows in which the patient is treated on the day of the list and, where
no transfer counts yet, transferred on it. So the days of each phase come from the rules alone, and the last days in
time follow from them: a day later adds a day to its phase.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from libs.fingerprint import row_hash
from libs.pathways.allocation import TRANSFERS, origin, with_allocation
from libs.pathways.clocks import with_clocks
from libs.pathways.in_force import in_force
from libs.pathways.standards import OPEN_OUTCOMES
from libs.rules import Rules

KEY = ("pathway_key", "standard", "basis", "org")
ACTUAL, IF_TODAY = "actual", "if_today"
INVESTIGATING, TREATING, BOTH = "investigating", "treating", "both"
COLUMNS = (
    "pathway_key", "standard", "basis", "org", "role", "method", "scenario", "phase_38_days", "phase_24_days",
    "denominator_share", "within_share", "breach_share", "investigating_trust", "treating_trust", "transfer_on",
    "reporting_month", "last_transfer_on", "last_compliant_on", "prompt_until_on", "days_left_to_transfer",
    "days_left_to_treat",
)  # fmt: skip
_SHARE = "decimal(3,1)"


def breach_allocations(rows: DataFrame, standards: DataFrame, rules: Rules) -> DataFrame:
    """One row a pathway, basis and trust that answers for the wait, also where its share is none.

    `rows` as `standards.rows_of_treatments` makes them, `standards` as `standards.standards_and_allocations` makes
    those of the same pathways. Basis `actual`: every wait that is measured. Basis `if_today`: every shared wait that
    runs, unless it would not be measured today (more is taken off than was waited). A wait without any known trust has
    no row. Shares are parts of a patient: within and breach make the denominator, the denominators of a wait make 1.
    """
    of_62 = standards.where("standard = '62'")
    running = of_62.where(F.col("outcome").isin(*OPEN_OUTCOMES)).select("pathway_key")
    # A pathway that a trust closed or lost without a reason that we know has a clock, and nobody who waits.
    is_waiting = F.col("closed_on").isNull() & ~F.coalesce(F.col("is_departed"), F.lit(False))
    waiting = rows.where(F.col("is_first_row") & is_waiting).join(running, ["pathway_key"], "left_semi")
    both = _sides(_ended(of_62)).unionByName(_sides(_if_today(waiting, rules)))
    return both.select(*COLUMNS).withColumn("row_hash", row_hash([name for name in COLUMNS if name not in KEY]))


def _ended(standards: DataFrame) -> DataFrame:
    nothing = F.lit(None)
    return standards.select(
        "pathway_key",
        F.lit(ACTUAL).alias("basis"),
        "allocation",
        "reporting_month",
        *(nothing.cast("date").alias(name) for name in ("last_transfer_on", "last_compliant_on", "prompt_until_on")),
        *(nothing.cast("int").alias(name) for name in ("days_left_to_transfer", "days_left_to_treat")),
    )


def _if_today(waiting: DataFrame, rules: Rules) -> DataFrame:
    """Waits that run and are shared, as if they ended today; what counts in no month has none."""
    treated = with_allocation(with_clocks(_treated_today(waiting, rules), rules), rules)
    transferred = with_allocation(_transferred_today(treated).drop("allocation"), rules)
    return transferred.select(
        "pathway_key",
        F.lit(IF_TODAY).alias("basis"),
        "allocation",
        F.lit(None).cast("string").alias("reporting_month"),
        *_last_days(rules),
    ).withColumns(
        {
            "days_left_to_transfer": F.date_diff("last_transfer_on", "_today"),
            "days_left_to_treat": F.date_diff("last_compliant_on", "_today"),
        }
    ).drop("_today")  # fmt: skip


def _treated_today(waiting: DataFrame, rules: Rules) -> DataFrame:
    """The waits that are shared, treated on the day of the list; what a treated row needs is filled in where missing.

    Who will treat, in this order: the trust named by the treatment, the receiver of the last transfer, also of one that
    is only planned, the trust that holds the patient where that is another than the one with which the wait began, any
    other trust that tracks it.
    """
    today = F.col("as_at_on")
    # Nobody has seen the patient yet: the trust that holds the patient will.
    seen = waiting.withColumn("first_seen_org", F.coalesce("first_seen_org", "holding_trust"))
    last_transfer = F.try_element_at("transfers", F.lit(-1))
    others = F.array_except(F.split("tracked_by", ", "), F.array(origin()))
    treating = F.coalesce(
        F.col("treatment_org"),
        last_transfer["transfer_to_org"],
        F.when(F.col("holding_trust") != origin(), F.col("holding_trust")),
        F.try_element_at(others, F.lit(1)),
    )
    is_elsewhere = F.coalesce(F.col("treatment_org") != origin(), F.lit(False))
    shared = seen.where(F.col("is_shared") | last_transfer.isNotNull() | is_elsewhere)
    first_event = in_force(rules.treatments.first_events, today, lambda codes: F.lit(codes[0]))
    a_cancer = in_force(rules.diagnoses.in_scope, today, lambda ranges: F.lit(ranges[0].partition("-")[0]))
    return shared.withColumns(
        {
            "treatment_on": today,
            "decision_to_treat_on": F.least("decision_to_treat_on", today),
            "treatment_event": F.coalesce("treatment_event", first_event),
            "diagnosis_icd10": F.coalesce("diagnosis_icd10", a_cancer),
            "treatment_org": treating,
        }
    )


def _transferred_today(treated: DataFrame) -> DataFrame:
    """Where two trusts share the wait and no transfer counts, one is made today by the trust that has the patient."""
    told, today, treating = F.col("allocation"), F.col("as_at_on"), F.col("allocation.treating_trust")
    is_due = told["transfer_on"].isNull() & (told["investigating_trust"] != treating)
    so_far = F.filter(
        "transfers", lambda transfer: transfer["transfer_on"].between(F.col("clock_62.start_on"), F.col("as_at_on"))
    )
    receiver = F.try_element_at(so_far, F.lit(-1))["transfer_to_org"]
    sender = F.coalesce(F.when(receiver != treating, receiver), told["investigating_trust"])
    made = F.array(F.struct(today, sender, treating)).cast(TRANSFERS)
    known = F.coalesce("transfers", F.array().cast(TRANSFERS))
    return treated.withColumns(
        {
            "_is_due": F.coalesce(is_due, F.lit(False)),
            "transfers": F.when(is_due, F.concat(known, made)).otherwise(F.col("transfers")),
        }
    )


def _last_days(rules: Rules) -> tuple[Column, ...]:
    """The last days in time of the transfer still to be made, of the treatment, and of a prompt treatment."""
    today, allocation = F.col("as_at_on"), F.col("allocation")

    def in_time(days: Column, limit: Column) -> Column:
        return F.date_add(today, (limit - days).cast("int"))

    to_transfer = in_time(allocation["phase_38_days"], in_force(rules.allocation.last_transfer_day, today))
    return (
        today.alias("_today"),
        F.when(F.col("_is_due"), to_transfer).alias("last_transfer_on"),
        F.col("clock_62.last_compliant_on").alias("last_compliant_on"),
        in_time(allocation["phase_24_days"], in_force(rules.allocation.treating_days, today)).alias("prompt_until_on"),
    )


def _sides(allocated: DataFrame) -> DataFrame:
    """A row for each trust that answers for a wait; none for a wait that nobody answers for."""
    told = allocated.select("*", F.posexplode("allocation.shares").alias("place", "share"))
    is_solo = F.col("allocation.method") == "SOLO"
    role = F.when(is_solo, BOTH).when(F.col("place") == 0, INVESTIGATING).otherwise(TREATING)
    denominator, within = F.col("share.denominator_share"), F.col("share.within_share")
    return told.where("share.trust is not null").select(
        *(name for name in allocated.columns if name != "allocation"),
        F.lit("62").alias("standard"),
        F.col("share.trust").alias("org"),
        role.alias("role"),
        *(F.col(f"allocation.{name}").alias(name)
          for name in ("method", "scenario", "phase_38_days", "phase_24_days", "investigating_trust", "treating_trust",
                       "transfer_on")),
        denominator.alias("denominator_share"),
        within.alias("within_share"),
        (denominator - within).cast(_SHARE).alias("breach_share"),
    )  # fmt: skip
