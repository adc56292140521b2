"""The command `cancollaborate`: what people type, and what Databricks wheel tasks call with parameters."""

import sys
import traceback
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from jobs import (
    intake_commands,
    keys_command,
    link_files_command,
    maintain_command,
    review_command,
    sealing_commands,
    train_command,
    words_command,
)
from jobs.options import AsAt, Env, Set
from jobs.screens.progress import StepLines
from jobs.screens.status import show_status
from libs import log
from libs.errors import CanCollaborateError
from libs.settings import Settings, load_settings, moment_of
from libs.warehouse.dialects import make_engine

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Cancer pathways across NHS trusts: linked, timed and published. Start with `cancollaborate demo`.",
)

Log = Annotated[str, typer.Option("--log-level", help="Events on standard error as JSON lines: INFO or WARNING.")]
FromFile = Annotated[
    int | None,
    typer.Option("--from-file", min=1, help="Do over what this file_id and all after it brought: a rule was mended."),
]
_STOPPED = "stopped. Run the same command again: it goes on where it left off."
_ROOT = Path(__file__).parents[1]


def main() -> None:
    """Run the command. A failure is one line on standard error and a non-zero exit; success just returns."""
    try:
        code = app(standalone_mode=False)
    except CanCollaborateError as fault:
        _fail(str(fault))
    except typer.TyperException as fault:
        _fail(f"{fault.format_message()} `cancollaborate --help` shows what there is.", code=2)
    except (typer.Abort, KeyboardInterrupt):
        _fail(_STOPPED)
    except Exception as fault:
        _fail(_where(fault))
    if code == 130:  # typer makes this of Ctrl-C
        _fail(_STOPPED, code=130)
    if isinstance(code, int) and code:
        raise SystemExit(code)


def _fail(line: str, *, code: int = 1) -> NoReturn:
    text = Text.assemble(("cancollaborate:", "bold red"), f" {line}")
    Console(stderr=True, soft_wrap=True).print(text, highlight=False)
    raise SystemExit(code)


def _where(fault: Exception) -> str:
    """Tell an unforeseen fault by its kind and place only: its text may hold a cell value."""
    ours = [frame for frame in traceback.extract_tb(fault.__traceback__) if str(_ROOT) in frame.filename]
    place = f" at {Path(ours[-1].filename).relative_to(_ROOT)}:{ours[-1].lineno}" if ours else ""
    return f"unexpected {type(fault).__name__}{place}. This is a fault of the program: please report this line."


Pathways = Annotated[int, typer.Option("--pathways", min=1, help="Pathways that begin in the two years.")]
Hours = Annotated[int, typer.Option("--hours", min=1, help="Hourly extracts after the history.")]
Seed = Annotated[int, typer.Option("--seed", help="Another seed makes another world.")]


@app.command()
def demo(
    pathways: Pathways = 20_000, hours: Hours = 3, seed: Seed = 1, set_: Set = None, log_level: Log = "WARNING"
) -> None:
    """Make a synthetic world, run its hours through the whole flow, and show what came of it.

    Example: `cancollaborate demo --pathways 2000`
    """
    from jobs.demo import DemoSize, run  # noqa: PLC0415 - as above

    log.configure(log_level)
    run(load_settings("local", set_ or ()), DemoSize(pathways, hours, seed), Console(highlight=False))


@app.command()
def simulate(  # noqa: PLR0913, PLR0917 - a command names its options one by one
    pathways: Annotated[
        int | None,
        typer.Option(min=1, help="Pathways over two years: 20,000; for --report as many as in life."),
    ] = None,
    hours: Hours = 3,
    seed: Seed = 1,
    env: Env = "local",
    set_: Set = None,
    ends_at: Annotated[str | None, typer.Option("--ends-at", help="The last hour, ISO, London time.")] = None,
    trusts: Annotated[
        str | None, typer.Option("--trusts", help="ODS codes with commas, northern, or all; those of --env without it.")
    ] = None,
    kind: Annotated[str, typer.Option("--kind", help="The hourly extracts: full or delta.")] = "full",
    late: Annotated[int, typer.Option("--late", min=0, help="Hourly files that arrive some hours later.")] = 0,
    missing: Annotated[int, typer.Option("--missing", min=0, help="Hourly files that never arrive.")] = 0,
    repeated: Annotated[int, typer.Option("--repeated", min=0, help="Hourly files that arrive twice.")] = 0,
    fault: Annotated[
        list[str] | None, typer.Option("--fault", help="The rate of a fault, NAME=RATE; may be repeated.")
    ] = None,
    clean: Annotated[bool, typer.Option("--clean", help="A world without faults, but for those of --fault.")] = False,
    report: Annotated[
        bool,
        typer.Option(
            "--report", help="Write no extracts: hold such a world against the published figures, with pictures."
        ),
    ] = False,
) -> None:
    """Write a synthetic world: sealed extracts into landing, keys that fit them, and the hidden truth beside it.

    Example: `cancollaborate simulate --env northern --pathways 200000 --kind delta --late 2`, or, to see how like life
    such a world is: `cancollaborate simulate --trusts all --report`
    """
    from jobs import simulate_command  # noqa: PLC0415 - as above
    from jobs.demo import ENDS_AT  # noqa: PLC0415 - as above

    settings = load_settings(env, set_ or ())
    last = moment_of(ends_at, settings, option="--ends-at") if ends_at else ENDS_AT
    asked = simulate_command.Asked(
        pathways=pathways, hours=hours, seed=seed, ends_at=last, trusts=trusts, kind=kind,
        astray=(late, missing, repeated), faults=tuple(fault or ()), is_clean=clean, has_report=report,
    )  # fmt: skip
    simulate_command.run(settings, asked, Console(highlight=False, soft_wrap=True))


@app.command()
def hourly(
    env: Env = "local", set_: Set = None, as_at: AsAt = None, from_file: FromFile = None, log_level: Log = "WARNING"
) -> None:
    """Run one hour: ingest, cleanse, link, clocks, score, gold and publish, in order, in one session.

    Example: `cancollaborate hourly --as-at 2025-06-02T09:00`
    """
    from jobs.steps import STEPS  # noqa: PLC0415 - Spark's libraries load only when a step runs

    _run(tuple(STEPS), env, set_, as_at, log_level, from_file=from_file)


def _step_command(name: str, what: str) -> None:
    def command(env: Env = "local", set_: Set = None, as_at: AsAt = None, log_level: Log = "WARNING") -> None:
        _run((name,), env, set_, as_at, log_level)

    command.__doc__ = f"{what}\n\nExample: `cancollaborate {name} --env local`"
    app.command(name)(command)


for _name, _what in (
    ("ingest", "Take in the sealed files that lie in landing: open, judge, write what changed to bronze."),
    ("cleanse", "Turn changed source rows into canonical patients, pathways, treatments and transfers."),
    ("link", "Find which records are one person and which pathways of two trusts are one."),
):
    _step_command(_name, _what)


@app.command()
def clocks(
    env: Env = "local",
    set_: Set = None,
    as_at: AsAt = None,
    explain: Annotated[
        str | None,
        typer.Option(
            "--explain",
            metavar="KEY",
            help="Run nothing: show the pathway of this pathway_key, or its beginning, or of RVW:local id.",
        ),
    ] = None,
    log_level: Log = "WARNING",
) -> None:
    """Run the 28-, 31- and 62-day clocks of pathways that changed, or tell of one pathway why they stand as they do.

    Example: `cancollaborate clocks --explain RVW:12345`
    """
    if explain is None:
        _run(("clocks",), env, set_, as_at, log_level)
        return
    log.configure(log_level)
    settings = load_settings(env, set_ or ())

    from jobs.explain_pathway import explain_pathway  # noqa: PLC0415 - as above
    from jobs.screens.explain import show_explained  # noqa: PLC0415 - as above
    from libs.lakehouse.session import start_session  # noqa: PLC0415 - as above

    with StepLines(Console(stderr=True, highlight=False)) as lines:
        lines.say("looking it up")
        found = explain_pathway(start_session(settings), settings, explain)
    show_explained(Console(highlight=False), found, is_synthetic=settings.is_synthetic)


for _name, _what in (
    ("score", "Tell how likely each open pathway is to breach, by the champions."),
    ("gold", "Bring the current list, its summary, performance, freshness and link quality up to date."),
):
    _step_command(_name, _what)

app.command("train")(train_command.train)

for _name, _what in (
    ("promote", "Make a challenger the champion if it beats the look-up table and the champion."),
    ("forecast", "Forecast weekly referrals and treatments 12 weeks ahead: gold.demand_forecast."),
):
    _step_command(_name, _what)


@app.command()
def publish(
    env: Env = "local",
    set_: Set = None,
    as_at: AsAt = None,
    dialect: Annotated[
        str | None,
        typer.Option("--ddl", help="Print the script of the database instead: mssql, postgresql or sqlite."),
    ] = None,
    log_level: Log = "WARNING",
) -> None:
    """Hold what changed against the quality gate, then bring the SQL database to what gold holds, in one transaction.

    Example: `cancollaborate publish --ddl mssql > reporting.sql`
    """
    if dialect is None:
        _run(("publish",), env, set_, as_at, log_level)
        return
    from jobs.ddl import ddl  # noqa: PLC0415 - as above

    load_settings(env, set_ or ())  # as every command does: a setting that is wrong is told here too
    typer.echo(ddl(dialect), nl=False)


@app.command("clock-file")
def clock_file(
    source: Annotated[Path, typer.Option("--input", help="CSV with one row a pathway and treatment; id is required.")],
    output: Annotated[Path | None, typer.Option("--output", help="CSV to write: the same rows, timed.")] = None,
    as_at: Annotated[
        str | None, typer.Option("--as-at", help="The date of the list, ISO, for rows without their own asof.")
    ] = None,
    explain: Annotated[
        str | None, typer.Option("--explain", metavar="ID", help="Show the row of this id: its timeline and trace.")
    ] = None,
    env: Env = "local",
    set_: Set = None,
) -> None:
    """Run the 28-, 31- and 62-day clocks on a CSV of your own: outcome, days, allocation, flags and why.

    Example: `cancollaborate clock-file --input rows.csv --output timed.csv --as-at 2025-06-02`
    """
    settings = load_settings(env, set_ or ())
    as_at_on = moment_of(as_at, settings).date() if as_at else None
    if output is None and explain is None:
        raise typer.BadParameter("give --output, --explain or both.")

    from jobs import clock_file as job  # noqa: PLC0415 - as above
    from jobs import explain_file  # noqa: PLC0415 - as above
    from jobs.screens.explain import show_explained  # noqa: PLC0415 - as above
    from libs.lakehouse.session import start_session  # noqa: PLC0415 - as above
    from libs.rules import load_rules  # noqa: PLC0415 - as above

    rows, rules, explained = job.open_rows(source), load_rules(), []
    places = explain_file.places_of(rows, explain) if explain is not None else []
    with StepLines(Console(stderr=True, highlight=False)) as lines:
        lines.say("starting Spark")
        spark = start_session(settings)
        lines.say(f"timing {len(rows):,} rows")
        if output is not None:
            job.clock_file(
                spark, rows, output, rules, as_at_on=as_at_on,
                listener=lambda done: lines.say(f"timed {done:,} of {len(rows):,} rows"),
            )  # fmt: skip
        if places:
            explained = explain_file.explain_rows(spark, rows, places, rules, as_at_on=as_at_on)
    for one in explained:
        show_explained(Console(highlight=False), one)
    if output is not None:
        Console(highlight=False, soft_wrap=True).print(f"{len(rows):,} rows timed, in {output}")


@app.command("forecast-file")
def forecast_file(
    source: Annotated[Path, typer.Option("--input", help="CSV with series_id, period and value, weekly or monthly.")],
    output: Annotated[Path, typer.Option("--output", help="CSV to write: mean and 80 and 95 % intervals.")],
    horizon: Annotated[int, typer.Option("--horizon", min=1, help="How many periods ahead.")] = 12,
    env: Env = "local",
    set_: Set = None,
) -> None:
    """Forecast the series of a CSV of your own; the method that did best on a hold-out is named. It needs no Spark.

    Example: `cancollaborate forecast-file --input series.csv --horizon 6 --output forecast.csv`
    """
    from jobs import forecast_file as job  # noqa: PLC0415 - statistics libraries load only when they are needed

    load_settings(env, set_ or ())  # as above
    count = job.forecast_file(source, output, horizon=horizon)
    Console(highlight=False, soft_wrap=True).print(f"{count} series forecast, {horizon} periods ahead, in {output}")


@app.command()
def replay(
    rules: Annotated[Path, typer.Option("--rules", help="A folder with the files of conf/rules, as they would be.")],
    output: Annotated[Path | None, typer.Option("--output", help="CSV to write: the clocks that change.")] = None,
    env: Env = "local",
    set_: Set = None,
    as_at: AsAt = None,
    log_level: Log = "WARNING",
) -> None:
    """Time the lake's pathways by other rules, a changed copy of conf/rules, and tell which clocks would change.

    Example: `cancollaborate replay --rules mine --output changes.csv`
    """
    log.configure(log_level)
    settings = load_settings(env, set_ or ())
    moment = moment_of(as_at, settings)

    from jobs import replay as job  # noqa: PLC0415 - Spark's libraries load only when they are needed
    from jobs.screens.replay import show_replay  # noqa: PLC0415 - as above
    from libs.lakehouse.session import start_session  # noqa: PLC0415 - as above
    from libs.rules import load_rules  # noqa: PLC0415 - as above

    load_rules(rules)  # what was typed wrong is told before Spark starts
    with StepLines(Console(stderr=True, highlight=False)) as lines:
        lines.say("timing every pathway by both rules")
        found = job.replay(start_session(settings), settings, rules=rules, as_at=moment, output=output)
    show_replay(Console(highlight=False), found, is_synthetic=settings.is_synthetic)
    if output is not None:
        Console(highlight=False, soft_wrap=True).print(f"Each of them, and why: {output}")


app.add_typer(keys_command.app, name="keys")
app.add_typer(review_command.app, name="review")
app.command("seal")(sealing_commands.seal)
app.command("open")(sealing_commands.open_)
app.command("backfill")(intake_commands.backfill)
app.command("release")(intake_commands.release)
app.command("maintain")(maintain_command.maintain)
app.command("words")(words_command.words)
app.command("link-files")(link_files_command.link_files)


@app.command()
def status(env: Env = "local", set_: Set = None) -> None:
    """Show feeds, last runs, refused files and the publication at a glance. It needs no Spark.

    Example: `cancollaborate status`
    """
    settings = load_settings(env, set_ or ())
    engine = make_engine(settings.warehouse.url)
    show_status(
        Console(highlight=False), engine, trusts=settings.trusts, retention=settings.retention,
        is_synthetic=settings.is_synthetic,
    )  # fmt: skip


def _run(
    names: Sequence[str],
    env: str,
    overrides: Sequence[str] | None,
    as_at: str | None,
    level: str,
    *,
    from_file: int | None = None,
) -> None:
    log.configure(level)
    settings: Settings = load_settings(env, overrides or ())
    moment: datetime = moment_of(as_at, settings)

    from jobs import ingest, maintain  # noqa: PLC0415 - as above, and what was typed wrong is told before they load
    from jobs.steps import run_steps  # noqa: PLC0415 - as above
    from libs.lakehouse.session import start_session  # noqa: PLC0415 - as above
    from libs.lakehouse.tables import open_lake  # noqa: PLC0415 - as above

    if ingest.STEP in names:
        ingest.check_landing(settings)
    with StepLines(Console(stderr=True, highlight=False)) as lines:
        lines.say("starting Spark")
        spark = start_session(settings)
        if from_file is not None:
            maintain.check_whole(open_lake(spark, settings), from_file)
        run_steps(spark, settings, names, as_at=moment, from_file=from_file, listener=lines.listen)


if __name__ == "__main__":
    sys.exit(main())  # type: ignore[func-returns-value]
