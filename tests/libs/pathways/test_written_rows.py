"""Rows as data officers write them, each with its verdict, which comes from what the rules say and not from the code.

`written_rows.csv`: `cells` are what differs from a whole row of the register, `Column=value` parted by ` ;; `. In a
value `\\t`, `\\x20` or `\\u00a0` stands for a sign that can't be seen, and `{40}` for what is before it, forty times.
`verdict` is `fine`, the rule by which the row is refused, or what is told of it as `RULE:field`, with blanks between.
"""

import csv
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from pyspark.sql import Row, SparkSession

from libs.pathways.row_rules import ROW_RULES
from tests.libs.pathways.whole_rows import CONTRACTS, REPEAT, WHOLE, told_of


class WrittenRow(NamedTuple):
    """A row of the file: the cells that differ from a whole row, and what must be told of it."""

    name: str
    system: str
    cells: Mapping[str, str]
    refused_as: str | None
    told: list[str]


def value(written: str) -> str:
    """A value with its signs as they are: `\\t` is a tab, and `ab{3}` is ababab."""
    repeated = re.sub(r"(?s)^(.*)\{(\d+)\}", lambda found: found[1] * int(found[2]), written)
    return repeated.encode("latin-1", "backslashreplace").decode("unicode_escape")


def written_row(name: str, system: str, cells: str, verdict: str) -> WrittenRow:
    parts = [part.partition("=") for part in cells.split(" ;; ")] if cells else []
    told = [] if verdict == "fine" else verdict.split(" ")
    refused_as = told[0] if told and ":" not in told[0] else None
    changed = {column: value(text) for column, _, text in parts}
    assert changed.keys() <= {*CONTRACTS[system].columns, REPEAT}, f"a column of {name!r} is none of {system}"
    return WrittenRow(name, system, changed, refused_as, [] if refused_as else sorted(told))


def read_rows() -> list[WrittenRow]:
    with (Path(__file__).parent / "written_rows.csv").open(encoding="utf-8", newline="") as file:
        return [written_row(**row) for row in csv.DictReader(file)]


ROWS = read_rows()


def row_id(row: WrittenRow) -> str:
    return f"{row.system}: {row.name}"


@pytest.fixture(scope="module")
def judged(spark: SparkSession) -> dict[tuple[str, str], Row]:
    """What is told of each row, by register and name: one frame a register."""
    found: dict[tuple[str, str], Row] = {}
    for system in WHOLE:
        rows = [row for row in ROWS if row.system == system]
        told = told_of(spark, system, [row.cells for row in rows])
        found |= {(system, row.name): one for row, one in zip(rows, told, strict=True)}
    return found


@pytest.mark.spark
@pytest.mark.parametrize("row", ROWS, ids=row_id)
def test_a_written_row_is_told_its_faults_and_no_others(judged: Mapping[tuple[str, str], Row], row: WrittenRow) -> None:
    found = judged[row.system, row.name]
    assert found["refused_as"] == row.refused_as
    if row.refused_as is None:
        assert sorted(f"{fault['rule_code']}:{fault['field']}" for fault in found["faults"]) == row.told


def test_no_two_rows_of_a_register_have_the_same_name() -> None:
    assert len(set(map(row_id, ROWS))) == len(ROWS)


def test_every_rule_that_one_row_can_break_is_broken_by_some_row() -> None:
    broken = {told.partition(":")[0] for row in ROWS for told in (*row.told, row.refused_as) if told}
    assert broken == set(ROW_RULES) - {"PATHWAY_DUPLICATED"}


def test_every_cell_can_be_written_in_its_registers_encoding() -> None:
    cells = [(row.system, text) for row in ROWS for text in row.cells.values()]
    assert all(text.encode(CONTRACTS[system].dialect.encoding) for system, text in cells if text)
