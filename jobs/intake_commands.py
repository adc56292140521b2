"""The commands `backfill` and `release`: files that were answered for are judged once more."""

from datetime import date
from typing import Annotated

import typer
from rich.console import Console

from jobs.options import AsAt, Env, Set
from jobs.screens.progress import StepLines
from libs import log
from libs.errors import SettingsError
from libs.settings import load_settings, moment_of

Log = Annotated[str, typer.Option("--log-level", help="Events on standard error as JSON lines: INFO or WARNING.")]


def backfill(  # noqa: PLR0913, PLR0917 - a command names its options one by one
    trust: Annotated[str, typer.Option("--trust", help="The trust's ODS code.")],
    first: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="Extracts from this day on, ISO; all without it.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DATE", help="Up to and with this day.")] = None,
    quarantined: Annotated[
        bool, typer.Option("--quarantined", help="Judge refused files anew too: a key or a contract was mended.")
    ] = False,
    env: Env = "local",
    set_: Set = None,
    as_at: AsAt = None,
    log_level: Log = "WARNING",
) -> None:
    """Load a trust's period again from the archive, then run the hour. What is newer is not disturbed.

    It goes on where it left off: after a stop any `cancollaborate hourly` takes what lies in landing again.

    Example: `cancollaborate backfill --trust RVW --from 2025-05-01 --to 2025-05-31`
    """
    log.configure(log_level)
    settings = load_settings(env, set_ or ())
    moment = moment_of(as_at, settings)
    days = [_day(text, option) for text, option in ((first, "--from"), (last, "--to"))]

    from jobs.backfill import Period, put_back_period  # noqa: PLC0415 - Spark's libraries load only when they are needed
    from jobs.steps import STEPS, run_steps  # noqa: PLC0415 - as above
    from libs.lakehouse.session import start_session  # noqa: PLC0415 - as above

    with StepLines(Console(stderr=True, highlight=False)) as lines:
        lines.say("starting Spark")
        spark = start_session(settings)
        found = put_back_period(spark, settings, Period(trust, *days), has_quarantined=quarantined)
        lines.say(f"{found.files:,} files lie in landing again")
        if found.files:
            run_steps(spark, settings, tuple(STEPS), as_at=moment, listener=lines.listen)
    missing = f" {found.missing:,} are no longer where they were put." if found.missing else ""
    Console(highlight=False, soft_wrap=True).print(f"{found.files:,} files were judged again.{missing}")


def release(
    file_id: Annotated[int, typer.Argument(metavar="FILE_ID", help="The id that `cancollaborate status` shows.")],
    env: Env = "local",
    set_: Set = None,
) -> None:
    """Let a full extract that is held, because it has far fewer rows than the one before, be taken after all.

    Example: `cancollaborate release 123`
    """
    settings = load_settings(env, set_ or ())

    from jobs.backfill import release_held  # noqa: PLC0415 - as above
    from libs.lakehouse.session import start_session  # noqa: PLC0415 - as above

    with StepLines(Console(stderr=True, highlight=False)) as lines:
        lines.say("starting Spark")
        release_held(start_session(settings), settings, file_id)
    Console(highlight=False, soft_wrap=True).print(
        f"File {file_id} lies in landing again. The next `cancollaborate hourly` takes it."
    )


def _day(text: str | None, option: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise SettingsError(f"{option} is not a date", do="Write for example 2025-06-02.") from None
