"""Scores of the lake: of open pathways whose clocks run, as at today, by the champion, and no others."""

import shutil
from datetime import date

import pytest
from pyspark.sql import Row, SparkSession

from jobs import score
from jobs.linked_view import linked_view
from jobs.outcome import Outcome
from jobs.steps import run_steps
from libs.lakehouse.tables import open_lake
from libs.pathways.ptl import current_ptl
from libs.rules import load_rules
from libs.settings import Settings
from ml.breach_risk import registry
from ml.breach_risk.candidate import Candidate
from ml.breach_risk.gate import Verdict
from ml.store import CHAMPION, model_store
from tests.jobs.modelled import FRIDAY_RUN, MONDAY, TO_CLOCKS, Modelled, modelled, run_at

__all__ = ["modelled"]


@pytest.fixture(scope="module")
def monday(spark: SparkSession, modelled: Modelled) -> tuple[Settings, Outcome]:
    """A copy that has taken in Monday's hour and scored it."""
    settings = modelled.copy()
    modelled.next_hour(settings)
    run_steps(spark, settings, TO_CLOCKS, as_at=MONDAY)
    run = run_at(MONDAY, name="monday", after=FRIDAY_RUN, outcomes=[modelled.outcomes["score"]])
    return settings, score.run(spark, settings, run)


def scores(spark: SparkSession, settings: Settings) -> dict[tuple[str, str], Row]:
    rows = open_lake(spark, settings).read(score.TABLE).collect()
    by_key = {(row["pathway_key"], row["standard"]): row for row in rows}
    assert len(by_key) == len(rows)
    return by_key


def running(spark: SparkSession, settings: Settings, *, as_at_on: date) -> set[tuple[str, str]]:
    """The pathways of the list, with each standard whose clock runs and has not breached."""
    lake = open_lake(spark, settings)
    standards = lake.read("gold.pathway_standard")
    keys = standards.where("outcome = 'OPEN'").select("pathway_key").distinct()
    listed = current_ptl(*linked_view(lake, keys, load_rules(), as_at_on=as_at_on), standards).collect()
    return {(row["pathway_key"], name) for row in listed for name in ("28", "62") if row[f"outcome_{name}"] == "OPEN"}


def test_each_pathway_of_the_list_has_a_score_for_each_clock_that_runs(spark: SparkSession, modelled: Modelled) -> None:
    found = scores(spark, modelled.settings)
    assert len(found) == modelled.outcomes["score"].rows_changed > 20
    assert set(found) == running(spark, modelled.settings, as_at_on=FRIDAY_RUN.as_at.date())


def test_a_score_names_its_model_and_tells_a_probability_and_its_band(spark: SparkSession, modelled: Modelled) -> None:
    for (_, standard), row in scores(spark, modelled.settings).items():
        assert (row["model_name"], row["model_version"]) == (f"breach_risk_{standard}", 1)
        assert row["scored_on"] == FRIDAY_RUN.as_at.date()
        assert 0 < row["p_breach"] < 1
        assert 0 < row["baseline_p"] < 1
        assert row["risk_band"] == ("high" if row["p_breach"] >= 0.5 else "medium" if row["p_breach"] >= 0.2 else "low")
        assert row["run_id"] == "friday"


def test_without_a_champion_nothing_is_scored(spark: SparkSession, modelled: Modelled) -> None:
    settings = modelled.copy(without=("mlflow.db", "mlartifacts", "risk_score"))
    assert score.run(spark, settings, FRIDAY_RUN) == Outcome("score", 0)
    assert not open_lake(spark, settings).exists(score.TABLE)


def test_when_the_champions_are_gone_their_scores_go_and_come_back_with_them(
    spark: SparkSession, modelled: Modelled
) -> None:
    settings = modelled.copy()
    before = set(scores(spark, settings))
    store = settings.paths.root / "mlflow.db"
    done = modelled.outcomes["score"]
    again = run_at(FRIDAY_RUN.as_at, name="again", after=FRIDAY_RUN, outcomes=[done])
    hidden = store.rename(store.with_suffix(".away"))
    taken_back = score.run(spark, settings, again)
    assert (taken_back.rows_changed, taken_back.commits) == (len(before), 1)
    assert not scores(spark, settings)
    assert score.run(spark, settings, again).commits == 0
    hidden.rename(store)
    score.run(spark, settings, again)
    assert set(scores(spark, settings)) == before


def test_the_same_hour_scored_again_changes_nothing(spark: SparkSession, modelled: Modelled) -> None:
    done = modelled.outcomes["score"]
    again = run_at(FRIDAY_RUN.as_at, name="again", after=FRIDAY_RUN, outcomes=[done])
    assert score.run(spark, modelled.settings, again) == Outcome("score", done.watermark)
    twice = score.run(spark, modelled.settings, FRIDAY_RUN)
    assert (twice.rows_changed, twice.commits) == (0, 0)


def test_on_a_new_day_all_are_scored_anew_and_those_who_left_are_gone(
    spark: SparkSession, monday: tuple[Settings, Outcome]
) -> None:
    settings, outcome = monday
    found = scores(spark, settings)
    assert outcome.rows_changed > 0
    assert {row["scored_on"] for row in found.values()} == {MONDAY.date()}
    assert set(found) == running(spark, settings, as_at_on=MONDAY.date())


def test_going_on_from_friday_comes_to_what_scoring_from_nothing_comes_to(
    spark: SparkSession, monday: tuple[Settings, Outcome]
) -> None:
    settings, _ = monday
    before = {key: (row["p_breach"], row["row_hash"]) for key, row in scores(spark, settings).items()}
    shutil.rmtree(settings.paths.lake / "gold" / "risk_score")
    score.run(spark, settings, run_at(MONDAY, name="from nothing"))
    assert {key: (row["p_breach"], row["row_hash"]) for key, row in scores(spark, settings).items()} == before


def test_another_champion_scores_everyone_anew_within_the_day(spark: SparkSession, modelled: Modelled) -> None:
    settings = modelled.copy()
    store = model_store(settings.paths.root)
    champion = registry.load(store, "28", CHAMPION)
    assert champion is not None
    twin = Candidate("28", champion.model, champion.lookup, {}, {}, dict(champion.tags), "SYNTHETIC: a twin", "")
    assert registry.register(store, twin) == 2
    registry.record(store, Verdict("breach_risk_28", 2, True, "promoted by a test"))
    done = modelled.outcomes["score"]
    run = run_at(FRIDAY_RUN.as_at, name="new model", after=FRIDAY_RUN, outcomes=[done])
    score.run(spark, settings, run)
    versions = {(row["standard"], row["model_version"]) for row in scores(spark, settings).values()}
    assert versions == {("28", 2), ("62", 1)}
