"""Runs steps in their order in one session, tells how they go, and writes the run log once at the end."""

import contextlib
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib import import_module
from typing import cast

from pyspark.sql import SparkSession

from jobs import cleanse, clocks, gold, ingest, link, publish, run_log, score
from jobs.outcome import Outcome, Run
from libs import log
from libs.errors import CanCollaborateError
from libs.lakehouse.tables import Lake, open_lake
from libs.settings import Settings

# In the order in which an hour runs them. A step is a module with `run(spark, settings, run) -> Outcome`.
Step = Callable[[SparkSession, Settings, Run], Outcome]
STEPS: dict[str, Step] = {step.STEP: step.run for step in (ingest, cleanse, link, clocks, score, gold, publish)}
# What runs weekly or on demand, the modules of the same names: they load heavy libraries, so only when they are asked.
ON_DEMAND = ("train", "promote", "forecast")
WEEK = (*ON_DEMAND, publish.STEP, "train_linkage")
Listener = Callable[[str, Outcome | None, float], None]


def run_steps(
    spark: SparkSession,
    settings: Settings,
    names: Sequence[str],
    *,
    as_at: datetime,
    from_file: int | None = None,
    listener: Listener | None = None,
) -> list[Outcome]:
    """Run the named steps; the listener hears of each twice: when it starts (no outcome) and when it is done.

    `from_file` does over what that file and all after it brought, as is needed when a rule or a contract was mended.
    The first failure ends the run. The run log is written and published either way, so `status` can tell.
    """
    tell = listener or (lambda step, outcome, seconds: None)
    lake = open_lake(spark, settings)
    known, list_dates = run_log.progress(lake)
    watermarks = dict.fromkeys(STEPS, 0) | known
    if from_file is not None:
        watermarks = {name: min(watermark, from_file - 1) for name, watermark in watermarks.items()}
    started_at = datetime.now(UTC)
    run = Run(f"{started_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}", as_at, started_at, watermarks, list_dates)
    records: list[run_log.StepRecord] = []
    for name in names:
        tell(name, None, 0.0)
        began, clock = datetime.now(UTC), time.monotonic()
        try:
            outcome = _step(name)(spark, settings, run)
        except Exception as fault:
            records.append(run_log.StepRecord(name, began, datetime.now(UTC), None, describe(fault)))
            # The database may be what failed; the fault that ended the run is the one to tell.
            with contextlib.suppress(CanCollaborateError):
                _close(lake, settings, run, records)
            raise
        records.append(run_log.StepRecord(name, began, datetime.now(UTC), outcome))
        run = run.with_done(name, outcome.watermark)
        log.event("step_done", step=name, rows_changed=outcome.rows_changed, commits=outcome.commits)
        tell(name, outcome, time.monotonic() - clock)
    _close(lake, settings, run, records)
    return [record.outcome for record in records if record.outcome]


def _step(name: str) -> Step:
    return STEPS[name] if name in STEPS else cast(Step, import_module(f"jobs.{name}").run)


def _close(lake: Lake, settings: Settings, run: Run, records: Sequence[run_log.StepRecord]) -> None:
    run_log.write(lake, run.run_id, run.as_at, records)
    publish.publish_tables(lake, settings, run, [publish.RUNS])


def describe(fault: Exception) -> str:
    """A line about a fault that holds no value: our own messages do not; of any other only its kind is told."""
    if isinstance(fault, CanCollaborateError):
        return f"{type(fault).__name__}: {fault}"
    return f"unexpected {type(fault).__name__}"
