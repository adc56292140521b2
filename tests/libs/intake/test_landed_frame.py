"""Files are dealt out to the tasks so that each has about the same to do, and none is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from libs.intake.landed_frame import LandedRow, balanced, landed_frame

LENGTHS = st.lists(st.integers(0, 10**9), max_size=40)


def files_of(lengths: list[int]) -> list[LandedRow]:
    return [LandedRow(f"/landing/RVW/{number}", str(number), "RVW", length, 7) for number, length in enumerate(lengths)]


@given(LENGTHS, st.integers(1, 9))
def test_every_file_is_in_one_share(lengths: list[int], partitions: int) -> None:
    files = files_of(lengths)
    shares = balanced(files, partitions)
    assert sorted(file for share in shares for file in share) == sorted(files)
    assert len(shares) == min(partitions, len(files))


@given(LENGTHS, st.integers(1, 9))
def test_no_share_has_more_than_the_least_and_one_file(lengths: list[int], partitions: int) -> None:
    files = files_of(lengths)
    if len(files) < partitions:
        return
    costs = [sum(file.length + 20_000 for file in share) for share in balanced(files, partitions)]
    assert max(costs) - min(costs) <= max(lengths, default=0) + 20_000


@pytest.mark.spark
def test_each_share_is_a_partition_of_its_own(spark: SparkSession) -> None:
    files = [*files_of([900_000, 500_000, 400_000]), LandedRow("/landing/loose", "loose", None, 0, 7)]
    shares = balanced(files, 2)
    landed = landed_frame(spark, files, 2).withColumn("partition", F.spark_partition_id())
    found = [LandedRow(*row[:5]) for row in landed.orderBy("partition", "path").collect()]
    assert found == [file for share in shares for file in share]
    assert landed.select("partition").distinct().count() == 2
