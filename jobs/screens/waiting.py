"""The sections on who waits and who is urgent."""

from collections.abc import Mapping, Sequence
from datetime import date

from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import Connection

from jobs.screens.layout import WIDE, add_row, fixed, heading, line, number, plain, plain_table, show
from jobs.screens.queries import waiting as queries
from jobs.screens.queries.publication import Found
from jobs.screens.wording import BANDS, NONE, bar, count, day, days_left, route, sentence, site
from libs.settings import Trust

URGENT_COUNT = 10
SOON_DAYS = 7
LEGEND = ", ".join(f"{glyph} {days}" for glyph, days in zip(BANDS, ("to 28", "to 62", "to 104", "over"), strict=True))
_FIGURES = ("on_list", "past_28", "past_62", "past_104")


def show_waiting_list(console: Console, connection: Connection, trusts: Mapping[str, Trust]) -> None:
    """How many wait, by tumour site and day band, for the whole alliance."""
    counts = queries.open_counts(connection)
    rows = queries.waiting_list(connection)
    holders = "both trusts" if len(trusts) == 2 else "more than one trust"
    heading(
        console,
        f"Who waits: {count(counts.open)} open pathways, {count(counts.shared)} of them held by {holders}",
        f"A shared pathway counts once here and once in each trust's own list.\nBars: day {LEGEND}.",
    )
    table = plain_table(
        fixed("Tumour site"), number("On list"), number("Past 28"), number("Past 62"), number("Past 104"),
        fixed(""),
    )  # fmt: skip
    longest = max((row.on_list for row in rows), default=0)
    width = min(40, console.width - 58)
    for row in rows:
        parts = _bands(row)
        add_row(table, site(row.tumour_site), *_figures(row), bar(parts, longest=longest, width=width))
    table.add_section()
    totals = [count(sum(getattr(row, name) for row in rows)) for name in _FIGURES]
    add_row(table, "All", *totals, style="bold")
    show(console, table)


def show_urgent(console: Console, connection: Connection, *, today: date) -> None:
    """The pathways to act on first, and how many stand behind them."""
    counts = queries.open_counts(connection)
    soon = queries.preventable_counts(connection, today=today, days=SOON_DAYS)
    rows = queries.most_urgent(connection, today=today, limit=URGENT_COUNT)
    heading(
        console,
        "Most urgent: the soonest breaches that can still be prevented",
        "No treatment is booked in time. On one day 62-day goes before 31- and 28-day, then the longest wait."
        " Pathways are named by the start of their key.",
    )
    is_wide = console.width >= WIDE
    show(console, _urgent_table(rows, today=today, is_wide=is_wide))
    by_standard = ", ".join(f"{standard}-day {count(soon.get(standard, 0))}" for standard in ("62", "31", "28"))
    line(console, f"Breaching within {SOON_DAYS} days unless something happens: {by_standard}.")
    if counts.over:
        line(
            console,
            f"Too late to prevent: {count(counts.over)} open past day 62, the longest at day {count(counts.longest)}.",
        )


def next_action(row: Found, *, today: date) -> Text:
    """What is to be done next on a pathway and until when, or that nobody has said so."""
    if not row.next_action:
        return Text("no next action", style="yellow")
    due_on = row.next_action_due_on
    due = f", {'overdue since' if due_on < today else 'due'} {day(due_on)}" if due_on else ""
    return plain(f"{sentence(row.next_action)}{due}", style="dim")


def _urgent_table(rows: Sequence[Found], *, today: date, is_wide: bool) -> Table:
    route_head, until_head = ([fixed("Route")], [fixed("In time until")]) if is_wide else ([], [])
    table = plain_table(
        fixed("Pathway"), fixed("Tumour site"), *route_head, number("Day"), *until_head, number("Left"),
        fixed("Trusts"), "Stage, next action",
    )  # fmt: skip
    for row in rows:
        stage = plain(f"{sentence(row.current_stage)}\n")
        of_route, until = ([route(row.route)], [day(row.in_time_until)]) if is_wide else ([], [])
        add_row(
            table, row.pathway_key[:8], site(row.tumour_site), *of_route,
            f"{count(row.day)} of {row.next_breach_standard}", *until, days_left((row.in_time_until - today).days),
            row.tracked_by or NONE, stage.append_text(next_action(row, today=today)),
        )  # fmt: skip
    return table


def _figures(row: Found) -> list[str]:
    return [count(getattr(row, name)) for name in _FIGURES]


def _bands(row: Found) -> list[int]:
    """People in each day band: `past_28` holds those past 62 too, and so on."""
    return [row.on_list - row.past_28, row.past_28 - row.past_62, row.past_62 - row.past_104, row.past_104]
