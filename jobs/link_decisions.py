"""What people decided on pairs of records, taken from a CSV: all of it, or with a fault in any line nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pyspark.sql import Row
from pyspark.sql import functions as F

from jobs.linkage_tables import DECISIONS, REVIEW
from jobs.row_file import RowFile, RowFileError, read_rows
from libs.fingerprint import row_hash
from libs.lakehouse.tables import Lake
from libs.pathways.link_decision import DECIDED_BY_LENGTH, DECISION, DIFFERENT, KEY, SAME, ordinals

_REQUIRED = ("pair_id", "decision")
_OPTIONAL = "decided_by"
_UNKNOWN = "the pair waits in no queue and was never decided"
_NO_WORD = f"the decision is neither {SAME} nor {DIFFERENT}"
_TWICE = "one pair has two different decisions"
_LONG = f"{_OPTIONAL} is longer than {DECIDED_BY_LENGTH} characters"


@dataclass(frozen=True)
class Decision:
    """A line of the file: its pair, whether both records are one person, who says so."""

    line: int
    pair_id: str
    is_same: bool
    decided_by: str | None


@dataclass
class Decisions:
    """The decisions of a file in its order, lines without one, and what is wrong: a sentence and its lines."""

    path: Path
    taken: list[Decision] = field(default_factory=list)
    undecided_count: int = 0
    faults: dict[str, list[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Imported:
    """How many pairs have a decision now, have another than before, had it already; lines without a decision."""

    new_count: int
    changed_count: int
    repeated_count: int
    undecided_count: int


def open_decisions(path: Path) -> Decisions:
    """Read a file of decisions. Raises RowFileError where it is no CSV with `pair_id` and `decision`."""
    file = read_rows(path, required=_REQUIRED, known=(*_REQUIRED, _OPTIONAL))
    found = Decisions(path)
    for line, pair_id, word, decided_by in _lines(file):
        if not word:
            found.undecided_count += 1
        elif word not in {SAME, DIFFERENT}:
            found.faults.setdefault(_NO_WORD, []).append(line)
        elif len(decided_by) > DECIDED_BY_LENGTH:
            found.faults.setdefault(_LONG, []).append(line)
        else:
            found.taken.append(Decision(line, pair_id, word == SAME, decided_by or None))
    return found


def import_decisions(lake: Lake, found: Decisions, *, at: datetime) -> Imported:
    """Keep the decisions: a later one on a pair takes the place of the earlier. `at` is the moment, with a zone.

    The same decision again by nobody in particular leaves who decided before. Where any line has a fault nothing is
    written: raises RowFileError with every fault by its line.
    """
    standing = _standing(lake, {one.pair_id for one in found.taken})
    _check(found, standing)
    last = {one.pair_id: one for one in found.taken}
    new = [one for one in last.values() if standing[one.pair_id] is None]
    changed = [one for one in last.values() if _differs(one, standing[one.pair_id])]
    _write(lake, [*new, *changed], at=at)
    return Imported(len(new), len(changed), len(last) - len(new) - len(changed), found.undecided_count)


def _lines(file: RowFile) -> Iterator[tuple[int, str, str, str]]:
    """Of each line its number, the pair, the word and who says so, without the space around them."""
    empty = [""] * len(file)
    columns = [file.column(name) for name in (*_REQUIRED, _OPTIONAL)]
    cells = [empty if column is None else column.to_pylist() for column in columns]
    for line, pair_id, word, decided_by in zip(file.lines.to_pylist(), *cells, strict=True):
        yield line, pair_id.strip().lower(), word.strip().lower(), " ".join(decided_by.split())


def _standing(lake: Lake, pair_ids: set[str]) -> Mapping[str, Row | None]:
    """Of the pairs that are known the decision that stands; None for one that only waits."""
    wanted = lake.spark.createDataFrame([(pair_id,) for pair_id in sorted(pair_ids)], "pair_id string")
    decided = lake.read_or_empty(DECISIONS, DECISION).join(wanted, [*KEY], "left_semi")
    decisions = {row["pair_id"]: row for row in decided.select("pair_id", "is_same", "decided_by").collect()}
    waiting = lake.read(REVIEW).join(wanted, [*KEY], "left_semi").collect() if lake.exists(REVIEW) else []
    return {row["pair_id"]: None for row in waiting} | decisions


def _check(found: Decisions, standing: Mapping[str, Row | None]) -> None:
    words: dict[str, set[bool]] = {}
    for one in found.taken:
        words.setdefault(one.pair_id, set()).add(one.is_same)
    faults = dict(found.faults)
    for sentence, lines in (
        (_UNKNOWN, [one.line for one in found.taken if one.pair_id not in standing]),
        (_TWICE, [one.line for one in found.taken if len(words[one.pair_id]) > 1]),
    ):
        if lines:
            faults[sentence] = lines
    if faults:
        told = "; ".join(
            f"{'line' if len(lines) == 1 else 'lines'} {', '.join(map(str, lines))}: {sentence}"
            for sentence, lines in faults.items()
        )
        raise RowFileError(
            f"no decision was taken: {told}", do="Mend these lines and import the file again.", file=found.path.name
        )


def _differs(one: Decision, before: Row | None) -> bool:
    if before is None:
        return False
    return one.is_same != before["is_same"] or one.decided_by not in {None, before["decided_by"]}


def _write(lake: Lake, decisions: list[Decision], *, at: datetime) -> None:
    if not decisions:
        return
    rows = lake.spark.createDataFrame(
        [(one.pair_id, one.is_same, one.decided_by) for one in decisions],
        "pair_id string, is_same boolean, decided_by string",
    )
    left, right = ordinals()
    rows = rows.withColumns(
        {
            "left_ordinal": left,
            "right_ordinal": right,
            "decided_on": F.lit(at.date()),
            "imported_at": F.lit(at),
            "row_hash": row_hash(["is_same", "decided_by"]),
        }
    )
    lake.merge(DECISIONS, rows.select(*DECISION.names), keys=KEY)
