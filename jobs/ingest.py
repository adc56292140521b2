"""Ingest: sealed files in landing are opened, judged by the ledger, and their changes written to bronze, exactly once.

The stream of arrivals gives the files batch by batch; a sweep then takes what it passes over. Each pass writes bronze,
then the ledger, then moves the files. The ledger's commit is what makes a file taken: rows of a batch that it does not
name are leftovers of a crash or of a run that came second, which nothing reads.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F

from jobs import releases
from jobs.arrivals import MIB, Arrival, Opened, both, make_opener, open_files, read_rows
from jobs.changed import last_file_id, vouched
from jobs.extract_ledger import (
    TABLE,
    answered,
    archived_files,
    ledger_entries,
    ledger_rows,
    place_of,
    resting_place,
)
from jobs.outcome import Outcome, Run
from libs import log
from libs.errors import ConcurrentRunError
from libs.feeds import FeedContract, load_contracts
from libs.intake.changes import (
    FILES,
    FULLS,
    PRESENT,
    bronze_rows,
    changes,
    judged_rows,
    known_rows,
    no_known_rows,
    told_rows,
)
from libs.intake.envelope import Opener
from libs.intake.landing import LandedFile, landed_file, landed_files, local_path, put_away
from libs.intake.ledger import ACCEPTED, Decision, LedgerEntry, Terms, decide, to_read_again
from libs.intake.told_files import ToldFile, file_rows, full_rows, told_files
from libs.lakehouse.arriving import arriving_files, take_available
from libs.lakehouse.tables import BRONZE_PROPERTIES, Lake, open_lake, settle
from libs.settings import Settings, conf_folder

STEP = "ingest"
_FEW = 200_000  # rows that are cheaper to send to the content than to sort with it


@dataclass
class _Intake:
    """One run of this step: what it works with, and what it has done up to now."""

    lake: Lake
    settings: Settings
    run: Run
    contracts: Mapping[str, FeedContract]
    opener: Opener
    passes: int = 0
    rows_read: int = 0
    rows_changed: int = 0
    seen: set[Path] = field(default_factory=set)


@dataclass(frozen=True)
class _Pass:
    """What a pass is about to write: its decisions, the files that were opened and what they tell, by system.

    `again` are the entries that are read again for late files, by the path of the late one; `paths` where they lie.
    `originals` tells, by the sealed hash, where the archive kept what is judged once more.
    """

    decisions: Sequence[Decision]
    arrivals: Mapping[str, Arrival]
    told: Mapping[str, DataFrame]
    again: Mapping[str, Sequence[LedgerEntry]]
    paths: Mapping[int, str]
    originals: Mapping[str, Path]
    batch_id: str


def check_landing(settings: Settings) -> None:
    """Look for what this step needs, before a session starts for it.

    Raises MachineError without a landing folder, KeyRingError where files lie in it and a key ring can't be read.
    """
    if landed_files(settings.paths.landing):
        make_opener(settings)


def run(spark: SparkSession, settings: Settings, run: Run) -> Outcome:
    """Take in every file that lies in landing. A file that is refused is quarantined; the others go on."""
    lake = open_lake(spark, settings)
    landing = settings.paths.landing
    if not landed_files(landing):
        return Outcome(STEP, last_file_id(lake))
    intake = _Intake(lake, settings, run, load_contracts(conf_folder()), make_opener(settings))
    stream = arriving_files(
        spark, landing, max_mib=settings.intake.pass_mib, has_auto_loader=settings.catalog is not None
    )

    def take(paths: Sequence[str]) -> None:
        found = (landed_file(local_path(path), landing) for path in paths)
        _take_pass(intake, [file for file in found if file is not None])

    take_available(stream, checkpoint=settings.paths.checkpoints / "landing", take=take)
    # The stream tells of no empty file, of no name that begins with an underscore, and of no path a second time.
    for files in _portions(landed_files(landing), mib=settings.intake.pass_mib):
        _take_pass(intake, files)
    return Outcome(STEP, last_file_id(lake), intake.rows_read, intake.rows_changed, lake.commits)


def _portions(files: Iterable[LandedFile], *, mib: int) -> Iterator[list[LandedFile]]:
    portion: list[LandedFile] = []
    size = 0
    for file in files:
        if portion and size + file.size > mib * MIB:
            yield portion
            portion, size = [], 0
        portion.append(file)
        size += file.size
    if portion:
        yield portion


def _take_pass(intake: _Intake, files: Sequence[LandedFile]) -> None:
    """Judge some files and write what they say: one commit for each register with changes, and one of the ledger."""
    files = [file for file in files if file.path not in intake.seen]
    intake.seen |= {file.path for file in files}
    opened = open_files(intake.lake.spark, files, intake.contracts, intake.opener)
    frames = [*opened.frames]
    try:
        candidates = [arrival.candidate for arrival in opened.arrivals.values()]
        if not candidates:
            return
        released = releases.released(intake.lake, candidates)
        entries = ledger_entries(intake.lake, candidates)
        waiting = []
        for file in candidates:
            place = answered(intake.settings, entries, file) if file.sha256 not in released else None
            if place is None:
                waiting.append(file)
            else:
                _move(opened.arrivals[file.path].file, place)
        again = to_read_again(waiting, entries)
        reread, paths = _read_again(intake, again, opened)
        frames += reread.frames
        waived = {sha256 for sha256, is_waived in released.items() if is_waived}
        terms = Terms(intake.settings.intake.smallest_full_share, waived, paths)
        intake.passes += 1
        _write(
            intake,
            _Pass(
                decisions=decide(waiting, entries, terms),
                arrivals={**opened.arrivals, **reread.arrivals},
                told=both(opened.told, reread.told),
                again=again,
                paths=paths,
                originals=_originals(intake.settings, entries, released),
                batch_id=f"{intake.run.run_id}/{intake.passes}",
            ),
        )
    finally:
        for frame in frames:
            frame.unpersist()


def _read_again(
    intake: _Intake, again: Mapping[str, Sequence[LedgerEntry]], opened: Opened
) -> tuple[Opened, dict[int, str]]:
    """Open what follows the late files once more; returns it and, by id in the ledger, the paths that could be opened.

    What is no longer as it was taken counts as unreadable. Of a period that is loaded again some is `opened` already.
    """
    needed = {entry.file_id: entry for entries in again.values() for entry in entries}
    files = archived_files(intake.lake, intake.settings, list(needed.values()))
    others = [file for file in files.values() if str(file.path) not in opened.arrivals]
    reread = open_files(intake.lake.spark, others, intake.contracts, intake.opener)
    arrivals = {**opened.arrivals, **reread.arrivals}
    readable = {}
    for file_id, file in files.items():
        arrival = arrivals.get(str(file.path))
        if arrival and not arrival.facts["reason"] and arrival.facts["sha256"] == needed[file_id].sha256:
            readable[file_id] = str(file.path)
    return reread, readable


def _write(intake: _Intake, what: _Pass) -> None:
    """Write bronze, then the ledger, then move the files."""
    if not what.decisions:
        return
    lake, changed = intake.lake, dict[int, int]()
    for system in what.told:
        files = told_files(what.decisions, what.again, what.paths, system=system)
        if files:
            changed |= _write_bronze(intake, what, intake.contracts[system], files)
    first_id, last_id = what.decisions[0].file_id, what.decisions[-1].file_id
    entries = ledger_rows(lake.spark, what.decisions, what.arrivals, changed, what.batch_id, intake.run)
    lake.append_as_next(TABLE, entries, number=first_id, is_mine=F.col("batch_id") == what.batch_id)
    for system in what.told:
        # Whoever wrote other rows under these ids was killed before the ledger, or will find them taken.
        leftovers = F.col("_file_id").between(first_id, last_id) & (F.col("_batch_id") != what.batch_id)
        lake.drop_where(f"bronze.{system}_row", leftovers)
    _put_away(intake.settings, what)
    intake.rows_changed += sum(changed.values())
    intake.rows_read += sum(decision.candidate.row_count or 0 for decision in what.decisions)


def _write_bronze(intake: _Intake, what: _Pass, contract: FeedContract, told: Sequence[ToldFile]) -> dict[int, int]:
    """Write what the files of a register changed; return how many rows each of them changed."""
    lake, table = intake.lake, f"bronze.{contract.system}_row"
    files = lake.spark.createDataFrame(file_rows(told), FILES)
    fulls = lake.spark.createDataFrame(full_rows(told), FULLS)
    said = told_rows(what.told[contract.system], files)
    has_known = lake.exists(table) and lake.exists(TABLE)
    known = (
        known_rows(vouched(lake, contract.system), fulls.select("_trust")) if has_known else no_known_rows(lake.spark)
    )
    changed = settle(changes(settle(judged_rows(said, known, fulls)), said))
    counts = changed.groupBy("_file_id", "_trust", "_moment", (F.col("_presence") == PRESENT).alias("has_content"))
    found = counts.count().collect()
    if not found:
        return {}
    moments = {
        (row["_trust"], row["_moment"]["at"].astimezone(), row["_moment"]["sequence"])
        for row in found
        if row["has_content"]
    }
    paths = [file.path for file in told if (file.trust, *file.moment) in moments]
    keyed = read_rows(lake.spark, [what.arrivals[path].file for path in paths], contract, intake.opener)
    total = sum(row["count"] for row in found)
    few = F.broadcast(changed) if total < _FEW else changed
    rows, written = bronze_rows(few, keyed, files, contract, batch_id=what.batch_id), Observation()
    lake.append(table, rows.observe(written, F.count(F.lit(1)).alias("rows")), properties=BRONZE_PROPERTIES)
    if written.get["rows"] != total:
        raise ConcurrentRunError(
            "another run took files, or they changed, while they were read",
            do="Run again: nothing was taken.",
            table=table,
        )
    by_file: dict[int, int] = {}
    for row in found:
        by_file[row["_file_id"]] = by_file.get(row["_file_id"], 0) + row["count"]
    return by_file


def _originals(settings: Settings, entries: Iterable[LedgerEntry], released: Collection[str]) -> dict[str, Path]:
    """Where the archive kept files that were accepted and are judged once more, by their sealed hash."""
    accepted = [entry for entry in entries if entry.status == ACCEPTED and entry.sha256 in released]
    return {str(entry.sha256): place_of(settings, entry) for entry in sorted(accepted, key=lambda one: one.file_id)}


def _put_away(settings: Settings, what: _Pass) -> None:
    for decision in what.decisions:
        file = decision.candidate
        place = resting_place(settings, decision.file_id, decision.status, file.trust, file.file_name)
        if decision.status != ACCEPTED:
            # An original whose rows stand stays in the archive, whatever is said of it today.
            place = what.originals.get(file.sha256 or "", place)
        _move(what.arrivals[file.path].file, place)
        # By its number: a file that is not ours may bear any name, a patient's too.
        log.event("file_judged", file_id=decision.file_id, status=decision.status, reason=decision.reason)


def _move(file: LandedFile, place: Path) -> None:
    """Put a file away that was answered for. What can't be moved stays, and is tried again by each run.

    Another file that was sent meanwhile under the same name is not the one that was answered for: it waits.
    """
    if not file.is_still_there():
        return
    try:
        put_away(file.path, place)
    except OSError as fault:
        log.event("file_not_moved", level="WARNING", error=type(fault).__name__)
