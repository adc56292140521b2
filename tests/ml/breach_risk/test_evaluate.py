"""The figures of a model beside the look-up's."""

import numpy as np
import pandas as pd
import pytest

from ml.breach_risk.evaluate import evaluate, evaluate_by_day, flat

BREACHED = np.array([False, False, False, True] * 50)
ROWS = pd.DataFrame({"is_breach": BREACHED, "snapshot_day": [0, 14] * 100, "is_treated": [True] * 60 + [False] * 140})
CONSTANT = np.full(200, 0.25)
PERFECT = BREACHED.astype(float)


def test_a_perfect_model_has_all_skill() -> None:
    found = evaluate(ROWS, model=PERFECT, lookup=CONSTANT)
    assert (found.n, found.breach_share, found.auc, found.brier, found.skill) == (200, 0.25, 1.0, 0.0, 1.0)
    assert (found.lookup_auc, found.lookup_brier) == (0.5, pytest.approx(0.1875))


def test_the_look_up_itself_has_none() -> None:
    found = evaluate(ROWS, model=CONSTANT, lookup=CONSTANT)
    assert (found.auc, found.skill) == (0.5, 0.0)


def test_a_model_worse_than_the_look_up_has_less_than_none() -> None:
    assert evaluate(ROWS, model=1 - PERFECT, lookup=CONSTANT).skill < 0


def test_the_calibration_error_is_the_mean_gap_between_told_and_found() -> None:
    told = np.where(np.arange(200) < 100, 0.1, 0.4)  # a quarter breached in each half
    found = evaluate(ROWS, model=told, lookup=CONSTANT)
    assert found.calibration_error == pytest.approx(0.15, abs=0.02)
    assert evaluate(ROWS, model=PERFECT, lookup=CONSTANT).calibration_error == pytest.approx(0)


def test_each_snapshot_day_has_its_figures_and_so_have_those_who_were_treated() -> None:
    found = evaluate_by_day(ROWS, model=CONSTANT, lookup=CONSTANT)
    assert {name: each.n for name, each in found.items()} == {"all": 200, "treated": 60, "day_00": 100, "day_14": 100}
    assert (found["day_00"].breach_share, found["day_00"].auc) == (0.0, None)
    assert "day_00_auc" not in flat(found)
    assert flat(found)["day_14_breach_share"] == 0.5
