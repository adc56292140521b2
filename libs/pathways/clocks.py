"""The three national clocks: 28-day diagnosis, 31-day and 62-day treatment (cwt-rules 1 and 2).

Each clock is a struct made of native expressions over one row per pathway and treatment. Days are calendar days, day 0
is the start; a stop after the moment of the list has not happened yet. What a clock reads of the rules stands in
`conf/rules`; `parts_of` puts it together, for the clock and for the trace that explains it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce
from operator import add, and_, or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from libs.pathways.in_force import bare_code, in_codes, in_force
from libs.rules import Adjustment, Rules, Stop

STANDARDS = ("28", "31", "62")
UPGRADE = "UPGRADE"


@dataclass(frozen=True)
class Requirement:
    """What must hold for a standard to time a row: rule id, the columns looked at, and what it means if it does not."""

    rule: str
    is_met: Column
    inputs: tuple[str, ...]
    unmet: str


@dataclass(frozen=True)
class Parts:
    """What a clock is made of, as expressions over the row; `on` is the day that chooses the versions of rules."""

    standard: str
    on: Column
    limit: Column
    start: Column
    stop: Column
    adjustments: tuple[Column, ...]
    requirements: tuple[Requirement, ...]
    is_counted: Column
    month_of: Column

    @property
    def adjustment(self) -> Column:
        """All that is taken off, in days."""
        return reduce(add, self.adjustments, F.lit(0)) if len(self.adjustments) != 1 else self.adjustments[0]


def with_clocks(rows: DataFrame, rules: Rules) -> DataFrame:
    """Add the structs `clock_28`, `clock_31` and `clock_62` to rows of one pathway and one treatment (or none).

    Rows carry the canonical pathway and treatment columns, `route`, `is_basal_cell` and `as_at_on`, the date of the
    list (null where it is not known: an open clock then has no days).
    Each struct: start_on, stop_on, adjustment_days, days, last_compliant_on, first_breach_on, outcome, month.
    """
    clocks = (_clock(parts_of(standard, rules)).alias(f"clock_{standard}") for standard in STANDARDS)
    return _without_the_future(rows).select("*", *clocks)


def parts_of(standard: str, rules: Rules) -> Parts:
    """The parts of one of the three clocks."""
    own = rules.standards[standard]
    # Where the dates of start and stop themselves are by version, the day of the usual stop chooses it.
    provisional = F.coalesce(F.col(own.stop.newest.column), F.col("as_at_on"))
    start = in_force(own.start, provisional, _start)
    stop = in_force(own.stop, provisional, lambda said: _stop(said, start))
    on = F.coalesce(stop, F.col("as_at_on"))
    limit = in_force(own.limit_days, on)
    parts = Parts(
        standard, on, limit, start, stop,
        tuple(adjustment_of(standard, adjustment, on) for adjustment in adjustments_of(standard, rules)),
        _requirements(standard, on, rules), F.lit(True), in_force(own.month, on, F.col),
    )  # fmt: skip
    if standard != "28":
        return parts
    is_late = F.date_diff(stop, start) - parts.adjustment > limit
    return replace(parts, is_counted=_is_counted(is_late, on, rules))


def _without_the_future(rows: DataFrame) -> DataFrame:
    """Registers hold planned dates in the field of the fact: a date after the list is not a stop (cwt-rules 7.5)."""

    def happened(name: str) -> Column:
        is_planned = F.col(name) > F.col("as_at_on")
        return F.when(F.coalesce(is_planned, F.lit(False)), None).otherwise(F.col(name))

    is_told = F.coalesce(F.col("informed_on") <= F.col("as_at_on"), F.lit(True))
    told = {name: F.when(is_told, F.col(name)) for name in ("fds_end_reason", "fds_exclusion_reason")}
    return rows.withColumns(
        {**told, **{name: happened(name) for name in ("informed_on", "decision_to_treat_on", "treatment_on")}}
    )


def _start(columns: Mapping[str, str]) -> Column:
    """The date that starts the clock on the row's route; most routes share one column."""
    names = list(columns.values())
    usual = max(names, key=names.count)
    others = [(route, name) for route, name in columns.items() if name != usual]
    chosen = F.col(usual)
    for route, name in others:
        chosen = F.when(F.col("route") == route, F.col(name)).otherwise(chosen)
    return chosen


def _stop(said: Stop, start: Column) -> Column:
    main = F.col(said.column)
    if said.or_earlier is None:
        return main
    earlier = F.col(said.or_earlier)
    # A decision to treat before the patient was told stops the clock, unless it is older than the referral itself.
    is_first = F.coalesce((earlier < main) & (earlier >= start), F.lit(False))
    return F.when(is_first, earlier).otherwise(main)


def adjustments_of(standard: str, rules: Rules) -> tuple[Adjustment, ...]:
    """The adjustments that ever reduce a standard's wait."""
    return tuple(
        adjustment
        for adjustment in (rules.first_seen_adjustment, rules.treatment_adjustment)
        if any(standard in version.value for version in adjustment.reduces.versions)
    )


def adjustment_of(standard: str, adjustment: Adjustment, on: Column) -> Column:
    """The days that an adjustment takes off a standard's wait; 0 where none is recorded or it does not count."""
    days = F.coalesce(F.col(adjustment.column), F.lit(0))

    def counted(needs_first_seen: bool) -> Column:
        if not needs_first_seen or standard != "62":
            return days
        is_seen_after = F.coalesce(F.col("upgraded_on") <= F.col("first_seen_on"), F.lit(False))
        return F.when((F.col("route") == UPGRADE) & ~is_seen_after, F.lit(0)).otherwise(days)

    allowed = in_force(adjustment.needs_first_seen_from_upgrade, on, counted)
    return in_force(adjustment.reduces, on, lambda standards: allowed if standard in standards else F.lit(0))


def _is_counted(is_late: Column, on: Column, rules: Rules) -> Column:
    reason = F.coalesce(F.col("fds_end_reason"), F.lit(""))
    exclusion = F.coalesce(F.col("fds_exclusion_reason"), F.lit(""))
    is_plain = in_force(rules.exclusions.fds_counted_reasons, on, lambda codes: reason.isin(*codes))
    is_late_exclusion = in_force(
        rules.exclusions.fds_counted_when_late,
        on,
        lambda pairs: is_late & _any(*((reason == pair.reason) & (exclusion == pair.exclusion) for pair in pairs)),
    )
    return is_plain | F.coalesce(is_late_exclusion, F.lit(False))


def _requirements(standard: str, on: Column, rules: Rules) -> tuple[Requirement, ...]:
    """What a row must meet, in the order in which it is asked; the first that is not met says why it is not timed."""
    routes = rules.standards[standard].routes
    on_route = Requirement(
        f"{standard}.route",
        in_force(routes, on, lambda timed: F.coalesce(F.col("route").isin(*timed), F.lit(False))),
        ("route",),
        "the standard does not time this route",
    )
    if standard == "28":
        return (on_route,)
    of_treatment = _of_treatment(standard, on, rules)
    if standard == "31":
        return (on_route, *_planned(on, rules), *of_treatment)
    is_first = in_force(rules.treatments.first_events, on, lambda codes: F.col("treatment_event").isin(*codes))
    first_only = Requirement(
        "62.event",
        F.coalesce(is_first, F.col("treatment_on").isNull()),
        ("treatment_event",),
        "only first treatments are timed by this standard",
    )
    return (on_route, first_only, *of_treatment, *_decided_or_waiting(on, rules))


def _of_treatment(standard: str, on: Column, rules: Rules) -> tuple[Requirement, ...]:
    """What the treatment standards ask of a treatment and its diagnosis."""
    is_declined = in_force(
        rules.exclusions.declined_modalities, on, lambda codes: F.col("treatment_modality").isin(*codes)
    )
    return (
        Requirement(
            f"{standard}.modality",
            ~F.coalesce(is_declined, F.lit(False)),
            ("treatment_modality",),
            "all treatment was declined",
        ),
        Requirement(
            f"{standard}.diagnosis",
            _diagnosis_allows(F.col("treatment_on"), on, rules),
            ("diagnosis_icd10", "is_basal_cell"),
            "the diagnosis is not in scope, or a treatment stands without one",
        ),
    )


def _planned(on: Column, rules: Rules) -> tuple[Requirement, ...]:
    """What the 31-day standard asks before its clock exists: a plan and a date (cwt-rules 1.3)."""
    event, decided, treated = F.col("treatment_event"), F.col("decision_to_treat_on"), F.col("treatment_on")
    is_first = in_force(rules.treatments.first_events, on, lambda codes: event.isin(*codes))
    is_subsequent = in_force(rules.treatments.subsequent_events, on, lambda codes: event.isin(*codes))
    return (
        Requirement(
            "31.event",
            F.coalesce(is_first | is_subsequent, F.lit(False)),
            ("treatment_event",),
            "no treatment plan is known yet",
        ),
        Requirement(
            "31.decision",
            decided.isNotNull() | treated.isNotNull(),
            ("decision_to_treat_on", "treatment_on"),
            "no treatment has been decided",
        ),
    )


def _decided_or_waiting(on: Column, rules: Rules) -> tuple[Requirement, ...]:
    """What the 62-day standard asks: a treatment has its decision, and without one the patient still waits for it."""
    decided, treated = F.col("decision_to_treat_on"), F.col("treatment_on")
    is_closed = in_force(
        rules.exclusions.ends_62_when_closed_untreated,
        on,
        lambda ends: F.lit(ends) & F.col("closed_reason").isNotNull(),
    )
    is_told_no = in_force(
        rules.exclusions.fds_reasons_without_62, on, lambda codes: F.col("fds_end_reason").isin(*codes)
    )
    return (
        Requirement(
            "62.decision",
            treated.isNull() | decided.isNotNull(),
            ("decision_to_treat_on", "treatment_on"),
            "a treatment counts only with its decision to treat",
        ),
        Requirement(
            "62.ended",
            treated.isNotNull() | ~(is_closed | F.coalesce(is_told_no, F.lit(False))),
            ("closed_reason", "fds_end_reason"),
            "the pathway ended without a treatment",
        ),
    )


def _diagnosis_allows(treated: Column, on: Column, rules: Rules) -> Column:
    """A treated row needs a diagnosis in scope: C00 to C97 without basal cell carcinoma, D05 (cwt-rules 5.1)."""
    code = bare_code(F.col("diagnosis_icd10"))
    is_cancer = in_force(rules.diagnoses.in_scope, on, lambda ranges: in_codes(code, ranges))
    return F.when(code.isNull(), treated.isNull()).otherwise(is_cancer & ~F.col("is_basal_cell"))


def _clock(parts: Parts) -> Column:
    """One clock as a struct; everything but the outcome is null where the standard does not apply."""
    start, stop, adjustment, limit = parts.start, parts.stop, parts.adjustment, parts.limit
    in_scope = reduce(and_, (requirement.is_met for requirement in parts.requirements))
    wait = F.date_diff(F.coalesce(stop, F.col("as_at_on")), start)
    days = wait - adjustment
    is_stopped = stop.isNotNull()
    is_negative = reduce(or_, (part < 0 for part in parts.adjustments), F.lit(False))
    is_wrong_adjustment = is_negative | (is_stopped & (adjustment > 0) & (adjustment > wait))
    outcome = (
        F.when(~in_scope, "NOT_APPLICABLE")
        .when(start.isNull(), "NO_CLOCK_START")
        .when(is_stopped & (stop < start), "INVALID_NEGATIVE")
        .when(is_wrong_adjustment, "INVALID_ADJ_EXCEEDS_WAIT")
        .when(is_stopped & ~parts.is_counted, "EXCLUDED")
        .when(is_stopped, F.when(days <= limit, "WITHIN").otherwise("BREACH"))
        .when(days > limit, "OPEN_BREACHED")
        .otherwise("OPEN")
    )
    last_compliant = F.date_add(start, limit + adjustment)
    is_measured = outcome.isin("WITHIN", "BREACH")
    return F.struct(
        F.when(in_scope, start).alias("start_on"),
        F.when(in_scope, stop).alias("stop_on"),
        F.when(in_scope, adjustment).alias("adjustment_days"),
        F.when(in_scope, days).alias("days"),
        F.when(in_scope, last_compliant).alias("last_compliant_on"),
        F.when(in_scope, F.date_add(last_compliant, 1)).alias("first_breach_on"),
        outcome.alias("outcome"),
        F.when(is_measured, F.substring(parts.month_of.cast("string"), 1, 7)).alias("month"),
    )


def _any(*conditions: Column) -> Column:
    return reduce(lambda one, other: one | other, conditions, F.lit(False))
