"""How far a step goes, and an hour that is done over."""

from datetime import UTC, datetime

import pytest
from pyspark.sql import SparkSession

from jobs.outcome import Run
from jobs.steps import STEPS, run_steps
from libs.settings import Settings
from tests.jobs.conftest import SECOND_HOUR, Start, differing, tables

NOON = datetime(2025, 6, 2, 12, tzinfo=UTC)


def test_a_step_goes_no_further_than_the_one_before_it() -> None:
    run = Run("run", NOON, NOON, {"cleanse": 3, "link": 3})
    assert run.upto("cleanse", newest=5) == 3
    assert run.with_done("cleanse", 5).upto("cleanse", newest=5) == 5
    assert run.with_done("cleanse", 5).done == ("cleanse",)


def test_where_nothing_is_known_of_the_step_before_the_newest_file_is_the_end() -> None:
    assert Run("run", NOON, NOON).upto("clocks", newest=5) == 5


@pytest.mark.spark
def test_an_hour_done_over_from_the_first_file_gives_the_same_tables(
    spark: SparkSession, start: Start, undisturbed: Settings
) -> None:
    """What is mended in a rule or a contract then reaches all rows, and nothing else changes."""
    settings = start.copy(undisturbed)
    outcomes = run_steps(spark, settings, tuple(STEPS), as_at=SECOND_HOUR, from_file=1)
    assert {outcome.step: outcome.rows_read > 0 for outcome in outcomes}["cleanse"]
    assert differing(tables(spark, settings), tables(spark, undisturbed)) == []
