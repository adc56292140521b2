"""A CSV file of rows: read whole as it is written, refused by line and without a value, and written back unchanged."""

import csv
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.row_file import RowFile, RowFileError, read_rows, write_rows

SECRET = "Kowalski"
HEADER = "id,referral,note\n"


def rows_of(folder: Path, content: str | bytes) -> RowFile:
    path = folder / "rows.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_rows(path, required=("id",), known=("id", "referral"))


def cells(rows: RowFile) -> list[tuple[str, ...]]:
    return [tuple(row.values()) for row in rows.cells.to_pylist()]


def test_cells_are_text_exactly_as_they_stand(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, HEADER + ' 1,,"a, ""b""\nc"\n2,2024-05-01,007\n')
    assert cells(rows) == [(" 1", "", 'a, "b"\nc'), ("2", "2024-05-01", "007")]
    assert rows.lines.to_pylist() == [2, 4]


@pytest.mark.parametrize("lead", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_byte_order_mark_and_line_ends_make_no_difference(tmp_path: Path, lead: bytes, end: str) -> None:
    rows = rows_of(tmp_path, lead + f"id,note{end}1,é{end}{end}2,b".encode())
    assert (rows.header, cells(rows)) == (("id", "note"), [("1", "é"), ("2", "b")])


def test_a_column_is_found_whatever_its_capitals_and_space(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, "ID, Referral \n1,2024-05-01\n")
    referrals = rows.column("referral")
    assert referrals is not None
    assert referrals.to_pylist() == ["2024-05-01"]
    assert rows.header == ("ID", " Referral ")
    assert rows.column("note") is None


def test_empty_cells_beyond_the_header_are_let_go(tmp_path: Path) -> None:
    assert cells(rows_of(tmp_path, "id,note\n1,a,,\n")) == [("1", "a")]


def test_a_file_with_a_header_alone_has_no_rows(tmp_path: Path) -> None:
    assert len(rows_of(tmp_path, HEADER)) == 0


def test_columns_that_nobody_knows_may_bear_one_name_or_none(tmp_path: Path) -> None:
    assert cells(rows_of(tmp_path, "id,note,note,\n1,a,b,c\n")) == [("1", "a", "b", "c")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty (file=rows.csv)."),
        ("\n\n", "the file is empty (file=rows.csv)."),
        (f"{SECRET},b\n1,2\n", "the file lacks the column id (file=rows.csv)."),
        ("id;referral\n1;2\n", "the file lacks the column id (file=rows.csv)."),
        ("id,referral,Referral \n1,2,3\n", "the column referral stands twice (file=rows.csv, line=1)."),
        (
            HEADER + f'1,,"a\nb"\n2,{SECRET}\n',
            "the row that begins here has 2 cells, the header 3 (file=rows.csv, line=4).",
        ),
        (HEADER + f"1,,{SECRET},b\n", "the row that begins here has 4 cells, the header 3 (file=rows.csv, line=2)."),
        (HEADER + "1,,a\n" + HEADER, "the header stands here again (file=rows.csv, line=3)."),
        (HEADER + f'1,,a\n2,,"{SECRET}\n3,,b\n', "the row that begins here is not CSV (file=rows.csv, line=3)."),
        (HEADER + f'1,,"a"{SECRET}\n', "the row that begins here is not CSV (file=rows.csv, line=2)."),
        ((HEADER + "1,,a\n2,,é\n").encode("latin-1"), "the file is not UTF-8 (file=rows.csv, line=3)."),
        (HEADER.encode("utf-16"), "the file is not UTF-8 (file=rows.csv, line=1)."),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_in_one_line_by_its_place_and_without_a_value(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    with pytest.raises(RowFileError) as fault:
        rows_of(tmp_path, content)
    assert str(fault.value).startswith(message)
    assert SECRET not in str(fault.value)
    assert "\n" not in str(fault.value)


def test_a_file_that_is_not_there_and_one_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    with pytest.raises(RowFileError, match=r"can't be read \(file=.*none.csv"):
        read_rows(tmp_path / "none.csv", required=(), known=())
    (tmp_path / "file").write_text("")
    with pytest.raises(RowFileError, match=r"can't be written \(file=.*out.csv"):
        write_rows(tmp_path / "file" / "out.csv", ["a"], [])


def test_an_output_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    def parts() -> "list[pa.Table]":
        raise RuntimeError

    target = tmp_path / "out.csv"
    target.write_text("as it was")
    with pytest.raises(RuntimeError):
        write_rows(target, ["a"], (part for _ in range(1) for part in parts()))
    assert target.read_text() == "as it was"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(*[st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)] * 3), max_size=6)
)
def test_what_is_written_is_read_back_as_it_was(tmp_path: Path, rows: list[tuple[str | None, ...]]) -> None:
    schema = pa.schema([(f"{place}", pa.string()) for place in range(3)])
    parts = [pa.table([pa.array(column, pa.string()) for column in zip(*part, strict=True)], schema=schema)
             for part in (rows[:2], rows[2:]) if part]  # fmt: skip
    target = tmp_path / "out.csv"
    write_rows(target, ["a", 'b "c"', "d,e"], parts)
    with target.open(encoding="utf-8", newline="") as file:
        header, *found = csv.reader(file)
    assert header == ["a", 'b "c"', "d,e"]
    assert [tuple(row) for row in found] == [tuple(cell or "" for cell in row) for row in rows]
