"""DuckDB's functions in Spark: DuckDB itself works them out in the Python workers, so that both engines agree to the
letter on accents, capitals, likeness and hashes.

Spark's own differ: its capital of ß is SS, it knows no accents, and the likeness in Splink's jar counts half a
transposition where DuckDB counts none.
"""

import functools
from collections.abc import Callable

import duckdb
import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql.pandas.functions import arrow_udf

# Each function with the type of what it gives.
TYPES = {
    "upper": "string",
    "strip_accents": "string",
    "jaro_winkler_similarity": "double",
    "damerau_levenshtein": "bigint",
    "hash": "bigint",  # the same bits: Spark knows no unsigned numbers
}
_PREFIX = "duckdb_"


def register_functions(spark: SparkSession) -> None:
    """Make the functions known to a session, by the names that `spark_name` gives them."""
    for name, kind in TYPES.items():
        spark.udf.register(spark_name(name), arrow_udf(_worked_out(name), kind))  # type: ignore[call-overload]


def spark_name(function: str) -> str:
    """What a function of DuckDB's is called in Spark."""
    return f"{_PREFIX}{function}"


def _worked_out(function: str) -> Callable[..., pa.Array]:
    def of_batch(*columns: pa.Array) -> pa.Array:
        names = [f"c{place}" for place in range(len(columns))]
        rows = pa.table(list(columns), names=names)
        found = _connection().from_arrow(rows).project(f"{function}({', '.join(names)}) as value")
        values = found.to_arrow_table().column(0).combine_chunks()
        return values.view(pa.int64()) if pa.types.is_uint64(values.type) else values

    return of_batch


@functools.cache
def _connection() -> duckdb.DuckDBPyConnection:
    """One for each worker."""
    return duckdb.connect(config={"threads": 1})
