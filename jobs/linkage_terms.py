"""`silver.linkage_term`: what stands beside the versions of the linkage model. It holds names, so it is restricted."""

import pyarrow as pa
from pyspark.sql import functions as F

from libs.lakehouse.tables import Lake
from ml.linkage import beside

TABLE = "silver.linkage_term"


def write_terms(lake: Lake, tables: dict[str, pa.Table], *, version: int, champion: int | None) -> None:
    """Write what stands beside a version, before it may become champion; in the same commit all others' goes.

    Only the champion's stays: an hour that has looked up who is champion still finds what belongs to it.
    """
    rows = lake.spark.createDataFrame(beside.as_terms(tables)).withColumn("model_version", F.lit(version))
    # A registry that was made anew counts from one again: its first version may be numbered as terms that are left.
    kept = champion if champion is not None and champion != version else 0
    lake.replace_where(TABLE, rows, predicate=f"model_version <> {kept}")


def has_terms(lake: Lake, *, version: int) -> bool:
    """Whether anything stands beside a version in this lake."""
    return lake.exists(TABLE) and not lake.read(TABLE).where(F.col("model_version") == version).isEmpty()


def read_terms(lake: Lake, *, version: int) -> dict[str, pa.Table]:
    """What stands beside a version, as `beside.used` takes it. Raises StepOrderError before the first training."""
    terms = lake.read(TABLE).where(F.col("model_version") == version).select(*beside.TERMS.names)
    return beside.from_terms(terms.toArrow())
