"""`ops.release`: the files that a person wants judged once more, or taken whatever stood before."""

from collections.abc import Iterable, Mapping, Sequence

from pyspark.sql import functions as F

from jobs.changed import LEDGER
from libs.intake.ledger import Candidate
from libs.lakehouse.tables import Lake

TABLE = "ops.release"
_SCHEMA = "sha256 string, after_file_id bigint, is_waived boolean"


def release(lake: Lake, hashes: Iterable[str], *, after_file_id: int, is_waived: bool) -> None:
    """Note that the files of these sealed hashes are to be judged once more, after the file with this id.

    `is_waived`: that they were taken before, or are suspiciously small, does not count against them.
    """
    rows = [(sha256, after_file_id, is_waived) for sha256 in hashes]
    if rows:
        lake.append(TABLE, lake.spark.createDataFrame(rows, _SCHEMA).coalesce(1))


def released(lake: Lake, candidates: Sequence[Candidate]) -> Mapping[str, bool]:
    """The sealed hashes of these files that were released and not judged since, each with whether it is waived."""
    if not lake.exists(TABLE):
        return {}
    hashes = {file.sha256 for file in candidates if file.sha256}
    asked = (
        lake.read(TABLE)
        .where(F.col("sha256").isin(*hashes))
        .groupBy("sha256")
        .agg(F.max(F.struct("after_file_id", "is_waived")).alias("last"))
    )
    judged = lake.read(LEDGER).where(F.col("sha256").isin(*hashes)).groupBy("sha256").agg(F.max("file_id").alias("id"))
    is_open = F.col("id").isNull() | (F.col("id") <= F.col("last.after_file_id"))
    rows = asked.join(judged, ["sha256"], "left").where(is_open).select("sha256", "last.is_waived").collect()
    return {row["sha256"]: row["is_waived"] for row in rows}
