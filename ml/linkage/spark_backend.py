"""Pairs compared by Spark: for more records than the memory of one process holds."""

import uuid
from types import TracebackType
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from splink import SparkAPI

from ml.linkage.duckdb_functions import register_functions
from ml.linkage.spark_sql import spark_condition, spark_query


class SparkBackend:
    """In a session, which goes on afterwards: tables are views by names of its own, kept until the end."""

    def __init__(self, spark: SparkSession) -> None:
        self._spark = spark
        self._prefix = f"linkage_{uuid.uuid4().hex[:12]}"
        self._views: dict[str, str] = {}
        register_functions(spark)
        self._splink = _NotedSplink(spark)

    def __enter__(self) -> "SparkBackend":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        for view in (*self._views.values(), *self._splink.views):
            self._spark.catalog.dropTempView(view)

    def register(self, name: str, rows: pa.Table) -> None:
        """Make a table of these rows."""
        self._keep(name, self._spark.createDataFrame(rows))

    def make(self, name: str, sql: str) -> None:
        """Make a table of a query's rows."""
        self._keep(name, self._asked(sql))

    def fetch(self, sql: str) -> pa.Table:
        """The rows of a query."""
        return self._asked(sql).toArrow()

    def splink_frame(self, name: str) -> Any:
        """A table as Splink takes it."""
        return self._splink.register(self._views.get(name, name))

    def splink_condition(self, sql: str) -> str:
        """A condition as Splink takes it: in Spark's SQL."""
        return spark_condition(sql)

    def _asked(self, sql: str) -> DataFrame:
        return self._spark.sql(spark_query(sql, self._views, lambda query: self._spark.sql(query).columns))

    def _keep(self, name: str, frame: DataFrame) -> None:
        view = f"{self._prefix}_{name}"
        _settled(frame).createOrReplaceTempView(view)
        self._views[name] = view


class _NotedSplink(SparkAPI):
    """Splink on Spark, noting the views that it makes."""

    def __init__(self, spark: SparkSession) -> None:
        self.views: list[str] = []
        super().__init__(spark_session=spark, register_udfs_automatically=False)  # type: ignore[no-untyped-call]

    def _table_registration(self, input: Any, table_name: str) -> None:
        self.views.append(table_name)
        super()._table_registration(input, table_name)

    def _cleanup_for_execute_sql(self, table: DataFrame, templated_name: str, physical_name: str) -> Any:
        self.views.append(physical_name)
        return super()._cleanup_for_execute_sql(table, templated_name, physical_name)

    def _break_lineage_and_repartition(self, spark_df: DataFrame, templated_name: str, physical_name: str) -> DataFrame:
        parted: DataFrame = self._repartition_if_needed(spark_df, templated_name)  # type: ignore[no-untyped-call]
        return _settled(parted)


def _settled(frame: DataFrame) -> DataFrame:
    """Worked out once and for all: of a cached one Spark plans everything anew that led to it.

    It lies in the executors' memory or on their disks until nothing refers to it; if one is lost, the step fails and is
    repeated.
    """
    return frame.localCheckpoint(eager=True)
