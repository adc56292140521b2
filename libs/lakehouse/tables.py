"""The lake's tables: read, append, replace, merge and swap them by name, and count what was committed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from delta.exceptions import DeltaConcurrentModificationException
from delta.tables import DeltaTable
from pyspark.sql import Column, DataFrame, DataFrameWriter, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from libs.errors import ConcurrentRunError, StepOrderError
from libs.settings import Settings

_QUICKLY_WRITTEN = 200_000  # rows of a table that is written anew in half the time of a MERGE
SCHEMAS = ("bronze", "silver", "gold", "ops")
# Source registers have columns such as `D.O.B.` and `62 Day Breach Date`; two statistics columns (notes 4.9).
BRONZE_PROPERTIES = {"delta.columnMapping.mode": "name", "delta.dataSkippingNumIndexedCols": "2"}


def settle(frame: DataFrame) -> DataFrame:
    """Compute a frame once and forget how it came about.

    What is built on it is then planned as if on a table: planning wide expressions again and again takes longer than
    running them over an hour's rows.
    """
    return frame.localCheckpoint()


@dataclass
class Lake:
    """Delta tables by `schema.table`: folders under `root`, or Unity Catalog tables under `catalog`.

    `commits` counts the Delta commits made through this object.
    """

    spark: SparkSession
    root: Path
    catalog: str | None = None
    commits: int = field(default=0, init=False)

    def exists(self, name: str) -> bool:
        """Whether the table has been written."""
        if self.catalog:
            return bool(self.spark.catalog.tableExists(self._full_name(name)))
        # A run that was killed before its first commit leaves an empty log.
        return any((self._path(name) / "_delta_log").glob("*.json"))

    def read(self, name: str) -> DataFrame:
        """The table as it stands. Raises StepOrderError when nothing has written it yet."""
        if not self.exists(name):
            raise StepOrderError("this table does not exist yet", do="Run `cancollaborate hourly` first.", table=name)
        if self.catalog:
            return self.spark.read.table(self._full_name(name))
        return self.spark.read.format("delta").load(str(self._path(name)))

    def read_or_empty(self, name: str, schema: StructType) -> DataFrame:
        """The table, or a frame without rows where it is still to be written."""
        return self.read(name) if self.exists(name) else self.spark.createDataFrame([], schema)

    def version(self, name: str) -> int:
        """The state that the table is in: the moment of its last commit in ms; -1 for a table that does not exist.

        Not the commit's number: in a lake that is built anew the numbers come again, with other content.
        """
        if not self.exists(name):
            return -1
        if self.catalog:
            return int(self._table(name).history(1).select(F.unix_millis("timestamp")).collect()[0][0])
        # The newest commit tells it by itself; asking Delta's history for it is a query for each published table.
        newest = max((self._path(name) / "_delta_log").glob("*.json"))
        for line in newest.read_text(encoding="utf-8").splitlines():
            action = json.loads(line)
            if "commitInfo" in action:
                return int(action["commitInfo"]["timestamp"])
        return newest.stat().st_mtime_ns // 1_000_000

    def append(self, name: str, rows: DataFrame, *, properties: Mapping[str, str] | None = None) -> None:
        """Add rows; the first ones make the table, with these properties."""
        writer = rows.write.format("delta").mode("append")
        if properties and not self.exists(name):
            writer = writer.options(**properties)
        with self._commit(name):
            self._save(writer, name)

    def append_as_next(self, name: str, rows: DataFrame, *, number: int, is_mine: Column) -> None:
        """Add rows, unless another run has added any from this number on: each run gives a greater one than the last.

        Delta passes over a write whose number it has seen, without a word, so the rows are looked for afterwards.
        Raises ConcurrentRunError when another run was first; then nothing was written.
        """
        numbered = rows.write.format("delta").mode("append").option("txnAppId", name).option("txnVersion", number)
        with self._commit(name):
            self._save(numbered, name)
        if self.read(name).where(is_mine).isEmpty():
            self.commits -= 1
            raise another_run(name)

    def drop_where(self, name: str, predicate: Column) -> None:
        """Delete the rows that meet a predicate, with a commit only where there are any."""
        if self.exists(name) and not self.read(name).where(predicate).isEmpty():
            with self._commit(name):
                self._table(name).delete(predicate)

    def remove(self, name: str, rows: DataFrame, *, keys: Sequence[str], emptied: Sequence[str] = ()) -> None:
        """Delete the rows whose keys `rows` name, in one commit; where its `_is_emptied` is true only their content.

        `emptied` are the columns that then become null. `rows` has one row a key.
        """
        same_row = " and ".join(f"standing.`{key}` = gone.`{key}`" for key in keys)
        merging = self._table(name).alias("standing").merge(rows.alias("gone"), same_row)
        if emptied:
            nothing = {f"`{column}`": F.lit(None) for column in emptied}
            merging = merging.whenMatchedUpdate("gone._is_emptied", set=dict(nothing))
        with self._commit(name):
            merging.whenMatchedDelete().execute()

    def replace_where(
        self, name: str, rows: DataFrame, *, predicate: str, properties: Mapping[str, str] | None = None
    ) -> None:
        """Put rows in the place of all that meet the predicate, in one commit: safe to repeat after a crash."""
        writer = rows.write.format("delta")
        if self.exists(name):
            writer = writer.mode("overwrite").option("replaceWhere", predicate)
        else:
            writer = writer.mode("append").options(**(properties or {}))
        with self._commit(name):
            self._save(writer, name)

    def swap(self, name: str, rows: DataFrame) -> None:
        """Put rows in the place of the whole table, in one commit."""
        with self._commit(name):
            self._save(rows.write.format("delta").mode("overwrite").option("overwriteSchema", "true"), name)

    def merge(
        self,
        name: str,
        rows: DataFrame,
        *,
        keys: Sequence[str],
        gone: DataFrame | None = None,
        stamp: Mapping[str, Any] | None = None,
        hashes: Sequence[str] = ("row_hash",),
    ) -> int:
        """Bring the table to hold `rows`, and drop the keys in `gone`; return how many rows changed.

        A row whose `hashes` stand already is untouched, and a table in which nothing changes gets no commit.
        `rows` has one row a key and its `hashes`; `stamp` adds columns to the rows that are written.
        """
        stamped = rows.select("*", *(F.lit(value).alias(column) for column, value in (stamp or {}).items()))
        if not self.exists(name):
            with self._commit(name):
                self._save(stamped.write.format("delta").mode("append"), name)
            return self.read(name).count()
        changes = settle(self._changes(name, stamped, keys=keys, hashes=hashes, gone=gone))
        changed_count = changes.count()
        if changed_count:
            self._merge_changes(name, changes, keys, stamped.columns)
        return changed_count

    def write_changes(
        self, name: str, rows: DataFrame, *, row_count: int, keys: Sequence[str], gone: DataFrame | None = None
    ) -> None:
        """Write rows that are known to be new or other than what stands, and drop the keys in `gone`, in one commit.

        One row a key; `row_count` is how many both are. Where they are few, what stands is looked at once, and is not
        shuffled to be compared as `merge` does.
        """
        if not self.exists(name):
            self.append(name, rows)
            return
        standing = self.read(name)
        if row_count + standing.count() <= _QUICKLY_WRITTEN:
            for other in [rows, *([] if gone is None else [gone])]:
                standing = standing.join(F.broadcast(other.select(*keys)), [*keys], "left_anti")
            # A newer version of the platform may bring columns that the table does not have yet.
            self.swap(name, standing.unionByName(rows, allowMissingColumns=True).coalesce(1))
            return
        changes = _with_gone(rows, gone, keys)
        at_hand = F.broadcast(changes) if row_count <= _QUICKLY_WRITTEN else changes
        self._merge_changes(name, at_hand, keys, rows.columns)

    def renew(self, name: str, rows: DataFrame, *, keys: Sequence[str], stamp: Mapping[str, Any]) -> int:
        """Bring a small table to hold `rows` and nothing else; return how many rows changed, came or went.

        As with `merge`, a row whose `row_hash` stands already keeps its stamp, and without a change there is no commit.
        Writing an aggregate anew takes a third of the time of a MERGE.
        """
        stamped = rows.select("*", *(F.lit(value).alias(column) for column, value in stamp.items()))
        if not self.exists(name):
            return self.merge(name, rows, keys=keys, stamp=stamp)
        standing = self.read(name)
        if not {*keys, "row_hash", *stamp} <= set(standing.columns):
            # Made by a version of the platform whose rows had another key.
            self.swap(name, stamped)
            return self.read(name).count()
        standing = standing.select(*keys, *(F.col(column).alias(f"_{column}") for column in ("row_hash", *stamp)))
        is_same = F.col("row_hash").eqNullSafe(F.col("_row_hash"))
        kept_stamp = [F.when(is_same, F.col(f"_{column}")).otherwise(F.col(column)).alias(column) for column in stamp]
        both = settle(
            stamped.join(standing, [*keys], "full").select(*rows.columns, *kept_stamp, is_same.alias("_is_same"))
        )
        changed_count = both.where(~F.col("_is_same")).count()
        if changed_count:
            self.swap(name, both.where(F.col("row_hash").isNotNull()).drop("_is_same").coalesce(1))
        return changed_count

    def register(self) -> None:
        """Make every table of the lake readable by name: `select … from gold.ptl_current`."""
        if self.catalog:
            self.spark.catalog.setCurrentCatalog(self.catalog)
            return
        for name in self.names():
            self.spark.sql(f"CREATE SCHEMA IF NOT EXISTS {name.partition('.')[0]}")
            self.spark.sql(f"CREATE TABLE IF NOT EXISTS {name} USING DELTA LOCATION '{self._path(name)}'")

    def names(self) -> list[str]:
        """Every table that stands, by schema and name."""
        if self.catalog:
            listed = {schema: self.spark.catalog.listTables(self._full_name(schema)) for schema in SCHEMAS}
            return sorted(
                f"{schema}.{table.name}"
                for schema, tables in listed.items()
                for table in tables
                if "VIEW" not in table.tableType
            )
        found = (f"{log.parts[-3]}.{log.parts[-2]}" for log in self.root.glob("*/*/_delta_log"))
        return sorted(name for name in found if self.exists(name))

    def sql_name(self, name: str) -> str:
        """What SQL calls a table."""
        return self._full_name(name) if self.catalog else f"delta.`{self._path(name)}`"

    def _changes(
        self, name: str, rows: DataFrame, *, keys: Sequence[str], hashes: Sequence[str], gone: DataFrame | None
    ) -> DataFrame:
        """The rows that are new or differ, and the keys to drop marked `_is_gone`."""
        standing = self.read(name).select(*keys, F.struct(*hashes).alias("_standing"))
        is_changed = F.col("_standing").isNull() | (F.col("_standing") != F.struct(*hashes))
        changed = rows.join(standing, [*keys], "left").where(is_changed).drop("_standing")
        if gone is not None:
            gone = gone.select(*keys).distinct().join(standing.select(*keys), [*keys], "left_semi")
        return _with_gone(changed.select(*rows.columns), gone, keys)

    def _merge_changes(self, name: str, changes: DataFrame, keys: Sequence[str], columns: Sequence[str]) -> None:
        values = {column: F.col(f"change.`{column}`") for column in columns}
        same_row = " and ".join(f"standing.`{key}` = change.`{key}`" for key in keys)
        merging = (
            self._table(name)
            .alias("standing")
            .merge(changes.alias("change"), same_row)
            # A newer version of the platform may bring columns that the table does not have yet.
            .withSchemaEvolution()
            .whenMatchedDelete("change._is_gone")
            .whenMatchedUpdate(set=dict(values))
            .whenNotMatchedInsert("not change._is_gone", values=dict(values))
        )
        with self._commit(name):
            merging.execute()

    @contextmanager
    def _commit(self, name: str) -> Iterator[None]:
        try:
            yield
        except DeltaConcurrentModificationException:
            raise another_run(name) from None
        self.commits += 1

    def _save(self, writer: DataFrameWriter, name: str) -> None:
        if self.catalog:
            writer.saveAsTable(self._full_name(name))
        else:
            writer.save(str(self._path(name)))

    def _table(self, name: str) -> DeltaTable:
        if self.catalog:
            return DeltaTable.forName(self.spark, self._full_name(name))
        return DeltaTable.forPath(self.spark, str(self._path(name)))

    def _full_name(self, name: str) -> str:
        return f"{self.catalog}.{name}"

    def _path(self, name: str) -> Path:
        return (self.root / name.replace(".", "/")).absolute()


def _with_gone(rows: DataFrame, gone: DataFrame | None, keys: Sequence[str]) -> DataFrame:
    """Rows to write and keys to drop, told apart by `_is_gone`."""
    written = rows.withColumn("_is_gone", F.lit(False))
    if gone is None:
        return written
    return written.unionByName(gone.select(*keys).withColumn("_is_gone", F.lit(True)), allowMissingColumns=True)


def another_run(table: str) -> ConcurrentRunError:
    """What is told where a commit of another run came first."""
    return ConcurrentRunError(
        "another run wrote this table at the same time", do="Let it finish, then run again.", table=table
    )


def open_lake(spark: SparkSession, settings: Settings) -> Lake:
    """The lake of an environment."""
    return Lake(spark, settings.paths.lake, settings.catalog)
