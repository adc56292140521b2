"""The outbox: every file that the ledger answered for has an answer that its sender, and nobody else, can read."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwe
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs import answers
from jobs.answers import answer
from jobs.extract_ledger import SCHEMA as LEDGER
from jobs.outcome import Run
from libs.errors import KeyRingError
from libs.intake import jose
from libs.intake.keys import KeyRing, make_key_pair, read_key
from libs.lakehouse.tables import Lake, open_lake
from libs.settings import Settings

MOMENT = datetime(2025, 6, 2, 9, 10, tzinfo=UTC)
RUN = Run("run-1", MOMENT, MOMENT)
BRONZE = (
    "_file_id bigint, _trust string, _extracted_at timestamp, _row_number bigint, _row_key string, _presence string,"
    " _batch_id string"
)
REJECTS = (
    "trust string, system string, file_id bigint, row_number bigint, row_key string, rule_code string, reach string,"
    " severity string, field string"
)


def made_at(number: int) -> datetime:
    return MOMENT + timedelta(hours=number - 10)


def name_of(number: int, trust: str = "RVW") -> str:
    return f"{trust}_infoflex_{made_at(number):%Y%m%dT%H%M%SZ}_{number:06d}.jwe"


def judged(number: int, trust: str = "RVW", **other: Any) -> dict[str, Any]:
    """A file's row in the ledger: an accepted full extract, unless it is said otherwise."""
    usual = {
        "file_id": number, "file_name": name_of(number, trust), "trust": trust, "system": "infoflex", "kind": "full",
        "sequence": number, "extracted_at": made_at(number), "arrived_at": made_at(number), "status": "accepted",
        "row_count": 4, "sha256": f"{number:064x}", "batch_id": "batch-1", "run_id": "run-1", "as_at": MOMENT,
    }  # fmt: skip
    return usual | other


def refused(number: int, reason: str, **other: Any) -> dict[str, Any]:
    return judged(number, **{"status": "quarantined", "reason": reason, "row_count": None, **other})


def row(
    file: int, number: int, *, of: int | None = None, presence: str = "present", batch: str = "batch-1"
) -> tuple[Any, ...]:
    """A row of bronze under a file's number, told by that file or, `of` it, by another one read again."""
    return (file, "RVW", made_at(of or file), number, f"P-{number}\x1f1", presence, batch)


def fault(file: int, number: int, field: str | None = None, code: str = "ROW_REPEATED") -> tuple[Any, ...]:
    rule, severity = (code, "reject") if field is None else ("DATE_NOT_UNDERSTOOD", "null the field")
    return ("RVW", "infoflex", file, number, f"P-{number}\x1f1", rule, "record", severity, field)


@pytest.fixture
def lake(spark: SparkSession, settings: Settings) -> Lake:
    return open_lake(spark, settings)


@pytest.fixture
def private_key(settings: Settings) -> Mapping[str, Any]:
    """The key with which RVW reads its answers; RTR has registered none for that."""
    private, public = make_key_pair("rvw-answers", algorithm="ECDH-ES+A256KW")
    _, signing = make_key_pair("rtr-signs", algorithm="EdDSA")
    write_ring(settings, [{**public, "iss": "RVW"}, {**signing, "iss": "RTR"}])
    return private


def write_ring(settings: Settings, keys: Sequence[Mapping[str, Any]]) -> None:
    reference = settings.keys.trusts
    path = settings.paths.secrets / reference.scope / reference.key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(KeyRing(keys).to_json())


def fill(
    lake: Lake, ledger: Sequence[Mapping[str, Any]], rows: Sequence[tuple[Any, ...]] = (),
    rejects: Sequence[tuple[Any, ...]] = (),
) -> None:  # fmt: skip
    lake.append("bronze.extract_file", lake.spark.createDataFrame([dict(each) for each in ledger], LEDGER))
    if rows:
        lake.append("bronze.infoflex_row", lake.spark.createDataFrame([*rows], BRONZE))
    if rejects:
        lake.append("silver.reject", lake.spark.createDataFrame([*rejects], REJECTS))


def names(settings: Settings) -> list[str]:
    root = settings.paths.outbox
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def read(settings: Settings, private_key: Mapping[str, Any], number: int) -> dict[str, Any]:
    """The answer to a file, opened by the trust."""
    (path,) = (settings.paths.outbox / "RVW").glob(f"{number:08d}*.answer.jwe")
    key = read_key(private_key, ring="own").imported
    content = jwe.decrypt_compact(path.read_bytes(), key, registry=jose.encryption(limit=1 << 24)).plaintext or b""
    return dict(json.loads(content))


def line(settings: Settings, number: int) -> str:
    (path,) = settings.paths.outbox.rglob(f"{number:08d}*.answer.txt")
    return path.read_text()


def test_every_file_of_a_configured_trust_is_answered_once(
    lake: Lake, settings: Settings, private_key: Mapping[str, Any]
) -> None:
    ledger = [
        judged(1), judged(2), refused(3, "DAMAGED"), judged(4, status="duplicate", reason="DUPLICATE"),
        judged(5, "RTR"), refused(6, "TRUST_UNKNOWN", trust="XXX"), refused(7, "TRUST_UNKNOWN", trust=None), judged(8),
    ]  # fmt: skip
    fill(lake, ledger)
    assert answer(lake, settings, RUN, after=1, upto=7) == 4
    assert names(settings) == [
        f"RTR/00000005_{name_of(5, 'RTR')}.answer.json",
        f"RTR/00000005_{name_of(5, 'RTR')}.answer.txt",
        *(f"RVW/{number:08d}_{name_of(number)}.answer.{form}" for number in (2, 3, 4) for form in ("jwe", "txt")),
    ]
    assert read(settings, private_key, 3)["reason"] == "DAMAGED"
    assert read(settings, private_key, 4)["status"] == "duplicate"


def test_the_rows_of_a_file_are_counted_and_those_refused_are_named(
    lake: Lake, settings: Settings, private_key: Mapping[str, Any]
) -> None:
    rows = [row(1, 1), row(1, 2), row(1, 3), row(1, 9, presence="row_gone"), row(2, 1)]
    fill(lake, [judged(1), judged(2)], rows, [fault(1, 3, "mdt_on"), fault(1, 3, "closed_on"), fault(1, 2)])
    answer(lake, settings, RUN, after=0, upto=2)
    told = read(settings, private_key, 1)
    assert told["rows"] == {"received": 4, "unchanged": 1, "taken": 2, "refused": 1, "with_emptied_values": 1}
    assert [(each["row_number"], each["rule_code"], each["field"]) for each in told["refused"]] == [
        (2, "ROW_REPEATED", None), (3, "DATE_NOT_UNDERSTOOD", "closed_on"), (3, "DATE_NOT_UNDERSTOOD", "mdt_on"),
    ]  # fmt: skip
    assert told["refused"][2]["columns"] == ["MDT Date"]
    assert told["refused"][0]["row_key"] == {"Pathway No": "P-2", "Tx Seq": "1"}
    assert line(settings, 1) == (
        f"{name_of(1)}: taken. 4 rows: 2 taken, 1 refused, 1 as before; 1 row taken with a value left empty.\n"
    )
    assert read(settings, private_key, 2)["rows"]["unchanged"] == 3


def test_pathways_that_stand_twice_are_told_with_the_last_file_of_their_trust(
    lake: Lake, settings: Settings, make_settings: Any, private_key: Mapping[str, Any]
) -> None:
    fill(lake, [judged(1), judged(2), refused(3, "DAMAGED"), judged(4, "RTR")])
    twice = [("RVW", "P-2", "P-1", 4), ("RVW", "P-8", "P-7", 0), ("RTR", "P-6", "P-5", 4)]
    columns = "trust string, source_pathway_id string, survivor_pathway_id string, file_id bigint"
    found = lake.spark.createDataFrame(twice, columns).withColumn("system", F.lit("infoflex"))
    lake.append("silver.duplicate", found)
    answer(lake, settings, RUN, after=0, upto=4)
    told = [read(settings, private_key, number)["duplicates"] for number in (1, 2, 3)]
    assert told == [[], [{"pathway": {"Pathway No": "P-2"}, "counted": {"Pathway No": "P-1"}}], []]
    assert "1 pathway found to stand under another number too" in line(settings, 4)
    (plain,) = (settings.paths.outbox / "RTR").glob("*.json")
    assert "P-6" in plain.read_text()
    answer(lake, make_settings("intake.has_plain_row_keys=false"), RUN, after=0, upto=4)
    assert json.loads(plain.read_text())["duplicates_not_listed"] == 1
    assert "P-6" not in plain.read_text()


def test_no_more_rows_are_named_than_is_configured_and_the_rest_is_counted(
    lake: Lake, make_settings: Any, private_key: Mapping[str, Any]
) -> None:
    settings = make_settings("intake.answer_rows=2")
    faults = [*(fault(1, number) for number in range(5)), fault(1, 7, "mdt_on"), fault(2, 1)]
    fill(lake, [judged(1), judged(2)], [*(row(1, number) for number in range(8)), row(2, 1)], faults)
    answer(lake, settings, RUN, after=0, upto=2)
    told = read(settings, private_key, 1)
    assert [each["row_number"] for each in told["refused"]] == [0, 1]
    assert (told["refused_not_listed"], told["rows"]["refused"]) == (4, 5)
    assert read(settings, private_key, 2)["refused_not_listed"] == 0


def test_what_a_late_extract_brings_to_light_in_others_is_not_told_as_its_own(
    lake: Lake, settings: Settings, private_key: Mapping[str, Any]
) -> None:
    late = judged(3, extracted_at=made_at(1))
    rows = [row(3, 1, of=1), row(3, 2, of=1), row(3, 3, of=2), row(3, 4, of=2)]
    fill(lake, [late, judged(4)], [*rows, row(4, 1)], [fault(3, 2), fault(3, 4), fault(4, 1)])
    answer(lake, settings, RUN, after=2, upto=4)
    told = read(settings, private_key, 3)
    assert told["rows"] == {"received": 4, "unchanged": 2, "taken": 1, "refused": 1, "with_emptied_values": 0}
    assert [each["row_number"] for each in told["refused"]] == [2]
    assert read(settings, private_key, 4)["rows"]["refused"] == 1


def test_rows_that_a_killed_run_left_behind_are_not_counted(
    lake: Lake, settings: Settings, private_key: Mapping[str, Any]
) -> None:
    fill(lake, [judged(1)], [row(1, 1), row(1, 2, batch="killed")])
    answer(lake, settings, RUN, after=0, upto=1)
    assert read(settings, private_key, 1)["rows"]["taken"] == 1


def test_answering_again_gives_the_same_answer_in_the_same_place(
    lake: Lake, settings: Settings, private_key: Mapping[str, Any]
) -> None:
    fill(lake, [judged(1), judged(2, "RTR")], [row(1, 1)], [fault(1, 1)])
    answer(lake, settings, RUN, after=0, upto=2)
    before = names(settings), read(settings, private_key, 1), [path.read_text() for path in plain(settings)]
    answer(lake, settings, RUN, after=0, upto=2)
    assert before == (names(settings), read(settings, private_key, 1), [path.read_text() for path in plain(settings)])


def plain(settings: Settings) -> list[Path]:
    return sorted(path for path in settings.paths.outbox.rglob("*.*") if path.suffix in (".txt", ".json"))


def test_an_answer_in_plain_is_for_its_owner_alone_and_goes_once_it_can_be_sealed(
    lake: Lake, settings: Settings, private_key: Mapping[str, Any]
) -> None:
    sealing = json.loads((settings.paths.secrets / "cancollaborate" / "trusts-public.jwks").read_text())["keys"]
    write_ring(settings, [])
    fill(lake, [judged(1)])
    answer(lake, settings, RUN, after=0, upto=1)
    (found,) = settings.paths.outbox.rglob("*.answer.json")
    assert found.stat().st_mode & 0o777 == 0o600
    assert json.loads(found.read_text())["file_id"] == 1
    write_ring(settings, sealing)
    answer(lake, settings, RUN, after=0, upto=1)
    assert not found.exists()
    assert read(settings, private_key, 1)["file_id"] == 1


def test_a_key_that_has_ended_is_not_sealed_to(lake: Lake, settings: Settings) -> None:
    _, public = make_key_pair("rvw-old", algorithm="ECDH-ES+A256KW")
    write_ring(settings, [{**public, "iss": "RVW", "exp": int(MOMENT.timestamp())}])
    fill(lake, [judged(1)])
    answer(lake, settings, RUN, after=0, upto=1)
    assert [name.rpartition(".")[2] for name in names(settings)] == ["json", "txt"]


def test_no_name_that_nobody_agreed_on_and_no_key_of_a_row_is_readable_in_the_outbox(
    lake: Lake, settings: Settings, private_key: Mapping[str, Any]
) -> None:
    ledger = [refused(1, "NAME_INVALID", file_name="Kowalski Anna.pdf"), judged(2)]
    fill(lake, ledger, [row(2, 77)], [fault(2, 77)])
    answer(lake, settings, RUN, after=0, upto=2)
    readable = " ".join([*names(settings), *(path.read_text() for path in plain(settings))])
    assert "Kowalski" not in readable
    assert "P-77" not in readable
    assert [name for name in names(settings) if "00000001" in name] == [
        "RVW/00000001.answer.jwe", "RVW/00000001.answer.txt",
    ]  # fmt: skip
    assert read(settings, private_key, 1)["file_name"] is None


def test_without_the_ring_of_the_trusts_nothing_is_written_in_plain_instead(lake: Lake, settings: Settings) -> None:
    fill(lake, [judged(1)])
    with pytest.raises(KeyRingError):
        answer(lake, settings, RUN, after=0, upto=1)
    assert names(settings) == []


def test_without_files_to_answer_nothing_is_asked_of_the_keys(lake: Lake, settings: Settings) -> None:
    assert answer(lake, settings, RUN, after=0, upto=0) == 0
    fill(lake, [judged(1), refused(2, "TRUST_UNKNOWN", trust="XXX")])
    assert answer(lake, settings, RUN, after=1, upto=2) == 0


def test_many_refused_rows_are_named_a_few_files_at_a_time(
    lake: Lake, settings: Settings, private_key: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "_LISTED_AT_ONCE", 3)
    faults = [fault(file, number) for file in (1, 2, 4) for number in (1, 2)]
    rows = [row(file, number) for file in (1, 2, 3, 4) for number in (1, 2, 3)]
    fill(lake, [judged(number) for number in (1, 2, 3, 4)], rows, faults)
    answer(lake, settings, RUN, after=0, upto=4)
    assert [len(read(settings, private_key, number)["refused"]) for number in (1, 2, 3, 4)] == [2, 2, 0, 2]
