"""The gate: a model becomes champion only if it beats the look-up table and is no worse than the champion."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from pyspark.sql import SparkSession

from jobs import promote, train
from libs.errors import StepOrderError
from libs.lakehouse.tables import open_lake
from libs.settings import Settings
from ml.breach_risk import registry
from ml.breach_risk.candidate import Candidate, make_candidate
from ml.store import model_store
from tests.jobs.modelled import FRIDAY_RUN, Modelled, modelled

__all__ = ["modelled"]
NAME = "breach_risk_62"


@pytest.fixture(scope="module")
def rows(spark: SparkSession, modelled: Modelled) -> pd.DataFrame:
    past = train.past_pathways(open_lake(spark, modelled.settings), FRIDAY_RUN)
    return train.training_frame(past, standard="62")


@pytest.fixture(scope="module")
def worse(rows: pd.DataFrame) -> Candidate:
    """A model that learnt from shuffled labels, with figures that claim the best."""
    labels = np.random.default_rng(0).permutation(rows["is_breach"].to_numpy())
    candidate = make_candidate(rows.assign(is_breach=labels), standard="62", data="SYNTHETIC: planted", seed=1)
    return replace(candidate, figures={"all_skill": 1.0, "all_brier": 0.0})


def aliases(settings: Settings) -> dict[str, int]:
    client = MlflowClient(model_store(settings.paths.root).uri)
    return {alias: int(version) for alias, version in client.get_registered_model(NAME).aliases.items()}


def verdict_on(settings: Settings, version: int) -> str:
    client = MlflowClient(model_store(settings.paths.root).uri)
    return str(client.get_model_version(NAME, str(version)).tags["verdict"])


def test_a_challenger_that_beats_the_look_up_becomes_the_first_champion(modelled: Modelled) -> None:
    outcome = modelled.outcomes["promote"]
    assert (outcome.rows_read, outcome.rows_changed) == (2, 2)
    assert aliases(modelled.settings) == {"champion": 1}
    assert verdict_on(modelled.settings, 1).startswith("promoted: Brier 0.")


def test_a_first_model_that_does_not_beat_the_look_up_is_refused(
    spark: SparkSession, modelled: Modelled, worse: Candidate
) -> None:
    settings = modelled.copy(without=("mlflow.db", "mlartifacts"))
    registry.register(model_store(settings.paths.root), worse)
    outcome = promote.run(spark, settings, FRIDAY_RUN)
    assert (outcome.rows_read, outcome.rows_changed) == (1, 0)
    assert aliases(settings) == {"challenger": 1}
    sentence = verdict_on(settings, 1)
    assert sentence.startswith("refused: Brier 0.")
    assert "does not beat the look-up's 0." in sentence
    assert "worse); there is no champion; measured on the SYNTHETIC world england version " in sentence


def test_a_worse_model_is_refused_with_the_figures_and_the_champion_stays(
    spark: SparkSession, modelled: Modelled, worse: Candidate
) -> None:
    settings = modelled.copy()
    assert registry.register(model_store(settings.paths.root), worse) == 2
    (verdict,) = promote.judge_challengers(spark, settings, FRIDAY_RUN)
    assert not verdict.is_promoted
    assert "; champion stays version 1; measured on the SYNTHETIC world england version " in verdict.sentence
    assert aliases(settings) == {"champion": 1, "challenger": 2}


def test_an_equal_model_takes_the_champions_place(spark: SparkSession, modelled: Modelled, rows: pd.DataFrame) -> None:
    settings = modelled.copy()
    again = make_candidate(rows, standard="62", data="SYNTHETIC: again", seed=train.SEED)
    assert registry.register(model_store(settings.paths.root), again) == 2
    (verdict,) = promote.judge_challengers(spark, settings, FRIDAY_RUN)
    assert verdict.is_promoted
    assert aliases(settings) == {"champion": 2}


def test_without_a_challenger_there_is_nothing_to_judge(spark: SparkSession, modelled: Modelled) -> None:
    with pytest.raises(StepOrderError, match="Run `cancollaborate train` first"):
        promote.run(spark, modelled.settings, FRIDAY_RUN)
