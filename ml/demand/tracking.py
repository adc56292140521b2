"""One MLflow run for each forecast: its settings, how often each method won, how far off it was; no series."""

from collections.abc import Mapping

from mlflow import MlflowClient

from ml.tracking import experiment_id, quiet

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
    with quiet():
        client = MlflowClient(tracking_uri=uri)
        experiment = experiment_id(client, EXPERIMENT, artifacts=artifacts)
        run_id = client.create_run(experiment, run_name=name, tags=dict(tags)).info.run_id
        for key, value in params.items():
            client.log_param(run_id, key, value)
        for key, number in metrics.items():
            client.log_metric(run_id, key, number)
        client.set_terminated(run_id)
    return str(run_id)
