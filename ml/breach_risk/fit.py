"""Fit a standard's model: boosted trees on earlier clock starts, calibrated on later ones, tested on the last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder
from threadpoolctl import threadpool_limits

from libs.errors import TrainingError
from ml.breach_risk.features import CATEGORIES, FEATURES, NUMBERS
from ml.breach_risk.snapshots import SNAPSHOT_DAYS

TEST_DAYS = 120
CALIBRATE_DAYS = 90
FEWEST_BREACHES = 20  # rows in each part; with fewer neither a fit nor a figure means anything
# Small trees: on 2,000 pathways larger ones learn the past by heart, on 20,000 they gain next to nothing.
PARAMETERS: Mapping[str, float] = {
    "learning_rate": 0.06,
    "max_iter": 100,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 40,
    "l2_regularization": 5.0,
}


@dataclass(frozen=True)
class Split:
    """The parts of the past by clock start, and the first clock starts of the last two."""

    train: pd.DataFrame
    calibrate: pd.DataFrame
    test: pd.DataFrame
    calibrate_from: date
    test_from: date


def temporal_split(rows: pd.DataFrame, *, standard: str) -> Split:
    """Split training rows by clock start; nothing before the test is used whose end was not yet known as it began.

    Raises TrainingError where a part has too few breaches or none that did not breach.
    """
    if rows.empty:
        raise TrainingError("no past pathway to train on", do="Load more history, then train.", standard=standard)
    started = pd.to_datetime(rows["started_on"]).dt.date
    test_from = started.max() - timedelta(days=TEST_DAYS - 1)
    last_known = known_until(test_from, standard=standard)
    calibrate_from = last_known - timedelta(days=CALIBRATE_DAYS - 1)
    split = Split(
        train=rows[started < calibrate_from],
        calibrate=rows[(started >= calibrate_from) & (started <= last_known)],
        test=rows[started >= test_from],
        calibrate_from=calibrate_from,
        test_from=test_from,
    )
    for name in ("train", "calibrate", "test"):
        _refuse_too_few(getattr(split, name), name, standard)
    return split


def known_until(moment: date, *, standard: str) -> date:
    """The last clock start whose breach, or the want of one, was known to all before the moment."""
    return moment - timedelta(days=SNAPSHOT_DAYS[standard][-1] + 1)


def fit_model(split: Split, *, seed: int) -> CalibratedClassifierCV:
    """A calibrated classifier of rows with `FEATURES`; the same rows and seed give the same model.

    It is made of scikit-learn's own parts alone, so it can be stored without pickle and served without our code.
    """
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan)
    columns = ColumnTransformer([("words", codes, list(CATEGORIES)), ("numbers", "passthrough", list(NUMBERS))])
    booster = HistGradientBoostingClassifier(
        **PARAMETERS, categorical_features=list(range(len(CATEGORIES))), random_state=seed
    )
    # One thread: on a shared machine more of them wait for each other, and the figures are the same everywhere.
    with threadpool_limits(1):
        fitted = Pipeline([("columns", columns), ("booster", booster)]).fit(
            split.train[list(FEATURES)], split.train["is_breach"].astype(int)
        )
        # The sigmoid bends the scale by two numbers: a few months are enough for them, as they are not for steps.
        return CalibratedClassifierCV(FrozenEstimator(fitted), method="sigmoid").fit(
            split.calibrate[list(FEATURES)], split.calibrate["is_breach"].astype(int)
        )


def predict(model: CalibratedClassifierCV, rows: pd.DataFrame) -> npt.NDArray[np.float64]:
    """The probability of a breach for each row."""
    return np.asarray(model.predict_proba(rows[list(FEATURES)])[:, 1], dtype=np.float64)


def _refuse_too_few(part: pd.DataFrame, name: str, standard: str) -> None:
    breaches = int(part["is_breach"].sum())
    if breaches < FEWEST_BREACHES or breaches == len(part):
        raise TrainingError(
            f"too little past to {name} on",
            do="Load more history, then train.",
            standard=standard,
            rows=len(part),
            breaches=breaches,
        )
