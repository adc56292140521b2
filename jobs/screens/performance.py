"""The section on the last complete month against the national standards."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import partial

from rich.console import Console
from rich.text import Text
from sqlalchemy import Connection

from jobs.screens.layout import WIDE, add_row, heading, line, number, plain_table, show
from jobs.screens.queries import waiting as queries
from jobs.screens.queries.publication import Found
from jobs.screens.wording import NONE, month_name, per_cent, share
from libs.rules import load_rules
from libs.settings import Trust

STANDARDS = {"28": "28-day diagnosis", "31": "31-day treatment", "62": "62-day treatment"}


def show_performance(
    console: Console, connection: Connection, trusts: Mapping[str, Trust], *, today: date
) -> None:  # fmt: skip
    """Each standard by trust, always with numerator and denominator."""
    month = queries.last_complete_month(connection, today=today)
    if month is None:
        heading(console, "Performance")
        line(console, "No month is complete yet.", style="dim")
        return
    in_force = ", ".join(f"{standard}-day {target} %" for standard, target in targets_of(month).items())
    heading(
        console,
        f"Performance in {month_name(month)}, the last complete month",
        f"National standards: {in_force}. A shared 62-day pathway is divided between its trusts, hence halves.",
    )
    figures = queries.performance(connection, month)
    # Percentage and figures stand side by side where the terminal is wide enough.
    gap = "  " if console.width >= WIDE else "\n"
    cells = partial(_cells, targets=targets_of(month), gap=gap)
    table = plain_table("Provider", *(number(name) for name in STANDARDS.values()))
    for code, trust in trusts.items():
        add_row(table, f"{code} {trust.name}", *cells([row for row in figures if row.org == code]))
    others = [row for row in figures if row.org not in trusts]
    if others:
        add_row(table, "Other providers", *cells(others))
    table.add_section()
    add_row(table, "All", *cells(figures), style="bold")
    show(console, table)


def targets_of(month: str) -> dict[str, int]:
    """The per cent in time that each standard asks of a month, as `conf/rules` says."""
    first_day = date.fromisoformat(f"{month}-01")
    return {name: round(100 * standard.threshold.on(first_day)) for name, standard in load_rules().standards.items()}


def _cells(figures: Sequence[Found], *, targets: Mapping[str, int], gap: str) -> list[Text]:
    return [
        _cell([row for row in figures if row.standard == standard], target=targets.get(standard, 0), gap=gap)
        for standard in STANDARDS
    ]


def _cell(figures: Sequence[Found], *, target: int, gap: str) -> Text:
    within = sum((row.within for row in figures), Decimal(0))
    denominator = sum((row.denominator for row in figures), Decimal(0))
    if not denominator:
        return Text(NONE)
    is_below = 100 * within < target * denominator
    return Text.assemble(
        (per_cent(within, denominator), "yellow" if is_below else ""), f"{gap}{share(within)} of {share(denominator)}"
    )
