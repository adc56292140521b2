"""The text of an extract in UTF-8, or which character set it seems to be in instead of the contract's."""

import re
import unicodedata

import numpy as np

from libs.feeds import Dialect
from libs.intake.reasons import Refusal

_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_HEAD = 1024
_LATIN_LETTER = re.compile(r"[A-Za-z\u00c0-\u024f]")
# Of a kilobyte a byte beyond ASCII: from there on decoding everything at once is the quicker way.
_SPARSE = 64


def as_utf8(extract: bytes, dialect: Dialect) -> bytes | Refusal:
    """The same text in UTF-8 without a byte order mark, or CHARACTER_SET_WRONG with what it looks like."""
    if _is_utf16(extract):
        return _looks_like("UTF-16", dialect)
    if dialect.encoding == "utf-8":
        return _check_utf8(extract.removeprefix(_UTF8_MARK), dialect)
    if extract.startswith(_UTF8_MARK):
        return _looks_like("UTF-8", dialect)
    return extract if extract.isascii() else _from_windows(extract, dialect)


def _is_utf16(extract: bytes) -> bool:
    """Whether its mark stands first, or every other byte is mostly NUL and no other is."""
    if extract.startswith(_UTF16_MARKS):
        return True
    head = extract[:_HEAD]
    fewer, more = sorted((head[::2].count(0), head[1::2].count(0)))
    return fewer == 0 and more * 4 > len(head)


def _check_utf8(extract: bytes, dialect: Dialect) -> bytes | Refusal:
    if extract.isascii():
        return extract
    try:
        extract.decode("utf-8")
    except UnicodeDecodeError as fault:
        return _stray_byte(extract, fault.start, dialect, likely="; it looks like windows-1252")
    return extract


def _from_windows(extract: bytes, dialect: Dialect) -> bytes | Refusal:
    try:
        mistaken = extract.decode("utf-8")
    except UnicodeDecodeError:
        mistaken = ""
    if _is_evidently_utf8(mistaken, dialect.delimiter):
        return _looks_like("UTF-8", dialect)
    try:
        return _recode(extract, "windows-1252")
    except UnicodeDecodeError:
        # Found again in the whole, since a piece knows only its own position
        return _undecodable(extract, dialect, likely="; it looks like UTF-8" if mistaken else "")


def _undecodable(extract: bytes, dialect: Dialect, *, likely: str) -> Refusal:
    try:
        extract.decode("windows-1252")
    except UnicodeDecodeError as fault:
        return _stray_byte(extract, fault.start, dialect, likely=likely)
    return Refusal("CHARACTER_SET_WRONG")


def _recode(extract: bytes, encoding: str) -> bytes:
    """The text in UTF-8; where few bytes are beyond ASCII only those are decoded, at thrice the speed."""
    beyond = np.flatnonzero(np.frombuffer(extract, np.int8) < 0)
    if len(beyond) * _SPARSE > len(extract):
        return extract.decode(encoding).encode("utf-8")
    pieces, start = [], 0
    for position in beyond.tolist():
        pieces += [extract[start:position], extract[position : position + 1].decode(encoding).encode("utf-8")]
        start = position + 1
    return b"".join([*pieces, extract[start:]])


def _is_evidently_utf8(text: str, delimiter: str) -> bool:
    """Whether what decodes as UTF-8 is UTF-8, and not windows-1252 that holds a garbled name.

    A register may hold a name that was garbled long before (ZoÃ« for Zoë): the same bytes in both character sets. One
    name or one pasted note proves nothing, however often it stands there; two different fields that read well do.
    A file in UTF-8 with one single field beyond ASCII is therefore taken, and that field comes out garbled.
    """
    seen: set[str] = set()
    for line in text.splitlines() if text else ():
        if not line.isascii():
            seen.update(field.strip(' "') for field in line.split(delimiter) if _reads_well(field))
        if len(seen) > 1:
            return True
    return False


def _reads_well(field: str) -> bool:
    """Whether it holds characters beyond ASCII that a person may have typed.

    MATÚŠ in windows-1252 decodes as MAT and an Arabic letter: a field does not mix Latin letters with others.
    """
    beyond = [character for character in field if not character.isascii()]
    if not beyond or any(unicodedata.category(character).startswith("C") for character in beyond):
        return False
    has_others = any(each.isalpha() and not unicodedata.name(each, "").startswith("LATIN") for each in beyond)
    return not (has_others and _LATIN_LETTER.search(field))


def _looks_like(found: str, dialect: Dialect) -> Refusal:
    return Refusal("CHARACTER_SET_WRONG", f"it looks like {found}, the contract says {dialect.encoding}")


def _stray_byte(extract: bytes, position: int, dialect: Dialect, *, likely: str) -> Refusal:
    line = 1 + max(extract.count(end, 0, position) for end in (b"\n", b"\r"))
    return Refusal("CHARACTER_SET_WRONG", f"line {line} holds a byte that is not {dialect.encoding}{likely}")
