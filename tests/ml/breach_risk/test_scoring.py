"""One model, three ways to ask it: Spark, scikit-learn and the endpoint tell the same; and the list with its risk."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import mlflow
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from pyspark.sql import Row, SparkSession

from ml.breach_risk import registry
from ml.breach_risk.candidate import make_candidate
from ml.breach_risk.features import FEATURES
from ml.breach_risk.fit import predict
from ml.breach_risk.registry import Registered
from ml.breach_risk.scoring import probabilities, rescored, with_risk
from ml.store import CHALLENGER, CHAMPION, ModelStore, model_store
from tests.ml.breach_risk.past_rows import past_rows


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    """A registry with one version, made from made-up rows."""
    store = model_store(tmp_path_factory.mktemp("models"))
    candidate = make_candidate(past_rows(), standard="62", data="SYNTHETIC: made up in a test", seed=1)
    assert registry.register(store, candidate) == 1
    return store


@pytest.fixture(scope="module")
def challenger(store: ModelStore) -> Registered:
    found = registry.load(store, "62", CHALLENGER)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def ten() -> pd.DataFrame:
    return past_rows(40, seed=11).sample(10, random_state=2).reset_index(drop=True)


@pytest.fixture(scope="module")
def endpoint(store: ModelStore) -> Iterator[str]:
    """The address of `mlflow models serve`, on a free port of this machine while the tests of this file last."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "MLFLOW_TRACKING_URI": store.uri,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",  # MLflow starts `uvicorn` by name
    }
    command = [
        sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", "models:/breach_risk_62@challenger",
        "--env-manager", "local", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
    ]  # fmt: skip
    server = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    assert server.stdout is not None
    said = []
    for line in server.stdout:
        said.append(line)
        if "Application startup complete" in line:
            break
    else:
        pytest.fail("".join(said[-20:]))
    yield f"http://127.0.0.1:{port}/invocations"
    os.killpg(server.pid, signal.SIGTERM)
    server.communicate(timeout=60)


def asked(url: str, rows: pd.DataFrame) -> npt.NDArray[np.float64]:
    body = json.dumps({"dataframe_split": rows[list(FEATURES)].to_dict(orient="split", index=False)}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310 - this machine
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - as above
        return np.array(json.loads(answer.read())["predictions"])[:, 1]


def test_spark_scikit_learn_and_the_endpoint_tell_the_same_of_ten_rows(
    spark: SparkSession, challenger: Registered, endpoint: str, ten: pd.DataFrame
) -> None:
    keyed = ten.assign(pathway_key=[f"{number}" for number in range(10)], standard="62")
    frame = spark.createDataFrame(keyed[["pathway_key", "standard", *FEATURES]]).repartition(2)
    scored = probabilities(frame, {"62": challenger}).toPandas().set_index("pathway_key").loc[keyed["pathway_key"]]
    here = predict(challenger.model, ten)
    assert len(set(here)) > 5
    assert np.abs(scored["p_breach"].to_numpy() - here).max() < 1e-9
    assert np.abs(asked(endpoint, ten) - here).max() < 1e-9
    assert np.abs(scored["baseline_p"].to_numpy() - challenger.lookup.predict(ten)).max() < 1e-9


def test_a_model_read_back_is_the_model_that_was_registered(challenger: Registered, ten: pd.DataFrame) -> None:
    again = make_candidate(past_rows(), standard="62", data="SYNTHETIC: made up in a test", seed=1)
    assert np.array_equal(predict(challenger.model, ten), predict(again.model, ten))
    assert challenger.lookup == again.lookup
    assert challenger.tags["data"] == "SYNTHETIC: made up in a test"


def test_a_store_without_models_has_none_and_is_not_made_by_asking(tmp_path: Path) -> None:
    empty = model_store(tmp_path)
    assert registry.with_alias(empty, CHAMPION) == {}
    assert list(tmp_path.iterdir()) == []


def test_registering_leaves_nothing_in_the_working_directory_and_no_global_store(
    store: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///another.db")
    assert registry.register(store, make_candidate(past_rows(), standard="28", data="made up", seed=1)) == 1
    assert list(tmp_path.iterdir()) == []
    assert mlflow.get_tracking_uri() == "sqlite:///another.db"
    assert "MLFLOW_REGISTRY_URI" not in os.environ


@pytest.fixture(scope="module")
def listed(spark: SparkSession) -> dict[str, Row]:
    outcomes = {"e": ("OPEN", "OPEN_BREACHED"), "f": ("WITHIN", "NOT_APPLICABLE")}
    ptl = spark.createDataFrame(
        [(key, 5, *outcomes.get(key, ("OPEN", "OPEN")), 1) for key in "abcdef"],
        "pathway_key string, days_62 int, outcome_28 string, outcome_62 string, row_hash bigint",
    )
    scores = spark.createDataFrame(
        [
            ("a", "28", 0.1),
            ("a", "62", 0.7),
            ("b", "28", 0.3),
            ("c", "62", 0.19999),
            ("e", "28", 0.1),
            ("e", "62", 0.9),
            ("f", "28", 0.9),
        ],
        "pathway_key string, standard string, p_breach double",
    )
    return {row["pathway_key"]: row for row in with_risk(ptl, scores).collect()}


@pytest.mark.parametrize(
    ("key", "risk"),
    [
        ("a", (0.1, 0.7, "high")),
        ("b", (0.3, None, "medium")),
        ("c", (None, 0.19999, "low")),
        ("d", (None, None, None)),
        ("e", (0.1, None, "low")),
        ("f", (None, None, None)),
    ],
)
def test_the_list_shows_each_risk_and_the_band_of_the_greater(
    listed: dict[str, Row], key: str, risk: tuple[float | None, float | None, str | None]
) -> None:
    row = listed[key]
    assert (row["p_breach_28"], row["p_breach_62"], row["risk_band"]) == risk
    assert row["days_62"] == 5


def test_a_list_that_shows_its_scores_is_not_taken_for_one_that_was_scored_anew(spark: SparkSession) -> None:
    columns = "pathway_key string, outcome_28 string, outcome_62 string, row_hash bigint"
    ptl = spark.createDataFrame([("a", "OPEN", "OPEN", 1), ("b", "BREACH", "OPEN", 1)], columns)
    scores = spark.createDataFrame(
        [("a", "28", 0.1), ("b", "28", 0.9)], "pathway_key string, standard string, p_breach double"
    )
    shown = with_risk(ptl, scores)
    assert rescored(shown, scores).isEmpty()
    assert [row["pathway_key"] for row in rescored(shown, scores.where("pathway_key = 'b'")).collect()] == ["a"]


def test_a_row_of_the_list_changes_with_its_risk(listed: dict[str, Row]) -> None:
    assert len({row["row_hash"] for row in listed.values()}) == len(listed)
