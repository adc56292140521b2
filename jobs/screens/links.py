"""The section on people across trusts: how many records are linked, by what, and how many pairs wait for people."""

from rich.console import Console

from jobs.screens.layout import heading, line
from jobs.screens.queries.publication import Found
from jobs.screens.wording import count


def show_links(console: Console, links: Found | None) -> None:
    """Nothing before links were first counted."""
    if links is None:
        return
    heading(console, "People across registers")
    told = f"{count(links.linked_record_count)} of {count(links.record_count)} records"
    line(console, f"{told} are of a person whom another register holds too: pairs by what made them one")
    by_people = f", {count(links.decided_pairs)} by people" if links.decided_pairs else ""
    line(
        console,
        f"{count(links.tier_1_pairs)} by NHS number, {count(links.tier_2_pairs)} by the same details,"
        f" {count(links.tier_3_pairs)} by the model{by_people}.",
    )
    if links.estimated_precision is None:
        line(console, "No model: only verified numbers join. `cancollaborate train --model linkage`", style="yellow")
    elif links.review_pairs:
        line(
            console,
            f"{count(links.review_pairs)} pairs wait for people: `cancollaborate review export --output FILE`",
            style="yellow",
        )
    else:
        line(console, "No pair waits for people to decide.", style="dim")
