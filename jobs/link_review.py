"""The pairs of records that people are to decide, written as a CSV for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.linkage_tables import DECISIONS, REVIEW
from jobs.row_file import write_rows
from libs.lakehouse.tables import Lake
from libs.nhs import plain_text
from libs.pathways import link_decision

_IDS = ("left_patient_id", "right_patient_id")
_PAIR = ("pair_id", "left_trust", "left_system", _IDS[0], "right_trust", "right_system", _IDS[1])
_FIGURES = ("probability", "match_weight", "reason")
_TO_FILL = ("decision", "decided_by")
_NOT_SHOWN = frozenset({"asked_on", "file_id", "row_hash"})
_LONGEST_ID, _LONGEST_TEXT = 100, 200  # characters
# A spreadsheet takes off leading zeros, and makes powers of ten of long numbers and of 12e4.
_IS_MANGLED = r"^(?:0\d+|\d{12,}|\d+[eE]\d+)\z"


@dataclass(frozen=True)
class Queue:
    """How many pairs wait, and how many were decided since the last hour that linked; without a table nobody asks."""

    waiting_count: int
    decided_count: int
    is_asked: bool


def export_queue(lake: Lake, output: Path) -> Queue:
    """Write the pairs that nobody has decided, the most likely first; only their owner can read the file.

    Raises RowFileError if it can't be written.
    """
    if not lake.exists(REVIEW):
        write_rows(output, (*_PAIR, *_FIGURES, *_TO_FILL), (), is_restricted=True)
        return Queue(0, 0, is_asked=False)
    asked = lake.read(REVIEW)
    decided = lake.read_or_empty(DECISIONS, link_decision.DECISION).select(*link_decision.KEY)
    fields = [name for name in asked.columns if name not in {*_PAIR, *_FIGURES, *_NOT_SHOWN}]
    waiting = asked.join(decided, [*link_decision.KEY], "left_anti")
    cells = _as_text(waiting, fields).toArrow()
    write_rows(output, cells.column_names, [cells], is_restricted=True)
    return Queue(cells.num_rows, asked.count() - cells.num_rows, is_asked=True)


def _as_text(pairs: DataFrame, fields: Sequence[str]) -> DataFrame:
    """The columns of the file, in their order, and the rows with the most likely pair first."""
    return pairs.orderBy(F.desc("match_weight"), "pair_id").select(
        *(_safe_id(name) if name in _IDS else F.col(name) for name in _PAIR),
        F.format_string("%.4f", "probability").alias("probability"),
        F.format_string("%.2f", "match_weight").alias("match_weight"),
        *(plain_text.plain(F.col(name).cast("string"), longest=_LONGEST_TEXT).alias(name) for name in _text(fields)),
        *(F.lit("").alias(name) for name in _TO_FILL),
    )


def _text(fields: Sequence[str]) -> list[str]:
    return ["reason", *fields]


def _safe_id(name: str) -> Column:
    """A local id as a spreadsheet shows it too: neither computed nor made a number."""
    safe = plain_text.plain(F.col(name), longest=_LONGEST_ID)
    return F.concat(F.when(safe.rlike(_IS_MANGLED), "'").otherwise(""), safe).alias(name)
