"""Where an extract's rows stop having the form of its header, told in numbers of lines and columns only."""

import csv
import io
from collections.abc import Iterator
from itertools import chain, pairwise

from libs.feeds import Dialect
from libs.intake.drift import csv_rows

_END: tuple[int, list[str]] = (0, [])


def guard_row(width: int, dialect: Dialect) -> bytes:
    """A row of empty fields in quotes: put last, it is swallowed by a quote that never closes."""
    quote = dialect.quote.encode("utf-8")
    return b"\n" + dialect.delimiter.encode("utf-8").join([quote * 2] * width)


def first_malformed(text: bytes, *, width: int, dialect: Dialect) -> str | None:
    """The first row that has not `width` fields, or whose quote never closes; None where no row is so.

    `text` is in UTF-8 and begins with the header. Slow: for extracts that the quick reader refused.
    """
    limit = csv.field_size_limit(max(len(text), 1))  # of the whole process: set back below
    try:
        return _first_malformed(text, width, dialect)
    except csv.Error:
        return None
    finally:
        csv.field_size_limit(limit)


def _first_malformed(text: bytes, width: int, dialect: Dialect) -> str | None:
    guarded = text + (guard_row(width, dialect) if dialect.quote else b"")
    for (line, row), (following, _) in pairwise(chain(_numbered(guarded, dialect), [_END])):
        if following == _END[0] and dialect.quote:
            is_guard = row == [""] * width
            return None if is_guard else f"a quote in the row that begins on line {line} never closes"
        if len(row) != width:
            return f"the header has {width} columns, line {line} has {len(row)}"
    return None


def _numbered(text: bytes, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line on which it begins, empty lines left out."""
    reader = csv_rows(io.TextIOWrapper(io.BytesIO(text), encoding="utf-8", newline=""), dialect)
    begins = 1
    for row in reader:
        if row:
            yield begins, row
        begins = reader.line_num + 1
