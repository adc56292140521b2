"""Which engine compares the records of the lake."""

from pyspark.sql import SparkSession

from libs.settings import Settings
from ml.linkage.backend import Backend, DuckDBBackend


def backend_for(spark: SparkSession, record_count: int, settings: Settings) -> Backend:
    """DuckDB, which is quicker, as long as the memory of one machine holds so many records; else Spark.

    Both make the same keys, levels and weights, so that records may pass the size from one hour to the next.
    """
    if record_count <= settings.linkage.most_records_in_duckdb:
        return DuckDBBackend()
    from ml.linkage.spark_backend import SparkBackend  # noqa: PLC0415 - nobody else waits for its imports

    return SparkBackend(spark)
