"""The hour stopped, failed or killed anywhere and run again: the tables of an hour that nothing disturbed."""

import contextlib
import random
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from jobs import ingest, run_log
from jobs.changed import last_file_id
from jobs.outcome import Run
from jobs.steps import STEPS
from libs.lakehouse.tables import Lake, open_lake
from libs.settings import Settings
from libs.warehouse.dialects import make_engine
from tests.jobs.conftest import FIRST_HOUR, ORDER, SECOND_HOUR, Start, Tables, commits, differing, run_hour, tables

# The steps that write what they make into the lake; what publish writes is one transaction of the database.
WRITING = ("ingest", "cleanse", "link", "clocks", "gold")


class Killed(BaseException):
    """The process ends here: no `except Exception` of the program sees it, and nothing is tidied up."""


def run_without_log(
    spark: SparkSession, settings: Settings, *steps: str, done: Sequence[str] = (), as_at: datetime = SECOND_HOUR
) -> None:
    """Run steps as the hour does, of a process that does not live to write the run log; `done` it had done before."""
    lake = open_lake(spark, settings)
    watermarks, list_dates = run_log.progress(lake)
    run = Run("killed", as_at, datetime.now(UTC), dict.fromkeys(STEPS, 0) | watermarks, list_dates)
    for step in done:
        run = run.with_done(step, last_file_id(lake))
    for step in steps:
        run = run.with_done(step, STEPS[step](spark, settings, run).watermark)


@contextmanager
def killed_at_write(number: int, *, is_written: bool) -> Iterator[None]:
    """The process ends just before its write of this number, or just after it."""
    original, count = Lake._commit, 0

    @contextmanager
    def commit(lake: Lake, name: str) -> Iterator[None]:
        nonlocal count
        count += 1
        if count == number and not is_written:
            raise Killed
        with original(lake, name):
            yield
        if count == number:
            raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Lake, "_commit", commit)
        yield


@contextmanager
def stopped_before(step: str) -> Iterator[None]:
    """The hour fails when it comes to this step; what is done until then stands in the run log."""

    def fail(*_: object) -> None:
        raise RuntimeError("Mary Smith 9434765919")

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(STEPS, step, fail)
        with pytest.raises(RuntimeError):
            yield


def test_an_hour_stopped_at_each_boundary_and_killed_within_each_step_goes_on_where_it_left_off(
    spark: SparkSession, start: Start, expected: Tables
) -> None:
    """One lake for all: what a stop leaves is what the one before it left and the one step that was done since.

    A step that makes fewer writes than were drawn is killed when it is done.
    """
    rng = random.Random(20250602)  # noqa: S311 - which write is tried here; the soak tries all
    lake = start.copy()
    for step in ORDER:
        with stopped_before(step):
            run_hour(spark, lake)
        if step in WRITING:
            with contextlib.suppress(Killed), killed_at_write(rng.randint(1, 3), is_written=True):
                run_without_log(spark, lake, step)
    run_hour(spark, lake)
    assert differing(tables(spark, lake), expected) == []
    runs = pd.read_sql_table("run", make_engine(lake.warehouse.url))
    failed = runs[runs["status"] == "failed"].sort_values("started_at")
    assert list(failed["step"]) == list(ORDER)
    assert set(failed["error"]) == {"unexpected RuntimeError"}
    # A step that was done is not done again: it made commits in one run of this hour and in no other.
    of_this_hour = runs[(runs["as_at"] == runs["as_at"].max()) & runs["step"].isin(WRITING)]
    worked = list(of_this_hour[of_this_hour["commits"] > 0]["step"])
    assert len(worked) == len(set(worked))


def test_an_hour_killed_when_all_but_its_log_is_written_is_done_again_and_changes_no_row(
    spark: SparkSession, start: Start, undisturbed: Settings, expected: Tables
) -> None:
    lake = start.copy(undisturbed)
    shutil.rmtree(lake.paths.lake / "ops")
    shutil.copytree(start.settings.paths.lake / "ops", lake.paths.lake / "ops")
    run_hour(spark, lake)
    assert differing(tables(spark, lake), expected) == []


def test_an_ingest_killed_between_the_ledger_and_the_moving_of_files_takes_nothing_twice(
    spark: SparkSession, start: Start, expected: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved: list[Path] = []

    def move_one(path: Path, destination: Path) -> None:
        if moved:
            raise Killed
        destination.parent.mkdir(parents=True, exist_ok=True)
        moved.append(path.rename(destination))

    lake = start.copy()
    with monkeypatch.context() as patch:
        patch.setattr(ingest, "put_away", move_one)
        with pytest.raises(Killed):
            run_without_log(spark, lake, "ingest")
    assert len(list(lake.paths.landing.rglob("*.jwe"))) == 1
    run_without_log(spark, lake, "ingest")
    assert list(lake.paths.landing.rglob("*.jwe")) == []
    assert not lake.paths.quarantine.exists()
    bronze = tables(spark, lake, schema="bronze")
    assert differing(bronze, {name: rows for name, rows in expected.items() if name in bronze}) == []


@dataclass(frozen=True)
class Stopped:
    """For each step, the lake of a second hour that was killed when the step was done: the run log knows nothing of it.

    `writes` counts the Delta commits of each step.
    """

    after: Mapping[str, Settings]
    writes: Mapping[str, int]

    def before(self, step: str, start: Start) -> Settings:
        place = ORDER.index(step)
        return start.settings if place == 0 else self.after[ORDER[place - 1]]


@pytest.fixture(scope="module")
def stopped(spark: SparkSession, start: Start) -> Stopped:
    lake, after, writes = start.copy(), {}, {}
    for place, step in enumerate(ORDER):
        before = sum(commits(lake).values())
        run_without_log(spark, lake, step, done=ORDER[:place])
        writes[step] = sum(commits(lake).values()) - before
        after[step] = start.copy(lake)
    return Stopped(after, writes)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("is_written", [False, True])
@pytest.mark.parametrize("step", [*WRITING, "publish"])
def test_an_hour_killed_at_any_write_gives_the_same_tables(
    step: str, is_written: bool, spark: SparkSession, start: Start, stopped: Stopped, expected: Tables
) -> None:
    """After its last write a step is done: so each boundary of two steps is among them."""
    assert stopped.writes[step] > 0
    for number in range(1, stopped.writes[step] + 1):
        lake = start.copy(stopped.before(step, start))
        with pytest.raises(Killed), killed_at_write(number, is_written=is_written):
            run_without_log(spark, lake, step, done=ORDER[: ORDER.index(step)])
        run_hour(spark, lake)
        assert differing(tables(spark, lake), expected) == [], f"write {number}"
        shutil.rmtree(lake.paths.root)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_first_load_killed_at_one_write_after_another_comes_through(spark: SparkSession, start: Start) -> None:
    lake = start.copy(start.empty)
    kills = 0
    while True:
        try:
            with killed_at_write(kills + 1, is_written=kills % 2 == 0):
                run_without_log(spark, lake, *ORDER, as_at=FIRST_HOUR)
            break
        except Killed:
            kills += 1
    run_hour(spark, lake, FIRST_HOUR)
    assert kills > 5
    assert differing(tables(spark, lake), tables(spark, start.settings)) == []
