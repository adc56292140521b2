"""Text that is harmless wherever it is opened (a first version, which stands until the whole one comes)."""

from pyspark.sql import Column
from pyspark.sql import functions as F


def plain(text: Column, *, longest: int) -> Column:
    """Text without control characters, cut at `longest`, with an apostrophe before what a spreadsheet would compute."""
    cut = F.substring(text, 1, longest)
    clean = F.trim(F.regexp_replace(cut, r"\p{C}+", " "))
    return F.when(clean.rlike("^[=+@＝＋－＠-]"), F.concat(F.lit("'"), clean)).otherwise(clean)


def is_too_long(text: Column, *, longest: int) -> Column:
    """Whether text is longer than `longest`."""
    return F.coalesce(F.length(text) > longest, F.lit(False))
