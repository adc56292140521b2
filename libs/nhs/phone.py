"""Telephone numbers of the United Kingdom."""

from pyspark.sql import Column
from pyspark.sql import functions as F


def normalise(text: Column) -> Column:
    """The digits of a number from its leading 0 on, `+44 (0)7700 900123` too; null for what is no such number.

    Words beside it are passed over, so that a number with a name in brackets is one.
    """
    bare = F.regexp_replace(text, "[^0-9+]", "")
    national = F.regexp_replace(bare, "^(?:[+]|00)440?", "0")
    return F.when(national.rlike("^0[1-9][0-9]{8,9}$"), national)
