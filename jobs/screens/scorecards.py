"""The section on the data of each trust: how much of it was refused, and what else is wrong with it most often."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby

from rich.console import Console
from rich.table import Table

from jobs.screens.layout import add_row, fixed, heading, number, plain_table, show
from jobs.screens.queries.publication import Found
from jobs.screens.wording import NONE, count, per_cent

ROW_REFUSED = "ROW_REFUSED"
SHOWN_RULES = 3


def show_scorecards(console: Console, results: Sequence[Found]) -> None:
    """One line a trust's register: rows judged, rows refused, and the rules that most rows fail. `results` by trust."""
    heading(
        console,
        "Data quality by trust",
        "New and changed rows of each trust's last run, and the rules that most of them fail. All: dq_result.",
    )
    table = plain_table(fixed("Trust"), fixed("Rows"), number("Judged"), number("Refused"), "Most often")
    for (trust, rows), of_source in groupby(results, key=lambda one: (one.source, one.table_name)):
        _add(table, trust, rows, list(of_source))
    show(console, table)


def _add(table: Table, trust: str, rows: str, results: Sequence[Found]) -> None:
    refused = sum(one.failed or 0 for one in results if one.rule_code == ROW_REFUSED)
    checked = max(one.checked or 0 for one in results)
    failed = [one for one in results if one.failed and one.rule_code != ROW_REFUSED][:SHOWN_RULES]
    told = ", ".join(f"{one.rule_code} {per_cent(Decimal(one.failed), Decimal(one.checked))}" for one in failed)
    add_row(table, trust, rows.partition(".")[2], count(checked), count(refused), told or NONE)
