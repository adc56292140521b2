"""A model learns from earlier clocks, is tested on later ones, and comes out the same each time."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from libs.errors import TrainingError
from ml.breach_risk.candidate import make_candidate
from ml.breach_risk.features import FEATURES
from ml.breach_risk.fit import Split, fit_model, predict, temporal_split
from ml.breach_risk.snapshots import SNAPSHOT_DAYS
from tests.ml.breach_risk.past_rows import past_rows


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return past_rows()


@pytest.fixture(scope="module")
def split(rows: pd.DataFrame) -> Split:
    return temporal_split(rows, standard="62")


@pytest.mark.parametrize("standard", ["28", "62"])
def test_each_part_lies_wholly_after_the_one_before(rows: pd.DataFrame, standard: str) -> None:
    split = temporal_split(rows, standard=standard)
    assert split.train["started_on"].max() < split.calibrate_from <= split.calibrate["started_on"].min()
    assert split.calibrate["started_on"].max() < split.test_from <= split.test["started_on"].min()
    assert split.test["started_on"].max() == rows["started_on"].max()


@pytest.mark.parametrize("standard", ["28", "62"])
def test_nothing_is_learnt_whose_end_was_not_known_when_the_test_began(rows: pd.DataFrame, standard: str) -> None:
    split = temporal_split(rows, standard=standard)
    learnt = pd.concat([split.train, split.calibrate])
    assert learnt["started_on"].max() + timedelta(days=SNAPSHOT_DAYS[standard][-1]) < split.test_from


def test_no_pathway_stands_in_two_parts(split: Split) -> None:
    parts = [set(part["pathway_key"]) for part in (split.train, split.calibrate, split.test)]
    assert sum(map(len, parts)) == len(set.union(*parts))


def test_the_same_rows_in_another_order_give_the_same_model(rows: pd.DataFrame, split: Split) -> None:
    shuffled = rows.sample(frac=1, random_state=8)
    one, other = (make_candidate(each, standard="62", data="made up", seed=4) for each in (rows, shuffled))
    assert np.array_equal(predict(one.model, split.test), predict(other.model, split.test))
    assert (one.figures, one.lookup) == (other.figures, other.lookup)


def test_probabilities_mean_what_they_say(split: Split) -> None:
    told = predict(fit_model(split, seed=1), split.test)
    breached = split.test["is_breach"].to_numpy()
    for chosen in (told < 0.3, told >= 0.3):
        assert chosen.sum() > 100
        assert told[chosen].mean() == pytest.approx(breached[chosen].mean(), abs=0.08)


def test_a_word_that_was_never_seen_still_gets_a_probability(split: Split) -> None:
    strange = split.test.head(3).assign(tumour_site="never seen", first_trust="R0A")
    assert np.isfinite(predict(fit_model(split, seed=1), strange)).all()


def test_a_column_that_never_varies_does_no_harm(split: Split) -> None:
    assert {split.train[name].nunique() for name in FEATURES} >= {1}
    assert np.isfinite(predict(fit_model(split, seed=1), split.test)).all()


@pytest.mark.parametrize("count", [0, 40])
def test_too_little_past_is_refused_with_what_to_do(count: int) -> None:
    with pytest.raises(TrainingError, match="Load more history, then train"):
        temporal_split(past_rows(count) if count else past_rows(1).head(0), standard="62")
