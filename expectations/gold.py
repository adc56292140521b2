"""Gold: what the clocks, the current list and the months' performance must hold before anyone reads them."""

from functools import reduce
from operator import add, and_

from great_expectations import expectations as gxe
from pyspark.sql import Column, Window
from pyspark.sql import functions as F

from expectations.suite import WHOLE, Suite, critical, keyed_suite, warning
from libs.pathways import performance, ptl, standards, weekly_list
from libs.pathways.breach_allocation import ACTUAL, IF_TODAY
from libs.pathways.breach_allocation import KEY as ALLOCATION_KEY
from libs.pathways.clocks import STANDARDS
from libs.pathways.in_force import in_force
from libs.rules import Rules

OUTCOMES = (
    "WITHIN", "BREACH", "OPEN", "OPEN_BREACHED", "EXCLUDED", "NOT_APPLICABLE", "NO_CLOCK_START", "INVALID_NEGATIVE",
    "INVALID_ADJ_EXCEEDS_WAIT",
)  # fmt: skip
NEARLY_ALL = 0.98
TRACKED_WITHIN_DAYS = 7


def pathway_standard(rules: Rules) -> Suite:
    """The clock of each pathway and standard: the days, the breach date and the outcome must agree."""
    is_measured = F.col("outcome").isin("WITHIN", "BREACH")
    shares = (F.col("investigating_share") + F.col("treating_share")).cast("double")
    is_invalid = F.col("outcome").isin("NO_CLOCK_START", "INVALID_NEGATIVE", "INVALID_ADJ_EXCEEDS_WAIT")
    return keyed_suite(
        "gold.pathway_standard",
        standards.KEY,
        {
            "standard": F.col("standard"),
            "outcome": F.coalesce("outcome", F.lit("")),
            "are_days_right": _are_days_right(),
            "is_outcome_right": _is_outcome_right(rules),
            "is_breach_date_right": _is_breach_date_right(rules),
            "share_sum": F.when(is_measured, F.coalesce(shares, F.lit(-1.0))),
            "has_month": F.when(is_measured, F.col("reporting_month").isNotNull()),
            "has_provider": F.when(is_measured, shares > 0),
            "is_invalid": F.when(F.col("outcome") != "NOT_APPLICABLE", is_invalid),
        },
        (
            critical(
                gxe.ExpectColumnValuesToBeInSet, "STANDARD_UNKNOWN", "Every clock is one of the three standards.",
                column="standard", value_set=list(STANDARDS),
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "OUTCOME_UNKNOWN", "Every clock has one of the known outcomes.",
                column="outcome", value_set=list(OUTCOMES),
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "DAYS_WRONG",
                "Days waited are the days from start to stop (or to the list's date) less the adjustment.",
                column="are_days_right", value_set=[True],
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "OUTCOME_WRONG",
                "Every outcome agrees with the days waited and with whether the clock has stopped.",
                column="is_outcome_right", value_set=[True],
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "BREACH_DATE_WRONG",
                "The first day of breach follows the last day on which the standard could be met.",
                column="is_breach_date_right", value_set=[True],
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "SHARES_WRONG",
                "The shares of a finished wait add up to one patient, or to none where no provider is known.",
                column="share_sum", value_set=[0.0, 1.0],
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "MONTH_MISSING", "Every finished wait falls into a reporting month.",
                column="has_month", value_set=[True],
            ),
            warning(
                gxe.ExpectColumnValuesToBeInSet, "PROVIDER_MISSING",
                "At least 98 % of finished waits have a provider that answers for them.",
                column="has_provider", value_set=[True], mostly=NEARLY_ALL,
            ),
            warning(
                gxe.ExpectColumnValuesToBeInSet, "CLOCK_INVALID", "At least 98 % of clocks have dates that make sense.",
                column="is_invalid", value_set=[False], mostly=NEARLY_ALL,
            ),
        ),
        row="clock",
    )  # fmt: skip


def ptl_current() -> Suite:
    """The current list: what a tracker reads."""
    outcomes = (F.col(f"outcome_{name}") for name in STANDARDS)
    last_seen = F.date_diff(F.to_date("as_at"), F.col("last_tracked_on"))
    breach_in = F.date_diff(F.col("next_breach_on"), F.to_date("as_at"))
    return keyed_suite(
        "gold.ptl_current",
        ptl.KEY,
        {
            "are_outcomes_known": reduce(and_, (F.coalesce(name, F.lit("")).isin(*OUTCOMES) for name in outcomes)),
            "is_band_right": _is_band_right(),
            "is_breach_day_right": breach_in.eqNullSafe(F.col("days_to_breach")),
            "has_tracker": F.coalesce(F.col("tracked_by") != "", F.lit(False)),
            "is_tracked": F.coalesce(last_seen <= TRACKED_WITHIN_DAYS, F.lit(False)),
            "has_next_action": F.col("next_action").isNotNull(),
        },
        (
            critical(
                gxe.ExpectColumnValuesToBeInSet, "OUTCOME_UNKNOWN", "Every pathway's clocks have known outcomes.",
                column="are_outcomes_known", value_set=[True],
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "BAND_WRONG", "Every pathway stands in the band of its days.",
                column="is_band_right", value_set=[True],
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "DAYS_TO_BREACH_WRONG",
                "Days to the next breach are counted from the list's date.",
                column="is_breach_day_right", value_set=[True],
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "TRACKER_MISSING",
                "Every pathway on the list has a trust that tracks it.",
                column="has_tracker", value_set=[True],
            ),
            warning(
                gxe.ExpectColumnValuesToBeInSet, "UNTRACKED",
                "At least 80 % of pathways were looked at within the last 7 days.",
                column="is_tracked", value_set=[True], mostly=0.8,
            ),
            warning(
                gxe.ExpectColumnValuesToBeInSet, "NEXT_ACTION_MISSING",
                "At least half of the pathways have a next action.",
                column="has_next_action", value_set=[True], mostly=0.5,
            ),
        ),
        row="open pathway",
    )  # fmt: skip


def ptl_size(published_count: int, *, smallest_share: float) -> Suite:
    """The list as a whole: `row_count` against the rows that were last published, of which a share must be left."""
    return Suite(
        "gold.ptl_current",
        (),
        {},
        (
            critical(
                gxe.ExpectColumnValuesToBeBetween, "LIST_SHRANK",
                f"The list holds at least {smallest_share:.0%} of the pathways that were last published. If the loss is"
                " right, run once with a lower --set gate.smallest_list_share.",
                column="row_count", min_value=int(published_count * smallest_share),
            ),
        ),
        scope=WHOLE,
    )  # fmt: skip


def performance_month(rules: Rules) -> Suite:
    """Each provider's months: numerators, denominators and wait bands that belong together."""
    share_sum = F.col("within_share") + F.col("breach_share")
    return keyed_suite(
        "gold.performance_month",
        performance.KEY,
        {
            "is_sum_right": F.coalesce(share_sum == F.col("denominator_share"), F.lit(False)),
            "are_bands_right": _are_bands_right(rules),
            "is_share_positive": F.coalesce(
                reduce(and_, (F.coalesce(name, F.lit(0)) >= 0 for name in performance.BANDS))
                & (F.col("within_share") >= 0) & (F.col("breach_share") >= 0) & (F.col("denominator_share") > 0),
                F.lit(False),
            ),
            "month": F.col("month"),
            "standard": F.col("standard"),
        },
        (
            critical(
                gxe.ExpectColumnValuesToBeInSet, "DENOMINATOR_WRONG",
                "Every denominator is the sum of the waits within the standard and those in breach.",
                column="is_sum_right", value_set=[True],
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "BANDS_WRONG",
                "The bands of the row's standard add up to its denominator, and no other band is filled.",
                column="are_bands_right", value_set=[True],
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "SHARE_NEGATIVE", "No month counts fewer than no patients.",
                column="is_share_positive", value_set=[True],
            ),
            critical(
                gxe.ExpectColumnValuesToMatchRegex, "MONTH_WRONG", "Every month is written as 2025-06.",
                column="month", regex="^[0-9]{4}-(?:0[1-9]|1[0-2])$",
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "STANDARD_UNKNOWN", "Every row is of one of the three standards.",
                column="standard", value_set=list(STANDARDS),
            ),
        ),
        row="provider's month",
    )  # fmt: skip


def performance_total() -> Suite:
    """The months as a whole: `is_total_right` says whether they add up to the finished waits."""
    return Suite(
        "gold.performance_month",
        (),
        {},
        (
            critical(
                gxe.ExpectColumnValuesToBeInSet, "TOTAL_WRONG",
                "The denominators of all months add up to the finished waits that have a provider.",
                column="is_total_right", value_set=[True],
            ),
        ),
        scope=WHOLE,
    )  # fmt: skip


def _are_bands_right(rules: Rules) -> Column:
    """Null for a standard that is unknown, which has a rule of its own."""
    chosen = F.lit(None).cast("boolean")
    for standard, names in performance.bands_by_standard(rules).items():
        total = reduce(add, (F.col(name) for name in names))
        others = [F.col(name).isNull() for name in performance.BANDS if name not in names]
        is_right = F.coalesce(reduce(and_, others, total == F.col("denominator_share")), F.lit(False))
        chosen = F.when(F.col("standard") == standard, is_right).otherwise(chosen)
    return chosen


def breach_allocation() -> Suite:
    """Who answers for a 62-day wait: sides that make one patient, words that are known, days that agree."""
    basis, role, method = F.col("basis"), F.col("role"), F.col("method")
    # The sides of a wait share all that is told of it: they change together.
    of_wait = Window.partitionBy("pathway_key", "standard", "basis")
    side = F.when(role == "treating", F.col("treating_trust")).otherwise(F.col("investigating_trust"))
    phases = F.col("scenario").isNotNull() & F.col("phase_38_days").isNotNull() & F.col("phase_24_days").isNotNull()
    left = F.date_diff(F.col("last_compliant_on"), F.to_date("as_at"))
    return keyed_suite(
        "gold.breach_allocation",
        ALLOCATION_KEY,
        {
            "share_sum": F.sum("denominator_share").over(of_wait).cast("double"),
            "are_parts_right": F.coalesce(
                (F.col("within_share") + F.col("breach_share") == F.col("denominator_share"))
                & (F.col("within_share") >= 0) & (F.col("breach_share") >= 0),
                F.lit(False),
            ),
            "basis": F.coalesce(basis, F.lit("")),
            "are_words_known": F.coalesce(role, F.lit("")).isin("investigating", "treating", "both")
            & F.coalesce(method, F.lit("")).isin("SOLO", "5050", "6SCENARIO"),
            "is_side_right": F.coalesce(side == F.col("org"), F.lit(False)),
            "has_phases": (method == "6SCENARIO").eqNullSafe(phases),
            "is_month_right": F.col("reporting_month").isNotNull().eqNullSafe(basis == "actual"),
            "are_days_left_right": F.when(basis == "if_today", left.eqNullSafe(F.col("days_left_to_treat"))),
        },
        (
            critical(
                gxe.ExpectColumnValuesToBeInSet, "SHARES_WRONG",
                "The denominators of the trusts that answer for a wait add up to one patient.",
                column="share_sum", value_set=[1.0],
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "PARTS_WRONG",
                "Every denominator is the sum of what is within the standard and what is in breach.",
                column="are_parts_right", value_set=[True],
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "BASIS_UNKNOWN", "Every row is of a wait that ended or as if today.",
                column="basis", value_set=[ACTUAL, IF_TODAY],
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "WORD_UNKNOWN", "Every row has a known role and method.",
                column="are_words_known", value_set=[True],
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "SIDE_WRONG", "Every row's trust is the one that its role names.",
                column="is_side_right", value_set=[True],
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "PHASES_WRONG",
                "A scenario and the days of both phases stand where a transfer counts, and only there.",
                column="has_phases", value_set=[True],
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "MONTH_WRONG",
                "A wait that has ended falls into a month, one that runs into none.",
                column="is_month_right", value_set=[True],
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "DAYS_LEFT_WRONG",
                "The days left of a wait that runs are counted from the list's date.",
                column="are_days_left_right", value_set=[True],
            ),
        ),
        row="side of a wait",
    )  # fmt: skip


def canptl62_week() -> Suite:
    """The weekly list: counts of patients, each in a known section and on a route that the standard times."""
    of_band = ("day_0_28", "day_29_62", "day_63_104", "day_over_104")
    waiting = reduce(add, (F.col(name) for name in of_band))
    passed = reduce(add, (F.col(name) for name in ("passed_28", "passed_62", "passed_104")))
    split = F.col("referrals_seen_0_33") + F.col("referrals_seen_34_62")
    return keyed_suite(
        "gold.canptl62_week",
        weekly_list.KEY,
        {
            "is_count": F.coalesce(reduce(and_, (F.col(name) >= 0 for name in weekly_list.MEASURES)), F.lit(False)),
            "is_part": F.coalesce((passed <= waiting) & (split <= F.col("referrals_seen")), F.lit(False)),
            "section": F.col("section"),
            "row_type": F.col("row_type"),
            "is_sunday": F.coalesce(F.dayofweek("week_ending_on") == 1, F.lit(False)),
            "is_of_week": F.coalesce(
                F.date_diff("week_ending_on", "listed_on").between(0, weekly_list.DAYS - 1), F.lit(False)
            ),
            "month": F.col("month"),
        },
        (
            critical(
                gxe.ExpectColumnValuesToBeInSet, "COUNT_NEGATIVE", "No week counts fewer than no patients.",
                column="is_count", value_set=[True],
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "PART_WRONG",
                "Nobody has passed a limit who is not waiting, and no more were seen in time than were seen.",
                column="is_part", value_set=[True],
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "SECTION_UNKNOWN", "Every row is without or with decision to treat.",
                column="section", value_set=[weekly_list.UNDECIDED, weekly_list.DECIDED],
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "ROUTE_UNKNOWN", "Every row is of a route with a 62-day standard.",
                column="row_type", value_set=["USC", "BSYM", "SCREEN", "UPGRADE"],
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "WEEK_WRONG", "Every week ends on a Sunday.",
                column="is_sunday", value_set=[True],
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "LIST_OF_OTHER_WEEK", "Every row counts a list of its own week.",
                column="is_of_week", value_set=[True],
            ),
            critical(
                gxe.ExpectColumnValuesToMatchRegex, "MONTH_WRONG", "Every month is written as 2025-06.",
                column="month", regex="^[0-9]{4}-(?:0[1-9]|1[0-2])$",
            ),
        ),
        row="line of a week",
    )  # fmt: skip


def _limit(rules: Rules) -> Column:
    """The days that a row's standard allows; null for a standard that is unknown, which has a rule of its own."""
    on = F.coalesce("clock_stop_on", F.to_date("as_at"))
    limit = F.lit(None).cast("int")
    for name in STANDARDS:
        limit = F.when(F.col("standard") == name, in_force(rules.standards[name].limit_days, on)).otherwise(limit)
    return limit


def _adjustment() -> Column:
    """A clock without an adjustment has none: were it left null, missing days would agree with it."""
    return F.coalesce("adjustment_days", F.lit(0))


def _are_days_right() -> Column:
    until = F.coalesce("clock_stop_on", F.to_date("as_at"))
    days = F.date_diff(until, F.col("clock_start_on")) - _adjustment()
    return F.when(F.col("clock_start_on").isNotNull(), days.eqNullSafe(F.col("days_waited")))


def _is_outcome_right(rules: Rules) -> Column:
    outcome, days = F.col("outcome"), F.col("days_waited")
    is_stopped, is_within = F.col("clock_stop_on").isNotNull(), days <= _limit(rules)
    agrees = (
        F.when(outcome == "WITHIN", is_stopped & is_within)
        .when(outcome == "BREACH", is_stopped & ~is_within)
        .when(outcome == "OPEN", ~is_stopped & is_within)
        .when(outcome == "OPEN_BREACHED", ~is_stopped & ~is_within)
    )
    is_judged = outcome.isin("WITHIN", "BREACH", "OPEN", "OPEN_BREACHED")
    return F.when(is_judged, F.coalesce(agrees, F.lit(False)))


def _is_breach_date_right(rules: Rules) -> Column:
    last = F.date_add(F.col("clock_start_on"), _limit(rules) + _adjustment())
    is_right = last.eqNullSafe(F.col("last_compliant_on")) & F.date_add(last, 1).eqNullSafe(F.col("first_breach_on"))
    return F.when(F.col("clock_start_on").isNotNull(), is_right)


def _is_band_right() -> Column:
    days = F.coalesce("days_62", "days_28", "days_31")
    band = F.when(days.isNull(), F.lit(None).cast("string"))
    for limit, name in ptl.DAY_BANDS:
        band = band.when(days <= limit, name)
    return band.otherwise(ptl.LAST_BAND).eqNullSafe(F.col("day_band"))
