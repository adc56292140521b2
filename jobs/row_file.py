"""A CSV file of rows, read whole as text and written again with columns added; what is wrong is told by its line."""

import csv
import io
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TextIO

import pyarrow as pa
import pyarrow.compute as pc

from libs.errors import Terminal

csv.field_size_limit(64 << 20)  # of a cell; Python's own limit is 128 KiB
# Python's garbage collection looks at every list that is held: more rows at once take three times as long.
_READ_AT_ONCE = 1_000
# The text that is joined at once must stay below 2 GiB, whatever the cells hold.
_WRITTEN_AT_ONCE = 10_000
_OWNER_ONLY, _EVERYBODY = 0o600, 0o666  # less what the umask takes


class RowFileError(Terminal):
    """A file of rows can't be read or written; the message names the line, never what stands there."""


@dataclass(frozen=True)
class RowFile:
    """The rows of a file: its header, its cells as text in the order of the header, and the line of each row."""

    path: Path
    header: tuple[str, ...]
    cells: pa.Table
    lines: pa.ChunkedArray

    def __len__(self) -> int:
        return int(self.cells.num_rows)

    def place_of(self, name: str) -> int | None:
        """Where a column stands in the header, whatever its capitals and the space around it."""
        names = [column_name(each) for each in self.header]
        return names.index(name) if name in names else None

    def column(self, name: str) -> pa.ChunkedArray | None:
        """A column's cells, None where the file has no such column."""
        place = self.place_of(name)
        return None if place is None else self.cells.column(place)


def column_name(written: str) -> str:
    """A column's name as it is looked for: `" Referral"` is `referral`."""
    return written.strip().lower()


def read_rows(path: Path, *, required: Sequence[str], known: Sequence[str]) -> RowFile:
    """Read every row of a CSV file with a header, in UTF-8 with or without a byte order mark.

    A line without anything is passed over; cells beyond the header are let go where they are empty.
    Raises RowFileError for a file that can't be read, lacks a required column, names a known one twice, repeats its
    header, or has a row that does not fit it.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _read(path, file, required=required, known=known)
    except OSError:
        raise RowFileError("the file can't be read", do="Look at its path and rights.", file=str(path)) from None
    except UnicodeDecodeError:
        raise _at_line("the file is not UTF-8", "Save it as CSV, UTF-8.", path, _line_that_is_not_utf8(path)) from None


def write_rows(path: Path, header: Sequence[str], parts: Iterable[pa.Table], *, is_restricted: bool = False) -> None:
    """Write tables of text one after the other as one CSV file; null is an empty cell.

    The file appears when it is whole: a reader never meets half of it; a restricted one is its owner's only.
    Raises RowFileError if it can't be written.
    """
    beside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.unlink(missing_ok=True)  # a run that was killed may have left one that others can read
        rights = _OWNER_ONLY if is_restricted else _EVERYBODY
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, rights), "wb") as file:
            file.write(_header_line(header))
            for part in parts:
                _write_lines(file, part)
        beside.replace(path)
    except OSError:
        raise RowFileError("the output can't be written", do="Look at its path.", file=str(path)) from None
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def _read(path: Path, file: TextIO, *, required: Sequence[str], known: Sequence[str]) -> RowFile:
    rows = _rows(path, file)
    first = next(rows, None)
    if first is None:
        raise RowFileError("the file is empty", do="Its first line must name the columns.", file=path.name)
    header = tuple(first[1])
    _check_header(path, first[0], header, required=required, known=known)
    schema = pa.schema([pa.field(f"{place}", pa.string()) for place in range(len(header))])
    fitting = (_fitted(path, line, cells, header) for line, cells in rows)
    batches, lines = [], []
    while chunk := list(islice(fitting, _READ_AT_ONCE)):
        columns = zip(*(cells for _, cells in chunk), strict=True)
        batches.append(pa.record_batch([pa.array(column, pa.string()) for column in columns], schema=schema))
        lines.append(pa.array([line for line, _ in chunk], pa.int64()))
    return RowFile(
        path, header, pa.Table.from_batches(batches, schema).combine_chunks(), pa.chunked_array(lines, pa.int64())
    )


def _rows(path: Path, file: TextIO) -> Iterator[tuple[int, list[str]]]:
    """Each row that holds anything, and the line on which it begins."""
    reader = csv.reader(file, strict=True)
    line = 1
    try:
        for cells in reader:
            if cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error:
        raise _at_line(
            "the row that begins here is not CSV", "Look at its quotes: one is left open or stands inside.", path, line
        ) from None


def _check_header(
    path: Path, line: int, header: tuple[str, ...], *, required: Sequence[str], known: Sequence[str]
) -> None:
    names = [column_name(name) for name in header]
    missing = [name for name in required if name not in names]
    if missing:
        raise RowFileError(
            f"the file lacks the {'column' if len(missing) == 1 else 'columns'} {', '.join(missing)}",
            do="Its first line must name the columns, with commas between"
            f"{', not semicolons' if ';' in ''.join(header) else ''}.",
            file=path.name,
        )
    repeated = [name for name in known if names.count(name) > 1]
    if repeated:
        raise _at_line(f"the column {repeated[0]} stands twice", "Leave one of them.", path, line)


def _fitted(path: Path, line: int, cells: list[str], header: tuple[str, ...]) -> tuple[int, list[str]]:
    count = len(header)
    if len(cells) != count:
        if len(cells) < count or any(cells[count:]):
            raise _at_line(
                f"the row that begins here has {len(cells)} cells, the header {count}",
                "Write a comma for each empty cell, and quotes around a cell with a comma in it.",
                path,
                line,
            )
        cells = cells[:count]
    if tuple(cells) == header:
        raise _at_line("the header stands here again", "Leave it out.", path, line)
    return line, cells


def _line_that_is_not_utf8(path: Path) -> int:
    line = 0
    with path.open("rb") as file:
        for line, content in enumerate(file, start=1):
            try:
                content.decode("utf-8")
            except UnicodeDecodeError:
                return line
    return line


def _at_line(what: str, do: str, path: Path, line: int) -> RowFileError:
    return RowFileError(what, do=do, file=path.name, line=line)


def _header_line(header: Sequence[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(header)
    return line.getvalue().encode()


def _write_lines(file: BinaryIO, part: pa.Table) -> None:
    """Column by column: cell by cell a million rows would take a minute."""
    for start in range(0, part.num_rows, _WRITTEN_AT_ONCE):
        few = part.slice(start, _WRITTEN_AT_ONCE).combine_chunks()
        *columns, last = (_quoted(few.column(place).combine_chunks()) for place in range(few.num_columns))
        ended = pc.binary_join_element_wise(last, "\n", "", null_handling="replace")
        lines = pc.binary_join_element_wise(*columns, ended, ",", null_handling="replace")
        _, offsets, text = lines.buffers()
        first, end = (int.from_bytes(offsets[4 * place : 4 * place + 4], sys.byteorder) for place in (0, len(lines)))
        file.write(text[first:end])


def _quoted(column: pa.Array) -> pa.Array:
    """The cells as CSV, in quotes where they hold what would end them."""
    needs_quotes = pc.fill_null(pc.match_substring_regex(column, '[",\r\n]'), False)
    if not pc.any(needs_quotes).as_py():
        return column
    quoted = pc.binary_join_element_wise('"', pc.replace_substring(column, '"', '""'), '"', "")
    return pc.if_else(needs_quotes, quoted, column)
