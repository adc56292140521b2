"""The command `link-files`: who is one person in a CSV of your own, or in two."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from jobs.options import Env, Set
from jobs.screens.progress import StepLines
from libs.settings import load_settings


def link_files(
    source: Annotated[
        list[Path], typer.Option("--input", help="CSV with record_id; once to find who is in it twice, twice to link.")
    ],
    output: Annotated[Path, typer.Option("--output", help="CSV to write: each pair that is one person.")],
    clusters: Annotated[
        Path | None, typer.Option("--clusters", help="CSV to write: every record and its person.")
    ] = None,
    review: Annotated[
        Path | None, typer.Option("--review", help="CSV to write: pairs for people to decide, and why.")
    ] = None,
    env: Env = "local",
    set_: Set = None,
) -> None:
    """Find who is one person in one CSV file, or in two. It needs no Spark and no example to learn from.

    Columns that are looked at, any of them may be missing: nhs_number, nhs_number_status, family_name, given_name,
    middle_name, birth_date, sex, postcode, address, phone, local_id.

    Example: `cancollaborate link-files --input a.csv --input b.csv --output links.csv --review unsure.csv`
    """
    settings = load_settings(env, set_ or ())

    from jobs import link_file as job  # noqa: PLC0415 - Splink and pandas load only when they are needed
    from jobs.screens.linked_files import show_linked  # noqa: PLC0415 - as above

    files = job.open_files(source)
    with StepLines(Console(stderr=True, highlight=False)) as lines:
        found = job.link_files(
            files, job.thresholds(settings), output=output, clusters=clusters, review=review, listener=lines.say
        )
    show_linked(Console(highlight=False, soft_wrap=True), found, output=output, clusters=clusters, review=review)
