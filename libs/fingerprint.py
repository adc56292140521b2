"""One hash for a row's content, so that what did not change costs nothing."""

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F


def row_hash(columns: Sequence[str]) -> Column:
    """A 64-bit hash of the named columns' values, nulls included.

    Spark's xxhash64 skips nulls, so a value that moves to its empty neighbour would keep the hash: which columns
    are null is therefore hashed first. Column names are taken literally, dots and spaces included.
    """
    quoted = [F.col(f"`{name}`") for name in columns]
    return F.xxhash64(F.array(*(column.isNull() for column in quoted)), *quoted)
