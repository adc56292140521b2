"""A small world with its history taken in, models promoted, open pathways scored and all of it published: made once."""

import functools
import io
import logging
import shutil
from collections.abc import Collection
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs import promote, score, simulate, train
from jobs.outcome import Outcome, Run
from jobs.simulate import Simulation
from jobs.steps import run_steps
from libs import log
from libs.settings import Settings, load_settings
from libs.synthetic.calendar import LONDON

FRIDAY = datetime(2025, 5, 30, 9, tzinfo=LONDON)
MONDAY = datetime(2025, 6, 2, 9, tzinfo=LONDON)
TO_CLOCKS = ("ingest", "cleanse", "link", "clocks")
TO_THE_END = ("gold", "forecast", "publish")


@dataclass(frozen=True)
class Modelled:
    """The world on Friday, what each model job told, and its folder; `copy` gives a lake of one's own to go on with.

    `printed` is what all its steps and jobs printed and logged.
    """

    simulation: Simulation
    folder: Path
    outcomes: dict[str, Outcome]
    printed: str

    @property
    def settings(self) -> Settings:
        return self.simulation.settings

    def copy(self, *, without: Collection[str] = ()) -> Settings:
        """Everything under the root but the named files and folders."""
        root = self.folder / f"copy_{len(list(self.folder.iterdir()))}"
        shutil.copytree(self.settings.paths.root, root, ignore=shutil.ignore_patterns(*without))
        return load_settings("local", [f"paths.root={root}"])

    def next_hour(self, settings: Settings) -> None:
        """Put Monday's extracts into the landing folder of a copy."""
        simulate.write_hour(replace(self.simulation, settings=settings), MONDAY)


def run_at(moment: datetime, *, name: str, after: Run | None = None, outcomes: Collection[Outcome] = ()) -> Run:
    """A run that knows how far the steps of an earlier one had come."""
    watermarks = {outcome.step: outcome.watermark for outcome in outcomes}
    dates = {outcome.step: after.as_at.date() for outcome in outcomes} if after else {}
    return Run(name, moment, datetime.now(UTC), watermarks, dates)


FRIDAY_RUN = run_at(FRIDAY, name="friday")


@pytest.fixture(scope="session")
def modelled(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Modelled:
    return _made(spark, tmp_path_factory.getbasetemp() / "modelled")


@functools.cache  # pytest makes an imported fixture once for each module that imports it
def _made(spark: SparkSession, folder: Path) -> Modelled:
    settings = load_settings("local", [f"paths.root={folder / 'start'}"])
    hours = int((MONDAY - FRIDAY) / timedelta(hours=1))
    simulation = simulate.prepare(settings, pathways=3000, hours=hours, seed=1, ends_at=MONDAY)
    simulate.write_history(simulation)
    printed = io.StringIO()
    with redirect_stderr(printed), redirect_stdout(printed), pytest.MonkeyPatch.context() as patch:
        for name in ("handlers", "level", "propagate"):  # as they are put back in the end
            patch.setattr(logging.getLogger("cancollaborate"), name, getattr(logging.getLogger("cancollaborate"), name))
        log.configure("INFO")
        run_steps(spark, settings, TO_CLOCKS, as_at=FRIDAY)
        outcomes = {job.STEP: job.run(spark, settings, FRIDAY_RUN) for job in (train, promote, score)}
        run_steps(spark, settings, TO_THE_END, as_at=FRIDAY)
    return Modelled(simulation, folder, outcomes, printed.getvalue())
