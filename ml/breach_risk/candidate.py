"""A candidate for champion: a fitted model, its look-up, its figures on the last months, and what is told of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ml.breach_risk.card import Told, description, model_card
from ml.breach_risk.evaluate import Figures, evaluate_by_day, flat
from ml.breach_risk.fit import PARAMETERS, Split, fit_model, predict, temporal_split
from ml.breach_risk.lookup import STRENGTH, Lookup, fit_lookup
from ml.breach_risk.snapshots import SNAPSHOT_DAYS

LARGEST_CALIBRATION_ERROR = 0.05  # of a model whose probabilities may be read as such


@dataclass(frozen=True)
class Candidate:
    """Everything that the registry keeps of a model."""

    standard: str
    model: Any
    lookup: Lookup
    parameters: Mapping[str, str | float]
    figures: Mapping[str, float]
    tags: Mapping[str, str]
    description: str
    card: str


def make_candidate(rows: pd.DataFrame, *, standard: str, data: str, seed: int) -> Candidate:
    """Fit, calibrate and test a standard's model on training rows; `data` names them where the model is shown.

    Raises TrainingError where there is too little past.
    """
    ordered = rows.sort_values(["started_on", "pathway_key", "snapshot_day"], ignore_index=True)
    split = temporal_split(ordered, standard=standard)
    model = fit_model(split, seed=seed)
    lookup = fit_lookup(pd.concat([split.train, split.calibrate]), days=SNAPSHOT_DAYS[standard])
    figures = evaluate_by_day(split.test, model=predict(model, split.test), lookup=lookup.predict(split.test))
    told = Told(standard, data, split.calibrate_from, split.test_from, len(split.train), len(split.calibrate))
    return Candidate(
        standard=standard,
        model=model,
        lookup=lookup,
        parameters={**PARAMETERS, "seed": seed, "lookup_strength": STRENGTH, "calibration": "sigmoid"},
        figures=flat(figures),
        tags=_tags(split, data, figures["all"]),
        description=description(told),
        card=model_card(told, figures),
    )


def _tags(split: Split, data: str, figures: Figures) -> dict[str, str]:
    is_calibrated = figures.calibration_error <= LARGEST_CALIBRATION_ERROR
    return {
        "data": data,
        "calibrate_from": split.calibrate_from.isoformat(),
        "test_from": split.test_from.isoformat(),
        "is_calibrated": str(is_calibrated).lower(),
    }
