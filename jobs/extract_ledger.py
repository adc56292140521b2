"""`bronze.extract_file`, the ledger: one row for each file ever seen, with what became of it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.arrivals import Arrivals
from jobs.outcome import Run
from libs.intake.ledger import ACCEPTED, Candidate, Decision, LedgerEntry
from libs.lakehouse.tables import Lake
from libs.settings import Settings

TABLE = "bronze.extract_file"
SCHEMA = (
    "file_id bigint, file_name string, trust string, system string, kind string, sequence bigint, "
    "extracted_at timestamp, arrived_at timestamp, status string, reason string, row_count bigint, "
    "rows_changed bigint, sha256 string, sealed_bytes bigint, contract_version int, extract_sha256 string, "
    "detail string, extra_columns string, missing_columns string, batch_id string, run_id string, as_at timestamp"
)
_ENTRY = ("file_id", "file_name", "sha256", "trust", "system", "kind", "sequence", "extracted_at", "status")


def ledger_entries(lake: Lake, candidates: Sequence[Candidate]) -> list[LedgerEntry]:
    """The entries that decide about these files: of the same content or number, each feed's newest, and the last."""
    if not lake.exists(TABLE):
        return []
    ledger = lake.read(TABLE)
    facts = [(file.sha256, file.trust, file.system, file.sequence) for file in candidates]
    known = lake.spark.createDataFrame(facts, "sha256 string, trust string, system string, sequence bigint")
    same_content = ledger.join(F.broadcast(known.select("sha256").distinct()), ["sha256"], "left_semi")
    number = ["trust", "system", "sequence"]
    same_number = ledger.join(F.broadcast(known.select(*number).distinct()), number, "left_semi")
    accepted = ledger.where((F.col("status") == ACCEPTED) & (F.col("kind") != "history"))
    newest = accepted.groupBy("trust", "system").agg(F.max_by("file_id", "extracted_at").alias("file_id"))
    last = ledger.agg(F.max("file_id").alias("file_id"))
    chosen = newest.select("file_id").union(last)
    standing = ledger.join(F.broadcast(chosen.distinct()), ["file_id"], "left_semi")
    frames = [frame.select(*_ENTRY) for frame in (same_content, same_number, standing)]
    rows = frames[0].union(frames[1]).union(frames[2]).distinct().collect()
    return [LedgerEntry(**{**row.asDict(), "extracted_at": _zoned(row["extracted_at"])}) for row in rows]


def ledger_rows(
    spark: SparkSession, decisions: Iterable[Decision], arrivals: Arrivals, changed: dict[int, int], run: Run
) -> DataFrame:
    """The rows that tell of these decisions; `changed` counts the bronze rows by file."""
    rows = [
        (
            decision.file_id,
            decision.candidate.file_name,
            decision.candidate.trust,
            decision.candidate.system,
            decision.candidate.kind,
            decision.candidate.sequence,
            decision.candidate.extracted_at,
            arrivals.arrived_at[decision.candidate.path],
            decision.status,
            decision.reason,
            arrivals.row_counts[decision.candidate.path],
            changed.get(decision.file_id, 0) if decision.status == ACCEPTED else None,
            decision.candidate.sha256,
            arrivals.sizes[decision.candidate.path],
            arrivals.versions[decision.candidate.path],
            run.run_id,
            run.as_at,
        )
        for decision in decisions
    ]
    return spark.createDataFrame(rows, SCHEMA).coalesce(1)


def resting_place(settings: Settings, file_id: int, status: str, trust: str | None, file_name: str) -> Path:
    """Where a file goes once the ledger has answered for it: `archive/<ODS>/…` or `quarantine/<ODS>/…`."""
    folder = settings.paths.archive if status == ACCEPTED else settings.paths.quarantine
    known = trust if trust in settings.trusts else "unknown"
    return folder.absolute() / known / f"{file_id:08d}_{file_name}"


def answered(settings: Settings, entries: Iterable[LedgerEntry], file: Candidate) -> Path | None:
    """Where a file is still to be moved that the ledger answered for before a crash; None for a file to be judged.

    The same file sent again finds its earlier copy put away, so it is judged anew (as a duplicate).
    """
    for entry in entries:
        if entry.sha256 == file.sha256 and entry.file_name == file.file_name:
            place = resting_place(settings, entry.file_id, entry.status, entry.trust, entry.file_name)
            if not place.exists():
                return place
    return None


def _zoned(moment: datetime | None) -> datetime | None:
    """Spark gives times in the machine's zone, without saying so."""
    return moment.astimezone() if moment is not None else None
