"""What came of `review export` and `review import`, in a few lines: counts, never a pair."""

from pathlib import Path

from rich.console import Console

from jobs.link_decisions import Imported
from jobs.link_review import Queue


def show_exported(console: Console, queue: Queue, *, output: Path) -> None:
    """Tell how many pairs wait, where they stand and what is to be done with them."""
    if queue.waiting_count:
        waits = "pair waits" if queue.waiting_count == 1 else "pairs wait"
        console.print(f"[bold]{queue.waiting_count:,}[/] {waits} for people to decide, best first, in {output}")
        console.print(
            "The file holds local patient ids: it is restricted, and readable by you only. Delete it when it is done."
        )
        console.print(
            "Write same or different into the column decision, and a role or initials into decided_by; then"
            f" `cancollaborate review import {output}`."
        )
    elif queue.is_asked:
        console.print(f"No pair waits for people to decide: {output} has its header only.")
    else:
        console.print(
            "No pair waits: no model has linked people yet (`cancollaborate train --model linkage`)."
            f" {output} has its header only."
        )
    if queue.decided_count:
        pairs = "pair is" if queue.decided_count == 1 else "pairs are"
        console.print(
            f"{queue.decided_count:,} more {pairs} decided and left out: the next hour that brings a file knows."
        )


def show_imported(console: Console, imported: Imported) -> None:
    """Tell what was new and when it counts."""
    console.print(
        f"[bold]{imported.new_count:,}[/] new, {imported.changed_count:,} changed,"
        f" {imported.repeated_count:,} repeated; {imported.undecided_count:,} not yet decided"
    )
    if imported.new_count or imported.changed_count:
        console.print(
            "They take effect in the next hour that brings a file, and are honoured for ever after,"
            " whatever the model says."
        )
