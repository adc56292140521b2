"""Landed files through a real Spark session: each gives its facts once, then its rows, and no file spoils another."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from libs.errors import KeyVaultError
from libs.feeds import FeedContract
from libs.intake import opening
from libs.intake.envelope import Claims, seal, sealed_name
from libs.intake.keys import KeyRing
from libs.intake.landed_frame import LandedRow, landed_frame
from libs.intake.opening import Opener, open_extracts, opened_schema
from libs.intake.reasons import REASONS
from tests.libs.intake.conftest import CLAIMS, World, flip

pytestmark = pytest.mark.spark

Land = Callable[..., str]


@pytest.fixture(scope="module")
def contract(contracts: dict[str, FeedContract]) -> FeedContract:
    return contracts["infoflex"]


@pytest.fixture
def opener(world: World) -> Opener:
    return world.opener


@pytest.fixture
def land(world: World, tmp_path: Path) -> Land:
    """Put a file below landing/: an honest one of two rows, but for what the test changes. Returns its name."""

    def put(
        content: bytes | None = None,
        *,
        folder: str = "RVW",
        name: str | None = None,
        extract: bytes | None = None,
        **claims: Any,
    ) -> str:
        sealed_claims = replace(CLAIMS, **claims)
        name = name or sealed_name(sealed_claims)
        sealed = world.seal(extract if extract is not None else written(2), **claims) if content is None else content
        target = tmp_path / "landing" / folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(sealed)
        return name

    return put


def written(rows: int, *, header: str = "", encoding: str = "windows-1252") -> bytes:
    """An Infoflex extract of the mandatory columns and one that no contract knows."""
    names = header or (
        "Pathway No|Hosp No|NHS No|Patient Name|D.O.B.|Tumour Site|Ref Type|Urgency|Ref Source|Date Ref Recd|1st Appt|"
        "1st Appt Status|DNA Adj Days|Upgrade Dt|Date Pt Informed|FDS Outcome|Tx Seq|DTT Date|Tx Date|Tx Event|Tx Type|"
        "Pause Days|Closed Dt|Local Flag"
    )
    width = names.count("|") + 1
    lines = [names, *("|".join([f"P{row}", "H1", "é", *[""] * (width - 3)]) for row in range(1, rows + 1))]
    return "\n".join(lines).encode(encoding)


def opened(spark: SparkSession, contract: FeedContract, opener: Opener, folder: Path) -> DataFrame:
    landing = folder / "landing"
    files = [
        LandedRow(str(path), path.name, parts[0] if len(parts) > 1 else None, path.stat().st_size, CLAIMS.iat + 60)
        for path in landing.rglob("*")
        if path.is_file() and (parts := path.relative_to(landing).parts)
    ]
    return open_extracts(landed_frame(spark, files, 2), contract=contract, opener=opener)


def opened_file(spark: SparkSession, contract: FeedContract, opener: Opener, path: Path) -> list[Row]:
    """The facts that a single path gives, whether a file lies there or not."""
    files = [LandedRow(str(path), path.name, "RVW", 1, CLAIMS.iat + 60)]
    frame = open_extracts(landed_frame(spark, files, 2), contract=contract, opener=opener)
    return [row["_file"] for row in frame.where("_file is not null").collect()]


def facts(frame: DataFrame) -> dict[str, Row]:
    rows = frame.where("_file is not null").select("_file_name", "_file").collect()
    assert len({row["_file_name"] for row in rows}) == len(rows)
    return {row["_file_name"]: row["_file"] for row in rows}


def test_a_file_gives_one_row_of_facts_and_its_numbered_rows(
    spark: SparkSession, contract: FeedContract, opener: Opener, land: Land, tmp_path: Path
) -> None:
    name = land()
    frame = opened(spark, contract, opener, tmp_path)
    assert frame.schema == opened_schema(contract)
    assert frame.columns == ["_path", "_file_name", "_row_number", "_file", *contract.columns, "_extra"]
    sealed = (tmp_path / "landing" / "RVW" / name).read_bytes()
    epoch = F.unix_timestamp("_file.extracted_at").alias("epoch")
    file_row, first, second = frame.select("*", epoch).orderBy(F.col("_row_number").asc_nulls_first()).collect()
    assert file_row["_file"].asDict() == {
        "trust": "RVW",
        "system": "infoflex",
        "sha256": hashlib.sha256(sealed).hexdigest(),
        "sealed_bytes": len(sealed),
        "is_refused": False,
        "reason": None,
        "detail": None,
        "contract_version": 1,
        "kind": "full",
        "sequence": 42,
        "extracted_at": file_row["_file"]["extracted_at"],
        "row_count": 2,
        "extract_sha256": hashlib.sha256(written(2)).hexdigest(),
        "extra_columns": "Local Flag",
        "missing_columns": ", ".join(name for name in contract.columns if name not in written(0).decode().split("|")),
    }
    assert file_row["epoch"] == CLAIMS.iat
    assert {file_row[column] for column in (*contract.columns, "_extra", "_row_number")} == {None}
    assert [(row["_row_number"], row["_file"], row["Pathway No"]) for row in (first, second)] == [
        (1, None, "P1"),
        (2, None, "P2"),
    ]
    assert (first["NHS No"], first["D.O.B."], first["Sex"], first["_extra"]) == ("é", "", None, {"Local Flag": ""})
    assert {row["_file_name"] for row in (file_row, first, second)} == {name}


def test_each_refused_file_gives_only_its_facts_and_the_others_are_taken(
    spark: SparkSession, world: World, contract: FeedContract, opener: Opener, land: Land, tmp_path: Path
) -> None:
    expected: dict[str, str | None] = {}

    def expect(reason: str | None, name: str) -> None:
        assert name not in expected
        expected[name] = reason

    expect(None, land(seq=1))
    expect(None, land(seq=2, folder="RVW/2025/11"))
    expect("NOT_SEALED", land(b"Pathway No|Hosp No\n", seq=4))
    expect("DAMAGED", land(flip(world.seal(written(2), seq=5), 3), seq=5))
    expect("TOO_LARGE", land(b"x" * (opener.max_sealed_bytes + 1), seq=6))
    expect("NAME_INVALID", land(name="extract.csv"))
    expect("NAME_INVALID", land(name="RVW with space%20and#hash.jwe"))
    expect("TRUST_UNKNOWN", land(folder="R0A", seq=7))
    expect("TRUST_UNKNOWN", land(folder=".", seq=8))
    expect("CLAIMS_DISAGREE", land(folder="RTR", seq=9))
    expect("CONTRACT_UNKNOWN", land(seq=10, sys="scr"))
    expect("CONTRACT_UNKNOWN", land(seq=11, feed=2))
    expect("CONTRACT_UNKNOWN", land(seq=11, folder="RTR", iss="RTR"))
    expect("AUDIENCE_WRONG", land(seq=12, aud="elsewhere"))
    expect("ROW_COUNT_WRONG", land(seq=13, rows=3))
    expect("COLUMNS_MISSING", land(seq=14, extract=b"Pathway No|Hosp No\n1|2\n"))
    expect("EMPTY", land(b"", seq=17))
    expect("CHARACTER_SET_WRONG", land(seq=15, extract=written(2) + b"\x81"))
    expect("ROWS_MALFORMED", land(seq=16, extract=written(2) + b"\nSMITH|"))
    frame = opened(spark, contract, opener, tmp_path).cache()
    found = facts(frame)
    assert {name: fact["reason"] for name, fact in found.items()} == expected
    assert all(fact["is_refused"] == (fact["reason"] is not None) for fact in found.values())
    assert set(expected.values()) - {None} <= set(REASONS)
    counts = {row["_file_name"]: row["count"] for row in frame.groupBy("_file_name").count().collect()}
    assert counts == {name: 1 if reason else 3 for name, reason in expected.items()}
    frame.unpersist()


def test_a_refused_file_says_what_is_known_of_it(
    spark: SparkSession, contract: FeedContract, opener: Opener, land: Land, tmp_path: Path
) -> None:
    unnamed, damaged, wrong = land(b"x", name="notes.txt"), land(b"x"), land(seq=43, rows=9)
    found = facts(opened(spark, contract, opener, tmp_path))
    assert [found[unnamed][name] for name in ("trust", "system", "sequence", "kind")] == ["RVW", None, None, None]
    assert [found[damaged][name] for name in ("trust", "system", "sequence", "kind")] == ["RVW", "infoflex", 42, None]
    assert [found[wrong][name] for name in ("kind", "contract_version", "row_count")] == ["full", 1, None]
    assert found[damaged]["sha256"] == hashlib.sha256(b"x").hexdigest()


def test_a_file_that_is_too_long_is_hashed_without_being_read_whole(
    spark: SparkSession, contract: FeedContract, opener: Opener, tmp_path: Path
) -> None:
    path = tmp_path / sealed_name(CLAIMS)
    with path.open("wb") as file:
        file.truncate(3_000_000_000)  # a hole: it has a length, and nobody could hold it twice
    (fact,) = opened_file(spark, contract, opener, path)
    assert (fact["reason"], fact["sealed_bytes"], fact["row_count"]) == ("TOO_LARGE", 3_000_000_000, None)
    assert fact["detail"] == "it has 3,000,000,000 bytes, the limit is 1,000,000"
    with path.open("rb") as file:
        assert fact["sha256"] == hashlib.file_digest(file, "sha256").hexdigest()


def test_a_file_that_vanished_meanwhile_gives_no_row_and_the_others_are_taken(
    spark: SparkSession, contract: FeedContract, opener: Opener, tmp_path: Path, land: Land
) -> None:
    assert opened_file(spark, contract, opener, tmp_path / sealed_name(CLAIMS)) == []
    name = land()
    there = tmp_path / "landing" / "RVW" / name
    files = [LandedRow(str(path), name, "RVW", 1, CLAIMS.iat) for path in (tmp_path / name, there)]
    frame = open_extracts(landed_frame(spark, files, 1), contract=contract, opener=opener)
    assert [(row["_path"], row["count"]) for row in frame.groupBy("_path").count().collect()] == [(str(there), 3)]


def test_what_cannot_be_read_is_refused_and_told(
    spark: SparkSession, contract: FeedContract, opener: Opener, tmp_path: Path
) -> None:
    path = tmp_path / sealed_name(CLAIMS)
    path.mkdir()
    (fact,) = opened_file(spark, contract, opener, path)
    assert (fact["reason"], fact["detail"], fact["sha256"]) == ("UNREADABLE", "Is a directory", None)


def test_a_refusal_spells_out_the_difference(
    spark: SparkSession, contract: FeedContract, opener: Opener, land: Land, tmp_path: Path
) -> None:
    version, rows, ragged = land(seq=1, feed=2), land(seq=2, rows=3), land(seq=3, extract=written(2) + b"\nSMITH|")
    found = facts(opened(spark, contract, opener, tmp_path))
    assert found[version]["detail"] == "the file names version 2 of infoflex, the contract here is version 1"
    assert found[rows]["detail"] == "3 rows were signed, the extract has 2"
    assert found[ragged]["detail"] == "the header has 24 columns, line 4 has 2"


def test_the_arrival_is_held_against_the_extracts_time(
    spark: SparkSession, contract: FeedContract, opener: Opener, land: Land, tmp_path: Path
) -> None:
    ahead = land(iat=CLAIMS.iat + 86_400)
    assert facts(opened(spark, contract, opener, tmp_path))[ahead]["reason"] == "EXTRACT_IN_FUTURE"


class Unreachable:
    """A vault behind a network that is down."""

    def unwrap(self, kid: str, algorithm: str, encrypted_key: bytes) -> bytes | None:
        raise TimeoutError


def test_a_vault_that_cannot_be_asked_ends_the_pass_and_refuses_no_file(
    world: World, contract: FeedContract, opener: Opener, land: Land, tmp_path: Path
) -> None:
    kept = replace(opener, platform_keys=KeyRing([world.keys["rsa"][1]]), unwrapper=Unreachable())
    path = tmp_path / "landing" / "RVW" / land(world.seal(written(2), platform="rsa"))
    landed = pa.RecordBatch.from_pylist([{"path": str(path), "name": path.name, "folder": "RVW", "arrived_at": 1}])
    with pytest.raises(KeyVaultError):
        list(opening._worker(contract, kept)([landed]))


def test_many_small_files_come_in_few_batches(
    contract: FeedContract, opener: Opener, land: Land, tmp_path: Path
) -> None:
    names = [land(seq=number) for number in range(50)]
    paths = [tmp_path / "landing" / "RVW" / name for name in names]
    landed = pa.RecordBatch.from_pylist(
        [{"path": str(path), "name": path.name, "folder": "RVW", "arrived_at": CLAIMS.iat} for path in paths]
    )
    (batch,) = opening._worker(contract, opener)([landed])
    assert batch.num_rows == 150
    assert batch.column("_file_name").to_pylist() == [name for name in names for _ in range(3)]


def test_two_files_of_one_name_are_told_apart_by_their_paths(
    spark: SparkSession, contract: FeedContract, opener: Opener, land: Land, tmp_path: Path
) -> None:
    land(folder="RVW/a")
    land(folder="RVW/b")
    rows = opened(spark, contract, opener, tmp_path).groupBy("_path").count().orderBy("_path").collect()
    assert [(row["_path"].split("/")[-2], row["count"]) for row in rows] == [("a", 3), ("b", 3)]


def test_a_large_file_keeps_its_row_numbers_across_batches(
    spark: SparkSession, contract: FeedContract, opener: Opener, land: Land, tmp_path: Path
) -> None:
    large = replace(opener, max_extract_bytes=100_000_000)
    land(extract=written(70_000), rows=70_000)
    rows = opened(spark, contract, large, tmp_path).where("_file is null")
    found = rows.agg(
        F.count("*"),
        F.count_distinct("_row_number"),
        F.max("_row_number"),
        F.sum((F.col("`Pathway No`") != F.concat(F.lit("P"), "_row_number")).cast("int")),
    ).first()
    assert tuple(found or ()) == (70_000, 70_000, 70_000, 0)


def test_a_fault_of_ours_in_one_file_leaves_the_others(
    spark: SparkSession, contract: FeedContract, opener: Opener, land: Land, tmp_path: Path
) -> None:
    land()
    names = dict.fromkeys(("RVW",), "infoflex")
    broken = replace(opener, max_extract_bytes="no number")  # type: ignore[arg-type]
    found = facts(opened(spark, contract, replace(broken, systems=names), tmp_path))
    assert [fact["reason"] for fact in found.values()] == ["UNREADABLE"]


def test_neither_plan_nor_schema_shows_a_key_or_a_value(
    spark: SparkSession, world: World, contract: FeedContract, opener: Opener, land: Land, tmp_path: Path
) -> None:
    land()
    frame = opened(spark, contract, opener, tmp_path)
    plan = frame._jdf.queryExecution().toString()  # type: ignore[operator]
    for private, _ in world.keys.values():
        assert private["d"] not in plan
    assert "P1" not in plan
    assert world.keys["ec"][0]["d"] in json.dumps([dict(key) for key, _ in world.keys.values()])


def test_trusts_may_send_different_registers(
    spark: SparkSession, world: World, contracts: dict[str, FeedContract], opener: Opener, land: Land, tmp_path: Path
) -> None:
    scr = contracts["scr"]
    extract = (",".join(scr.columns) + "\n" + ",".join(["ZOË", *[""] * (len(scr.columns) - 1)])).encode()
    claims = Claims("RTR", CLAIMS.aud, "scr", feed=scr.version, seq=1, iat=CLAIMS.iat, kind="history", rows=1)
    key = world.keys["rtr"][0]
    land(
        seal(extract, claims, signing_key=key, platform_key=world.keys["rsa"][1]),
        folder="RTR",
        name=sealed_name(claims),
    )
    found = opened(spark, scr, opener, tmp_path).where("_file is null").first()
    assert found is not None
    assert found[scr.columns[0]] == "ZOË"


def test_summer_and_winter_times_keep_their_instant(
    spark: SparkSession, contract: FeedContract, opener: Opener, land: Land, tmp_path: Path
) -> None:
    moments = [datetime(2025, 10, 26, hour, 30, tzinfo=UTC) for hour in (0, 1)]  # both 01:30 on a clock in London
    for number, moment in enumerate(moments):
        land(seq=number, iat=int(moment.timestamp()))
    frame = opened(spark, contract, opener, tmp_path).where("_file is not null")
    epochs = frame.select(F.unix_timestamp("_file.extracted_at").alias("epoch")).collect()
    assert sorted(row["epoch"] for row in epochs) == [int(moment.timestamp()) for moment in moments]


def test_an_empty_landing_folder_gives_no_rows(spark: SparkSession, contract: FeedContract, opener: Opener) -> None:
    assert open_extracts(landed_frame(spark, [], 2), contract=contract, opener=opener).isEmpty()


def test_an_opener_that_lost_its_keys_refuses_rather_than_fails(
    spark: SparkSession, contract: FeedContract, opener: Opener, land: Land, tmp_path: Path
) -> None:
    land()
    found = facts(opened(spark, contract, replace(opener, platform_keys=KeyRing([])), tmp_path))
    assert [fact["reason"] for fact in found.values()] == ["PLATFORM_KEY_UNKNOWN"]


def test_the_plans_of_opened_extracts_show_no_key(
    spark: SparkSession, world: World, contract: FeedContract, opener: Opener, land: Land
) -> None:
    """The keys travel within the function that opens, which a plan names and does not show."""
    land()
    frame = open_extracts(landed_frame(spark, [], 1), contract=contract, opener=opener)
    execution = frame._jdf.queryExecution()  # what explain prints, in every way that it prints it
    plans = [execution.toString(), execution.analyzed().prettyJson(), execution.executedPlan().prettyJson()]
    assert all("MapInArrow" in plan or "mapInArrow" in plan for plan in plans)
    secrets = [private[part] for private, _ in world.keys.values() for part in ("d", "p", "q") if part in private]
    assert secrets
    assert not [part for part in secrets for plan in plans if part in plan]
