"""The demo: a synthetic world of two trusts, its history, models and hours, through the whole flow, on one machine."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console

from jobs import simulate
from jobs.screens.demo import show_demo
from jobs.screens.progress import StepLines
from jobs.steps import STEPS, WEEK, run_steps
from libs.errors import SettingsError
from libs.lakehouse.session import start_session
from libs.settings import Settings
from libs.warehouse.dialects import make_engine

ENDS_AT = datetime(2025, 6, 2, 9, 0, tzinfo=ZoneInfo("Europe/London"))  # a Monday morning
_MADE = (
    "landing", "checkpoints", "archive", "quarantine", "outbox", "lake", "secrets", "truth", "trust_keys", "outgoing",
    "mlartifacts", "data_docs",
)  # fmt: skip
_MADE_FILES = ("mlflow.db", "reporting.sqlite", "reporting.sqlite-wal", "reporting.sqlite-shm")


@dataclass(frozen=True)
class DemoSize:
    """How much is made: pathways over two years, hours after the history, and the seed of the world."""

    pathways: int
    hours: int
    seed: int


def run(settings: Settings, size: DemoSize, console: Console) -> None:
    """Make a world, run its hours, and show what came of it. Raises SettingsError where data is not synthetic."""
    if not settings.is_synthetic:
        raise SettingsError("the demo makes its own patients", do="Run it with --env local.", env=settings.env)
    clear(settings.paths.root)
    with StepLines(Console(stderr=True, highlight=False)) as lines:
        lines.say(f"making a synthetic world of {size.pathways:,} pathways")
        world = simulate.prepare(settings, pathways=size.pathways, hours=size.hours, seed=size.seed, ends_at=ENDS_AT)
        lines.say("starting Spark")
        spark = start_session(settings)
        for moment in (world.history_at, *world.moments):
            is_history = moment == world.history_at
            files = simulate.write_history(world) if is_history else simulate.write_hour(world, moment)
            lines.head(f"{moment:%H:%M}  {'two years of history' if is_history else 'an hour'}: {_told(files)}")
            run_steps(spark, settings, tuple(STEPS), as_at=moment, listener=lines.listen)
            if is_history:
                lines.head(f"{moment:%H:%M}  the weekly work: models and forecast")
                run_steps(spark, settings, WEEK, as_at=moment, listener=lines.listen)
    show_demo(console, make_engine(settings.warehouse.url), trusts=settings.trusts)


def clear(root: Path) -> None:
    """Remove what an earlier demo left under the folder, and nothing else."""
    for name in _MADE:
        shutil.rmtree(root / name, ignore_errors=True)
    for name in _MADE_FILES:
        (root / name).unlink(missing_ok=True)


def _told(files: Sequence[tuple[Path, int]]) -> str:
    return f"{len(files)} sealed files, {sum(rows for _, rows in files):,} rows"
