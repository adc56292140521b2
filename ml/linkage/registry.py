"""The linkage model's place in MLflow: its weights and its card. Names that stand beside it stay in the lake."""

from collections.abc import Mapping
from dataclasses import dataclass

import mlflow

from ml.linkage.candidate import Candidate
from ml.linkage.gate import Verdict
from ml.linkage.model import Model
from ml.store import CHALLENGER, CHAMPION, ModelStore
from ml.tracking import experiment_id, fluent, registered_model

NAME = "linkage"
EXPERIMENT = "linkage"
_MODEL, _CARD = "model.json", "model_card.md"


@dataclass(frozen=True)
class Registered:
    """A version out of the registry, ready to weigh pairs once the names beside it are read from the lake."""

    version: int
    model: Model
    tags: Mapping[str, str]


def register(store: ModelStore, candidate: Candidate) -> int:
    """Log a candidate as a run and a new version; returns the version, which bears no alias before it is judged."""
    with fluent(store) as client:
        experiment = experiment_id(client, EXPERIMENT, artifacts=store.artifacts)
        with mlflow.start_run(experiment_id=experiment, run_name=NAME) as run:
            mlflow.set_tags(dict(candidate.tags))
            mlflow.log_params(dict(candidate.parameters))
            mlflow.log_metrics(dict(candidate.figures))
            mlflow.log_text(candidate.card, _CARD)
            mlflow.log_text(candidate.model.to_json(), _MODEL)
        if registered_model(client, NAME) is None:
            client.create_registered_model(NAME)
        version = client.create_model_version(
            NAME,
            source=f"{run.info.artifact_uri}/{_MODEL}",
            run_id=run.info.run_id,
            tags=dict(candidate.tags),
            description=candidate.description,
        ).version
        client.update_registered_model(NAME, candidate.description)
    return int(version)


def record(store: ModelStore, version: int, verdict: Verdict) -> None:
    """Write the verdict on a version and give it its alias: once it is champion it links people."""
    with fluent(store) as client:
        client.set_model_version_tag(NAME, str(version), "verdict", verdict.sentence)
        client.set_registered_model_alias(NAME, CHAMPION if verdict.is_promoted else CHALLENGER, str(version))
        if verdict.is_promoted and CHALLENGER in client.get_registered_model(NAME).aliases:
            client.delete_registered_model_alias(NAME, CHALLENGER)


def champion(store: ModelStore) -> Registered | None:
    """The version that links people, or None; asking makes no store."""
    if not store.exists():
        return None
    with fluent(store) as client:
        named = registered_model(client, NAME)
        if named is None or CHAMPION not in named.aliases:
            return None
        version = client.get_model_version(NAME, named.aliases[CHAMPION])
        text = mlflow.artifacts.load_text(f"runs:/{version.run_id}/{_MODEL}")
        return Registered(int(version.version), Model.from_json(text), dict(version.tags))
