"""How a clock came out as it did: the rules applied, what each looked at and what it found, to be read as sentences."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from libs.pathways.clocks import STANDARDS, Parts, adjustments_of, parts_of
from libs.pathways.in_force import in_force
from libs.rules import Rules

SCHEMA = "array<struct<rule:string,inputs:string,result:string>>"
_RESULTS = {
    "EXCLUDED": "EXCLUDED, a diagnosis pathway that ends so is not counted",
    "NO_CLOCK_START": "NO_CLOCK_START, without its first date no clock runs",
    "INVALID_NEGATIVE": "INVALID_NEGATIVE, the clock stops before it starts and is not counted",
    "INVALID_ADJ_EXCEEDS_WAIT": "INVALID_ADJ_EXCEEDS_WAIT, more is taken off than was waited, not counted",
    "OPEN": "OPEN, in time so far",
    "OPEN_BREACHED": "OPEN_BREACHED, past the limit, not counted before it ends",
}


def with_traces(rows: DataFrame, rules: Rules) -> DataFrame:
    """Add `trace_28`, `trace_31` and `trace_62` to rows with clocks and `allocation`.

    Each is an array of (rule, inputs, result) in the order in which the rules were applied; a standard that does not
    apply has one entry, which says why. `libs.pathways.trace.told` makes text of one.
    """
    traces = {standard: _trace(parts_of(standard, rules), rules) for standard in STANDARDS}
    traces["62"] = F.concat(traces["62"], _allocation_trace(rules))
    return rows.select("*", *(trace.cast(SCHEMA).alias(f"trace_{standard}") for standard, trace in traces.items()))


def told(trace: Column) -> Column:
    """A trace as text: `[28.start] referral received 2024-05-01: the clock starts on 2024-05-01. [28.stop] …`."""
    sentences = F.transform(
        trace, lambda entry: F.concat(F.lit("["), entry["rule"], F.lit("] "), entry["inputs"], F.lit(": "),
                                      entry["result"], F.lit(".")),
    )  # fmt: skip
    return F.array_join(sentences, " ")


def said(*names: str) -> Column:
    """Columns, by their names in words, and what stands there: `route USC, first seen not recorded`."""
    parts: list[Column] = []
    for name in names:
        words = name.removesuffix("_on").removeprefix("is_").replace("_", " ")
        parts += [F.lit(f"{', ' if parts else ''}{words} "), _text(F.col(name))]
    return F.concat(*parts)


def _text(value: Column) -> Column:
    return F.coalesce(value.cast("string"), F.lit("not recorded"))


def _entry(rule: str, inputs: Column, result: Column) -> Column:
    return F.struct(F.lit(rule).alias("rule"), inputs.alias("inputs"), result.alias("result"))


def _trace(parts: Parts, rules: Rules) -> Column:
    standard, clock = parts.standard, F.col(f"clock_{parts.standard}")
    looked_at = tuple(dict.fromkeys(name for requirement in parts.requirements for name in requirement.inputs))
    applied = F.array(
        _entry(f"{standard}.scope", said(*looked_at), F.lit(f"the {standard}-day standard applies")),
        _entry(
            f"{standard}.start",
            said(*_start_columns(standard, rules)),
            F.coalesce(
                F.concat(F.lit("the clock starts on "), clock["start_on"].cast("string")), F.lit("no clock starts")
            ),
        ),
        _entry(f"{standard}.stop", said(*_stop_columns(standard, rules)), _stop_result(clock)),
        _entry(
            f"{standard}.adjustment",
            said(*_adjustment_columns(standard, rules)),
            F.concat(clock["adjustment_days"].cast("string"), F.lit(" days are taken off")),
        ),
        _entry(
            f"{standard}.days",
            F.concat(
                _text(F.coalesce(clock["stop_on"], F.col("as_at_on"))), F.lit(" less "), _text(clock["start_on"]),
                F.lit(" less "), _text(clock["adjustment_days"]),
            ),
            F.coalesce(
                F.concat(
                    clock["days"].cast("string"), F.lit(" days; the last day in time is "),
                    clock["last_compliant_on"].cast("string"), F.lit(", the first of breach "),
                    clock["first_breach_on"].cast("string"),
                ),
                F.lit("the days can't be counted"),
            ),
        ),
        _entry(f"{standard}.outcome", _outcome_inputs(parts, clock), _outcome_result(clock)),
    )  # fmt: skip
    chosen = applied
    for requirement in reversed(parts.requirements):
        unmet = F.array(_entry(requirement.rule, said(*requirement.inputs), F.lit(requirement.unmet)))
        chosen = F.when(requirement.is_met, chosen).otherwise(unmet)
    return chosen


def _start_columns(standard: str, rules: Rules) -> tuple[str, ...]:
    """The dates that may start the clock; where there are several, the route chooses."""
    versions = rules.standards[standard].start.versions
    dates = tuple(dict.fromkeys(name for version in versions for name in version.value.values()))
    return dates if len(dates) == 1 else ("route", *dates)


def _stop_columns(standard: str, rules: Rules) -> tuple[str, ...]:
    """The dates that may stop the clock."""
    stops = [version.value for version in rules.standards[standard].stop.versions]
    return tuple(dict.fromkeys(name for stop in stops for name in (stop.column, stop.or_earlier) if name))


def _adjustment_columns(standard: str, rules: Rules) -> tuple[str, ...]:
    """The days that may be taken off, with the date on which it depends whether they are."""
    looked_at: list[str] = []
    for adjustment in adjustments_of(standard, rules):
        looked_at.append(adjustment.column)
        if standard == "62" and any(version.value for version in adjustment.needs_first_seen_from_upgrade.versions):
            looked_at.append("first_seen_on")
    return tuple(looked_at)


def _stop_result(clock: Column) -> Column:
    return F.coalesce(
        F.concat(F.lit("the clock stops on "), clock["stop_on"].cast("string")),
        F.concat(F.lit("not stopped, counted to "), F.col("as_at_on").cast("string")),
        F.lit("not stopped, and no day to count to"),
    )


def _outcome_inputs(parts: Parts, clock: Column) -> Column:
    against = F.concat(_text(clock["days"]), F.lit(" days against "), parts.limit.cast("string"))
    if parts.standard != "28":
        return against
    ended = F.concat(against, F.lit(", "), said("fds_end_reason", "fds_exclusion_reason"))
    return F.when(clock["stop_on"].isNotNull(), ended).otherwise(against)


def _outcome_result(clock: Column) -> Column:
    outcome = clock["outcome"]
    result = F.concat(outcome, F.lit(", counted in "), _text(clock["month"]))
    for name, sentence in _RESULTS.items():
        result = F.when(outcome == name, F.lit(sentence)).otherwise(result)
    return result


def _allocation_trace(rules: Rules) -> Column:
    """Who took part, how long each side had and how the patient is divided; nothing while nothing is counted."""
    on = F.col("clock_62.stop_on")
    last_transfer = in_force(rules.allocation.last_transfer_day, on).cast("string")
    treating = in_force(rules.allocation.treating_days, on).cast("string")
    allocation = F.col("allocation")
    sides = _entry(
        "62.trusts",
        F.concat(
            said("accountable_org", "upgrade_org", "first_seen_org", "treatment_org"), F.lit(", transfer that counts "),
            _text(allocation["transfer_on"]),
        ),
        F.concat(
            allocation["investigating_trust"], F.lit(" investigated, "), allocation["treating_trust"], F.lit(" treated")
        ),
    )  # fmt: skip
    phases = _entry(
        "62.phases",
        F.concat(
            F.lit("handed over on "), _text(allocation["transfer_on"]), F.lit(", "), _text(F.col("clock_62.days")),
            F.lit(" days in all"),
        ),
        F.concat(
            allocation["phase_38_days"].cast("string"), F.lit(" days to the transfer against "), last_transfer,
            F.lit(", "), allocation["phase_24_days"].cast("string"), F.lit(" from it to treatment against "), treating,
        ),
    )  # fmt: skip
    shares = allocation["shares"]
    divided = _entry(
        "62.allocation",
        F.concat(
            F.lit("method "), allocation["method"],
            F.coalesce(F.concat(F.lit(", scenario "), allocation["scenario"].cast("string")), F.lit("")),
        ),
        F.concat(
            _share(shares[0]),
            F.coalesce(F.concat(F.lit("; "), _share(F.try_element_at(shares, F.lit(2)))), F.lit("")),
        ),
    )  # fmt: skip
    is_scenario = allocation["method"] == "6SCENARIO"
    nothing = F.array().cast(SCHEMA)
    return (
        F.when(is_scenario, F.array(sides, phases, divided).cast(SCHEMA))
        .when(allocation["method"].isNotNull(), F.array(sides, divided).cast(SCHEMA))
        .otherwise(nothing)
    )


def _share(share: Column) -> Column:
    """`RVW within 0.5 of 0.5`; null where there is no such side."""
    return F.concat(
        F.coalesce(share["trust"], F.lit("no trust")), F.lit(" within "), share["within_share"].cast("string"),
        F.lit(" of "), share["denominator_share"].cast("string"),
    )  # fmt: skip
