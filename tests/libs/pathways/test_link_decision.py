"""The name of a pair leads back to its two records."""

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from libs.pathways.link_decision import ordinals
from libs.pathways.people import RECORD_KEY, record_id


def test_the_ordinals_are_the_numbers_that_the_names_of_both_records_were_made_of(spark: SparkSession) -> None:
    records = spark.createDataFrame([("RVW", "infoflex", f"P{number}") for number in range(40)], [*RECORD_KEY])
    named = records.select(record_id().alias("record_id"), F.xxhash64(*RECORD_KEY).alias("ordinal"))
    left, right = ordinals()
    pairs = (
        named.alias("a").join(named.alias("b"), F.col("a.ordinal") < F.col("b.ordinal"))
        .select(
            F.concat_ws("-", "a.record_id", "b.record_id").alias("pair_id"),
            F.concat_ws("-", "b.record_id", "a.record_id").alias("turned"),
            F.col("a.ordinal").alias("lesser"), F.col("b.ordinal").alias("greater"),
        )
    )  # fmt: skip
    for name in ("pair_id", "turned"):
        told = pairs.withColumn("pair_id", F.col(name)).select("lesser", "greater", left.alias("l"), right.alias("r"))
        rows = told.collect()
        assert len(rows) == 780
        assert any(row["lesser"] < 0 < row["greater"] for row in rows)
        assert all((row["l"], row["r"]) == (row["lesser"], row["greater"]) for row in rows)
