"""The files that lie in landing, opened: what each says of itself, and the rows of those that could be opened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from libs.feeds import FeedContract
from libs.intake.envelope import Opener, parse_name
from libs.intake.keys import KeyRing
from libs.intake.landing import LandedFile, landed_files, local_path
from libs.intake.ledger import Candidate
from libs.intake.opening import open_extracts
from libs.intake.secrets import read_secret
from libs.settings import Settings

MIB = 1024 * 1024
_SAID = ("trust", "system", "sha256", "kind", "sequence", "extracted_at", "reason")


@dataclass(frozen=True)
class Arrivals:
    """`candidates` for the ledger; by path `sizes` (bytes), `row_counts`, `versions` (of the contract), `arrived_at`.

    `rows` are the source rows of the files of each system, kept in memory only: what was sealed is not written to
    disk before it is bronze.
    """

    candidates: Sequence[Candidate]
    sizes: Mapping[str, int]
    row_counts: Mapping[str, int | None]
    versions: Mapping[str, int | None]
    arrived_at: Mapping[str, datetime]
    rows: Mapping[str, DataFrame]
    opened: Sequence[DataFrame]

    def forget(self) -> None:
        """Free the memory that the rows hold."""
        for frame in self.opened:
            frame.unpersist()


def open_arrivals(spark: SparkSession, settings: Settings, contracts: Mapping[str, FeedContract]) -> Arrivals:
    """Open every file in landing. Raises MachineError without a landing folder, KeyRingError without keys."""
    landed = landed_files(settings.paths.landing)
    opener = make_opener(settings)
    by_system = {system: [file for file in landed if _is_for(file, system, opener)] for system in contracts}
    opened = {
        system: open_extracts(_sealed(spark, files), contract=contracts[system], opener=opener).persist(
            StorageLevel.MEMORY_ONLY
        )
        for system, files in by_system.items()
        if files
    }
    told = {
        str(local_path(row["_path"])): row["_file"].asDict()
        for frame in opened.values()
        for row in frame.where(F.col("_file").isNotNull()).select("_path", "_file").collect()
    }
    chosen = {str(file.path) for files in by_system.values() for file in files}
    facts = {
        str(file.path): told[str(file.path)] if str(file.path) in chosen else _unopened(file, opener)
        for file in landed
        if str(file.path) in told or str(file.path) not in chosen
    }
    return Arrivals(
        candidates=[_candidate(path, fact) for path, fact in facts.items()],
        sizes={str(file.path): file.size for file in landed},
        row_counts={path: fact.get("row_count") for path, fact in facts.items()},
        versions={path: fact.get("contract_version") for path, fact in facts.items()},
        arrived_at={str(file.path): file.arrived_at for file in landed},
        rows={system: _data_rows(frame) for system, frame in opened.items()},
        opened=tuple(opened.values()),
    )


def _data_rows(opened: DataFrame) -> DataFrame:
    """The source rows, each with the local path of its file."""
    local = F.regexp_replace("_path", "^[a-z]+:/+", "/")
    return opened.where(F.col("_file").isNull()).withColumn("_path", local).drop("_file", "_file_name")


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
        landing=str(settings.paths.landing.absolute()),
    )


def _is_for(file: LandedFile, system: str, opener: Opener) -> bool:
    """Whether a file is to be opened as an extract of this system: by its name, its folder and its size."""
    return (
        0 < file.size <= opener.max_sealed_bytes  # Spark passes over an empty file without a word
        and parse_name(file.path.name) is not None
        and opener.systems.get(file.folder or "") == system
    )


def _sealed(spark: SparkSession, files: Sequence[LandedFile]) -> DataFrame:
    return spark.read.format("binaryFile").load([file.spark_path for file in files])


def _unopened(file: LandedFile, opener: Opener) -> dict[str, Any]:
    """What can be said of a file that isn't worth opening."""
    said = parse_name(file.path.name)
    reason = "TOO_LARGE" if file.size else "EMPTY"
    if file.folder not in opener.systems:
        reason = "TRUST_UNKNOWN"
    elif said is None:
        reason = "NAME_INVALID"
    return {
        "trust": file.folder,
        "system": said.system if said else None,
        "sequence": said.sequence if said else None,
        "extracted_at": said.extracted_at if said else None,
        "sha256": file.sha256(),
        "reason": reason,
    }


def _candidate(path: str, fact: Mapping[str, Any]) -> Candidate:
    said = {name: fact.get(name) for name in _SAID}
    if said["extracted_at"] is not None:
        said["extracted_at"] = said["extracted_at"].astimezone()
    return Candidate(path=path, file_name=path.rpartition("/")[2], **said)
