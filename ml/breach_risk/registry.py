"""The models' place in MLflow: a run and a version for each candidate, its look-up beside it, the two aliases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version as installed_version
from typing import Any

import mlflow
import numpy as np
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema, TensorSpec

from ml.breach_risk.candidate import Candidate
from ml.breach_risk.features import CATEGORIES, NUMBERS
from ml.breach_risk.gate import Verdict
from ml.breach_risk.lookup import Lookup
from ml.store import CHALLENGER, CHAMPION, ModelStore
from ml.tracking import experiment_id, fluent, registered_model

MODEL_NAMES = {"28": "breach_risk_28", "62": "breach_risk_62"}
EXPERIMENT = "breach_risk"
# What skops must be told to trust beyond scikit-learn's public estimators: loading a model runs no code of others.
TRUSTED_TYPES = (
    "functools.partial",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.utils.validation.check_array",
)
REQUIREMENTS = ("scikit-learn", "skops", "pandas", "numpy")


@dataclass(frozen=True)
class Registered:
    """A version out of the registry, ready to tell probabilities."""

    standard: str
    name: str
    version: int
    model: Any
    lookup: Lookup
    tags: Mapping[str, str]

    @property
    def test_from(self) -> date:
        """The first clock start that its fit has not seen."""
        return date.fromisoformat(self.tags["test_from"])

    @property
    def is_calibrated(self) -> bool:
        """Whether its probabilities were found to mean what they say."""
        return self.tags.get("is_calibrated") == "true"


def register(store: ModelStore, candidate: Candidate) -> int:
    """Log a candidate as a run and a new version under the alias `challenger`; returns the version."""
    name = MODEL_NAMES[candidate.standard]
    with fluent(store) as client:
        with mlflow.start_run(
            experiment_id=experiment_id(client, EXPERIMENT, artifacts=store.artifacts), run_name=name
        ) as run:
            mlflow.set_tags(dict(candidate.tags))
            mlflow.log_params(dict(candidate.parameters))
            mlflow.log_metrics(dict(candidate.figures))
            mlflow.log_text(candidate.card, "model_card.md")
            mlflow.log_text(candidate.lookup.to_json(), "lookup.json")
            logged = mlflow.sklearn.log_model(
                candidate.model,
                name=name,
                signature=signature(),
                serialization_format=mlflow.sklearn.SERIALIZATION_FORMAT_SKOPS,
                skops_trusted_types=list(TRUSTED_TYPES),
                pyfunc_predict_fn="predict_proba",
                pip_requirements=_pinned(REQUIREMENTS),
            )
        if registered_model(client, name) is None:
            client.create_registered_model(name)
        version = client.create_model_version(
            name,
            source=logged.model_uri,
            run_id=run.info.run_id,
            model_id=logged.model_id,
            tags=dict(candidate.tags),
            description=candidate.description,
        ).version
        client.update_registered_model(name, candidate.description)
        client.set_registered_model_alias(name, CHALLENGER, version)
    return int(version)


def load(store: ModelStore, standard: str, alias: str) -> Registered | None:
    """The version that bears the alias, or None."""
    if not store.exists():
        return None
    name = MODEL_NAMES[standard]
    with fluent(store) as client:
        named = registered_model(client, name)
        if named is None or alias not in named.aliases:
            return None
        version = client.get_model_version(name, named.aliases[alias])
        return Registered(
            standard=standard,
            name=name,
            version=int(version.version),
            model=mlflow.sklearn.load_model(f"models:/{name}/{version.version}"),
            lookup=Lookup.from_json(mlflow.artifacts.load_text(f"runs:/{version.run_id}/lookup.json")),
            tags=dict(version.tags),
        )


def with_alias(store: ModelStore, alias: str) -> dict[str, Registered]:
    """The version that bears the alias, of each standard that has one."""
    found = {standard: load(store, standard, alias) for standard in MODEL_NAMES}
    return {standard: each for standard, each in found.items() if each}


def record(store: ModelStore, verdict: Verdict) -> None:
    """Write a verdict on its version; a promoted one becomes the champion and is no longer the challenger."""
    with fluent(store) as client:
        version = str(verdict.version)
        client.set_model_version_tag(verdict.model_name, version, "verdict", verdict.sentence)
        if verdict.is_promoted:
            client.set_registered_model_alias(verdict.model_name, CHAMPION, version)
            client.delete_registered_model_alias(verdict.model_name, CHALLENGER)


def signature() -> ModelSignature:
    """Words and days in, the probabilities of no breach and of a breach out; made of names alone, not of rows."""
    columns: list[ColSpec | TensorSpec] = [ColSpec("string", name) for name in CATEGORIES]
    columns += [ColSpec("double", name) for name in NUMBERS]
    return ModelSignature(inputs=Schema(columns), outputs=Schema([TensorSpec(np.dtype("float64"), (-1, 2))]))


def _pinned(packages: Sequence[str]) -> list[str]:
    """scikit-learn reads a model only near the version that wrote it."""
    return [f"{name}=={installed_version(name)}" for name in packages]
