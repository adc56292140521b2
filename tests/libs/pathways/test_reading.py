"""Cells as trimmed texts: what stands at their ends goes, whatever stands in the other cells of the row."""

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from libs.feeds import load_contracts
from libs.pathways.reading import texts
from libs.settings import conf_folder

PIECES = ["a", "é", "x y", "|", "n/k", "N/K", ".", "-", "'", "\\", " ", "  ", "\t", "\r\n", "\v", "\x1f", "\x85"]
UNSEEN = ["\u00a0", "\u00ad", "\u200b", "\u2028", "\u3000", "\ufeff"]
COLUMNS = ["first", "Second One", "third"]
cells = st.none() | st.lists(st.sampled_from(PIECES + UNSEEN), max_size=4).map("".join)
rows = st.lists(st.tuples(cells, cells, cells), min_size=300, max_size=300)


def _is_blank(sign: str) -> bool:
    return unicodedata.category(sign) in {"Zs", "Zl", "Zp", "Cc", "Cf"}


def _trimmed(cell: str | None, nulls: set[str]) -> str | None:
    if cell is None:
        return None
    kept = [place for place, sign in enumerate(cell) if not _is_blank(sign)]
    text = cell[kept[0] : kept[-1] + 1] if kept else ""
    return None if text.upper() in nulls else text


@settings(max_examples=4, deadline=None)
@given(rows)
def test_blanks_of_every_kind_go_from_the_ends_of_a_cell_whatever_its_neighbours_hold(
    spark: SparkSession, written: list[tuple[str | None, ...]]
) -> None:
    for contract in load_contracts(conf_folder()).values():
        named = contract.model_copy(update={"columns": COLUMNS})
        nulls = {null.upper() for null in contract.nulls} | {""}
        frame = spark.createDataFrame(
            [(place, *row) for place, row in enumerate(written)],
            "_place int, " + ", ".join(f"`{name}` string" for name in COLUMNS),
        )
        found = texts(frame, named, [frame["_place"]]).orderBy("_place").collect()
        assert [tuple(row)[1:] for row in found] == [tuple(_trimmed(cell, nulls) for cell in row) for row in written]
