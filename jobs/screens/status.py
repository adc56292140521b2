"""The status screen: feeds, runs, the gate, models, files not taken and the publication, at a glance."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import groupby

from rich.console import Console
from rich.text import Text
from sqlalchemy import Connection, Engine

from jobs.screens.forecast import show_forecast_state
from jobs.screens.gate import held_back, last_verdict, show_gate
from jobs.screens.layout import WIDE, add_row, fixed, heading, line, number, plain, plain_table, show, titled
from jobs.screens.links import show_links
from jobs.screens.queries import operation as queries
from jobs.screens.queries.publication import Found, last_moment, list_moment, loads, publication
from jobs.screens.risk import show_models
from jobs.screens.scorecards import show_scorecards
from jobs.screens.tables import EXTRACT_FILE, FRESHNESS, RUN
from jobs.screens.wording import NONE, count, files, full_time, local_time, reason_sentence
from libs.intake.claims import agreed_name
from libs.intake.reasons import told_drift
from libs.settings import Retention, Trust
from libs.warehouse.dialects import place_of

RECENT = timedelta(days=7)
MAINTAINED_WITHIN = timedelta(days=2)  # retention is applied each night: somebody should know when it was not
SHOWN_FILES = 10
SHOWN_RUNS = 5
SHOWN_HOURS = 12
_STATUS = {"arrived": ("fresh", "green"), "late": ("late", "yellow"), "missing": ("missing", "red")}
_GLYPHS = {"arrived": "■", "late": "▣", "missing": "□"}


def show_status(
    console: Console, engine: Engine, *, trusts: Mapping[str, Trust], retention: Retention, is_synthetic: bool = False
) -> None:
    """Show how feeds, runs and the publication stand. Raises StepOrderError if nothing is published."""
    with publication(engine, (EXTRACT_FILE, FRESHNESS, RUN)) as connection:
        since = last_moment(connection) - RECENT
        list_at, verdict = list_moment(connection), last_verdict(connection)
        text = Text("SYNTHETIC DATA. ", style="bold") if is_synthetic else Text()
        stands = f"The list as at {full_time(list_at)}." if list_at else "No list is published yet."
        text.append(f"{stands} Times are London's.", style="not bold")
        console.print(titled("CanCollaborate status", text.append_text(held_back(verdict))))
        _show_held(console, queries.held_files(connection))
        _show_feeds(console, connection, trusts)
        _show_runs(console, connection)
        _show_retention(console, connection, retention)
        show_gate(console, verdict)
        show_scorecards(console, queries.last_scorecards(connection))
        show_links(console, queries.last_links(connection))
        show_models(console, connection)
        show_forecast_state(console, connection)
        _show_files(console, queries.files_not_taken(connection, since=since, limit=SHOWN_FILES))
        _show_publication(console, connection)


def _show_held(console: Console, held: Sequence[Found]) -> None:
    """What waits for a person; nothing at all where nothing does."""
    if not held:
        return
    heading(console, "For a person to decide")
    for _, of_feed in groupby(held, key=lambda file: (file.trust, file.system)):
        newest, *older = of_feed
        line(console, Text.assemble(("HELD", "bold red"), f"  {local_time(newest.arrived_at)}  {_name(newest)}"))
        _show_reason(console, newest)
        if older:
            line(console, f"{files(len(older))} of this feed held before it.", style="dim", indent=4)


def _show_feeds(console: Console, connection: Connection, trusts: Mapping[str, Trust]) -> None:
    rows = queries.latest_feeds(connection, hours=SHOWN_HOURS)
    heading(
        console,
        "Feeds",
        f"The last {SHOWN_HOURS} expected hours, the newest last: ■ arrived  ▣ late  □ missing."
        " Late: how long after its time the newest came.",
    )
    is_wide = console.width >= WIDE
    heads = [fixed("Now"), fixed("Last good"), number("Late"), fixed("Hours"), fixed("Missing")]
    table = plain_table(
        *(["Trust", fixed("Register"), *heads, number("Rows")] if is_wide else [fixed("Trust"), *heads])
    )
    known = {code: list(hours) for code, hours in groupby(rows, key=lambda row: row.trust)}
    for code, trust in trusts.items():
        hours = known.get(code, [])
        rows_of_newest = count(hours[0].row_count) if hours else NONE
        if is_wide:
            add_row(table, f"{code} {trust.name}", trust.system, *_feed(hours), rows_of_newest)
        else:
            add_row(table, code, *_feed(hours))
    show(console, table)
    for file in queries.drifted_feeds(connection):
        told = "; ".join(told_drift(file.extra_columns, file.missing_columns))
        line(console, f"{file.trust} {file.system}, last file: {told}.", style="yellow")


def _feed(hours: Sequence[Found]) -> list[str | Text]:
    """A feed by its newest expected hour; no hour at all means that it was never heard of."""
    if not hours:
        return [Text("never came", style="red"), NONE, NONE, NONE, NONE]
    newest = hours[0]
    word, style = _STATUS.get(newest.status, (newest.status, ""))
    late = f"{count(newest.minutes_late)} min" if newest.minutes_late else NONE
    missing = sum(hour.status == "missing" for hour in hours)
    trail = "".join(_GLYPHS.get(hour.status, "?") for hour in reversed(hours))
    return [
        Text(word, style=style), local_time(newest.last_good_extract_at), late, trail,
        Text(f"{missing} of {len(hours)}", style="red") if missing else NONE,
    ]  # fmt: skip


def _show_runs(console: Console, connection: Connection) -> None:
    runs = queries.last_runs(connection, limit=SHOWN_RUNS)
    heading(console, "Last runs")
    if not runs:
        line(console, "None yet.", style="dim")
        return
    newest = runs[0]
    table = plain_table(
        fixed("Step"), fixed("Status"), number("Seconds"), number("Rows read"), number("Changed"),
        number("Commits"),
    )  # fmt: skip
    for step in newest:
        add_row(table, step.step, *_run_cells([step]))
    table.add_section()
    add_row(table, f"All, begun {local_time(newest[0].started_at)}", *_run_cells(newest), style="bold")
    for steps in runs[1:]:
        add_row(table, f"Before, begun {local_time(steps[0].started_at)}", *_run_cells(steps), style="dim")
    show(console, table)
    for step in (step for steps in runs for step in steps if step.status == "failed"):
        text = plain(f"{step.step} failed {local_time(step.started_at)}: ", style="red")
        line(console, text.append_text(plain(step.error or "no reason noted", style="default")))


def _show_retention(console: Console, connection: Connection, days: Retention) -> None:
    """When retention was last applied, and what came past its day since."""
    last, until = queries.last_maintenance(connection), last_moment(connection)
    past = queries.past_their_day(connection, days, since=last.as_at if last else None, until=until)
    is_due = bool(past.originals or past.extracts)
    found = f"{_so_many(past.originals, 'sealed original')}, the rows of {_so_many(past.extracts, 'extract')}"
    applied = f"last applied {local_time(last.as_at)}; past its day since" if last else "never applied; past its day"
    is_behind = is_due and (last is None or until - last.as_at > MAINTAINED_WITHIN)
    line(console, f"Retention: {applied}: {found if is_due else 'nothing'}.", style="yellow" if is_behind else "dim")
    left = (last.rows_read or 0) - (last.rows_changed or 0) if last else 0
    if left:
        line(console, f"{count(left)} that were past their day could not be removed then.", style="red")


def _so_many(number: int, what: str) -> str:
    return f"{count(number)} {what}{'' if number == 1 else 's'}"


def _run_cells(steps: Sequence[Found]) -> list[str | Text]:
    is_failed = any(step.status == "failed" for step in steps)
    status = Text("failed", style="red") if is_failed else Text("done", style="green")
    seconds = sum(step.seconds or 0 for step in steps)
    sums = [sum(getattr(step, name) or 0 for step in steps) for name in ("rows_read", "rows_changed", "commits")]
    return [status, f"{seconds:,.1f}", *map(count, sums)]


def _show_files(console: Console, not_taken: Sequence[Found]) -> None:
    heading(console, f"Files not taken in the last {RECENT.days} days")
    if not not_taken:
        line(console, "None.", style="dim")
        return
    for file in not_taken:
        style = "yellow" if file.status == "quarantined" else "dim"
        line(console, Text.assemble(f"{local_time(file.arrived_at)}  {_name(file)}  ", (file.status, style)))
        _show_reason(console, file)


def _name(file: Found) -> str:
    """A file's name where it has the agreed form: a refused file may bear any other, a patient's too."""
    return agreed_name(file.file_name) or f"file {file.file_id} (its name is not of the agreed form)"


def _show_reason(console: Console, file: Found) -> None:
    line(console, f"{file.reason}: {reason_sentence(file.reason)}", style="dim", indent=4)
    if file.detail:
        line(console, f"In this file: {file.detail.rstrip('.')}.", indent=4)


def _show_publication(console: Console, connection: Connection) -> None:
    heading(console, "Publication", place_of(connection.engine))
    table = plain_table(fixed("Table"), number("Rows"), number("Written"), number("Deleted"), fixed("As at"))
    for load in loads(connection):
        add_row(table,
            load.table_name, count(load.row_count), count(load.upserted_count), count(load.deleted_count),
            local_time(load.as_at),
        )  # fmt: skip
    show(console, table)
