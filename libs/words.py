"""Trusts' own words (`conf/vocabulary/words.csv`): what a data officer says a word of one trust's register means.

The file has the columns `trust,system,map,word,code`: the ODS code of the trust, the register, the list under `maps` of
its feed contract that the word belongs to, the word as people type it, and the code that it stands for; an empty code
says that the word is known to mean nothing. A trust's own word goes before the contract's. `?` stands for a code that
nobody has filled in yet: such a line is refused.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from libs.errors import ContractError
from libs.feeds import FeedContract, word_key
from libs.pathways.canonical import CODES

FILE = "words.csv"
COLUMNS = ("trust", "system", "map", "word", "code")
NOT_YET = "?"


@dataclass(frozen=True)
class TrustWords:
    """The words of one list of one register, each under its trust's code: their codes, and those that mean nothing."""

    SEPARATOR: ClassVar[str] = "|"

    codes: Mapping[str, str]
    silent: tuple[str, ...] = ()


def load_words(conf: Path, contracts: Mapping[str, FeedContract]) -> dict[tuple[str, str], TrustWords]:
    """Read the trusts' own words, by (system, map); none where there is no such file.

    Raises ContractError for a line that names no register, list or code that there is, or a word twice.
    """
    path = conf / FILE
    if not path.exists():
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = [*_lines(csv.reader(file, strict=True))]
    except UnicodeDecodeError:
        raise ContractError("the file is not UTF-8", do="Save it as CSV, UTF-8.", file=FILE) from None
    except csv.Error:
        raise ContractError(
            "a line is not CSV", do="Look at its quotes: one is left open or stands inside.", file=FILE
        ) from None
    meant: dict[tuple[str, str], dict[str, str]] = {}
    for number, row in lines:
        for fault in _faults(row, contracts):
            raise ContractError(fault, do="Mend or remove the line named.", file=FILE, line=number)
        of_list = meant.setdefault((row["system"], row["map"]), {})
        key = f"{row['trust'].upper()}{TrustWords.SEPARATOR}{word_key(row['word'])}"
        if key in of_list:
            raise ContractError(
                "the word stands there twice for its trust and list", do="Keep one.", file=FILE, line=number
            )
        of_list[key] = row["code"]
    return {place: _sorted_out(words) for place, words in meant.items()}


def _lines(reader: Iterator[list[str]]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each line that holds anything, with its number. Raises ContractError for one that is not five cells."""
    header = next(reader, [])
    if tuple(header) != COLUMNS:
        raise ContractError(f"the columns are not {','.join(COLUMNS)}", do="Mend the first line.", file=FILE)
    for number, cells in enumerate(reader, start=2):
        if not any(cells):
            continue
        if len(cells) != len(COLUMNS) or any("\n" in cell or "\r" in cell for cell in cells):
            what = f"a line has {len(cells)} cells where {len(COLUMNS)} are meant, or a cell runs over its end"
            raise ContractError(what, do="Put a word with a comma into quotes.", file=FILE, line=number)
        yield number, {name: cell.strip() for name, cell in zip(COLUMNS, cells, strict=True)}


def _sorted_out(words: Mapping[str, str]) -> TrustWords:
    codes = {word: code for word, code in words.items() if code}
    return TrustWords(codes, tuple(sorted(set(words) - set(codes))))


def _faults(row: Mapping[str, str], contracts: Mapping[str, FeedContract]) -> Iterator[str]:
    contract = contracts.get(row["system"])
    if tuple(row.values()) == COLUMNS:
        yield "the header stands here again"
    elif not row["trust"] or not row["word"]:
        yield "the trust or the word is empty"
    elif contract is None:
        yield "no feed contract has the name under system"
    elif row["map"] not in contract.maps:
        yield "the feed contract has no list of the name under map"
    elif row["code"] and row["code"] not in (codes := _codes_of(contract, row["map"])):
        what = "has no code yet" if row["code"] == NOT_YET else "has a code that its list can't have"
        yield f"the word {what}: give it one of {', '.join(sorted(codes))}, or none where it means nothing"


def _codes_of(contract: FeedContract, map_name: str) -> frozenset[str]:
    """The codes that a word of a list may stand for: the column's closed list, or else those that the contract uses."""
    columns = [name for _, name, source in contract.sources() if source.map == map_name]
    closed = [CODES[name] for name in columns if name in CODES]
    used = frozenset(code for code in contract.maps[map_name].values() if code is not None)
    return frozenset.intersection(*closed) if closed else used
