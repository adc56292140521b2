"""`bronze.extract_file`, the ledger: one row for each file ever seen, with what became of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.arrivals import Arrival
from jobs.outcome import Run
from libs.intake.landing import LandedFile
from libs.intake.ledger import ACCEPTED, FULL, Candidate, Decision, LedgerEntry
from libs.lakehouse.tables import Lake
from libs.settings import Settings

TABLE = "bronze.extract_file"
SCHEMA = (
    "file_id bigint, file_name string, trust string, system string, kind string, sequence bigint, "
    "extracted_at timestamp, arrived_at timestamp, status string, reason string, row_count bigint, "
    "rows_changed bigint, sha256 string, sealed_bytes bigint, contract_version int, extract_sha256 string, "
    "detail string, extra_columns string, missing_columns string, batch_id string, run_id string, as_at timestamp"
)
# Longer text is cut: the SQL table refuses it, and with one such row no file could be published any more.
LENGTHS = {"file_name": 255, "trust": 255, "detail": 1000, "extra_columns": 2500, "missing_columns": 1000}
_ENTRY = (
    "file_id", "file_name", "sha256", "trust", "system", "kind", "sequence", "extracted_at", "status", "row_count",
    "extract_sha256",
)  # fmt: skip
_FEED = ("trust", "system")
_LONGEST_NAME = 200  # bytes


def ledger_entries(lake: Lake, candidates: Sequence[Candidate]) -> list[LedgerEntry]:
    """The entries that decide about these files, as `ledger.decide` wants them."""
    if not lake.exists(TABLE):
        return []
    ledger = lake.read(TABLE)
    facts = [(file.sha256, file.trust, file.system, file.sequence, file.extracted_at) for file in candidates]
    known = lake.spark.createDataFrame(
        facts, "sha256 string, trust string, system string, sequence bigint, extracted_at timestamp"
    )
    same_content = ledger.join(F.broadcast(known.select("sha256").distinct()), ["sha256"], "left_semi")
    same_number = ledger.join(
        F.broadcast(known.select(*_FEED, "sequence").distinct()), [*_FEED, "sequence"], "left_semi"
    )
    earliest = known.groupBy(*_FEED).agg(F.min("extracted_at").alias("_earliest"))
    of_feeds = ledger.where(F.col("status") == ACCEPTED).join(F.broadcast(earliest), [*_FEED], "inner")
    following = of_feeds.where("extracted_at >= _earliest")
    fulls = of_feeds.where((F.col("kind") == FULL) & (F.col("extracted_at") < F.col("_earliest")))
    newest = fulls.groupBy(*_FEED).agg(F.max_by("file_id", F.struct("extracted_at", "sequence")).alias("file_id"))
    last = ledger.agg(F.max("file_id").alias("file_id"))
    chosen = newest.select("file_id").union(last)
    standing = ledger.join(F.broadcast(chosen.distinct()), ["file_id"], "left_semi")
    frames = [frame.select(*_ENTRY) for frame in (same_content, same_number, following, standing)]
    rows = frames[0].union(frames[1]).union(frames[2]).union(frames[3]).distinct().collect()
    return [LedgerEntry(**{**row.asDict(), "extracted_at": _zoned(row["extracted_at"])}) for row in rows]


def ledger_rows(
    spark: SparkSession,
    decisions: Iterable[Decision],
    arrivals: Mapping[str, Arrival],
    changed: Mapping[int, int],
    batch_id: str,
    run: Run,
) -> DataFrame:
    """The rows that tell of these decisions; `changed` counts the bronze rows by file."""
    rows = [_row(decision, arrivals[decision.candidate.path], changed, batch_id, run) for decision in decisions]
    return spark.createDataFrame(rows, SCHEMA).coalesce(1)


def _row(
    decision: Decision, arrival: Arrival, changed: Mapping[int, int], batch_id: str, run: Run
) -> tuple[object, ...]:
    file, facts = decision.candidate, arrival.facts
    return (
        decision.file_id,
        file.file_name,
        file.trust,
        file.system,
        file.kind,
        file.sequence,
        file.extracted_at,
        arrival.file.arrived_at,
        decision.status,
        decision.reason,
        file.row_count,
        changed.get(decision.file_id, 0) if decision.status == ACCEPTED else None,
        file.sha256,
        arrival.file.size,
        facts.get("contract_version"),
        file.extract_sha256,
        *(
            text[: LENGTHS[name]] if text else None
            for name, text in {
                "detail": decision.detail or facts.get("detail"),
                "extra_columns": facts.get("extra_columns"),
                "missing_columns": facts.get("missing_columns"),
            }.items()
        ),
        batch_id,
        run.run_id,
        run.as_at,
    )


def resting_place(settings: Settings, file_id: int, status: str, trust: str | None, file_name: str) -> Path:
    """Where a file goes once the ledger has answered for it: `archive/<ODS>/…` or `quarantine/<ODS>/…`."""
    folder = settings.paths.archive if status == ACCEPTED else settings.paths.quarantine
    known = trust if trust in settings.trusts else "unknown"
    # No file system takes more than 255 bytes; a name of the agreed form has fewer than 80.
    kept = file_name.encode("utf-8")[:_LONGEST_NAME].decode("utf-8", errors="ignore")
    return folder.absolute() / known / f"{file_id:08d}_{kept}"


def landed_again(settings: Settings, file_id: int, trust: str, file_name: str) -> Path:
    """Where in landing a file is put that is to be judged once more: in a folder of its own, so it replaces none."""
    return settings.paths.landing.absolute() / trust / f"again-{file_id:08d}" / file_name


def place_of(settings: Settings, entry: LedgerEntry) -> Path:
    """Where the file of an entry went."""
    return resting_place(settings, entry.file_id, entry.status, entry.trust, entry.file_name)


def answered(settings: Settings, entries: Iterable[LedgerEntry], file: Candidate) -> Path | None:
    """Where a file is still to be moved that the ledger answered for before a crash; None for a file to be judged.

    Answers before the last time that the content was taken are over: their files were put back, and taken again. Where
    all others lie put away, this one was sent again, and is judged anew.
    """
    same = [entry for entry in entries if (entry.sha256, entry.file_name) == (file.sha256, file.file_name)]
    taken = max((entry.file_id for entry in same if entry.status == ACCEPTED), default=0)
    places = (
        place_of(settings, entry) for entry in sorted(same, key=lambda one: one.file_id) if entry.file_id >= taken
    )
    return next((place for place in places if not place.exists()), None)


def archived_files(lake: Lake, settings: Settings, entries: Sequence[LedgerEntry]) -> dict[int, LandedFile]:
    """By id the originals of entries, as they arrived, where they can be found; to be opened as when they landed."""
    if not entries:
        return {}
    ids = [entry.file_id for entry in entries]
    rows = lake.read(TABLE).where(F.col("file_id").isin(ids)).select("file_id", "arrived_at", "sealed_bytes").collect()
    told = {row["file_id"]: row for row in rows}
    found: dict[int, LandedFile] = {}
    for entry in entries:
        # One that is being loaded again lies in landing once more.
        landed = landed_again(settings, entry.file_id, str(entry.trust), entry.file_name)
        places = [place for place in (place_of(settings, entry), landed) if place.exists()]
        if places:
            arrived_at, size = told[entry.file_id]["arrived_at"].astimezone(), told[entry.file_id]["sealed_bytes"]
            found[entry.file_id] = LandedFile(places[0], entry.file_name, entry.trust, size, arrived_at)
    return found


def _zoned(moment: datetime | None) -> datetime | None:
    """Spark gives times in the machine's zone, without saying so."""
    return moment.astimezone() if moment is not None else None
