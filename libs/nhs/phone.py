"""Telephone numbers of the United Kingdom."""

from pyspark.sql import Column
from pyspark.sql import functions as F


def normalise(text: Column) -> Column:
    """The digits of a number from its leading 0 on, `+44 (0)7700 900123` too; null for what is no such number.

    Words beside it are passed over, so that a number with a name in brackets is one, but not letters among the digits.
    A mobile has eleven digits, others have ten or eleven.
    """
    bare = F.regexp_replace(text, "[^0-9+]", "")
    national = F.regexp_replace(bare, "^(?:[+]|00)?440?(?=[1-9])", "0")
    is_national = national.rlike("^0(?:7[0-9]{9}|[1-689][0-9]{8,9})$")
    return F.when(is_national & ~text.rlike(r"[0-9][^0-9]*\p{L}[^0-9]*[0-9]"), national)
