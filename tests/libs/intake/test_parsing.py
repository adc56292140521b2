"""Extracts in either register's dialect become text exactly as written, or are refused as a whole."""

import csv
import io
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.feeds import Dialect, FeedContract
from libs.intake.parsing import BATCH_ROWS, parse_extract
from libs.intake.reasons import Refusal

COMMA = Dialect(delimiter=",", quote='"', encoding="utf-8")
PIPE = Dialect(delimiter="|", quote='"', encoding="windows-1252")


def contract(dialect: Dialect = COMMA, *, mandatory: tuple[str, ...] = ("ID", "NAME")) -> FeedContract:
    """A contract of three columns, of which one is optional unless the test says otherwise."""
    return FeedContract.model_construct(dialect=dialect, columns=("ID", "NAME", "NOTE"), mandatory=mandatory)


def rows_of(extract: bytes, *, rows: int, dialect: Dialect = COMMA, **changes: Any) -> list[dict[str, Any]]:
    batches = parse_extract(extract, contract=contract(dialect, **changes), rows=rows)
    assert not isinstance(batches, Refusal), batches
    return [row for batch in batches for row in batch.to_pylist()]


def refusal_of(extract: bytes, *, rows: int = 1, dialect: Dialect = COMMA, **changes: Any) -> Refusal:
    refusal = parse_extract(extract, contract=contract(dialect, **changes), rows=rows)
    assert isinstance(refusal, Refusal)
    return refusal


def reason_of(extract: bytes, **given: Any) -> str:
    return refusal_of(extract, **given).reason


def test_rows_are_text_in_the_contracts_order_and_an_empty_field_is_not_null() -> None:
    batches = parse_extract(b"NAME,ID,NOTE\nSMITH,007,\n1.50,NA,NULL\n", contract=contract(), rows=2)
    assert isinstance(batches, list)
    assert batches[0].schema.names == ["ID", "NAME", "NOTE", "_extra"]
    assert [field.type for field in batches[0].schema][:3] == [pa.string()] * 3
    assert batches[0].to_pylist() == [
        {"ID": "007", "NAME": "SMITH", "NOTE": "", "_extra": None},
        {"ID": "NA", "NAME": "1.50", "NOTE": "NULL", "_extra": None},
    ]


def test_a_missing_optional_column_is_null() -> None:
    assert rows_of(b"ID,NAME\n1,a\n", rows=1) == [{"ID": "1", "NAME": "a", "NOTE": None, "_extra": None}]


def test_columns_that_the_contract_does_not_know_are_kept_by_name() -> None:
    extract = b"NEW,ID,NAME,NOTE,OTHER\nx,1,a,,\ny,2,b,,z\n"
    assert [dict(row["_extra"]) for row in rows_of(extract, rows=2)] == [
        {"NEW": "x", "OTHER": ""},
        {"NEW": "y", "OTHER": "z"},
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (b'"SMITH, Jane"', "SMITH, Jane"),
        (b'"said ""no"" twice"', 'said "no" twice'),
        (b'"12/5 done\nawait histo\r\n- JB"', "12/5 done\nawait histo\r\n- JB"),
        (b'5" scan', '5" scan'),
        (b'""', ""),
        (b"  kept  ", "  kept  "),
        (b"it's", "it's"),
        (b"back\\slash", "back\\slash"),
    ],
)
def test_a_field_reads_as_its_dialect_means_it(field: bytes, value: str) -> None:
    extract = b"ID,NAME,NOTE\n1,a," + field + b"\n2,b,next\n"
    assert [row["NOTE"] for row in rows_of(extract, rows=2)] == [value, "next"]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("last", [True, False])
def test_lines_may_end_in_any_way_and_the_last_need_not_end(end: bytes, last: bool) -> None:
    extract = end.join([b"ID,NAME,NOTE", b"1,a,x", b"2,b,y"]) + (end if last else b"")
    assert [(row["ID"], row["NOTE"]) for row in rows_of(extract, rows=2)] == [("1", "x"), ("2", "y")]


def test_windows_characters_are_read_from_a_windows_extract() -> None:
    extract = "ID|NAME|NOTE\n1|ZOË ŠTEPÁN|£5 • €6\n".encode("cp1252")
    row = rows_of(extract, rows=1, dialect=PIPE)[0]
    assert (row["NAME"], row["NOTE"]) == ("ZOË ŠTEPÁN", "£5 • €6")


def test_a_pipe_extract_keeps_commas_and_inches() -> None:
    row = rows_of(b'ID|NAME|NOTE\n1|SMITH, Jane (Mrs)|4.5" lesion\n', rows=1, dialect=PIPE)[0]
    assert (row["NAME"], row["NOTE"]) == ("SMITH, Jane (Mrs)", '4.5" lesion')


def test_a_dialect_without_quotes_takes_them_as_letters() -> None:
    dialect = Dialect.model_construct(delimiter="|", quote="", encoding="windows-1252")
    assert rows_of(b'ID|NAME|NOTE\n1|"a|"5 cm\n', rows=1, dialect=dialect)[0]["NOTE"] == '"5 cm'


def test_a_byte_order_mark_does_not_hide_the_first_column() -> None:
    extract = b"\xef\xbb\xbf" + "ID,NAME,NOTE\n1,Zoë,x\n".encode()
    assert rows_of(extract, rows=1)[0] == {"ID": "1", "NAME": "Zoë", "NOTE": "x", "_extra": None}
    ascii_extract = b"\xef\xbb\xbfID,NAME,NOTE\n1,a,x\n"
    assert rows_of(ascii_extract, rows=1)[0]["ID"] == "1"


@pytest.mark.parametrize("extract", [b"ID,NAME,NOTE\n", b"ID,NAME,NOTE", b"ID,NAME,NOTE\r\n", b"ID,NAME,NOTE\n\n"])
def test_an_extract_may_hold_no_rows(extract: bytes) -> None:
    assert rows_of(extract, rows=0) == []


def test_a_quoted_header_is_read_as_names() -> None:
    assert rows_of(b'"ID","NAME","NOTE"\n1,a,x\n', rows=1)[0]["NOTE"] == "x"


@pytest.mark.parametrize(
    ("row", "detail"),
    [
        (b"SMITH", "the header has 3 columns, line 3 has 1"),
        (b"SMITH,9990000018", "the header has 3 columns, line 3 has 2"),
        (b"SMITH,9990000018,a,b", "the header has 3 columns, line 3 has 4"),
        (b"2,b,y\n\nSMITH,a", "the header has 3 columns, line 5 has 2"),
        (b'2,b,"y\r\n\rz"\nSMITH,a', "the header has 3 columns, line 6 has 2"),
        (b'SMITH,a,"x,y', "a quote in the row that begins on line 3 never closes"),
        (b'SMITH,a,"', "a quote in the row that begins on line 3 never closes"),
        (b'SMITH,"a,b,c\n2,d,e', "a quote in the row that begins on line 3 never closes"),
    ],
)
def test_a_malformed_row_is_told_by_its_line_without_a_word_of_it(
    row: bytes, detail: str, capfd: pytest.CaptureFixture[str]
) -> None:
    refusal = parse_extract(b"ID,NAME,NOTE\n1,a,x\n" + row + b"\n", contract=contract(), rows=2)
    assert refusal == Refusal("ROWS_MALFORMED", detail)
    assert "SMITH" not in "".join(capfd.readouterr())


def test_a_row_behind_the_last_quote_is_told_where_a_dialect_has_none() -> None:
    dialect = Dialect.model_construct(delimiter="|", quote="", encoding="windows-1252")
    detail = refusal_of(b'ID|NAME|NOTE\n1|"a|x\n2|b\n', dialect=dialect).detail
    assert detail == "the header has 3 columns, line 3 has 2"


def test_a_ragged_row_is_malformed_even_if_the_number_of_rows_is_right() -> None:
    assert reason_of(b"ID,NAME,NOTE\n1,a\n") == "ROWS_MALFORMED"
    assert reason_of(b"ID,NAME,NOTE\n1,a,x,y\n") == "ROWS_MALFORMED"


def test_a_quote_that_never_closes_does_not_swallow_the_rest_unseen() -> None:
    extract = b'ID,NAME,NOTE\n1,a,"open\n' + b"2,b,x\n" * 400_000
    assert reason_of(extract, rows=400_001) == "ROWS_MALFORMED"
    for open_row in (b'1,a,"open', b'1,a,"', b'1,a,"x""'):
        for end in (b"", b"\n"):
            assert reason_of(b"ID,NAME,NOTE\n" + open_row + end, rows=1) == "ROWS_MALFORMED"


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_another_number_of_rows_than_was_signed_is_refused(rows: int) -> None:
    refusal = refusal_of(b"ID,NAME,NOTE\n1,a,x\n2,b,y\n", rows=rows)
    assert refusal == Refusal("ROW_COUNT_WRONG", f"{rows} rows were signed, the extract has 2")


def test_a_large_extract_comes_in_batches_that_keep_order_and_extras() -> None:
    count = BATCH_ROWS + 10
    extract = b"ID,NAME,NEW\n" + b"".join(b"%d,a,n%d\n" % (number, number) for number in range(count))
    batches = parse_extract(extract, contract=contract(), rows=count)
    assert isinstance(batches, list)
    assert [batch.num_rows for batch in batches] == [BATCH_ROWS, 10]
    last = batches[-1].to_pylist()[-1]
    assert (last["ID"], dict(last["_extra"])) == (str(count - 1), {"NEW": f"n{count - 1}"})


def test_lines_in_quotes_may_stand_anywhere_in_a_large_extract() -> None:
    note = "\n" * 100
    extract = b"ID,NAME,NOTE\n" + b"".join(b'%d,a,"%s"\n' % (number, note.encode()) for number in range(30_000))
    assert {row["NOTE"] for row in rows_of(extract, rows=30_000)} == {note}


@pytest.mark.parametrize("size", [900_000, 1_200_000, 5_000_000])
@pytest.mark.parametrize("before", [0, 100_000])
def test_a_row_may_be_longer_than_a_block(size: int, before: int) -> None:
    note = "x" * (size - 2) + "\n."
    extract = b"ID,NAME,NOTE\n" + b"1,a,x\n" * before + f'2,b,"{note}"\n3,c,\n'.encode()
    batches = parse_extract(extract, contract=contract(), rows=before + 2)
    assert isinstance(batches, list)
    notes = [value for batch in batches for value in batch.column("NOTE").to_pylist()]
    assert notes[-2:] == [note, ""]
    assert len(notes) == before + 2


def test_a_malformed_row_behind_a_long_one_is_told_by_its_line() -> None:
    extract = b"ID,NAME,NOTE\n1,a," + b"x" * 2_000_000 + b"\n2,b\n"
    assert refusal_of(extract, rows=2) == Refusal("ROWS_MALFORMED", "the header has 3 columns, line 3 has 2")


def test_long_free_text_comes_in_batches_that_memory_can_hold() -> None:
    extract = b"ID,NAME,NOTE\n" + (b"1,a," + b"x" * 1_000_000 + b"\n") * 150
    batches = parse_extract(extract, contract=contract(), rows=150)
    assert isinstance(batches, list)
    assert sum(batch.num_rows for batch in batches) == 150
    assert max(batch.nbytes for batch in batches) < 70_000_000


def test_a_nul_within_a_field_is_text_like_any_other() -> None:
    assert rows_of(b"ID,NAME,NOTE\n1,a\x00b,x\n", rows=1)[0]["NAME"] == "a\x00b"


TEXT = st.text(st.characters(codec="cp1252"), max_size=8)


@given(st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=1, max_size=5), st.sampled_from([COMMA, PIPE]))
@settings(deadline=None)
def test_whatever_a_register_writes_is_read_back(rows: list[tuple[str, str, str]], dialect: Dialect) -> None:
    written = io.StringIO(newline="")
    writer = csv.writer(
        written, delimiter=dialect.delimiter, quotechar=dialect.quote, quoting=csv.QUOTE_ALL, lineterminator="\r\n"
    )
    # Letters at random may happen to be UTF-8: an honest one beside them shows that they are not
    rows = [*rows, ("é", "", "")]
    writer.writerows([("ID", "NAME", "NOTE"), *rows])
    extract = written.getvalue().encode(dialect.encoding)
    read = rows_of(extract, rows=len(rows), dialect=dialect)
    assert [(row["ID"], row["NAME"], row["NOTE"]) for row in read] == rows


@given(st.binary(max_size=60) | st.text('\x00\r\n",|xé€张', max_size=40).map(str.encode))
@settings(deadline=None)
def test_any_bytes_are_parsed_or_refused(extract: bytes) -> None:
    for dialect in (COMMA, PIPE):
        assert isinstance(parse_extract(extract, contract=contract(dialect), rows=1), list | Refusal)
        head = dialect.delimiter.join(["ID", "NAME", "NOTE"]).encode() + b"\n"
        assert isinstance(parse_extract(head + extract, contract=contract(dialect), rows=1), list | Refusal)
