"""The section on what the trusts sent."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from sqlalchemy import Connection

from jobs.screens.layout import add_row, fixed, heading, line, number, plain_table, show
from jobs.screens.queries import operation as queries
from jobs.screens.queries.publication import Found
from jobs.screens.wording import NONE, count, files, reason_sentence
from libs.settings import Trust

SHOWN_HOURS = 4


def show_arrivals(console: Console, connection: Connection, trusts: Mapping[str, Trust]) -> None:
    """Files and rows taken by trust, and files refused with the reason."""
    taken = queries.accepted_files(connection)
    refused = queries.refused_counts(connection)
    heading(console, "What came in")
    table = plain_table(
        "Trust", fixed("Register"), number("History"), number("Hours"), number("Changed per hour"), number("Refused")
    )
    for code, trust in trusts.items():
        files_of = [file for file in taken if file.trust == code]
        history = [file for file in files_of if file.kind == "history"]
        hours = [file for file in files_of if file.kind != "history"]
        refused_of = sum(row.files for row in refused if row.trust == code and row.status == "quarantined")
        add_row(table,
            f"{code} {trust.name}", trust.system, _files_and_rows(history), _files_and_rows(hours), _changes(hours),
            count(refused_of),
        )  # fmt: skip
    show(console, table)
    for row in refused:
        who = row.trust if row.trust in trusts else "an unknown sender"
        line(console, f"{files(row.files)} of {who} not taken, {row.reason}: {reason_sentence(row.reason)}")


def _files_and_rows(taken: Sequence[Found]) -> str:
    if not taken:
        return NONE
    return f"{files(len(taken))}\n{count(sum(file.row_count or 0 for file in taken))} rows"


def _changes(hours: Sequence[Found]) -> str:
    """Rows that changed in the last hours, oldest first: the first one of all fills an empty register."""
    changes = [count(file.rows_changed) for file in hours]
    shown = ["…", *changes[-SHOWN_HOURS:]] if len(changes) > SHOWN_HOURS else changes
    return " · ".join(shown) or NONE
