"""Rows of a file of one's own, told by the cells that matter to a test, and what the engine makes of them as text."""

from collections.abc import Mapping

import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from libs.pathways.file_rows import OUTPUT, READ, as_text, recorded, timed
from libs.rules import load_rules

Cells = Mapping[str, str]


def timed_texts(spark: SparkSession, rows: Mapping[str, Cells], *, as_at_on: str | None = None) -> dict[str, Cells]:
    """The output cells of each row by the row's name; a cell that a test does not name is empty."""
    unknown = {column for row in rows.values() for column in row} - set(READ)
    assert not unknown, f"no such column: {sorted(unknown)}"
    cells = {column: pa.array([row.get(column, "") for row in rows.values()], pa.string()) for column in READ}
    frame = spark.createDataFrame(pa.table(cells))
    rules = load_rules()
    found = as_text(timed(recorded(frame, rules, as_at_on=F.lit(as_at_on).cast("date")), rules)).collect()
    return {name: {column: row[column] or "" for column in OUTPUT} for name, row in zip(rows, found, strict=True)}


def treated(**cells: str) -> Cells:
    """A first treatment in time on an urgent referral; a test says what is otherwise."""
    usual = {
        "route": "USC", "referral": "2024-05-01", "fds_end": "2024-05-20", "fds_reason": "01", "icd10": "C34.1",
        "event": "01", "dtt": "2024-06-10", "treat": "2024-06-28", "modality": "23", "first_seen_org": "RVW",
        "treat_org": "RVW",
    }  # fmt: skip
    return usual | cells
