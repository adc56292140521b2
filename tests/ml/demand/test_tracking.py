"""What MLflow is told of a forecast, and that it is told it nowhere else than in the store that is named."""

from pathlib import Path

import pytest
from mlflow import MlflowClient

from ml.demand.tracking import EXPERIMENT, record_run


def test_runs_stand_in_the_named_store_one_after_the_other_without_a_word_on_the_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{elsewhere}/other.db")
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    for number in (1, 2):
        record_run(
            uri,
            artifacts=(tmp_path / "mlartifacts").as_uri(),
            name=f"run {number}",
            tags={"is_synthetic": "true"},
            params={"horizon_weeks": 12},
            metrics={"holdout_wape": number / 10},
        )
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name(EXPERIMENT)
    assert experiment is not None
    assert experiment.artifact_location == f"{(tmp_path / 'mlartifacts').as_uri()}/demand"
    runs = client.search_runs([experiment.experiment_id], order_by=["metrics.holdout_wape"])
    assert [run.info.run_name for run in runs] == ["run 1", "run 2"]
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert runs[0].data.params == {"horizon_weeks": "12"}
    assert list(elsewhere.iterdir()) == []
    assert capfd.readouterr().err == ""
