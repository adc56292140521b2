"""The command `maintain`: retention is applied, or looked at."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from jobs.options import AsAt, Env, Set
from jobs.screens.progress import StepLines
from libs import log
from libs.settings import load_settings, moment_of

Log = Annotated[str, typer.Option("--log-level", help="Events on standard error as JSON lines: INFO or WARNING.")]


def maintain(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Remove nothing: show what is past its day.")] = False,
    env: Env = "local",
    set_: Set = None,
    as_at: AsAt = None,
    log_level: Log = "WARNING",
) -> None:
    """Remove what is past its day, as `retention` in the settings says, and keep the lake's files in order.

    Example: `cancollaborate maintain --as-at 2025-06-02T02:45 --dry-run`
    """
    log.configure(log_level)
    settings = load_settings(env, set_ or ())
    moment = moment_of(as_at, settings)

    from jobs import maintain as job  # noqa: PLC0415 - Spark's libraries load only when they are needed
    from jobs import run_log  # noqa: PLC0415 - as above
    from jobs.outcome import Run  # noqa: PLC0415 - as above
    from jobs.screens.maintain import show_maintained  # noqa: PLC0415 - as above
    from jobs.steps import run_steps  # noqa: PLC0415 - as above
    from libs.lakehouse.session import start_session  # noqa: PLC0415 - as above
    from libs.lakehouse.tables import open_lake  # noqa: PLC0415 - as above

    job.check(settings)
    with StepLines(Console(stderr=True, highlight=False)) as lines:
        lines.say("starting Spark")
        spark = start_session(settings)
        lines.say("looking for what is past its day")
        if dry_run:
            watermarks, list_dates = run_log.progress(open_lake(spark, settings))
            removed = job.look(spark, settings, Run("look", moment, datetime.now(UTC), watermarks, list_dates))
        else:
            [outcome] = run_steps(spark, settings, (job.STEP,), as_at=moment)
            removed = [*outcome.removed] if isinstance(outcome, job.Maintained) else []
    show_maintained(
        Console(highlight=False, soft_wrap=True), removed, is_look=dry_run, is_synthetic=settings.is_synthetic
    )
