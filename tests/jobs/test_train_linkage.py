"""Training linkage: a version without a name in it, what stands beside it in silver, and whether it may link people."""

from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow import MlflowClient
from pyspark.sql import SparkSession

from jobs import train_linkage
from jobs.linkage_records import read_records
from jobs.linkage_terms import TABLE, read_terms
from jobs.short_names import short_forms
from jobs.train_linkage import LinkageTrained
from libs.errors import StepOrderError, TrainingError
from libs.lakehouse.tables import open_lake
from libs.settings import Settings, load_settings
from ml.linkage import beside, registry
from ml.linkage.backend import DuckDBBackend
from ml.linkage.scoring import Thresholds, make_pairs, prepare, scored_pairs
from ml.store import model_store
from tests.jobs.made_up_patients import MadeUp, write_patients
from tests.jobs.modelled import FRIDAY_RUN
from tests.jobs.test_cli import run_here
from tests.jobs.test_train import words_under

Rows = list[tuple[object, ...]]


@pytest.fixture(scope="module")
def lake_of(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Settings, Rows]]:
    """Settings of a new folder whose lake holds made-up patients, and these."""

    def make(made_up: MadeUp, *overrides: str) -> tuple[Settings, Rows]:
        settings = load_settings("local", [f"paths.root={tmp_path_factory.mktemp('linkage')}", *overrides])
        return settings, write_patients(open_lake(spark, settings), made_up)

    return make


@pytest.fixture(scope="module")
def made(lake_of: Callable[..., tuple[Settings, Rows]]) -> tuple[Settings, Rows]:
    return lake_of(MadeUp())


@pytest.fixture(scope="module")
def trained(spark: SparkSession, made: tuple[Settings, Rows]) -> LinkageTrained:
    return train_linkage.run(spark, made[0], FRIDAY_RUN)


@pytest.fixture(scope="module")
def refused(spark: SparkSession, trained: LinkageTrained, made: tuple[Settings, Rows]) -> LinkageTrained:
    """A second training of the same lake, when its patients no longer have numbers to judge it by."""
    settings = made[0]
    lake = open_lake(spark, settings)
    write_patients(lake, MadeUp(status="02"))
    return train_linkage.run(spark, settings, FRIDAY_RUN)


def client_of(settings: Settings) -> MlflowClient:
    return MlflowClient(model_store(settings.paths.root).uri)


def aliases(settings: Settings) -> dict[str, int]:
    found = client_of(settings).get_registered_model(registry.NAME).aliases
    return {alias: int(version) for alias, version in found.items()}


def test_a_precise_model_becomes_champion_at_once_and_says_why(
    trained: LinkageTrained, made: tuple[Settings, Rows]
) -> None:
    settings, rows = made
    assert trained.rows_read == len(rows) == 280
    assert trained.estimate.true == 60
    assert trained.verdict.is_promoted
    version = client_of(settings).get_model_version(registry.NAME, str(trained.version))
    assert version.tags["verdict"] == trained.verdict.sentence
    assert version.tags["verdict"].startswith("is champion: 60 of 60 pairs are right with NHS numbers blanked")
    assert version.tags["data"] == "SYNTHETIC data: 280 records of RTR and RVW to 30 May 2025"
    assert version.tags["data"] in version.description
    assert {"duckdb_version", "splink_version"} <= set(version.tags)


def test_its_run_holds_figures_and_a_card(trained: LinkageTrained, made: tuple[Settings, Rows]) -> None:
    client = client_of(made[0])
    run = client.get_run(client.get_model_version(registry.NAME, str(trained.version)).run_id)
    told = {name: run.data.metrics[name] for name in ("record_count", "true_pairs", "estimated_precision")}
    assert told == {"record_count": 280, "true_pairs": 60, "estimated_precision": 1.0}
    assert run.data.metrics["estimated_recall"] > 0.9
    assert {each.path for each in client.list_artifacts(run.info.run_id)} == {"model.json", "model_card.md"}


def test_no_value_of_a_patient_is_in_the_registry(trained: LinkageTrained, made: tuple[Settings, Rows]) -> None:
    settings, rows = made
    found = {
        word.upper() for word in words_under([settings.paths.root / name for name in ("mlflow.db", "mlartifacts")])
    }
    values = {str(value).upper() for row in rows for value in (row[3], *row[5:8], *row[9:11])}
    assert {"LINKAGE", "SYNTHETIC"} <= found
    assert not {value for value in values if value in found}


def test_the_champion_with_its_terms_scores_as_it_did_when_it_was_fitted(
    spark: SparkSession, trained: LinkageTrained, made: tuple[Settings, Rows]
) -> None:
    settings = made[0]
    champion = registry.champion(model_store(settings.paths.root))
    assert champion is not None
    assert (champion.version, champion.tags["data"]) == (trained.version, trained.data)
    lake = open_lake(spark, settings)
    with DuckDBBackend() as backend:
        backend.register("records", read_records(lake))
        prepare(backend, "records", short_forms())
        beside.used(backend, read_terms(lake, version=champion.version))
        make_pairs(backend)
        pairs = scored_pairs(backend, champion.model, Thresholds(0.95, 0.5))
    assert sum(pairs.column("is_accepted").to_pylist()) == 60


def test_terms_leave_out_the_names_that_a_single_record_has(
    spark: SparkSession, trained: LinkageTrained, made: tuple[Settings, Rows]
) -> None:
    settings, rows = made
    terms = open_lake(spark, settings).read(TABLE).where(f"model_version = {trained.version}").collect()
    families = [str(row[5]).upper() for row in rows]
    kept = {row["term"] for row in terms if row["kind"] == "shared_frequency_of_family"} - {None}
    assert kept == {family for family in families if families.count(family) > 1}
    assert len(kept) < len(set(families))


def test_with_too_few_pairs_to_judge_it_stays_challenger_and_the_champion_and_its_terms_stay(
    spark: SparkSession, trained: LinkageTrained, refused: LinkageTrained, made: tuple[Settings, Rows]
) -> None:
    settings = made[0]
    assert (
        refused.verdict.sentence == "stays challenger: too few pairs to judge (0 true pairs between registers, 0 made)"
    )
    assert aliases(settings) == {"champion": trained.version, "challenger": refused.version}
    assert versions_of_terms(spark, settings) == {trained.version, refused.version}


def test_the_command_shows_what_came_of_it_and_lets_the_terms_of_the_refused_one_go(
    spark: SparkSession,
    trained: LinkageTrained,
    refused: LinkageTrained,
    made: tuple[Settings, Rows],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = made[0]
    monkeypatch.setenv("COLUMNS", "160")
    root = f"paths.root={settings.paths.root}"
    run_here(monkeypatch, "train", "--model", "linkage", "--set", root, "--as-at", "2025-05-30T09:00", spark=spark)
    told = capsys.readouterr().out
    assert f"Linkage model, version {refused.version + 1}" in told
    assert "Trained on SYNTHETIC data: 280 records" in told
    assert f"Version {refused.version + 1} stays challenger: too few pairs to judge" in told
    assert versions_of_terms(spark, settings) == {trained.version, refused.version + 1}


def versions_of_terms(spark: SparkSession, settings: Settings) -> set[int]:
    return {row[0] for row in open_lake(spark, settings).read(TABLE).select("model_version").distinct().collect()}


def test_without_patients_it_says_which_table_is_missing(spark: SparkSession, settings: Settings) -> None:
    with pytest.raises(StepOrderError, match="does not exist yet"):
        train_linkage.run(spark, settings, FRIDAY_RUN)


def test_too_few_records_are_an_error_and_register_nothing(
    spark: SparkSession, lake_of: Callable[..., tuple[Settings, Rows]]
) -> None:
    settings, _ = lake_of(MadeUp(people=150, in_both=49))
    with pytest.raises(TrainingError, match="too few records") as fault:
        train_linkage.run(spark, settings, FRIDAY_RUN)
    assert fault.value.fields == {"records": 199}
    assert "200 are needed" in str(fault.value)
    assert not model_store(settings.paths.root).exists()


def test_a_store_without_a_linkage_model_has_no_champion_and_is_not_made_by_asking(tmp_path: Path) -> None:
    assert registry.champion(model_store(tmp_path)) is None
    assert list(tmp_path.iterdir()) == []
