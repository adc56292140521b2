"""`silver.link_decision`: what people decided on a pair of records, kept also when the pair leaves their queue."""

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

KEY = ("pair_id",)
SAME, DIFFERENT = "same", "different"
DECIDED_BY_LENGTH = 60  # characters
DECISION = T.StructType(
    [
        T.StructField("pair_id", T.StringType()),
        T.StructField("left_ordinal", T.LongType()),
        T.StructField("right_ordinal", T.LongType()),
        T.StructField("is_same", T.BooleanType()),
        T.StructField("decided_by", T.StringType()),
        T.StructField("decided_on", T.DateType()),
        T.StructField("imported_at", T.TimestampType()),
        T.StructField("row_hash", T.LongType()),
    ]
)


def ordinals() -> tuple[Column, Column]:
    """The lesser and the greater ordinal (bigint) of the two records that `pair_id` names.

    `pair_id` is two `people.record_id()`, 16 hexadecimal digits each, with a hyphen between.
    """
    # To base -10: the sixteenth digit holds the sign.
    both = [F.conv(F.substring_index("pair_id", "-", place), 16, -10).cast("bigint") for place in (1, -1)]
    return F.least(*both), F.greatest(*both)
