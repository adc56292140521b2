"""An hour into which come files that can't be taken: each is named with its reason, and the rest goes through."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from jobs import cli
from libs.intake.keys import make_key_pair
from libs.settings import Settings
from libs.warehouse.dialects import make_engine
from tests.jobs.conftest import (
    ORDER,
    SECOND_HOUR,
    Start,
    Tables,
    as_it_is,
    deliver,
    differing,
    edited,
    run_hour,
    tables,
)


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
        arrived = (SECOND_HOUR + timedelta(minutes=2)).timestamp()
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


def published_ledger(settings: Settings) -> pd.DataFrame:
    """The ledger in SQL; names that it leaves out, since they are not of the agreed form, are told by quarantine."""
    ledger = pd.read_sql_table("extract_file", make_engine(settings.warehouse.url))
    assert all(name.endswith(".jwe") for name in ledger["file_name"].dropna())
    names = {int(path.name[:8]): path.name[9:] for path in settings.paths.quarantine.rglob("*") if path.is_file()}
    ledger["file_name"] = ledger["file_name"].fillna(ledger["file_id"].map(names))
    return ledger


def with_one_byte_changed(sealed: bytes) -> bytes:
    place = sealed.rindex(b".") - 100
    return sealed[:place] + (b"A" if sealed[place : place + 1] != b"A" else b"B") + sealed[place + 1 :]


def test_files_that_can_not_be_taken_are_quarantined_with_their_reason_and_published(refused: Refused) -> None:
    ledger = published_ledger(refused.settings)
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


def test_the_rest_of_the_hour_goes_through(refused: Refused, spark: SparkSession, expected: Tables) -> None:
    gold = tables(spark, refused.settings, schema="gold")
    assert {"gold.ptl_current", "gold.pathway_standard", "gold.feed_freshness"} <= set(gold)
    assert differing(gold, {name: expected[name] for name in gold}) == []


def test_status_names_each_refused_file_and_what_to_do(
    refused: Refused, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(sys, "argv", ["cancollaborate", "status", "--set", f"paths.root={refused.settings.paths.root}"])
    cli.main()
    shown = capsys.readouterr().out
    ledger = published_ledger(refused.settings).set_index("file_name")
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
    run_hour(spark, lake)
    ledger = published_ledger(lake).set_index("file_name")
    assert ledger["reason"].to_dict() == {name: reason for name, (_, reason) in refused.items()}
    assert [path for path in lake.paths.landing.rglob("*") if path.is_file()] == []
    runs = pd.read_sql_table("run", make_engine(lake.warehouse.url))
    assert set(runs["status"]) == {"done"}
    assert set(runs["step"]) == set(ORDER)
