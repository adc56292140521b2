"""MLflow as every model here uses it: a store for as long as it is needed, experiments, registered models, aliases."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

import mlflow
from mlflow.entities.model_registry import RegisteredModel
from mlflow.tracking import MlflowClient

from ml.store import ModelStore


@contextmanager
def fluent(store: ModelStore) -> Iterator[MlflowClient]:
    """MLflow's functions that log and load know one store for the whole process: this one, for as long as it lasts."""
    # What is set there also goes into the environment, from which processes started later would take it.
    before = {name: os.environ.pop(name, None) for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI")}
    with quiet():
        mlflow.set_tracking_uri(store.uri)
        mlflow.set_registry_uri(store.uri)
        try:
            yield MlflowClient(store.uri, store.uri)
        finally:
            mlflow.set_tracking_uri(None)  # type: ignore[arg-type]  # takes back what was set
            mlflow.set_registry_uri(None)  # type: ignore[arg-type]
            for name, value in before.items():
                os.environ.pop(name, None)
                os.environ |= {name: value} if value is not None else {}


@contextmanager
def quiet() -> Iterator[None]:
    """MLflow tells on standard error of the tables that it makes."""
    levels = {name: logging.getLogger(name).level for name in ("mlflow", "alembic")}
    for name in levels:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def experiment_id(client: MlflowClient, name: str, *, artifacts: str) -> str:
    """The experiment of this name, made at its first run; its artifacts lie under the store's."""
    found = client.get_experiment_by_name(name)
    return str(found.experiment_id if found else client.create_experiment(name, f"{artifacts}/{name}"))


def registered_model(client: MlflowClient, name: str) -> RegisteredModel | None:
    """The registered model of this name, or None before its first version."""
    return next(iter(client.search_registered_models(f"name = '{name}'")), None)
