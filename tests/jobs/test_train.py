"""Training from the lake: a challenger for each standard, named after its data, and no patient in the registry."""

import re
import zipfile
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient
from pyspark.sql import SparkSession

from jobs import train
from libs.errors import TrainingError
from libs.lakehouse.tables import open_lake
from libs.synthetic.calendar import LONDON
from ml.breach_risk.registry import MODEL_NAMES
from ml.store import model_store
from tests.jobs.modelled import FRIDAY_RUN, Modelled, modelled, run_at

__all__ = ["modelled"]


def test_each_standard_gets_a_version_that_names_its_data(modelled: Modelled) -> None:
    assert modelled.outcomes["train"].rows_changed == 2
    client = MlflowClient(model_store(modelled.settings.paths.root).uri)
    for standard, name in MODEL_NAMES.items():
        version = client.get_model_version(name, "1")
        assert version.tags["data"].startswith("SYNTHETIC data (england version ")
        assert version.tags["data"].endswith(" linked pathways of RTR and RVW to 30 May 2025")
        assert version.description.startswith(f"The probability that the {standard}-day clock")
        assert version.tags["data"] in version.description


def test_a_run_holds_the_figures_by_snapshot_day_and_the_card(modelled: Modelled) -> None:
    client = MlflowClient(model_store(modelled.settings.paths.root).uri)
    run = client.get_run(client.get_model_version("breach_risk_62", "1").run_id)
    for group in ("all", "treated", "day_00", "day_14", "day_28", "day_38", "day_48"):
        assert {f"{group}_{name}" for name in ("n", "brier", "lookup_brier", "skill", "calibration_error")} <= set(
            run.data.metrics
        )
    assert {each.path for each in client.list_artifacts(run.info.run_id)} == {"lookup.json", "model_card.md"}


def test_no_value_of_a_patient_is_in_the_registry_or_its_artifacts(modelled: Modelled) -> None:
    root = modelled.settings.paths.root
    people = pd.read_parquet(root / "truth" / "people.parquet")
    records = pd.read_parquet(root / "truth" / "records.parquet")
    local = ["source_pathway_id", "source_patient_id", "hospital_number"]
    values = set(people[["nhs_number", "postcode", "phone"]].stack())
    names = {*people["family_name"], *people["family_name"].str.upper(), *people["given_name"]}
    values |= {name for name in names if len(name) > 3}  # a shorter one is a word of some library
    values |= {f"{value}" for name in local for value in records[name] if len(f"{value}") > 4}
    found = words_under([root / "mlflow.db", root / "mlartifacts"])
    assert list((root / "mlartifacts").rglob("model_card.md"))
    assert {"breach_risk_62", "SYNTHETIC"} <= found
    assert not {value for value in values if value and value in found}


def words_under(places: list[Path]) -> set[str]:
    """Every word, identifier and postcode in the files, those inside archives included."""
    contents = []
    for place in places:
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path.is_file():
                contents.append(path.read_bytes())
                if zipfile.is_zipfile(path):
                    with zipfile.ZipFile(path) as archive:
                        contents += [archive.read(name) for name in archive.namelist()]
    text = b"\n".join(contents).decode("latin-1")
    words = set(re.findall(r"[A-Za-z0-9_.\-/]+", text))
    return words | set(re.findall(r"[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2}|[0-9]{5} [0-9]{6}", text))


def test_the_training_rows_of_a_lake_are_the_same_each_time(spark: SparkSession, modelled: Modelled) -> None:
    lake = open_lake(spark, modelled.settings)
    order = ["pathway_key", "snapshot_day"]
    frames = [train.training_frame(train.past_pathways(lake, FRIDAY_RUN), standard="28") for _ in range(2)]
    one, other = (frame.sort_values(order, ignore_index=True) for frame in frames)
    pd.testing.assert_frame_equal(one, other)
    assert len(one) > 500


def test_too_little_past_is_an_error_and_registers_nothing(spark: SparkSession, modelled: Modelled) -> None:
    settings = modelled.copy(without=("mlflow.db", "mlartifacts"))
    with pytest.raises(TrainingError, match="Load more history, then train"):
        train.run(spark, settings, run_at(datetime(2023, 8, 1, 9, tzinfo=LONDON), name="early"))
    assert not model_store(settings.paths.root).exists()
