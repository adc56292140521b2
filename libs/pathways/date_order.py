"""The order in which the dates of a pathway can lie, and dates whose day and month somebody exchanged.

Conditions are Spark SQL over the sections of a canonical row: some hundred comparisons, which as columns would each be
built by calls from Python, every hour anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class InOrder:
    """Two dates of which one never lies before the other, and the rule that is broken where it does."""

    earlier: str
    later: str
    rule_code: str


_REFERRED = "pathway.referral_received_on"
# A date is named by its section and column; the fault is told of the later one.
ORDER = (
    InOrder("pathway.referral_decided_on", _REFERRED, "RECEIVED_BEFORE_DECIDED"),
    InOrder(_REFERRED, "pathway.first_seen_on", "FIRST_SEEN_BEFORE_REFERRAL"),
    InOrder(_REFERRED, "pathway.informed_on", "INFORMED_BEFORE_REFERRAL"),
    InOrder(_REFERRED, "pathway.upgraded_on", "UPGRADED_BEFORE_REFERRAL"),
    InOrder(_REFERRED, "pathway.first_test_done_on", "TESTED_BEFORE_REFERRAL"),
    InOrder("pathway.first_test_booked_on", "pathway.first_test_done_on", "TEST_DONE_BEFORE_BOOKED"),
    InOrder("pathway.first_test_done_on", "pathway.first_test_reported_on", "TEST_REPORTED_BEFORE_DONE"),
    InOrder("pathway.first_test_reported_on", "pathway.last_test_reported_on", "LAST_REPORT_BEFORE_FIRST"),
    InOrder(_REFERRED, "pathway.mdt_on", "DISCUSSED_BEFORE_REFERRAL"),
    InOrder(_REFERRED, "pathway.diagnosed_on", "DIAGNOSED_BEFORE_REFERRAL"),
    InOrder(_REFERRED, "transfer.transfer_on", "TRANSFERRED_BEFORE_REFERRAL"),
    InOrder(_REFERRED, "treatment.decision_to_treat_on", "DECISION_BEFORE_REFERRAL"),
    InOrder("treatment.decision_to_treat_on", "treatment.treatment_on", "TREATED_BEFORE_DECISION"),
    InOrder(_REFERRED, "treatment.treatment_on", "TREATED_BEFORE_REFERRAL"),
    InOrder(_REFERRED, "pathway.closed_on", "CLOSED_BEFORE_REFERRAL"),
    InOrder("patient.born_on", _REFERRED, "BORN_AFTER_REFERRAL"),
    InOrder(_REFERRED, "patient.died_on", "DIED_BEFORE_REFERRAL"),
)
# What is recorded as done lies on or before the day of the extract; what is planned, booked or due does not.
DONE = (
    "patient.born_on", "patient.died_on", "pathway.referral_decided_on", _REFERRED, "pathway.first_seen_on",
    "pathway.upgraded_on", "pathway.first_test_done_on", "pathway.first_test_reported_on",
    "pathway.last_test_reported_on", "pathway.informed_on", "pathway.diagnosed_on", "pathway.closed_on",
    "pathway.last_tracked_on", "transfer.transfer_on", "treatment.decision_to_treat_on", "treatment.treatment_on",
)  # fmt: skip
_DATES = tuple(dict.fromkeys(name for pair in ORDER for name in (pair.earlier, pair.later)))
MILESTONES = tuple(name for name in _DATES if not name.startswith("patient."))
# How far before the first and after the last milestone of its row a date may lie once it is exchanged, in days: a
# referral is decided on in the week before it is received, a treatment begins in the month after its decision.
DAYS_BEFORE, DAYS_AFTER = 7, 31


def broken_order() -> Sequence[tuple[str, str, str]]:
    """(rule, field, whether it is broken) for each pair of dates; null where one of them is not recorded."""
    return [(pair.rule_code, _field(pair.later), f"{pair.later} < {pair.earlier}") for pair in ORDER]


def in_future(today: str) -> Sequence[tuple[str, str]]:
    """(field, whether it lies after `today`, the day of the extract) for each date of what is done."""
    return [(_field(name), f"{name} > {today}") for name in DONE]


def swapped(today: str) -> str:
    """An array of the field whose day and month were exchanged; empty where none or more than one could be it.

    They were where the date breaks an order or lies in the future, exchanged it breaks none and lies among the others,
    and that is so of this date of the row only: where two dates could be the wrong one, none is named.
    """
    fields = ", ".join(f"case when {_is_swapped(name, today)} then '{_field(name)}' end" for name in _DATES)
    dates = ", ".join(MILESTONES)
    first, last = f"date_sub(least({dates}), {DAYS_BEFORE})", f"date_add(greatest({dates}), {DAYS_AFTER})"
    # An array of one element, so that the long lists stand there once.
    found = f"transform(array(struct({first} as first, {last} as last)), span -> array_compact(array({fields})))"
    return f"flatten(filter({found}, found -> size(found) = 1))"


def _is_swapped(name: str, today: str) -> str:
    is_exchangeable = f"day({name}) <= 12 and day({name}) <> month({name})"
    # Exchanged under a guard: month 13 is an error in ANSI mode.
    other = f"case when {is_exchangeable} then make_date(year({name}), day({name}), month({name})) end"
    pairs = [pair for pair in ORDER if name in (pair.earlier, pair.later)]
    as_it_is = [_is_broken(pair, {}) for pair in pairs]
    mended = [f"not {_is_broken(pair, {name: other})}" for pair in pairs]
    if name in DONE:
        as_it_is.append(f"coalesce({name} > {today}, false)")
        mended.append(f"{other} <= {today}")
    if name in MILESTONES:
        mended.append(f"{other} between span.first and span.last")
    return f"({is_exchangeable} and ({' or '.join(as_it_is)}) and {' and '.join(mended)})"


def _is_broken(pair: InOrder, instead: Mapping[str, str]) -> str:
    earlier, later = (instead.get(name, name) for name in (pair.earlier, pair.later))
    return f"coalesce({later} < {earlier}, false)"


def _field(name: str) -> str:
    return name.partition(".")[2]
