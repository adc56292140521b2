"""Telephone numbers come out as their digits, however they are written; what is none is nothing."""

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from libs.nhs.phone import normalise

pytestmark = pytest.mark.spark
WRITTEN = {
    "07700 900123": "07700900123",
    "+44 7700 900123": "07700900123",
    "+44 (0)7700-900123": "07700900123",
    "0044 7700 900123": "07700900123",
    "(01642) 617617": "01642617617",
    "07700900123 (daughter)": "07700900123",
    "447700900123": "07700900123",
    "07700 90012": None,
    "01632 96O123": None,
    "0164 2617617 / 07700 900123": None,
    "ex-directory": None,
    "0000000000": None,
    "12345": None,
    "": None,
}


def test_a_number_is_its_digits(spark: SparkSession) -> None:
    rows = spark.createDataFrame([(text,) for text in WRITTEN], "text string")
    found = {row["text"]: row["number"] for row in rows.withColumn("number", normalise(F.col("text"))).collect()}
    assert found == WRITTEN


def test_a_number_stays_what_it_is_when_it_is_read_again(spark: SparkSession) -> None:
    rows = spark.createDataFrame([(text,) for text in WRITTEN], "text string").select(
        normalise(F.col("text")).alias("n")
    )
    assert rows.where(~normalise(F.col("n")).eqNullSafe(F.col("n"))).count() == 0
