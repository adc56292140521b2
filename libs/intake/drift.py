"""The header row of an extract beside the contract: what is new, what is gone, and what makes it unusable."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from libs.feeds import Dialect, FeedContract
from libs.intake.reasons import Refusal

_DELIMITERS = {",": "a comma", ";": "a semicolon", "|": "a pipe", "\t": "a tab"}
_NAMES_TOLD, _EXTRA_TOLD = 20, 50
# What the file calls a column may be anything, even a value in the wrong line: only what looks like a name is told.
_COLUMN_NAME = re.compile(r"(?!.*[0-9]{5})[A-Za-z][A-Za-z0-9 ._/&()-]{0,39}")


@dataclass(frozen=True)
class Drift:
    """Columns that the contract does not know (`untold`: so many more, not named), and those of it that are missing."""

    extra: tuple[str, ...]
    missing: tuple[str, ...]
    untold: int = 0

    @property
    def extra_columns(self) -> str | None:
        """The extra columns in a line, None without any."""
        told = ", ".join(self.extra)
        if not self.untold:
            return told or None
        hidden = f"whose name{' is' if self.untold == 1 else 's are'} not shown"
        return f"{told} and {self.untold} more {hidden}" if told else f"{self.untold} {hidden}"

    @property
    def missing_columns(self) -> str | None:
        """The missing columns in a line, None without any."""
        return ", ".join(self.missing) or None


def drift(header: Sequence[str], contract: FeedContract) -> Drift:
    """What a header has beyond its contract, and what it lacks.

    A name that the contract does not know is told only if it looks like one, and the line surely is a header since it
    has every mandatory column.
    """
    extra = [name for name in header if name not in contract.columns]
    is_header = set(contract.mandatory) <= set(header)
    told = tuple(name for name in extra if is_header and _COLUMN_NAME.fullmatch(name))[:_EXTRA_TOLD]
    missing = tuple(name for name in contract.columns if name not in header)
    return Drift(told, missing, len(extra) - len(told))


def read_header(line: str, contract: FeedContract) -> list[str] | Refusal:
    """The column names of a header line, or why it is no usable header of this contract."""
    header = _split(line, contract.dialect)
    if header is None:
        return Refusal("HEADER_WRONG", "a quote in the first line never closes, or stands where none may")
    if not any(header):
        return Refusal("HEADER_WRONG", "the first line is empty")
    missing = [name for name in contract.mandatory if name not in header]
    if missing:
        return _without(missing, header, line, contract)
    twice = [name for name, count in Counter(header).items() if count > 1]
    if twice:
        known = [name for name in twice if name in contract.columns]
        named = _listed(known) or "a column that the contract does not know"
        return Refusal("HEADER_WRONG", f"{named} stands there twice")
    return header


def csv_rows(lines: Iterable[str], dialect: Dialect, *, strict: bool = False) -> Any:
    """The standard library's reader of a dialect; with `strict` it raises csv.Error for stray and open quotes."""
    return csv.reader(
        lines,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote or None,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        strict=strict,
    )


def _split(line: str, dialect: Dialect) -> list[str] | None:
    try:
        return next(csv_rows([line], dialect, strict=True), [])
    except csv.Error:
        return None


def _without(missing: Sequence[str], header: Sequence[str], line: str, contract: FeedContract) -> Refusal:
    """Why mandatory columns are not found: another delimiter, no header at all, or they are gone."""
    known = _known(header, contract)
    for delimiter, spoken in _DELIMITERS.items():
        other = _split(line, contract.dialect.model_copy(update={"delimiter": delimiter})) or []
        if _known(other, contract) > max(known, 1):
            agreed = _DELIMITERS.get(contract.dialect.delimiter, "another character")
            return Refusal("DELIMITER_WRONG", f"columns are separated by {spoken}, the contract says {agreed}")
    alike = _known([_folded(name) for name in header], contract, fold=True) - known
    if not known + alike:
        return Refusal("HEADER_WRONG", "the first line holds none of the contract's column names")
    respelt = f"; {alike} of the contract's names stand there in other capitals or with other blanks" if alike else ""
    return Refusal("COLUMNS_MISSING", f"{_listed(missing)}{respelt}")


def _known(header: Sequence[str], contract: FeedContract, *, fold: bool = False) -> int:
    columns = {_folded(name) if fold else name for name in contract.columns}
    return len(columns & set(header))


def _folded(name: str) -> str:
    return "".join(name.split()).casefold()


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMES_TOLD
    return ", ".join(names[:_NAMES_TOLD]) + (f" and {more} more" if more > 0 else "")
