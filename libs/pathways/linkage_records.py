"""What is compared of a register's patient when persons are sought across trusts: silver's columns, as text."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from libs.nhs import postcode
from libs.pathways.people import RECORD_KEY, VERIFIED

_SAID_OF_SEX = ("1", "2")  # 9 is "not specified"


def linkage_records(patients: DataFrame) -> DataFrame:
    """One row a record of `silver.patient`, with the cells that linkage compares (`ml.linkage.records.COLUMNS`).

    Beside them the record's key, the `file_id` that told of it last, `ordinal` (bigint, which `people.record_id` writes
    in hexadecimal digits), `source` (bigint, the register) and `arrived_at`. Dates are eight digits, year first. What a
    register does not hold is null in every row, `local_id` too: each trust numbers its own patients, so that two
    trusts' numbers agree or differ by chance alone.
    """
    is_verified = F.col("nhs_number").isNotNull() & (F.col("nhs_number_status") == VERIFIED)
    return patients.select(
        *RECORD_KEY,
        "file_id",
        F.xxhash64(*RECORD_KEY).alias("ordinal"),
        F.xxhash64("trust", "system").alias("source"),
        F.col("first_extracted_at").alias("arrived_at"),
        "nhs_number",
        F.coalesce(is_verified, F.lit(False)).alias("is_verified"),
        "family_name",
        "given_name",
        _not_recorded("middle_name"),
        F.date_format("born_on", "yyyyMMdd").alias("birth_date"),
        F.when(F.col("sex").isin(*_SAID_OF_SEX), F.col("sex")).alias("sex"),
        F.when(~postcode.is_pseudo(F.col("postcode")), F.col("postcode")).alias("postcode"),
        _not_recorded("address"),
        "phone",
        _not_recorded("local_id"),
    )


def _not_recorded(name: str) -> Column:
    return F.lit(None).cast("string").alias(name)
