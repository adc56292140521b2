"""What came of `link-files`, in a few lines."""

from pathlib import Path

from rich.console import Console

from jobs.link_file import LinkedFiles

_LEFT_TO_PEOPLE = "A pair whose given names or birth dates contradict each other is left to people."


def show_linked(
    console: Console, found: LinkedFiles, *, output: Path, clusters: Path | None, review: Path | None
) -> None:
    """Tell what was compared, what was found, and where it stands."""
    console.print(f"{found.record_count:,} records, compared by {', '.join(found.taken)}")
    if found.passed_over:
        console.print(f"Passed over: {', '.join(found.passed_over)}", style="dim")
    for name, count in found.unreadable.items():
        console.print(
            f"{name}: {count:,} {'cell says' if count == 1 else 'cells say'} nothing that can be used", style="yellow"
        )
    console.print(_how(found), style="dim")
    console.print(
        f"[bold]{found.link_count:,}[/] {'pair' if found.link_count == 1 else 'pairs'} of {found.people_count:,} "
        f"people with more than one record, in {output}"
    )
    if clusters is not None:
        console.print(f"Every record and its person, in {clusters}")
    if found.review_count:
        pairs = f"{found.review_count:,} {'pair' if found.review_count == 1 else 'pairs'}"
        where = f"in {review}" if review is not None else "not written: --review FILE"
        console.print(f"{pairs} for people to decide, {where}")
    elif review is not None:
        console.print(f"No pair is left for people to decide: {review} has its header only")


def _how(found: LinkedFiles) -> str:
    if not found.model.is_learnt:
        return "Too few records to learn from, so the weights are general ones. " + _LEFT_TO_PEOPLE
    families = (
        f"There are families in them. {_LEFT_TO_PEOPLE}"
        if found.model.holds_families
        else "There is no sign of families in them: names and birth dates differ as mistakes do."
    )
    return f"The weights were learnt from these records. {families}"
