"""Nothing of a patient stands outside the lake and its publication: not in results, pages, artifacts or log lines."""

import re
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from jobs import check
from libs.lakehouse.tables import open_lake
from libs.settings import Settings
from ml.store import model_store
from tests.jobs.modelled import Modelled, modelled

__all__ = ["modelled"]


def patient_values(settings: Settings) -> set[str]:
    """What names a patient of the world or their pathway: numbers, names, postcodes, phones, keys.

    Names are given with the family name after them: 'Brown' alone is also a colour of a page.
    """
    truth = settings.paths.root / "truth"
    people = pd.read_parquet(truth / "people.parquet")
    records = pd.read_parquet(truth / "records.parquet")
    values = (
        set(people["nhs_number"]) | set(people["postcode"]) | set(people["phone"]) | set(records["hospital_number"])
    )
    values |= set(people["given_name"] + " " + people["family_name"])
    values |= {name for name in people["family_name"] if len(name) >= 8}
    # A register that numbers its pathways from 10001 shares such numbers with any count.
    values |= {name for name in records["source_pathway_id"] if not name.isdigit()}
    return {value for value in values if isinstance(value, str) and len(value) >= 6}


def texts(folder: Path) -> dict[str, str]:
    return {str(path): path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file()}


@pytest.mark.spark
def test_no_result_page_artifact_or_log_line_holds_a_value_of_a_patient(
    spark: SparkSession, modelled: Modelled
) -> None:
    settings, printed = modelled.settings, modelled.printed
    lake = open_lake(spark, settings)
    found = {"log": printed, "dq_result": str(lake.read(check.TABLE).collect())}
    found |= texts(settings.paths.root / "data_docs") | texts(settings.paths.root / "mlartifacts")
    found["mlflow.db"] = (
        Path(model_store(settings.paths.root).uri.removeprefix("sqlite:///")).read_bytes().decode("latin-1")
    )
    keys = {row[0] for row in lake.read("silver.linked_pathway").select("pathway_key").collect()}
    values = patient_values(settings) | keys
    assert '"event": "trained"' in printed
    assert len(values) > 3000
    assert len(found) > 10
    pattern = re.compile("|".join(map(re.escape, sorted(values))))
    assert {name: bool(pattern.search(text)) for name, text in found.items()} == dict.fromkeys(found, False)
    # The search does find what is there.
    assert pattern.search(str(lake.read("silver.patient").limit(1).collect()))


@pytest.mark.spark
def test_the_list_shows_the_scores_that_stand(spark: SparkSession, modelled: Modelled) -> None:
    lake = open_lake(spark, modelled.settings)
    scores = {(row["pathway_key"], row["standard"]): row["p_breach"] for row in lake.read("gold.risk_score").collect()}
    listed = lake.read("gold.ptl_current").collect()
    shown = {(row["pathway_key"], name): row[f"p_breach_{name}"] for row in listed for name in ("28", "62")}
    assert {key: value for key, value in shown.items() if value is not None} == scores
    assert scores
    assert {row["risk_band"] for row in listed} <= {"low", "medium", "high", None}
