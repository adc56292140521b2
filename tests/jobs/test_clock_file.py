"""`clock-file`: every worked vector comes out exactly, the file's own columns stay, and one row can be explained."""

import csv
from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs import clock_file as job
from jobs.clock_file import clock_file, open_rows
from jobs.explain_file import explain_rows, places_of
from jobs.explained import Explained
from jobs.row_file import RowFileError
from libs.pathways.file_rows import INPUT, OUTPUT
from libs.rules import load_rules

VECTORS = Path(__file__).parents[1] / "libs" / "pathways" / "cwt_vectors.csv"
RULES = load_rules()
Table = tuple[list[str], list[dict[str, str]]]


def read(path: Path) -> Table:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
        return list(reader.fieldnames or ()), rows


def clocked(spark: SparkSession, folder: Path, content: str, *, as_at_on: date | None = None) -> Table:
    source, target = folder / "rows.csv", folder / "out" / "timed.csv"
    source.write_text(content, encoding="utf-8", newline="")
    clock_file(spark, open_rows(source), target, RULES, as_at_on=as_at_on)
    assert [path.name for path in target.parent.iterdir()] == ["timed.csv"]
    return read(target)


@pytest.fixture(scope="module")
def timed(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Table:
    """The vectors' file itself as input: its output columns are computed anew."""
    target = tmp_path_factory.mktemp("vectors") / "timed.csv"
    assert clock_file(spark, open_rows(VECTORS), target, RULES) == 30
    return read(target)


@pytest.mark.parametrize("place", range(30), ids=[row["id"] for row in read(VECTORS)[1]])
def test_every_worked_vector_comes_out_exactly_in_every_column(timed: Table, place: int) -> None:
    expected = read(VECTORS)[1][place]
    found = timed[1][place]
    assert {name: found[name] for name in expected} == expected
    assert found["trace"].startswith("[28.")


def test_the_output_has_the_columns_of_the_vectors_and_the_trace(timed: Table) -> None:
    assert timed[0] == [*read(VECTORS)[0], "trace"]
    assert [*INPUT, *OUTPUT] == timed[0]


def test_the_trace_is_the_engine_s_told_as_sentences(timed: Table) -> None:
    trace = next(row["trace"] for row in timed[1] if row["id"] == "V39")
    assert "[62.days] 2024-07-14 less 2024-05-01 less 0: 74 days; the last day in time is 2024-07-02" in trace
    assert trace.endswith("[62.allocation] method 6SCENARIO, scenario 5: RVW within 0.0 of 1.0; RTR within 0.0 of 0.0.")


def test_further_columns_stay_as_they_are_beside_few_known_ones_and_rows_keep_their_order(
    spark: SparkSession, tmp_path: Path
) -> None:
    content = (
        '\ufeffnote, Referral,ID,route,note,dq\r\n"a, ""b""\r\nc", 01/05/2024 ,7,usc,x,old\r\n"",,7,,y,\r\n=1,,3,,,\r\n'
    )
    header, rows = clocked(spark, tmp_path, content, as_at_on=date(2024, 5, 30))
    assert header == ["note", " Referral", "ID", "route", "note", *OUTPUT]
    assert [row["ID"] for row in rows] == ["7", "7", "3"]
    assert (rows[0][" Referral"], rows[0]["fds_start"], rows[0]["fds_outcome"]) == (
        " 01/05/2024 ", "2024-05-01", "OPEN_BREACHED",
    )  # fmt: skip
    assert [rows[0]["dq"], rows[2]["d31_outcome"]] == ["", "NOT_APPLICABLE"]
    with (tmp_path / "out" / "timed.csv").open(encoding="utf-8", newline="") as file:
        assert [row[0] for row in csv.reader(file)] == ["note", 'a, "b"\r\nc', "", "=1"]


def test_a_file_without_rows_gives_one_without_rows(spark: SparkSession, tmp_path: Path) -> None:
    assert clocked(spark, tmp_path, "id,route\n") == (["id", "route", *OUTPUT], [])


def test_a_long_file_comes_out_row_by_row_as_a_short_one_does(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, timed: Table
) -> None:
    monkeypatch.setattr(job, "_ROWS_AT_ONCE", 70)
    monkeypatch.setattr(job, "_WORTH_COMPILING", 35)
    header, *rows = VECTORS.read_text(encoding="utf-8").splitlines()
    told: list[int] = []
    source, target = tmp_path / "rows.csv", tmp_path / "timed.csv"
    source.write_text("\n".join([header, *rows * 4]) + "\n", encoding="utf-8")
    assert clock_file(spark, open_rows(source), target, RULES, listener=told.append) == 120
    assert read(target)[1] == timed[1] * 4
    assert told == [70, 120]


def explained(spark: SparkSession, wanted: str) -> list[Explained]:
    rows = open_rows(VECTORS)
    return explain_rows(spark, rows, places_of(rows, wanted), RULES, as_at_on=date(2024, 7, 1))


def test_a_row_is_explained_with_its_dates_its_waits_and_who_answers(spark: SparkSession) -> None:
    [found] = explained(spark, " V45 ")
    assert (found.name, found.route, found.as_at_on) == ("V45", "USC", date(2024, 7, 1))
    # What lies after the date of the list is shown, though no clock looks at it yet.
    assert (date(2024, 7, 20), "Treatment began", "RTR") in [(one.on, one.what, one.trust) for one in found.happenings]
    assert [wait.outcome for wait in found.waits] == ["WITHIN", "OPEN", "OPEN"]
    assert found.waits[2].last_compliant_on == date(2024, 7, 12)
    assert found.waits[2].sharing.sides == ()
    assert [each.rule for each in found.waits[0].trace][-1] == "28.outcome"


def test_rows_of_one_id_are_explained_each_with_its_line(spark: SparkSession, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text('id,route,dtt\na,USC,2024-05-01\nb,,\n"a",USC,soon\n')
    rows = open_rows(path)
    found = explain_rows(spark, rows, places_of(rows, "a"), RULES)
    assert [one.name for one in found] == ["a, line 2", "a, line 4"]
    assert [one.flags for one in found] == [("FDS_END_MISSING_BUT_DTT_PRESENT",), ("UNREADABLE:dtt",)]


def test_an_id_that_no_row_or_too_many_have_is_told_without_it(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("id\n" + "Kowalski\n" * 21)
    rows = open_rows(path)
    with pytest.raises(RowFileError, match=r"no row has the id that was asked for \(file=rows.csv\)"):
        places_of(rows, "Smith")
    with pytest.raises(RowFileError, match="21 rows have the id") as fault:
        places_of(rows, "Kowalski")
    assert "Kowalski" not in str(fault.value)
