"""`ops.run`: one row for each step of each run, written once at its end; it tells a step where it left off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pyspark.sql import functions as F

from jobs.outcome import Outcome
from libs.lakehouse.tables import Lake

TABLE = "ops.run"
# Longer text is cut: the SQL table refuses it, and with one such row no run could be published any more.
ERROR_LENGTH = 500
SCHEMA = (
    "run_id string, step string, as_at timestamp, started_at timestamp, finished_at timestamp, status string, "
    "seconds double, rows_read bigint, rows_changed bigint, commits int, error string, watermark bigint"
)


@dataclass(frozen=True)
class StepRecord:
    """How a step went; `outcome` is None and `error` says why where it failed."""

    step: str
    started_at: datetime
    finished_at: datetime
    outcome: Outcome | None
    error: str | None = None


def progress(lake: Lake) -> tuple[dict[str, int], dict[str, date]]:
    """For each step, the last file that it has taken in and the date for which it last ran."""
    if not lake.exists(TABLE):
        return {}, {}
    done = (
        lake.read(TABLE)
        .where("status = 'done'")
        .groupBy("step")
        .agg(F.max("watermark").alias("watermark"), F.max_by(F.to_date("as_at"), "finished_at").alias("list_date"))
    )
    rows = done.collect()
    return {row["step"]: row["watermark"] for row in rows}, {row["step"]: row["list_date"] for row in rows}


def shortened(error: str | None) -> str | None:
    """The error as far as its column holds it; an ellipsis tells that there was more."""
    if error is None or len(error) <= ERROR_LENGTH:
        return error
    return f"{error[: ERROR_LENGTH - 1]}…"


def write(lake: Lake, run_id: str, as_at: datetime, records: Sequence[StepRecord]) -> None:
    """Add a run's steps in one commit."""
    rows = [
        (
            run_id,
            record.step,
            as_at,
            record.started_at,
            record.finished_at,
            "done" if record.outcome else "failed",
            (record.finished_at - record.started_at).total_seconds(),
            record.outcome.rows_read if record.outcome else None,
            record.outcome.rows_changed if record.outcome else None,
            record.outcome.commits if record.outcome else None,
            shortened(record.error),
            record.outcome.watermark if record.outcome else None,
        )
        for record in records
    ]
    lake.append(TABLE, lake.spark.createDataFrame(rows, SCHEMA).coalesce(1))
