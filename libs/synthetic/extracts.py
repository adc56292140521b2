"""The extracts that a trust's register gives at a moment: its current list, or its whole history in several files."""

import csv
import io
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from types import ModuleType

import numpy as np

from libs.synthetic.calendar import london_minute
from libs.synthetic.draws import Array
from libs.synthetic.registers import infoflex, scr
from libs.synthetic.view import Request, rows_as_at
from libs.synthetic.world import World

CONTRACT_VERSION = 1  # of the feed contracts whose header lines the registers write
_REGISTERS: dict[str, ModuleType] = {"scr": scr, "infoflex": infoflex}


@dataclass(frozen=True)
class Extract:
    """One file as the register wrote it: its bytes, its number of data rows, and `full` or `history`."""

    content: bytes
    rows: int
    kind: str


def extract(world: World, trust: str, at: datetime, *, closed_days: int = 90) -> Extract:
    """The trust's list at a moment: every open pathway and those closed in the last `closed_days` days.

    The same world, trust and moment always give the same bytes, whatever was asked before. Raises ValueError for a
    trust that is not in the world or a moment after its end.
    """
    columns = _columns(world, trust, at, closed_days)
    return Extract(_encode(world, trust, columns, 0, len(columns[0])), len(columns[0]), "full")


def history(world: World, trust: str, at: datetime, *, rows_per_file: int = 50_000) -> list[Extract]:
    """Everything that the trust ever registered, as it stood at a moment, in files of at most so many rows.

    A pathway's rows stay in one file (only a pathway with more rows than a file may hold is an error, ValueError).
    """
    columns = _columns(world, trust, at, None)
    cuts = _cuts(columns[0], rows_per_file)
    return [
        Extract(_encode(world, trust, columns, start, end), end - start, "history") for start, end in pairwise(cuts)
    ]


def _columns(world: World, trust: str, at: datetime, closed_days: int | None) -> list[Array]:
    moment = london_minute(at)
    if trust not in world.spec.systems:
        raise ValueError(f"{trust} is not in this world")
    if moment > london_minute(world.spec.ends_at):
        raise ValueError("this moment lies after the end of the world's period: make the world with a later end")
    rows = rows_as_at(world, Request(trust, moment, closed_days))
    columns: list[Array] = _REGISTERS[world.spec.systems[trust]].write_rows(rows, seed=world.spec.seed)
    return columns


def _cuts(pathway: Array, rows_per_file: int) -> list[int]:
    """Row numbers at which files begin and end, always between two pathways."""
    starts = np.flatnonzero(np.concatenate([[True], pathway[1:] != pathway[:-1], [True]])) if len(pathway) else [0, 0]
    cuts = [0]
    while cuts[-1] < len(pathway):
        end = int(max((start for start in starts if start <= cuts[-1] + rows_per_file), default=0))
        if end <= cuts[-1]:
            raise ValueError("a pathway has more rows than a file may hold: allow more rows per file")
        cuts.append(end)
    return cuts if len(cuts) > 1 else [0, 0]


def _encode(world: World, trust: str, columns: list[Array], start: int, end: int) -> bytes:
    register = _REGISTERS[world.spec.systems[trust]]
    text = io.StringIO(newline="")
    text.write(f"{register.HEADER}\r\n")
    writer = csv.writer(text, delimiter=register.DELIMITER, lineterminator="\r\n")
    writer.writerows(zip(*(column[start:end].tolist() for column in columns), strict=True))
    return text.getvalue().encode(register.ENCODING)
