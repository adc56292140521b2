"""The three national clocks: 28-day diagnosis, 31-day and 62-day treatment (cwt-rules 1 and 2).

Each clock is a struct made of native expressions over one row per pathway and treatment. Days are calendar days, day 0
is the start; a stop after the moment of the list has not happened yet.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

DAYS = {"28": 28, "31": 31, "62": 62}
FIRST_TREATMENT_EVENTS = ("01", "07", "12")
TREATMENT_EVENTS = tuple(f"{code:02d}" for code in range(1, 13))
DECLINED = "98"
DIAGNOSIS_ROUTES = ("USC", "BSYM", "SCREEN")
TREATMENT_ROUTES = (*DIAGNOSIS_ROUTES, "UPGRADE")
COUNTED_END_REASONS = ("01", "02", "04")
NOT_CANCER_END_REASONS = ("02", "03", "04")


def with_clocks(rows: DataFrame) -> DataFrame:
    """Add the structs `clock_28`, `clock_31` and `clock_62` to rows of one pathway and one treatment (or none).

    Rows carry the canonical pathway and treatment columns, `route`, `is_basal_cell` and `as_at_on`, the date of the
    list (null where it is not known: an open clock then has no days).
    Each struct: start_on, stop_on, adjustment_days, days, last_compliant_on, first_breach_on, outcome, month.
    """
    happened = _without_the_future(rows)
    return happened.select(
        "*", _clock_28().alias("clock_28"), _clock_31().alias("clock_31"), _clock_62().alias("clock_62")
    )


def _without_the_future(rows: DataFrame) -> DataFrame:
    """Registers hold planned dates in the field of the fact: a date after the list is not a stop (cwt-rules 7.5)."""

    def happened(name: str) -> Column:
        is_planned = F.col(name) > F.col("as_at_on")
        return F.when(F.coalesce(is_planned, F.lit(False)), None).otherwise(F.col(name))

    return rows.withColumns({name: happened(name) for name in ("informed_on", "decision_to_treat_on", "treatment_on")})


def _clock_28() -> Column:
    start, told, decided = F.col("referral_received_on"), F.col("informed_on"), F.col("decision_to_treat_on")
    # A decision to treat before the patient was told stops the clock, unless it is older than the referral itself.
    is_decided_first = (decided < told) & (decided >= start)
    stop = F.when(told.isNotNull(), F.when(F.coalesce(is_decided_first, F.lit(False)), decided).otherwise(told))
    adjustment = _days_or_zero("first_seen_adjustment_days")
    reason = F.coalesce(F.col("fds_end_reason"), F.lit(""))
    is_late_exclusion = (
        (reason == "03")
        & (F.coalesce(F.col("fds_exclusion_reason"), F.lit("")) == "01")
        & (F.date_diff(stop, start) - adjustment > DAYS["28"])
    )
    is_counted = reason.isin(*COUNTED_END_REASONS) | is_late_exclusion
    return _clock(
        "28",
        start=start,
        stop=stop,
        adjustment=adjustment,
        in_scope=F.col("route").isin(*DIAGNOSIS_ROUTES),
        is_counted=is_counted,
        # The published month is that of the telling, even where an earlier decision stopped the clock.
        month_of=told,
    )


def _clock_31() -> Column:
    decided, treated = F.col("decision_to_treat_on"), F.col("treatment_on")
    is_planned = F.coalesce(F.col("treatment_event").isin(*TREATMENT_EVENTS), F.lit(False))
    has_started = is_planned & (decided.isNotNull() | treated.isNotNull())
    return _clock(
        "31",
        start=decided,
        stop=treated,
        adjustment=_days_or_zero("treatment_adjustment_days"),
        in_scope=has_started & ~_is_declined() & _diagnosis_allows(treated),
        is_counted=F.lit(True),
        month_of=treated,
    )


def _clock_62() -> Column:
    treated, upgraded = F.col("treatment_on"), F.col("upgraded_on")
    is_upgrade = F.col("route") == "UPGRADE"
    # After an upgrade a missed first appointment counts only if the patient was first seen from the upgrade on.
    is_first_seen_after_upgrade = F.coalesce(upgraded <= F.col("first_seen_on"), F.lit(False))
    first_seen_adjustment = F.when(is_upgrade & ~is_first_seen_after_upgrade, F.lit(0)).otherwise(
        _days_or_zero("first_seen_adjustment_days")
    )
    event = F.col("treatment_event")
    is_first = F.coalesce(event.isin(*FIRST_TREATMENT_EVENTS), treated.isNull())
    is_untreated_end = F.col("closed_reason").isNotNull() | F.coalesce(
        F.col("fds_end_reason").isin(*NOT_CANCER_END_REASONS), F.lit(False)
    )
    has_decision = treated.isNull() | F.col("decision_to_treat_on").isNotNull()
    return _clock(
        "62",
        start=F.when(is_upgrade, upgraded).otherwise(F.col("referral_received_on")),
        stop=treated,
        adjustment=first_seen_adjustment + _days_or_zero("treatment_adjustment_days"),
        in_scope=F.col("route").isin(*TREATMENT_ROUTES)
        & is_first
        & ~_is_declined()
        & _diagnosis_allows(treated)
        & has_decision
        & ~(treated.isNull() & is_untreated_end),
        is_counted=F.lit(True),
        month_of=treated,
    )


def _clock(  # noqa: PLR0913 - a clock has these parts and no fewer
    standard: str,
    *,
    start: Column,
    stop: Column,
    adjustment: Column,
    in_scope: Column,
    is_counted: Column,
    month_of: Column,
) -> Column:
    """One clock as a struct; everything but the outcome is null where the standard does not apply."""
    limit = DAYS[standard]
    wait = F.date_diff(F.coalesce(stop, F.col("as_at_on")), start)
    days = wait - adjustment
    is_stopped = stop.isNotNull()
    is_wrong_adjustment = (adjustment < 0) | (is_stopped & (adjustment > 0) & (adjustment > wait))
    outcome = (
        F.when(~in_scope, "NOT_APPLICABLE")
        .when(start.isNull(), "NO_CLOCK_START")
        .when(is_stopped & (stop < start), "INVALID_NEGATIVE")
        .when(is_wrong_adjustment, "INVALID_ADJ_EXCEEDS_WAIT")
        .when(is_stopped & ~is_counted, "EXCLUDED")
        .when(is_stopped, F.when(days <= limit, "WITHIN").otherwise("BREACH"))
        .when(days > limit, "OPEN_BREACHED")
        .otherwise("OPEN")
    )
    last_compliant = F.date_add(start, F.lit(limit) + adjustment)
    is_measured = outcome.isin("WITHIN", "BREACH")
    return F.struct(
        F.when(in_scope, start).alias("start_on"),
        F.when(in_scope, stop).alias("stop_on"),
        F.when(in_scope, adjustment).alias("adjustment_days"),
        F.when(in_scope, days).alias("days"),
        F.when(in_scope, last_compliant).alias("last_compliant_on"),
        F.when(in_scope, F.date_add(last_compliant, 1)).alias("first_breach_on"),
        outcome.alias("outcome"),
        F.when(is_measured, F.date_format(month_of, "yyyy-MM")).alias("month"),
    )


def _days_or_zero(name: str) -> Column:
    return F.coalesce(F.col(name), F.lit(0))


def _is_declined() -> Column:
    return F.coalesce(F.col("treatment_modality") == DECLINED, F.lit(False))


def _diagnosis_allows(treated: Column) -> Column:
    """A treated row needs a diagnosis in scope: C00 to C97 without basal cell carcinoma, D05 (cwt-rules 5.1)."""
    code = F.col("diagnosis_icd10")
    is_cancer = code.rlike("^(C([0-8][0-9]|9[0-7])|D05)") & ~F.col("is_basal_cell")
    return F.when(code.isNull(), treated.isNull()).otherwise(is_cancer)
