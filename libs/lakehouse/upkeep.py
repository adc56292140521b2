"""What keeps the lake's files in order: rows that were removed leave the disk, small files become larger ones.

Delta marks a row as deleted and keeps the file that holds it, for deletion vectors and for readers of older versions.
So a row is gone from the disk once its file is written anew without it (`purge`) and the old one is deleted (`vacuum`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from delta.exceptions import DeltaConcurrentModificationException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from libs.lakehouse.tables import Lake, another_run

MANY_FILES = 50
SMALL_BYTES = 32 * 1024 * 1024  # the mean size of files below which a table reads faster from fewer of them
# Delta lists files in this many tasks: its default of 10,000 takes a minute for a table of three files here.
_LISTING = {"spark.sql.sources.parallelPartitionDiscovery.parallelism": "2"}


def purge(lake: Lake, name: str) -> None:
    """Write the files anew that hold rows marked as deleted; without any nothing is written.

    Raises ConcurrentRunError where another run wrote the table meanwhile.
    """
    _write(lake, name, f"REORG TABLE {lake.sql_name(name)} APPLY (PURGE)")


def compact(lake: Lake, name: str) -> bool:
    """Join the files of a table that has many small ones, and tell whether it has.

    Raises ConcurrentRunError where another run wrote the table meanwhile.
    """
    files = lake.spark.sql(f"DESCRIBE DETAIL {lake.sql_name(name)}").select("numFiles", "sizeInBytes").collect()[0]
    has_many = files["numFiles"] >= MANY_FILES and files["sizeInBytes"] < SMALL_BYTES * files["numFiles"]
    if has_many:
        _write(lake, name, f"OPTIMIZE {lake.sql_name(name)}")
    return bool(has_many)


def vacuum(lake: Lake, name: str, *, hours: int) -> int:
    """Delete the files that no version of the last `hours` needs, and tell how many there were.

    Delta refuses fewer hours than its own safety, a week. A table without such files gets no entry in its log.
    """
    statement = f"VACUUM {lake.sql_name(name)} RETAIN {hours} HOURS"
    with _silent(lake):
        # Folders that are empty by now are told of too.
        found = lake.spark.sql(f"{statement} DRY RUN").where(F.col("path").rlike(r"\.[^/]+$")).count()
        if found:
            lake.spark.sql(statement)
    return found


def _write(lake: Lake, name: str, statement: str) -> None:
    try:
        added = _added(lake.spark.sql(statement))
    except DeltaConcurrentModificationException:
        raise another_run(name) from None
    lake.commits += bool(added)


def _added(metrics: DataFrame) -> int:
    return sum(row["metrics"]["numFilesRemoved"] for row in metrics.collect())


@contextmanager
def _silent(lake: Lake) -> Iterator[None]:
    """In a session of our own: listed in few tasks, and without the line that Delta prints for each table."""
    if lake.catalog is not None:
        yield
        return
    before = {key: lake.spark.conf.get(key) for key in _LISTING}
    for key, value in _LISTING.items():
        lake.spark.conf.set(key, value)
    try:
        with _nothing_printed(lake.spark):
            yield
    finally:
        for key, told in before.items():
            lake.spark.conf.set(key, str(told))


@contextmanager
def _nothing_printed(spark: SparkSession) -> Iterator[None]:
    """Delta prints to Scala's console, which is this terminal."""
    jvm: Any = spark._jvm
    console = getattr(getattr(jvm.scala, "Console$"), "MODULE$")
    printed = console.out()
    console.setOutDirect(jvm.java.io.PrintStream(jvm.java.io.OutputStream.nullOutputStream()))
    try:
        yield
    finally:
        console.setOutDirect(printed)
