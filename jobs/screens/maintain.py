"""What a run of retention removed, or would remove, as a table: settings, tables, folders and counts alone."""

from collections.abc import Sequence

from rich.console import Console

from jobs.maintain import Removed
from jobs.screens.layout import add_row, fixed, heading, line, number, plain_table, show
from jobs.screens.wording import NONE, count, dated


def show_maintained(console: Console, removed: Sequence[Removed], *, is_look: bool, is_synthetic: bool) -> None:
    """Print what each setting of `retention` removed, or what is past its day where it was only looked for."""
    said = "Nothing was removed: this is what is past its day." if is_look else "What was past its day."
    heading(console, "Retention", f"SYNTHETIC data. {said}" if is_synthetic else said)
    table = plain_table(fixed("Setting"), "What", fixed("Before"), number("Past its day" if is_look else "Removed"))
    for one in removed:
        before = NONE if one.before is None else dated(one.before.date())
        add_row(table, one.setting, one.what, before, count(one.due if is_look else one.removed))
    show(console, table)
    kept = 0 if is_look else sum(one.due - one.removed for one in removed)
    if kept:
        line(console, f"{count(kept)} could not be removed and are tried again by the next run.", style="yellow")
