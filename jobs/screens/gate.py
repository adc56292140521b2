"""The section on the quality gate: what it checked and found, and whether it held the last publication back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from rich.console import Console
from rich.text import Text
from sqlalchemy import Connection

from jobs.screens.layout import heading, line, plain
from jobs.screens.queries.operation import last_check
from jobs.screens.queries.publication import Found, list_moment
from jobs.screens.wording import count, full_time, per_cent

SHOWN_RULES = 8


@dataclass(frozen=True)
class Verdict:
    """What the last check found, critical rules first, and the moments of its run and of the list that people read."""

    rules: Sequence[Found]
    run_at: datetime
    list_at: datetime | None

    @property
    def failed(self) -> list[Found]:
        """The rules that are not met."""
        return [rule for rule in self.rules if rule.status == "failed"]

    @property
    def is_held_back(self) -> bool:
        """Whether a critical rule is not met, so that the publication was left as it was."""
        return any(rule.severity == "critical" for rule in self.failed)


def last_verdict(connection: Connection) -> Verdict | None:
    """What the last check found; None where nothing has been checked yet."""
    rules = last_check(connection)
    return Verdict(rules, rules[0].as_at, list_moment(connection)) if rules else None


def held_back(verdict: Verdict | None) -> Text:
    """The warning that belongs at the head of a screen; nothing where the last run was published."""
    if verdict is None or not verdict.is_held_back:
        return Text()
    text = Text("\nPUBLICATION HELD BACK", style="bold red")
    text.append(f" by the quality gate in the run as at {full_time(verdict.run_at)}. ", style="default not bold")
    return text.append(_kept(verdict), style="default bold")


def show_gate(console: Console, verdict: Verdict | None) -> None:
    """The verdict in a sentence, then each rule that is not met with its counts."""
    heading(console, "Quality gate")
    if verdict is None:
        line(console, "Nothing has been checked yet: the publication holds no results of the gate.", style="dim")
        return
    line(console, _sentence(verdict))
    if verdict.is_held_back:
        line(console, f"{_kept(verdict)} The next run that meets every critical rule will be published.", style="bold")
    failed = verdict.failed
    for rule in failed[:SHOWN_RULES]:
        _show_rule(console, rule)
    if len(failed) > SHOWN_RULES:
        line(console, f"and {count(len(failed) - SHOWN_RULES)} more: see dq_result.", style="dim")


def _kept(verdict: Verdict) -> str:
    if verdict.list_at is None:
        return "Nothing has been published before."
    return f"The last publication was kept: the list is still that of {full_time(verdict.list_at)}."


def _sentence(verdict: Verdict) -> Text:
    critical = sum(rule.severity == "critical" for rule in verdict.failed)
    warnings = len(verdict.failed) - critical
    by_table: dict[str, int] = {}
    for rule in verdict.rules:
        by_table[rule.table_name] = max(by_table.get(rule.table_name, 0), rule.checked or 0)
    word = Text("HELD BACK", style="bold red") if critical else Text("PASSED", style="bold green")
    return word.append(
        f": {_number(len(verdict.rules), 'rule')} on {_number(sum(by_table.values()), 'changed row')} of"
        f" {_number(len(by_table), 'table')}, as at {full_time(verdict.run_at)}."
        f" Failed: {_number(critical, 'critical rule')}, {_number(warnings, 'warning')}.",
        style="default not bold",
    )


def _show_rule(console: Console, rule: Found) -> None:
    failed, checked = rule.failed or 0, rule.checked or 0
    text = plain(f"{rule.severity}  ", style="bold red" if rule.severity == "critical" else "yellow")
    text.append_text(plain(f"{rule.rule_code} of {rule.table_name}", style="default"))
    # A rule on a table as a whole looks at one thing.
    if checked > 1:
        share = per_cent(Decimal(failed), Decimal(checked))
        text.append(f", not met by {count(failed)} of {count(checked)} rows ({share})", style="default")
    line(console, text)
    line(console, plain(rule.sentence, style="dim"), indent=4)


def _number(number: int, noun: str) -> str:
    return f"{count(number) if number else 'no'} {noun}{'' if number == 1 else 's'}"
