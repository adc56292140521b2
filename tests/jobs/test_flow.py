"""The hour as a whole: stopped anywhere and run again, with nothing new, with files of others; what it counts."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession

from jobs import ingest, run_log
from jobs.outcome import Run
from jobs.steps import STEPS, run_steps
from libs.intake.keys import make_key_pair
from libs.lakehouse.tables import Lake, open_lake
from libs.pathways.linked import members
from libs.settings import Settings
from libs.warehouse.dialects import make_engine
from tests.jobs.conftest import (
    FIRST_HOUR,
    SECOND_HOUR,
    Start,
    as_it_is,
    commits,
    deliver,
    differing,
    edited,
    tables,
)

ORDER = tuple(STEPS)


class Killed(BaseException):
    """The process ends here: no `except Exception` of the program sees it, and nothing is tidied up."""


@dataclass(frozen=True)
class Stopped:
    """For each step, the lake of a second hour that was killed when the step was done: the run log knows nothing of it.

    `writes` counts the Delta commits of each step.
    """

    after: Mapping[str, Settings]
    writes: Mapping[str, int]

    def before(self, step: str, start: Start) -> Settings:
        place = ORDER.index(step)
        return start.settings if place == 0 else self.after[ORDER[place - 1]]


def run_hour(spark: SparkSession, settings: Settings, as_at: datetime = SECOND_HOUR) -> None:
    run_steps(spark, settings, ORDER, as_at=as_at)


def run_without_log(spark: SparkSession, settings: Settings, *steps: str, as_at: datetime = SECOND_HOUR) -> None:
    """Run steps as the hour does, of a process that does not live to write the run log."""
    watermarks, list_dates = run_log.progress(open_lake(spark, settings))
    run = Run("killed", as_at, datetime.now(UTC), watermarks, list_dates)
    for step in steps:
        STEPS[step](spark, settings, run)


@contextmanager
def killed_at_write(number: int, *, is_written: bool) -> Iterator[None]:
    """The process ends just before its write of this number, or just after it."""
    original, count = Lake._commit, 0

    @contextmanager
    def commit(lake: Lake, name: str) -> Iterator[None]:
        nonlocal count
        count += 1
        if count == number and not is_written:
            raise Killed
        with original(lake, name):
            yield
        if count == number:
            raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Lake, "_commit", commit)
        yield


@pytest.fixture(scope="module")
def expected(spark: SparkSession, undisturbed: Settings) -> Mapping[str, Any]:
    return tables(spark, undisturbed)


@pytest.fixture(scope="module")
def stopped(spark: SparkSession, start: Start) -> Stopped:
    lake, after, writes = start.copy(), {}, {}
    for step in ORDER:
        before = sum(commits(lake).values())
        run_without_log(spark, lake, step)
        writes[step] = sum(commits(lake).values()) - before
        after[step] = start.copy(lake)
    return Stopped(after, writes)


def test_the_second_hour_brings_work_for_every_table(
    spark: SparkSession, start: Start, expected: Mapping[str, Any]
) -> None:
    """Otherwise the tests that follow would show little."""
    changed = differing(tables(spark, start.settings), expected)
    assert set(changed) >= {
        "bronze.extract_file", "bronze.infoflex_row", "bronze.scr_row", "silver.pathway", "silver.pathway_history",
        "silver.patient", "silver.person_link", "silver.linked_pathway", "silver.treatment", "silver.reject",
        "gold.pathway_standard", "gold.ptl_current", "gold.waitlist_summary", "gold.feed_freshness", "sql ptl_current",
    }  # fmt: skip


@pytest.mark.parametrize("step", ORDER)
def test_an_hour_killed_after_a_step_and_run_again_gives_the_tables_of_an_undisturbed_one(
    step: str, spark: SparkSession, start: Start, stopped: Stopped, expected: Mapping[str, Any]
) -> None:
    lake = start.copy(stopped.after[step])
    run_hour(spark, lake)
    assert differing(tables(spark, lake), expected) == []


def test_an_hour_that_fails_at_each_step_in_turn_goes_on_where_it_left_off(
    spark: SparkSession, start: Start, expected: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("Mary Smith 9434765919")

    lake = start.copy()
    for step in ORDER:
        with monkeypatch.context() as patch:
            patch.setitem(STEPS, step, fail)
            with pytest.raises(RuntimeError):
                run_hour(spark, lake)
    run_hour(spark, lake)
    assert differing(tables(spark, lake), expected) == []
    runs = pd.read_sql_table("run", make_engine(lake.warehouse.url))
    failed = runs[runs["status"] == "failed"].sort_values("started_at")
    assert list(failed["step"]) == list(ORDER)
    assert set(failed["error"]) == {"unexpected RuntimeError"}
    # A step that was done is not done again: each has one run of this hour in which it changed anything.
    of_this_hour = runs[runs["as_at"] == runs["as_at"].max()]
    assert sorted(of_this_hour[of_this_hour["rows_changed"] > 0]["step"]) == sorted(ORDER)


@pytest.mark.parametrize("draw", range(2))
def test_an_hour_killed_at_a_write_inside_a_step_and_run_again_gives_the_same_tables(
    draw: int, spark: SparkSession, start: Start, stopped: Stopped, expected: Mapping[str, Any]
) -> None:
    rng = random.Random(20250602)  # noqa: S311 - which writes are tried here; the soak tries all
    inside = [(step, number) for step in ORDER for number in range(2, stopped.writes[step] + 1)]
    step, number = rng.sample(inside, 2)[draw]
    lake = start.copy(stopped.before(step, start))
    with pytest.raises(Killed), killed_at_write(number, is_written=False):
        run_without_log(spark, lake, step)
    run_hour(spark, lake)
    assert differing(tables(spark, lake), expected) == []


@pytest.mark.parametrize("moved", [0, 1])
def test_an_ingest_killed_between_the_ledger_and_the_moving_of_files_takes_nothing_twice(
    moved: int, spark: SparkSession, start: Start, expected: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    left = moved

    def move(path: Path, destination: Path) -> None:
        nonlocal left
        if left == 0:
            raise Killed
        left -= 1
        destination.parent.mkdir(parents=True, exist_ok=True)
        path.rename(destination)

    lake = start.copy()
    with monkeypatch.context() as patch:
        patch.setattr(ingest, "put_away", move)
        with pytest.raises(Killed):
            run_without_log(spark, lake, "ingest")
    assert len(list(lake.paths.landing.rglob("*.jwe"))) == 2 - moved
    run_without_log(spark, lake, "ingest")
    assert list(lake.paths.landing.rglob("*.jwe")) == []
    assert not lake.paths.quarantine.exists()
    bronze = {name: rows for name, rows in tables(spark, lake).items() if name.startswith("bronze.")}
    assert differing(bronze, {name: expected[name] for name in bronze}) == []


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("is_written", [False, True])
@pytest.mark.parametrize("step", ORDER[:-1])
def test_an_hour_killed_at_any_write_gives_the_same_tables(
    step: str, is_written: bool, spark: SparkSession, start: Start, stopped: Stopped, expected: Mapping[str, Any]
) -> None:
    for number in range(1, stopped.writes[step] + 1):
        lake = start.copy(stopped.before(step, start))
        with pytest.raises(Killed), killed_at_write(number, is_written=is_written):
            run_without_log(spark, lake, step)
        run_hour(spark, lake)
        assert differing(tables(spark, lake), expected) == [], f"write {number}"
        shutil.rmtree(lake.paths.root)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_first_load_killed_at_one_write_after_another_comes_through(spark: SparkSession, start: Start) -> None:
    lake = start.copy(start.empty)
    kills = 0
    while True:
        try:
            with killed_at_write(kills + 1, is_written=kills % 2 == 0):
                run_without_log(spark, lake, *ORDER, as_at=FIRST_HOUR)
            break
        except Killed:
            kills += 1
    run_hour(spark, lake, FIRST_HOUR)
    assert kills > 5
    assert differing(tables(spark, lake), tables(spark, start.settings)) == []


def test_the_hour_again_with_nothing_new_changes_no_table_and_a_later_moment_only_the_freshness(
    spark: SparkSession, start: Start, undisturbed: Settings
) -> None:
    lake = start.copy(undisturbed)
    everything: frozenset[str] = frozenset()
    before, commits_before = tables(spark, lake, without=everything), outside_ops(commits(lake))
    run_hour(spark, lake)
    assert differing(tables(spark, lake, without=everything), before) == []
    assert outside_ops(commits(lake)) == commits_before
    run_hour(spark, lake, SECOND_HOUR + timedelta(hours=3))
    assert differing(tables(spark, lake, without=everything), before) == ["gold.feed_freshness", "sql feed_freshness"]
    assert sum(outside_ops(commits(lake)).values()) == sum(commits_before.values()) + 1


def test_an_hour_makes_at_most_sixteen_commits(start: Start, undisturbed: Settings) -> None:
    before, after = sum(commits(start.settings).values()), sum(commits(undisturbed).values())
    assert 0 < after - before <= 16


def outside_ops(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if not name.startswith("ops.")}


@dataclass(frozen=True)
class Refused:
    """An hour into which came files that can't be taken: by name, why, and what each held."""

    settings: Settings
    reasons: Mapping[str, str]
    contents: Mapping[str, bytes]


@pytest.fixture(scope="module")
def refused(spark: SparkSession, start: Start) -> Refused:
    lake = start.copy()
    good = [move_deeper(path) for path in list(lake.paths.landing.rglob("*.jwe"))]
    bad = refused_files(lake, start)
    for path in (*good, *bad):
        arrived = (SECOND_HOUR + timedelta(minutes=5)).timestamp()
        os.utime(path, (arrived, arrived))
    reasons = {path.name: reason for path, reason in bad.items()}
    contents = {path.name: path.read_bytes() for path in bad}
    run_hour(spark, lake)
    return Refused(lake, reasons, contents)


def move_deeper(path: Path) -> Path:
    """Any depth below the trust's folder will do, and Spark would read this folder's name as a pattern."""
    folder = path.parent / "2025" / "[06]*"
    folder.mkdir(parents=True)
    return path.rename(folder / path.name)


def refused_files(lake: Settings, start: Start) -> dict[Path, str]:
    """Files in landing that are not to be taken, each with the reason."""
    landing, keys = lake.paths.landing, start.simulation.signing_keys
    content = edited(start.simulation, "RVW", SECOND_HOUR, as_it_is)
    forged, _ = make_key_pair(keys["RVW"]["kid"], algorithm="EdDSA")

    def send(sequence: int, key: Mapping[str, Any] | None = None) -> Path:
        return deliver(start.simulation, lake, "RVW", content, sequence=sequence, signing_key=key)

    def write(path: Path, held: bytes) -> Path:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(held)
        return path

    damaged, garbage = send(90_010), send(90_011)
    of_first_hour = max((lake.paths.archive / "RTR").iterdir())
    name = of_first_hour.name.partition("_")[2]
    return {
        write(damaged, with_one_byte_changed(damaged.read_bytes())): "DAMAGED",
        write(garbage, bytes(range(256)) * 8): "NOT_SEALED",
        send(90_012, keys["RTR"]): "SENDER_WRONG",
        send(90_013, forged): "SIGNATURE_WRONG",
        write(landing / "RVW" / "RVW_infoflex_20250602T081400Z_090014.jwe", b""): "EMPTY",
        write(landing / "RVW" / "readme.txt", b"Dear colleagues, Mary Smith 9434765919"): "NAME_INVALID",
        write(landing / "XYZ" / "XYZ_scr_20250602T080000Z_000001.jwe", garbage.read_bytes()[:99]): "TRUST_UNKNOWN",
        write(landing / "RVW_infoflex_20250602T080000Z_000001.jwe", b"loose"): "TRUST_UNKNOWN",
        write(landing / "RTR" / name, of_first_hour.read_bytes()): "DUPLICATE",
        # Its signed claims still name the old number, so it is not ours to call it the same file
        write(landing / "RTR" / name.replace("_0", "_9"), of_first_hour.read_bytes()): "CLAIMS_DISAGREE",
    }


def with_one_byte_changed(sealed: bytes) -> bytes:
    place = sealed.rindex(b".") - 100
    return sealed[:place] + (b"A" if sealed[place : place + 1] != b"A" else b"B") + sealed[place + 1 :]


def test_files_that_can_not_be_taken_are_quarantined_with_their_reason_and_published(refused: Refused) -> None:
    ledger = pd.read_sql_table("extract_file", make_engine(refused.settings.warehouse.url))
    told = ledger[ledger["status"] != "accepted"].set_index("file_name")
    assert told["reason"].to_dict() == refused.reasons
    expected_status = {
        name: "duplicate" if reason == "DUPLICATE" else "quarantined" for name, reason in refused.reasons.items()
    }
    assert told["status"].to_dict() == expected_status


def test_the_originals_lie_in_quarantine_and_landing_is_empty(refused: Refused) -> None:
    paths = refused.settings.paths
    assert [path for path in paths.landing.rglob("*") if path.is_file()] == []
    kept = {path.name.partition("_")[2]: path.read_bytes() for path in paths.quarantine.rglob("*") if path.is_file()}
    assert kept == refused.contents
    assert {path.parent.name for path in paths.quarantine.rglob("*.jwe")} == {"RVW", "RTR", "unknown"}


def test_the_rest_of_the_hour_goes_through(refused: Refused, spark: SparkSession, expected: Mapping[str, Any]) -> None:
    gold = {name: rows for name, rows in tables(spark, refused.settings).items() if "gold." in name}
    assert len(gold) == 5
    assert differing(gold, {name: expected[name] for name in gold}) == []


def test_status_names_each_refused_file_and_what_to_do(refused: Refused) -> None:
    command = Path(sys.executable).with_name("cancollaborate")
    shown = subprocess.run(
        [command, "status", "--set", f"paths.root={refused.settings.paths.root}"],
        capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "200"},
    ).stdout  # fmt: skip
    ledger = pd.read_sql_table("extract_file", make_engine(refused.settings.warehouse.url)).set_index("file_name")
    for name, reason in refused.reasons.items():
        # Any name may be a patient's: one that is not of the agreed form is told by its number
        assert (name if name.endswith(".jwe") else f"file {ledger.loc[name, 'file_id']} ") in shown
        assert f"{reason}: " in shown
    assert "9434765919" not in shown
    assert "Dear colleagues" not in shown


def test_a_first_hour_in_which_every_file_is_refused_ends_well_and_names_the_reasons(
    spark: SparkSession, start: Start
) -> None:
    lake = start.copy(start.empty)
    for path in lake.paths.landing.rglob("*.jwe"):
        path.unlink()
    refused = {
        "RVW_infoflex_20250602T080000Z_000001.jwe": (b"", "EMPTY"),
        "RVW_infoflex_20250602T090000Z_000002.jwe": (b"Dear colleagues", "NOT_SEALED"),
        "readme.txt": (b"Dear colleagues", "NAME_INVALID"),
    }
    for name, (held, _) in refused.items():
        (lake.paths.landing / "RVW" / name).write_bytes(held)
    for _ in range(2):  # the hour after has nothing to build on either
        run_hour(spark, lake)
        ledger = pd.read_sql_table("extract_file", make_engine(lake.warehouse.url))
        assert dict(zip(ledger["file_name"], ledger["reason"], strict=True)) == {
            name: reason for name, (_, reason) in refused.items()
        }
    runs = pd.read_sql_table("run", make_engine(lake.warehouse.url))
    assert set(runs["status"]) == {"done"}
    assert set(runs["step"]) == set(ORDER)


def test_the_pathways_of_two_trusts_are_exactly_those_that_the_hidden_truth_knows(
    spark: SparkSession, undisturbed: Settings
) -> None:
    records = pd.read_parquet(undisturbed.paths.root / "truth" / "records.parquet")
    known = records[records["visible_from"] <= np.datetime64(SECOND_HOUR.replace(tzinfo=None))]
    held_by = known.groupby("pathway_id")["trust"].nunique()
    truly_shared = set(held_by[held_by == 2].index)
    assert len(truly_shared) > 5
    pathway_of = known.set_index(["trust", "source_pathway_id"])["pathway_id"].to_dict()
    linked = open_lake(spark, undisturbed).read("silver.linked_pathway").select("pathway_key", "members").collect()
    found = [{pathway_of[member["trust"], member["source_pathway_id"]] for member in row["members"]} for row in linked]
    assert {next(iter(ids)) for ids, row in zip(found, linked, strict=True) if len(row["members"]) == 2} == truly_shared
    assert all(len(ids) == 1 for ids in found)
    assert len(found) == len(held_by)


def test_every_pathway_that_has_not_departed_is_counted_once(spark: SparkSession, undisturbed: Settings) -> None:
    lake = open_lake(spark, undisturbed)
    key = ["trust", "system", "source_pathway_id"]
    standing = lake.read("silver.pathway").where("not is_departed").select(*key).toPandas()
    linked = members(lake.read("silver.linked_pathway")).toPandas()
    counted = standing.merge(linked, on=key, how="left").groupby(key)["pathway_key"].nunique()
    assert len(counted) == len(standing) > 250
    assert set(counted) == {1}
    standards = pd.read_sql_table("pathway_standard", make_engine(undisturbed.warehouse.url))
    for standard in ("28", "62"):
        keys = standards[standards["standard"] == standard]["pathway_key"]
        assert keys.is_unique
        assert set(keys) == set(linked["pathway_key"])
    assert set(standards[standards["standard"] == "31"]["pathway_key"]) == set(linked["pathway_key"])


def test_the_months_add_up_to_the_pathways(undisturbed: Settings) -> None:
    engine = make_engine(undisturbed.warehouse.url)
    standards, months = (pd.read_sql_table(name, engine) for name in ("pathway_standard", "performance_month"))
    measured = standards[standards["outcome"].isin(["WITHIN", "BREACH"])].fillna({"stage": "-", "modality_group": "-"})
    shares = measured[["investigating_share", "treating_share"]].astype(float)
    measured = measured.assign(share=shares.sum(axis=1)).rename(columns={"reporting_month": "month"})
    key = ["month", "standard", "route", "tumour_site", "stage", "modality_group"]
    assert len(measured) > 100
    assert set(measured["share"]) == {1.0}
    for outcome, column in (("WITHIN", "within_share"), ("BREACH", "breach_share")):
        of_pathways = measured[measured["outcome"] == outcome].groupby(key)["share"].sum()
        of_months = months.assign(**{column: months[column].astype(float)}).groupby(key)[column].sum()
        assert of_pathways.to_dict() == of_months[of_months > 0].to_dict()
    total = months[["denominator_share", "within_share", "breach_share"]].astype(float).sum()
    assert total["denominator_share"] == total["within_share"] + total["breach_share"] == len(measured)
