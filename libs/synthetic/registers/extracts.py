"""The extracts that a trust's register gives at a moment: its list, what changed in it, or its whole history."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from types import ModuleType

import numpy as np

from libs.synthetic.calendar import london_minute
from libs.synthetic.draws import Array
from libs.synthetic.registers import infoflex, scr
from libs.synthetic.registers.view import Request, count_rows, rows_as_at
from libs.synthetic.world import World

CONTRACT_VERSION = 1  # of the feed contracts whose header lines the registers write
_REGISTERS: dict[str, ModuleType] = {"scr": scr, "infoflex": infoflex}


@dataclass(frozen=True)
class Extract:
    """One file as the register wrote it: its bytes, its number of data rows, and `full`, `delta` or `history`."""

    content: bytes
    rows: int
    kind: str


def extract(world: World, trust: str, at: datetime, *, closed_days: int = 90) -> Extract:
    """The trust's list at a moment: every open pathway and those closed in the last `closed_days` days.

    The same world, trust and moment always give the same bytes, whatever was asked before. Raises ValueError for a
    trust that is not in the world or a moment after its end.
    """
    _, lines = _lines(world, _request(world, trust, at, closed_days))
    return _file(world, trust, lines, "full")


def delta(world: World, trust: str, at: datetime, *, since: datetime, closed_days: int = 90) -> Extract:
    """The rows of the list whose pathways read otherwise than at an earlier moment, or were not there then.

    All rows of such a pathway are given. A pathway that left the list or was removed is not in a delta. Raises
    ValueError as `extract` does.
    """
    request = _request(world, trust, at, closed_days)
    keys, lines = _lines(world, request)
    earlier = replace(_request(world, trust, since, None), among=np.unique(keys))
    before = _by_pathway(*_lines(world, earlier))
    changed = {key for key, text in _by_pathway(keys, lines).items() if before.get(key) != text}
    return _file(
        world, trust, [line for key, line in zip(keys.tolist(), lines, strict=True) if key in changed], "delta"
    )


def history(world: World, trust: str, at: datetime, *, rows_per_file: int = 50_000) -> list[Extract]:
    """Everything that the trust ever registered, as it stood at a moment, in files of at most so many rows.

    A pathway's rows stay in one file (a pathway with more rows than a file may hold is an error, ValueError).
    """
    return list(history_files(world, trust, at, rows_per_file=rows_per_file))


def history_files(world: World, trust: str, at: datetime, *, rows_per_file: int = 50_000) -> Iterator[Extract]:
    """The files of `history`, each made only when it is asked for: a million pathways never lie in memory as text."""
    request = _request(world, trust, at, None)
    record, counts = count_rows(world, request)
    cuts = _cuts(counts, rows_per_file)
    for start, end in pairwise(cuts):
        between = (int(record[start]), int(record[end - 1]) + 1) if end > start else (0, 0)
        _, lines = _lines(world, Request(trust, request.at, None, between))
        yield _file(world, trust, lines, "history")


def _request(world: World, trust: str, at: datetime, closed_days: int | None) -> Request:
    moment = london_minute(at)
    if trust not in world.spec.systems:
        raise ValueError(f"{trust} is not in this world")
    if moment > london_minute(world.spec.ends_at):
        raise ValueError("this moment lies after the end of the world's period: make the world with a later end")
    return Request(trust, moment, closed_days)


def _cuts(counts: Array, rows_per_file: int) -> list[int]:
    """Positions of records at which files begin and end, from the number of rows of each record."""
    ends = np.concatenate([[0], np.cumsum(counts)])
    cuts = [0]
    while cuts[-1] < len(counts):
        end = int(np.searchsorted(ends, ends[cuts[-1]] + rows_per_file, side="right")) - 1
        if end <= cuts[-1]:
            raise ValueError("a pathway has more rows than a file may hold: allow more rows per file")
        cuts.append(end)
    return cuts if len(cuts) > 1 else [0, 0]


def _lines(world: World, request: Request) -> tuple[Array, list[str]]:
    """The record_id of each row, and the row as the register writes it, without its line end."""
    rows = rows_as_at(world, request)
    register = _REGISTERS[world.spec.systems[request.trust]]
    columns: list[Array] = register.write_rows(rows, seed=world.spec.seed)
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=register.DELIMITER, lineterminator="\r\n")
    writer.writerows(zip(*(column.tolist() for column in columns), strict=True))
    return rows["record_id"].to_numpy(), text.getvalue().split("\r\n")[:-1]


def _by_pathway(keys: Array, lines: list[str]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for key, line in zip(keys.tolist(), lines, strict=True):
        found.setdefault(key, []).append(line)
    return found


def _file(world: World, trust: str, lines: list[str], kind: str) -> Extract:
    register = _REGISTERS[world.spec.systems[trust]]
    content: bytes = "".join(f"{line}\r\n" for line in (register.HEADER, *lines)).encode(register.ENCODING)
    return Extract(content, len(lines), kind)
