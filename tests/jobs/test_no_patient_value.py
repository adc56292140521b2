"""Nothing of a patient stands outside the lake and its publication: not in results, pages, artifacts or log lines."""

import os
import subprocess
from collections.abc import Iterable, Mapping
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


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, by its path."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def holding(found: Mapping[str, bytes], values: Iterable[str | bytes], folder: Path) -> set[str]:
    """The names of what holds any of these values. Among thousands grep is done in seconds, `re` in minutes."""
    sought = {value.encode() if isinstance(value, str) else value for value in values}
    lines = {value for value in sought if not set(value) & set(b"\n\r\0")}
    files = {str(folder / f"found_{place}"): name for place, name in enumerate(found)}
    for file, name in files.items():
        Path(file).write_bytes(found[name])
    (folder / "values").write_bytes(b"\n".join(sorted(lines)))
    command = ["grep", "--text", "--fixed-strings", "--files-with-matches", "--file", str(folder / "values"), *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"LC_ALL": "C"})
    assert done.returncode in (0, 1), done.stderr
    others = {name for name, text in found.items() if any(value in text for value in sought - lines)}
    return {files[file] for file in done.stdout.splitlines()} | others


@pytest.mark.spark
def test_no_result_page_artifact_or_log_line_holds_a_value_of_a_patient(
    spark: SparkSession, modelled: Modelled, tmp_path: Path
) -> None:
    settings, printed = modelled.settings, modelled.printed
    lake = open_lake(spark, settings)
    found = {"log": printed.encode(), "dq_result": str(lake.read(check.TABLE).collect()).encode()}
    found |= contents(settings.paths.root / "data_docs") | contents(settings.paths.root / "mlartifacts")
    found["mlflow.db"] = Path(model_store(settings.paths.root).uri.removeprefix("sqlite:///")).read_bytes()
    keys = {row[0] for row in lake.read("silver.linked_pathway").select("pathway_key").collect()}
    values = patient_values(settings) | keys
    assert '"event": "trained"' in printed
    assert len(values) > 3000
    assert len(found) > 10
    # The search does find what is there.
    found["patients"] = str(lake.read("silver.patient").limit(1).collect()).encode()
    assert holding(found, values, tmp_path) == {"patients"}


@pytest.mark.spark
def test_the_list_shows_the_scores_that_stand(spark: SparkSession, modelled: Modelled) -> None:
    lake = open_lake(spark, modelled.settings)
    scores = {(row["pathway_key"], row["standard"]): row["p_breach"] for row in lake.read("gold.risk_score").collect()}
    listed = lake.read("gold.ptl_current").collect()
    shown = {(row["pathway_key"], name): row[f"p_breach_{name}"] for row in listed for name in ("28", "62")}
    assert {key: value for key, value in shown.items() if value is not None} == scores
    assert scores
    assert {row["risk_band"] for row in listed} <= {"low", "medium", "high", None}
