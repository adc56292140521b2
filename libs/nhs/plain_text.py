"""Text that does no harm wherever it is opened: on one line, nothing in it that can't be seen, and no formula."""

from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F

# What a spreadsheet takes for a formula, in both widths; a tab or the end of a line, too, but these become blanks.
_SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20"
_IS_SIGN = r"[=+\-@\uff1d\uff0b\uff0d\uff20]"
# C0 and C1, line breaks among them, and the two separators of Unicode.
_BREAK = r"\p{Cc}\p{Zl}\p{Zp}"
# Marks of direction, zero-width characters and selectors of variants, half a pair, and what is no character.
_UNSEEN = r"\p{Cf}\p{Cs}\u034f\u180b-\u180f\ufe00-\ufe0f\x{e0000}-\x{e0fff}\ufdd0-\ufdef" + "".join(
    rf"\x{{{plane:x}fffe}}\x{{{plane:x}ffff}}" for plane in range(17)
)
# Each looks at a run of blanks once, from its beginning: else a long run would cost its square.
_STEPS = (
    (f"[{_UNSEEN}]", ""),
    (rf"(?<!\p{{Zs}})\p{{Zs}}*+[{_BREAK}][\p{{Zs}}{_BREAK}]*+", " "),
    (r"^\p{Zs}++|(?<!\p{Zs})\p{Zs}++\z", ""),
    (f"^'(?={_IS_SIGN})", ""),
)
_MAY_CHANGE = r"[^\x20-\x7e]|^[ '=+\-@]| \z"


def plain(text: Column, *, longest: int) -> Column:
    """A text on one line, without what can't be seen, cut after `longest` characters; null stays null.

    Control characters and line breaks become one blank, with the blanks about them. What a spreadsheet would take for a
    formula has an apostrophe before it, which does not count; where one stands already it stays, so that a plain text
    is not changed again. The letters of every alphabet stay. A character is a code point, of which a rare one takes
    two of an `nvarchar`. Of very much that can't be seen what follows may be cut as well.
    """
    cut = F.substring(_cleaned(text, longest), 1, longest)
    trimmed = F.when(cut.rlike(r"\p{Zs}\z"), F.regexp_replace(cut, r"(?<!\p{Zs})\p{Zs}++\z", "")).otherwise(cut)
    return F.concat(F.when(F.substring(trimmed, 1, 1).isin(*_SIGNS), "'").otherwise(""), trimmed)


def is_too_long(text: Column, longest: int) -> Column:
    """Whether `plain` cuts the text; false for null."""
    is_cut = (F.length(_cleaned(text, longest)) > longest) | (F.length(_valid(text)) > _looked_at(longest))
    return F.coalesce(is_cut, F.lit(False))


def _looked_at(longest: int) -> int:
    """How much of a text the regular expressions see, so that one of a megabyte costs no more than others."""
    return 4 * longest + 100


def _valid(text: Column) -> Column:
    return F.trim(F.make_valid_utf8(text))


def _cleaned(text: Column, longest: int) -> Column:
    """The beginning of the text, without what is removed, and without the apostrophe before a formula."""
    beginning = F.substring(_valid(text), 1, _looked_at(longest))
    steps = reduce(lambda done, step: F.regexp_replace(done, *step), _STEPS, beginning)
    return F.when(beginning.rlike(_MAY_CHANGE), steps).otherwise(beginning)
