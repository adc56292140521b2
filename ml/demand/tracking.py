"""One MLflow run for each forecast: its settings, how often each method won, how far off it was; no series."""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

# Before the import: MLflow tells its makers of every use unless it is told not to. Hospitals' machines tell nobody.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

from mlflow import MlflowClient

EXPERIMENT = "demand"


def record_run(
    uri: str,
    *,
    artifacts: str,
    name: str,
    tags: Mapping[str, str],
    params: Mapping[str, str | int],
    metrics: Mapping[str, float],
) -> str:
    """Record a finished run in the tracking store at `uri` and return its id."""
    with _quiet():
        client = MlflowClient(tracking_uri=uri)
        standing = client.get_experiment_by_name(EXPERIMENT)
        experiment_id = (
            standing.experiment_id if standing else client.create_experiment(EXPERIMENT, f"{artifacts}/{EXPERIMENT}")
        )
        run_id = client.create_run(experiment_id, run_name=name, tags=dict(tags)).info.run_id
        for key, value in params.items():
            client.log_param(run_id, key, value)
        for key, number in metrics.items():
            client.log_metric(run_id, key, number)
        client.set_terminated(run_id)
    return str(run_id)


@contextmanager
def _quiet() -> Iterator[None]:
    """MLflow tells on standard error of the tables that it makes."""
    levels = {name: logging.getLogger(name).level for name in ("mlflow", "alembic")}
    for name in levels:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
