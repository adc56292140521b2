"""Landed files, opened: what each says of itself, and the rows of those that could be opened."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark import StorageLevel
from pyspark.errors import PythonException
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from libs.errors import KeyVaultError
from libs.feeds import FeedContract
from libs.intake.changes import KEYED, keyed_rows
from libs.intake.envelope import Opener, parse_name
from libs.intake.keys import KeyRing
from libs.intake.landed_frame import LandedRow, landed_frame
from libs.intake.landing import LandedFile
from libs.intake.ledger import Candidate
from libs.intake.opening import open_extracts
from libs.intake.secrets import read_secret
from libs.settings import Settings

MIB = 1024 * 1024
_SAID = ("trust", "system", "sha256", "kind", "sequence", "extracted_at", "reason", "row_count", "extract_sha256")


@dataclass(frozen=True)
class Arrival:
    """A file and what was found in it: the facts of `opening.open_extracts`."""

    file: LandedFile
    facts: Mapping[str, Any]

    @property
    def candidate(self) -> Candidate:
        """The file as the ledger judges it."""
        said = {name: self.facts.get(name) for name in _SAID}
        if said["extracted_at"] is not None:
            said["extracted_at"] = said["extracted_at"].astimezone()
        return Candidate(path=str(self.file.path), file_name=self.file.name, **said)


@dataclass(frozen=True)
class Opened:
    """Files that were opened: `arrivals` by path, and of each system what their rows say, without content.

    `frames` hold that in memory until whoever asked frees them. Content is read again where it is written
    (`read_rows`): to hold all of it takes longer than opening a file twice.
    """

    arrivals: Mapping[str, Arrival]
    told: Mapping[str, DataFrame]
    frames: Sequence[DataFrame]


def open_files(
    spark: SparkSession, files: Sequence[LandedFile], contracts: Mapping[str, FeedContract], opener: Opener
) -> Opened:
    """Open every file that may be an extract. One that is gone meanwhile, since another run took it, is left out."""
    by_system = {system: [file for file in files if _is_for(file, system, opener)] for system in contracts}
    frames = {
        system: keyed_rows(_opened(spark, of_system, contracts[system], opener), contracts[system])
        .select("_file", *KEYED)
        .persist(StorageLevel.MEMORY_ONLY)
        for system, of_system in by_system.items()
        if of_system
    }
    told = {row["_path"]: row["_file"].asDict() for frame in frames.values() for row in _facts(frame)}
    chosen = {str(file.path) for of_system in by_system.values() for file in of_system}
    arrivals = [Arrival(file, told[str(file.path)]) for file in files if str(file.path) in told]
    unopened = [file for file in files if str(file.path) not in chosen]
    arrivals += [Arrival(file, facts) for file in unopened for facts in _unopened(file, opener)]
    return Opened(
        arrivals={str(arrival.file.path): arrival for arrival in arrivals},
        told={system: frame.where(F.col("_file").isNull()).drop("_file") for system, frame in frames.items()},
        frames=tuple(frames.values()),
    )


def read_rows(spark: SparkSession, files: Sequence[LandedFile], contract: FeedContract, opener: Opener) -> DataFrame:
    """The source rows of files that were opened before, with their keys; nothing is kept in memory."""
    opened = _opened(spark, files, contract, opener).where(F.col("_file").isNull()).drop("_file", "_file_name")
    return keyed_rows(opened, contract)


def _opened(spark: SparkSession, files: Sequence[LandedFile], contract: FeedContract, opener: Opener) -> DataFrame:
    return open_extracts(_landed(spark, files), contract=contract, opener=opener)


def _facts(opened: DataFrame) -> list[Row]:
    """The rows that tell of files. Raises KeyVaultError where the executors could not ask the key vault."""
    try:
        return opened.where(F.col("_file").isNotNull()).select("_path", "_file").collect()
    except PythonException as fault:
        # An executor's exception comes as text, so it is made anew.
        if KeyVaultError.__name__ not in str(fault):
            raise
        raise KeyVaultError("the key vault could not be asked", do="See that it answers, then run again.") from None


def both(one: Mapping[str, DataFrame], other: Mapping[str, DataFrame]) -> dict[str, DataFrame]:
    """The rows of two sets of files together, by system."""
    shared = {system: rows.unionByName(other[system]) for system, rows in one.items() if system in other}
    return {**one, **other, **shared}


def make_opener(settings: Settings) -> Opener:
    """What opens this environment's files. Raises KeyRingError for a key ring that is missing or can't be read."""
    secrets = settings.paths.secrets
    return Opener(
        platform_name=settings.platform,
        platform_keys=KeyRing.from_json(read_secret(settings.keys.platform, secrets), name="platform keys"),
        trust_keys=KeyRing.from_json(read_secret(settings.keys.trusts, secrets), name="trust keys"),
        systems={ods: trust.system for ods, trust in settings.trusts.items()},
        max_sealed_bytes=settings.intake.max_sealed_mib * MIB,
        max_extract_bytes=settings.intake.max_extract_mib * MIB,
        ahead_seconds=settings.intake.ahead_minutes * 60,
        key_grace_seconds=settings.intake.key_grace_hours * 3600,
    )


def _is_for(file: LandedFile, system: str, opener: Opener) -> bool:
    """Whether a file is to be opened as an extract of this system: by its name and its folder.

    Arrow takes no path that is not text; such a file is answered as one whose name is not of the agreed form.
    """
    return file.has_text_path and parse_name(file.name) is not None and opener.systems.get(file.folder or "") == system


def _landed(spark: SparkSession, files: Iterable[LandedFile]) -> DataFrame:
    rows = [
        LandedRow(str(file.path), file.name, file.folder, file.size, int(file.arrived_at.timestamp())) for file in files
    ]
    return landed_frame(spark, rows, spark.sparkContext.defaultParallelism)


def _unopened(file: LandedFile, opener: Opener) -> list[dict[str, Any]]:
    """What can be said of a file that isn't worth opening; nothing where it is gone."""
    said = parse_name(file.name) if file.has_text_path else None
    try:
        sha256 = file.sha256()
    except FileNotFoundError:
        return []
    except OSError:  # what it says of itself is refused anyway
        sha256 = None
    return [
        {
            "trust": file.folder,
            "system": said.system if said else None,
            "sequence": said.sequence if said else None,
            "extracted_at": said.extracted_at if said else None,
            "sha256": sha256,
            "reason": "NAME_INVALID" if file.folder in opener.systems else "TRUST_UNKNOWN",
        }
    ]
