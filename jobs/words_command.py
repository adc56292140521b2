"""The command `words`: what words of the registers nobody knows, for the data officer who maps them."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from jobs.options import Env, Set
from jobs.screens.progress import StepLines
from libs.settings import load_settings


def words(
    trust: Annotated[str | None, typer.Option("--trust", help="One trust's only, by its ODS code.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write them as lines of words.csv.")
    ] = None,
    env: Env = "local",
    set_: Set = None,
) -> None:
    """Show how many words of each register nobody knows, and list them for whoever says what they mean.

    Write a code in the place of each question mark (a word that several lists may hold has a line for each: leave
    those of its own), add the lines to conf/vocabulary/words.csv, and run
    `cancollaborate hourly --from-file 1`: rows that hold them are judged anew. An empty code says that the word means
    nothing.

    Example: `cancollaborate words --trust RVW --output missing.csv`
    """
    settings = load_settings(env, set_ or ())

    from jobs.screens.words import show_words  # noqa: PLC0415 - Spark's libraries load only when they are needed
    from jobs.unmapped_words import unmapped_words, write_words  # noqa: PLC0415 - as above
    from libs.lakehouse.session import start_session  # noqa: PLC0415 - as above

    with StepLines(Console(stderr=True, highlight=False)) as lines:
        lines.say("starting Spark")
        found = unmapped_words(start_session(settings), settings, trust)
    console = Console(highlight=False)
    show_words(console, found)
    if output is not None:
        number = write_words(found, output)
        console.print(f"{number:,} lines in {output}, readable by you only: they hold what people typed.")
