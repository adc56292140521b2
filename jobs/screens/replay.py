"""What a replay under other rules found, as a table."""

from rich.console import Console

from jobs.replay import Replay
from jobs.screens.layout import add_row, fixed, heading, line, number, plain_table, show
from jobs.screens.wording import count


def show_replay(console: Console, found: Replay, *, is_synthetic: bool) -> None:
    """Print how many clocks differ, by standard and outcome under the rules of now and under the others."""
    changed = sum(found.changes.values())
    said = f"{count(changed)} of {count(found.clock_count)} clocks would come out differently."
    heading(console, "Replay under other rules", "SYNTHETIC data. " + said if is_synthetic else said)
    if not changed:
        line(console, "Every clock comes out as it does now.")
        return
    table = plain_table(fixed("Standard"), fixed("Now"), fixed("Then"), number("Clocks"))
    for (standard, now, then), clocks in sorted(found.changes.items(), key=lambda each: (each[0][0], -each[1])):
        outcomes = (now or "-", then or "-") if now != then else (now or "-", "the same, other days or trusts")
        add_row(table, f"{standard} days", *outcomes, count(clocks))
    show(console, table)
