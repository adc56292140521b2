"""What a trust is told of a file that it sent."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwe

from libs.feeds import load_contracts
from libs.intake import jose
from libs.intake.answers import (
    FoundTwice,
    JudgedFile,
    Listed,
    RowCounts,
    RowFault,
    answer_line,
    answer_stem,
    build_answer,
    seal_answer,
)
from libs.intake.keys import make_key_pair, read_key
from libs.intake.reasons import REASONS
from libs.pathways.row_rules import ROW_RULES
from libs.settings import conf_folder

INFOFLEX = load_contracts(conf_folder())["infoflex"]
MOMENT = datetime(2025, 6, 2, 9, 10, tzinfo=ZoneInfo("Europe/London"))
NAME = "RVW_infoflex_20250602T080000Z_000123.jwe"
TAKEN = JudgedFile(
    file_id=7,
    file_name=NAME,
    sha256="ab" * 32,
    trust="RVW",
    system="infoflex",
    status="accepted",
    reason=None,
    detail=None,
    kind="full",
    sequence=123,
    extracted_at=datetime(2025, 6, 2, 8, tzinfo=UTC),
    arrived_at=datetime(2025, 6, 2, 8, 2, tzinfo=UTC),
    row_count=5_012,
    extra_columns=None,
    missing_columns=None,
)
REPEATED = RowFault(41, "P-1\x1f2", "ROW_REPEATED", None)
UNREAD = RowFault(17, "P-2\x1f", "WORD_UNMAPPED", "suspected_cancer_type")


def answer_of(file: JudgedFile = TAKEN, counts: RowCounts | None = None, *faults: RowFault) -> dict[str, Any]:
    counts = counts or RowCounts(changed=file.row_count or 0)
    return build_answer(
        file, counts, Listed(faults), contract=INFOFLEX, answered_at=MOMENT, platform="cancollaborate-test"
    )  # fmt: skip


def not_taken(reason: str, **other: Any) -> JudgedFile:
    return replace(TAKEN, status="quarantined", reason=reason, row_count=None, **other)


def test_an_answer_says_which_file_it_is_about_and_when_it_was_given() -> None:
    answer = answer_of()
    assert answer["file_name"] == NAME
    assert (answer["file_id"], answer["sha256"], answer["kind"], answer["sequence"]) == (7, "ab" * 32, "full", 123)
    assert (answer["extract_time"], answer["arrived_at"]) == ("2025-06-02T08:00:00Z", "2025-06-02T08:02:00Z")
    assert (answer["answered_at"], answer["platform"]) == ("2025-06-02T09:10:00+01:00", "cancollaborate-test")


def test_the_rows_of_a_first_extract_are_taken_or_refused() -> None:
    answer = answer_of(TAKEN, RowCounts(changed=5_012, refused=3, emptied=2, faults=6), REPEATED)
    assert answer["rows"] == {
        "received": 5_012, "unchanged": 0, "taken": 5_009, "refused": 3, "with_emptied_values": 2,
    }  # fmt: skip
    assert answer["refused_not_listed"] == 5


@given(received=st.integers(0, 9_999), data=st.data())
def test_every_row_received_is_unchanged_taken_or_refused(received: int, data: st.DataObject) -> None:
    changed = data.draw(st.integers(0, received))
    refused = data.draw(st.integers(0, changed))
    counts = RowCounts(changed=changed, refused=refused, faults=refused)
    rows = answer_of(replace(TAKEN, row_count=received), counts)["rows"]
    assert rows["received"] == rows["unchanged"] + rows["taken"] + rows["refused"]
    assert min(rows.values()) >= 0


def test_pathways_that_stand_twice_are_named_with_the_one_that_counts() -> None:
    answer = build_answer(
        TAKEN, RowCounts(changed=5_012, duplicates=3), Listed((), [FoundTwice("P-9", "P-4")]), contract=INFOFLEX,
        answered_at=MOMENT, platform="test",
    )  # fmt: skip
    assert answer["duplicates"] == [{"pathway": {"Pathway No": "P-9"}, "counted": {"Pathway No": "P-4"}}]
    assert answer["duplicates_not_listed"] == 2
    assert answer_line(answer).endswith("5,012 taken, 0 refused; 3 pathways found to stand under another number too.")


def test_a_refused_row_is_named_by_its_local_key_with_a_sentence() -> None:
    (refused,) = answer_of(TAKEN, None, REPEATED)["refused"]
    assert refused == {
        "row_number": 41,
        "row_key": {"Pathway No": "P-1", "Tx Seq": "2"},
        "rule_code": "ROW_REPEATED",
        "severity": "reject",
        "sentence": ROW_RULES["ROW_REPEATED"].sentence,
        "field": None,
        "columns": [],
    }


def test_an_emptied_value_is_named_by_its_canonical_field_and_the_columns_of_the_register() -> None:
    (emptied,) = answer_of(TAKEN, None, UNREAD)["refused"]
    assert emptied["row_key"] == {"Pathway No": "P-2", "Tx Seq": ""}
    assert (emptied["field"], emptied["columns"]) == ("suspected_cancer_type", ["Ref Type", "Tumour Site"])


def test_of_a_file_that_was_not_taken_the_rows_were_not_looked_at() -> None:
    answer = answer_of(not_taken("HEADER_WRONG", detail="missing: 'Tx Seq'"))
    assert set(answer["rows"].values()) == {None}
    assert (answer["reason"], answer["sentence"]) == ("HEADER_WRONG", REASONS["HEADER_WRONG"])
    assert (answer["detail"], answer["refused"]) == ("missing: 'Tx Seq'", [])


def test_columns_that_came_or_went_are_told() -> None:
    told = {"extra_columns": "Local Flag", "missing_columns": "MDT Date, Tel"}
    assert answer_of(replace(TAKEN, **told))["drift"] == told


@pytest.mark.parametrize(
    ("file", "counts", "line"),
    [
        (TAKEN, RowCounts(changed=5_012), "5,012 rows: 5,012 taken, 0 refused."),
        (
            replace(TAKEN, extra_columns="Local Flag"),
            RowCounts(changed=5_012, refused=3),
            "5,012 rows: 5,009 taken, 3 refused; new columns (kept): Local Flag.",
        ),
        (
            replace(TAKEN, missing_columns="MDT Date, Tel"),
            RowCounts(changed=180, refused=3, emptied=1),
            "5,012 rows: 177 taken, 3 refused, 4,832 as before; 1 row taken with a value left empty;"
            " missing columns: MDT Date, Tel.",
        ),
        (replace(TAKEN, row_count=1), RowCounts(), "1 row: 0 taken, 0 refused, 1 as before."),
    ],
)
def test_the_line_of_a_file_that_was_taken_counts_its_rows(file: JudgedFile, counts: RowCounts, line: str) -> None:
    assert answer_line(answer_of(file, counts)) == f"{NAME}: taken. {line}"


def test_the_line_of_a_file_that_was_not_taken_says_why_and_what_to_do() -> None:
    line = answer_line(answer_of(not_taken("HEADER_WRONG", detail="missing: 'Tx Seq'")))
    assert line == f"{NAME}: not taken. HEADER_WRONG: {REASONS['HEADER_WRONG']} (missing: 'Tx Seq')."
    seen = replace(TAKEN, status="duplicate", reason="DUPLICATE")
    assert answer_line(answer_of(seen)) == f"{NAME}: seen before. DUPLICATE: {REASONS['DUPLICATE']}"


def test_a_name_that_nobody_agreed_on_is_nowhere_repeated() -> None:
    file = not_taken("NAME_INVALID", file_name="Kowalski Anna.pdf")
    answer = answer_of(file)
    assert answer["file_name"] is None
    assert "Kowalski" not in json.dumps(answer) + answer_line(answer) + answer_stem(file)
    assert answer_line(answer).startswith(
        "File 7 (its name is not of the agreed form, arrived 2025-06-02T08:02:00Z, sha256 abababababab…): not taken."
    )
    assert (answer_stem(file), answer_stem(TAKEN)) == ("00000007", f"00000007_{NAME}")


@given(st.text(min_size=1).map(lambda text: f"\x1b[31m{text}\n"))
def test_the_line_is_one_line_that_no_terminal_obeys(text: str) -> None:
    assert answer_line(answer_of(replace(TAKEN, extra_columns=text))).isprintable()
    assert answer_line(answer_of(not_taken("HEADER_WRONG", detail=text))).isprintable()


def test_the_line_holds_nothing_of_a_row() -> None:
    line = answer_line(answer_of(TAKEN, RowCounts(changed=9, refused=1, emptied=1, faults=2), REPEATED, UNREAD))
    assert not {"P-1", "P-2", "41", "17"} & set(line.replace(",", " ").split())


def test_no_repr_of_a_refused_row_shows_its_key() -> None:
    assert "P-1" not in repr(REPEATED)


@pytest.mark.parametrize("algorithm", ["RSA-OAEP-256", "ECDH-ES+A256KW"])
def test_a_sealed_answer_is_a_compact_jwe_that_the_trust_opens(algorithm: str) -> None:
    private, public = make_key_pair("rvw-answers", algorithm=algorithm)
    content = json.dumps(answer_of()).encode()
    sealed = seal_answer(content, read_key({**public, "iss": "RVW"}, ring="trust keys"))
    header = jose.read_header(sealed, segments=5)
    assert header is not None
    told = {name: header[name] for name in ("alg", "enc", "kid", "cty")}
    assert told == {"alg": algorithm, "enc": "A256GCM", "kid": "rvw-answers", "cty": "json"}
    key = read_key(private, ring="own").imported
    assert jwe.decrypt_compact(sealed, key, registry=jose.encryption(limit=1 << 20)).plaintext == content


def test_every_sentence_on_a_row_says_what_became_of_it() -> None:
    became = {"reject": "the row was refused", "null the field": "the field was left empty", "warn": "taken"}
    for rule in ROW_RULES.values():
        assert became[rule.severity] in rule.sentence or rule.code in {"ROW_REPEATED", "PATHWAY_DUPLICATED"}
