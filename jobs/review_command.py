"""The commands `review`: pairs of records that people decide, out of the lake and back into it."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from jobs.options import Env, Set
from jobs.screens.progress import StepLines
from libs.settings import load_settings, moment_of

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode="markdown", help="Decide pairs of records that may be one person."
)


@app.command()
def export(
    output: Annotated[Path, typer.Option("--output", help="CSV to write: each pair, how far it agrees, and why.")],
    env: Env = "local",
    set_: Set = None,
) -> None:
    """Write the pairs that wait for people to decide, the most likely first. The file holds local patient ids.

    Look both patients up in their registers, write `same` or `different` into the column decision, and a role or
    initials into decided_by; then `review import` takes the file. What is left empty waits on.

    Example: `cancollaborate review export --output pairs.csv`
    """
    settings = load_settings(env, set_ or ())

    from jobs.link_review import export_queue  # noqa: PLC0415 - Spark's libraries load only when they are needed
    from jobs.screens.link_review import show_exported  # noqa: PLC0415 - as above
    from libs.lakehouse.session import start_session  # noqa: PLC0415 - as above
    from libs.lakehouse.tables import open_lake  # noqa: PLC0415 - as above

    with StepLines(Console(stderr=True, highlight=False)) as lines:
        lines.say("starting Spark")
        queue = export_queue(open_lake(start_session(settings), settings), output)
    show_exported(Console(highlight=False, soft_wrap=True), queue, output=output)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV with pair_id and decision: same, different or nothing yet.")],
    env: Env = "local",
    set_: Set = None,
) -> None:
    """Take people's decisions: all of the file, or nothing where any line is wrong. Other columns are ignored.

    A later decision on a pair takes the place of an earlier one. They are kept when the pair leaves the queue.

    Example: `cancollaborate review import pairs.csv`
    """
    settings = load_settings(env, set_ or ())

    from jobs.link_decisions import import_decisions, open_decisions  # noqa: PLC0415 - as above
    from jobs.screens.link_review import show_imported  # noqa: PLC0415 - as above
    from libs.lakehouse.session import start_session  # noqa: PLC0415 - as above
    from libs.lakehouse.tables import open_lake  # noqa: PLC0415 - as above

    decisions = open_decisions(file)
    with StepLines(Console(stderr=True, highlight=False)) as lines:
        lines.say("starting Spark")
        lake = open_lake(start_session(settings), settings)
        imported = import_decisions(lake, decisions, at=moment_of(None, settings))
    show_imported(Console(highlight=False, soft_wrap=True), imported)
