"""Ingest: sealed files in landing are opened, judged by the ledger, and their changes written to bronze, exactly once.

Each round writes bronze, then the ledger, then moves the files. The ledger's commit is what makes a file taken: rows of
a file beyond it are leftovers of a crash, which nothing reads and the next run replaces.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.arrivals import Arrivals, make_opener, open_arrivals
from jobs.changed import last_file_id
from jobs.extract_ledger import TABLE, answered, ledger_entries, ledger_rows, resting_place
from jobs.outcome import Outcome, Run
from libs import log
from libs.feeds import FeedContract, load_contracts
from libs.intake.changes import bronze_rows, changed_rows, departed_rows, keyed_rows, no_standing_rows, standing_rows
from libs.intake.landing import landed_files, put_away
from libs.intake.ledger import ACCEPTED, Decision, decide
from libs.lakehouse.tables import BRONZE_PROPERTIES, Lake, open_lake, settle
from libs.settings import Settings, conf_folder

STEP = "ingest"
_FILES = "_path string, _file_id bigint, _trust string, _extracted_at timestamp, _kind string"


def check_landing(settings: Settings) -> None:
    """Look for what this step needs, before a session starts for it.

    Raises MachineError without a landing folder, KeyRingError where files lie in it and a key ring can't be read.
    """
    if landed_files(settings.paths.landing):
        make_opener(settings)


def run(spark: SparkSession, settings: Settings, run: Run) -> Outcome:
    """Take in every file that lies in landing. A file that is refused is quarantined; the others go on."""
    lake = open_lake(spark, settings)
    if not landed_files(settings.paths.landing):
        return Outcome(STEP, last_file_id(lake))
    contracts = load_contracts(conf_folder())
    arrivals = open_arrivals(spark, settings, contracts)
    try:
        entries = ledger_entries(lake, arrivals.candidates)
        waiting = []
        for file in arrivals.candidates:
            place = answered(settings, entries, file)
            if place is None:
                waiting.append(file)
            else:
                put_away(Path(file.path), place)
        decisions = decide(waiting, entries)
        changed_count = 0
        for number in sorted({decision.round or 1 for decision in decisions}):
            of_round = [decision for decision in decisions if (decision.round or 1) == number]
            changed_count += _take_round(lake, settings, contracts, arrivals, of_round, run)
        rows_read = sum(arrivals.row_counts[file.path] or 0 for file in waiting)
        return Outcome(STEP, last_file_id(lake), rows_read, changed_count, lake.commits)
    finally:
        arrivals.forget()


def _take_round(
    lake: Lake,
    settings: Settings,
    contracts: Mapping[str, FeedContract],
    arrivals: Arrivals,
    decisions: Sequence[Decision],
    run: Run,
) -> int:
    """Write one round: at most one full or delta extract of each feed, and whatever was refused."""
    before = last_file_id(lake)
    changed: dict[int, int] = {}
    for system, rows in arrivals.rows.items():
        accepted = [one for one in decisions if one.status == ACCEPTED and one.candidate.system == system]
        changed |= _write_bronze(lake, contracts[system], rows, accepted, before=before)
    lake.append(TABLE, ledger_rows(lake.spark, decisions, arrivals, changed, run))
    for decision in decisions:
        file = decision.candidate
        put_away(
            Path(file.path),
            resting_place(settings, decision.file_id, decision.status, file.trust, file.file_name),
        )
        # By its number: a file that is not ours may bear any name, a patient's too.
        log.event("file_judged", file_id=decision.file_id, status=decision.status, reason=decision.reason)
    return sum(changed.values())


def _write_bronze(
    lake: Lake, contract: FeedContract, rows: DataFrame, accepted: Sequence[Decision], *, before: int
) -> dict[int, int]:
    """Write what the accepted files changed; return how many rows each of them changed.

    Files up to `before` are in the ledger: rows beyond it are leftovers, and are replaced.
    """
    table = f"bronze.{contract.system}_row"
    files = _files_frame(lake.spark, accepted)
    incoming = keyed_rows(rows.join(F.broadcast(files), ["_path"], "inner"), contract)
    exists = lake.exists(table)
    standing = standing_rows(lake.read(table), last_file_id=before) if exists else no_standing_rows(lake.spark)
    full_extracts = files.where("_kind = 'full'").select("_trust", "_file_id", "_extracted_at")
    changes = settle(
        bronze_rows(
            changed_rows(incoming, standing), departed_rows(incoming, standing, full_extracts, contract), contract
        )
    )
    counts = {row["_file_id"]: row["count"] for row in changes.groupBy("_file_id").count().collect()}
    has_leftovers = exists and not lake.read(table).where(F.col("_file_id") > before).isEmpty()
    if counts or has_leftovers:
        lake.replace_where(table, changes, predicate=f"_file_id > {before}", properties=BRONZE_PROPERTIES)
    return counts


def _files_frame(spark: SparkSession, accepted: Sequence[Decision]) -> DataFrame:
    rows = [
        (
            one.candidate.path,
            one.file_id,
            one.candidate.trust,
            one.candidate.extracted_at,
            one.candidate.kind,
        )
        for one in accepted
    ]
    return spark.createDataFrame(rows, _FILES)
