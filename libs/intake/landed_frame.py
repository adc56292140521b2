"""Which landed files each executor task opens: a frame of paths whose partitions have about the same to do."""

import heapq
from collections.abc import Iterable
from typing import NamedTuple

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F


class LandedRow(NamedTuple):
    """A file to open: its path as Python opens it, the name and folder that its sender gave it, bytes, epoch seconds.

    An original in the archive bears another name than the one under which it came.
    """

    path: str
    name: str
    folder: str | None
    length: int
    arrived_at: int


_LANDED = pa.struct(
    [
        ("path", pa.string()),
        ("name", pa.string()),
        ("folder", pa.string()),
        ("length", pa.int64()),
        ("arrived_at", pa.int64()),
    ]
)

# What opening a file costs whatever is in it, in sealed bytes: ten thousand small ones are no small task
_FILE_COST = 20_000


def landed_frame(spark: SparkSession, files: Iterable[LandedRow], partitions: int) -> DataFrame:
    """Files as in `LandedRow`, in at most so many partitions; a file is opened whole in one of them.

    The frame is made without a shuffle. More partitions than the session has cores are joined into as many.
    """
    # One row a partition, since Spark deals out the rows of a local frame evenly and in their order. From Arrow, since
    # Spark starts Python workers to read a list: a quarter of a second of processor time.
    shares = [[file._asdict() for file in share] for share in balanced(files, partitions)]
    table = pa.table({"files": pa.array(shares, pa.list_(_LANDED))})
    return spark.createDataFrame(table).select(F.inline("files"))


def balanced(files: Iterable[LandedRow], partitions: int) -> list[list[LandedRow]]:
    """At most so many shares, none empty, of about the same cost, each ordered by path."""
    shares: list[list[LandedRow]] = [[] for _ in range(partitions)]
    loads = [(0, number) for number in range(partitions)]
    for file in sorted(files, key=lambda file: (-file.length, file.path)):
        load, number = heapq.heappop(loads)  # the largest first, each to whoever has the least
        shares[number].append(file)
        heapq.heappush(loads, (load + file.length + _FILE_COST, number))
    return [sorted(share) for share in shares if share]
