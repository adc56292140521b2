"""`ops.release`: the files that a person wants taken although they were held, or were taken before."""

from collections.abc import Iterable, Sequence

from pyspark.sql import functions as F

from libs.intake.ledger import ACCEPTED, Candidate
from libs.lakehouse.tables import Lake

TABLE = "ops.release"
_LEDGER = "bronze.extract_file"
_SCHEMA = "sha256 string, after_file_id bigint"


def release(lake: Lake, hashes: Iterable[str], *, after_file_id: int) -> None:
    """Note that the files of these sealed hashes are to be taken once more, after the file with this id."""
    rows = [(sha256, after_file_id) for sha256 in hashes]
    if rows:
        lake.append(TABLE, lake.spark.createDataFrame(rows, _SCHEMA).coalesce(1))


def released(lake: Lake, candidates: Sequence[Candidate]) -> set[str]:
    """The sealed hashes of these files that were released and not yet taken since."""
    if not lake.exists(TABLE):
        return set()
    hashes = {file.sha256 for file in candidates if file.sha256}
    asked = lake.read(TABLE).where(F.col("sha256").isin(*hashes)).groupBy("sha256").agg(
        F.max("after_file_id").alias("after_file_id")
    )  # fmt: skip
    taken = (
        lake.read(_LEDGER).where(F.col("status") == ACCEPTED).groupBy("sha256").agg(F.max("file_id").alias("last_id"))
    )
    is_open = F.col("last_id").isNull() | (F.col("last_id") <= F.col("after_file_id"))
    return {row["sha256"] for row in asked.join(taken, ["sha256"], "left").where(is_open).select("sha256").collect()}
