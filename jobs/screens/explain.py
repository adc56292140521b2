"""One pathway explained: its timeline, and for each standard what came out, until when, who answers for it and why."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from jobs.explained import Explained, Sharing, Wait
from jobs.screens.layout import add_row, fixed, heading, line, number, plain, plain_table, show, titled
from jobs.screens.wording import NONE, count, dated, month_name, route_in_full, sentence

_STANDARDS = {
    "28": "28 days, referral to being told",
    "31": "31 days, decision to treatment",
    "62": "62 days, referral to first treatment",
}
_DEADLINES = {
    "28": "Last day to tell (28 days)",
    "31": "Last day to treat (31 days)",
    "62": "Last day to treat (62 days)",
}
_SAID = {
    "EXCLUDED": "excluded, not counted",
    "NOT_APPLICABLE": "does not apply",
    "NO_CLOCK_START": "no clock runs, its first date is missing",
    "INVALID_NEGATIVE": "invalid, stops before it starts; not counted",
    "INVALID_ADJ_EXCEEDS_WAIT": "invalid, more days are taken off than were waited; not counted",
}
_STYLES = {"WITHIN": "green", "BREACH": "red", "OPEN_BREACHED": "red"}
_FLAGS = {
    "DEFAULT_DATE": "{} holds a date that only software writes: it counts as not recorded",
    "UNREADABLE": "{} can't be read: it counts as not recorded",
    "FDS_END_MISSING_BUT_DTT_PRESENT": "treatment was decided, but no date says when the patient was told",
    "DTT_AFTER_TREATMENT": "treatment was decided after it began",
    "IPT_DATE_OUT_OF_ORDER": "the transfer lies before the clock starts or after treatment: it is ignored",
    "FDS_END_BEFORE_REFERRAL": "the patient was told before the referral was received",
    "ADJ_EXCEEDS_WAIT": "more days are taken off than were waited",
    "TREATMENT_BEFORE_CLOCK_START": "treatment began before the 62-day clock starts",
}


class _Entry(NamedTuple):
    on: date
    what: str
    trust: str
    style: str


def show_explained(console: Console, explained: Explained, *, is_synthetic: bool = False) -> None:
    """Print one pathway: who it is, what happened when, and each standard with its trace."""
    console.print(titled(f"Pathway {plain(explained.name).plain}", _head(explained, is_synthetic=is_synthetic)))
    _show_timeline(console, explained)
    for wait in explained.waits:
        _show_wait(console, wait, as_at_on=explained.as_at_on)
    if explained.conflicts:
        heading(console, "Where the trusts' copies differ")
        for conflict in explained.conflicts:
            field, _, values = conflict.partition(": ")
            line(console, f"{_words(field)}: {values}")
    if explained.flags:
        heading(console, "To mend in the record")
        for flag in explained.flags:
            name, _, column = flag.partition(":")
            line(console, f"{flag}: {_FLAGS.get(name, NONE).format(column)}.")


def _head(explained: Explained, *, is_synthetic: bool) -> Text:
    text = Text("SYNTHETIC DATA. ", style="bold") if is_synthetic else Text()
    text.append(f"{route_in_full(explained.route)}.", style="not bold")
    if explained.as_at_on is not None:
        text.append(f" As at {dated(explained.as_at_on)}.", style="not bold")
    elif any(wait.outcome == "OPEN" for wait in explained.waits):
        text.append(" Without a date of the list an open wait has no days: give --as-at.", style="not bold")
    for fact in explained.facts:
        text.append("\n").append_text(plain(f"{fact[:1].upper()}{fact[1:]}.", style="not bold"))
    return text


def _show_timeline(console: Console, explained: Explained) -> None:
    entries = sorted(_entries(explained), key=lambda entry: entry.on)
    start = _day_0(explained)
    heading(console, "What happened", f"Day 0 is {dated(start)}." if start else "")
    table = plain_table(fixed("Date"), number("Day"), "What", fixed("Trust"))
    for on, what, trust, style in entries:
        day = count((on - start).days) if start else NONE
        add_row(table, dated(on), day, what, trust, style=style)
    show(console, table)


def _entries(explained: Explained) -> Iterator[_Entry]:
    today = explained.as_at_on
    for happening in explained.happenings:
        is_planned = today is not None and happening.on > today
        what = f"{happening.what} (planned, after this list)" if is_planned else happening.what
        yield _Entry(happening.on, what, happening.trust or "", "yellow" if is_planned else "")
    for wait in explained.waits:
        if wait.last_compliant_on is not None:
            several = f", treatment {wait.treatment_number}" if wait.treatment_number > 1 else ""
            yield _Entry(wait.last_compliant_on, f"{_DEADLINES[wait.standard]}{several}", "", "dim")
    if today is not None:
        yield _Entry(today, "Date of this list", "", "bold")


def _day_0(explained: Explained) -> date | None:
    """The start of the longest standard that runs, else the first thing that happened."""
    starts = {wait.standard: wait.start_on for wait in explained.waits if wait.treatment_number <= 1 and wait.start_on}
    first = min((happening.on for happening in explained.happenings), default=None)
    return starts.get("62") or starts.get("28") or first


def _show_wait(console: Console, wait: Wait, *, as_at_on: date | None) -> None:
    several = f", treatment {wait.treatment_number}" if wait.treatment_number > 1 else ""
    console.print()
    title = Text(f"{_STANDARDS[wait.standard]}{several}: ", style="bold cyan")
    console.print(title.append(_outcome(wait, as_at_on), style=f"bold {_STYLES.get(wait.outcome, '')}".strip()))
    if wait.last_compliant_on and wait.first_breach_on:
        line(
            console,
            f"In time until {dated(wait.last_compliant_on)}; the first day of breach is {dated(wait.first_breach_on)}.",
        )
    answers = _answers(wait)
    if answers:
        line(console, answers)
    _show_trace(console, wait)


def _outcome(wait: Wait, as_at_on: date | None) -> str:
    if wait.outcome in _SAID:
        return _SAID[wait.outcome]
    if wait.days is None or wait.last_compliant_on is None:
        return "open, no day to count to"
    waited = f"day {count(wait.days)}"
    until = wait.stop_on or as_at_on
    over = (until - wait.last_compliant_on).days if until else 0
    if wait.outcome == "WITHIN":
        return f"in time, {waited}, {_days(-over)} to spare"
    if wait.outcome == "BREACH":
        return f"breach by {_days(over)}, {waited}"
    left = "today is the last day" if over == 0 else f"{_days(-over)} left"
    return f"open and {_days(over)} past the limit, {waited}" if over > 0 else f"open, {waited}, {left}"


def _answers(wait: Wait) -> str:
    """Who answers for the wait, and where it is counted."""
    counted = f" Counted in {month_name(wait.month)}." if wait.month else ""
    if not wait.sharing.sides:
        return counted.strip()
    parts = ", ".join(f"{side.trust or 'nobody known'} for {_part(side.share)}" for side in wait.sharing.sides)
    method = _method(wait.sharing)
    if wait.sharing.is_if_today:
        return f"If it ended today, these would answer for it: {parts}{method}."
    return f"Who answers for it: {parts}{method}.{counted}"


def _part(share: float) -> str:
    return {0.0: "none of it", 0.5: "half of it", 1.0: "all of it"}.get(share, f"{share:g} of it")


def _method(sharing: Sharing) -> str:
    if sharing.method == "6SCENARIO":
        return f" (scenario {sharing.scenario} of 6)"
    return " (shared, no transfer that counts)" if sharing.method == "5050" else ""


def _show_trace(console: Console, wait: Wait) -> None:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column()
    for rule, inputs, result in ((each.rule, each.inputs, each.result) for each in wait.trace):
        grid.add_row(rule, plain(f"{inputs[:1].upper()}{inputs[1:]}: {result}."))
    console.print(Padding(grid, (0, 0, 0, 2), expand=False))


def _words(field: str) -> str:
    return sentence(field.removesuffix("_on"))


def _days(number_of: int) -> str:
    return f"{count(number_of)} day{'' if number_of == 1 else 's'}"
