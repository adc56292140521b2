"""Rules that change: what a replay foretells is what the next hour then does, to all clocks and to no others."""

import csv
import shutil
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from jobs import check, clocks, gold
from jobs.replay import ReplayFileError, replay
from libs.lakehouse.tables import open_lake
from libs.rules import load_rules
from libs.settings import Settings, conf_folder
from tests.jobs.conftest import SECOND_HOUR, Start, commits, run_hour

KEY = ["pathway_key", "standard", "treatment_number"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rules under which the 28 days of the diagnosis standard are 21."""
    other = Path(shutil.copytree(conf_folder() / "rules", tmp_path_factory.mktemp("mine") / "rules"))
    standards = other / "standards.yml"
    text = standards.read_text(encoding="utf-8")
    assert "value: 28, source" in text
    standards.write_text(text.replace("value: 28, source", "value: 21, source"), encoding="utf-8")
    return other


def timed(spark: SparkSession, settings: Settings) -> pd.DataFrame:
    columns = [*KEY, "outcome", "days_waited", "last_compliant_on", "rules_version"]
    return open_lake(spark, settings).read("gold.pathway_standard").select(*columns).toPandas().set_index(KEY)


def test_a_replay_lists_the_clocks_that_the_next_hour_under_those_rules_changes_and_leaves_the_lake_alone(
    spark: SparkSession, start: Start, undisturbed: Settings, folder: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    settings = start.copy(undisturbed)
    before, stood = timed(spark, settings), commits(settings)
    found = replay(spark, settings, rules=folder, as_at=SECOND_HOUR, output=tmp_path / "changes.csv")
    assert commits(settings) == stood
    for job in (clocks, gold, check):
        monkeypatch.setattr(job, "load_rules", lambda: load_rules(folder))
    run_hour(spark, settings)
    after = timed(spark, settings)
    assert set(after["rules_version"]) == {load_rules(folder).version} != set(before["rules_version"])
    listed = pd.read_sql_table("ptl_current", f"sqlite:///{settings.paths.root}/reporting.sqlite")
    assert set(listed["rules_version"]) == {load_rules(folder).version}
    same = (before.drop(columns="rules_version") == after.loc[before.index].drop(columns="rules_version")) | (
        before.drop(columns="rules_version").isna() & after.loc[before.index].drop(columns="rules_version").isna()
    )
    changed = set(before.index[~same.all(axis=1)])
    with (tmp_path / "changes.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    foretold = {(line["pathway_key"], line["standard"], int(line["treatment_number"])) for line in lines}
    assert foretold == changed
    assert sum(found.changes.values()) == len(lines) > 50
    assert {line["standard"] for line in lines} == {"28"}
    assert found.changes["28", "WITHIN", "BREACH"] > 0
    assert all("against 21" in line["why_then"] for line in lines if line["outcome_then"] == "BREACH")


def test_the_rules_of_now_replayed_change_nothing(spark: SparkSession, undisturbed: Settings) -> None:
    found = replay(spark, undisturbed, rules=conf_folder() / "rules", as_at=SECOND_HOUR, output=None)
    assert found.changes == {}
    assert found.clock_count > 700


def test_a_list_that_can_not_be_written_is_one_clear_line(
    spark: SparkSession, undisturbed: Settings, tmp_path: Path
) -> None:
    with pytest.raises(ReplayFileError, match="can't be written"):
        replay(spark, undisturbed, rules=conf_folder() / "rules", as_at=SECOND_HOUR, output=tmp_path / "no" / "a.csv")
