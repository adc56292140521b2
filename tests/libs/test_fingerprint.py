import itertools
from datetime import date

from pyspark.sql import SparkSession

from libs.fingerprint import row_hash


def test_rows_that_differ_in_a_value_a_blank_or_its_place_have_different_hashes(spark: SparkSession) -> None:
    values = [None, "", " ", "a", "ab", "b"]
    rows = list(itertools.product(values, repeat=3))
    frame = spark.createDataFrame(rows, "first string, second string, third string")
    hashes = [row[0] for row in frame.select(row_hash(["first", "second", "third"])).collect()]
    assert len(set(hashes)) == len(rows)


def test_only_the_named_columns_count_whatever_their_names_and_types(spark: SparkSession) -> None:
    born = date(1950, 2, 1)
    rows = [(born, 3, "x"), (born, 3, "y"), (None, 3, "x"), (born, None, "x")]
    frame = spark.createDataFrame(rows, "`D.O.B.` date, `62 Day Breach Date` int, other string")
    found = [row[0] for row in frame.select(row_hash(["D.O.B.", "62 Day Breach Date"])).collect()]
    assert found[0] == found[1]
    assert len(set(found)) == 3
