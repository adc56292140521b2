"""Landed files become rows in Spark: each is read, opened, checked and parsed by the executor that has its path."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.types import (
    BooleanType,
    DataType,
    IntegerType,
    LongType,
    MapType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from libs.errors import Transient
from libs.feeds import FeedContract
from libs.intake.envelope import OpenedExtract, Opener, SealedName, open_sealed, parse_name
from libs.intake.opened_batches import file_batch, merged, numbered
from libs.intake.parsing import ParsedExtract, read_extract
from libs.intake.reasons import Refusal

__all__ = ["Opener", "open_extracts", "opened_schema"]

# name -> its type in Spark and in Arrow, which mapInArrow wants to be equal
_FILE_COLUMNS: dict[str, tuple[DataType, pa.DataType]] = {
    "trust": (StringType(), pa.string()),
    "system": (StringType(), pa.string()),
    "sha256": (StringType(), pa.string()),
    "sealed_bytes": (LongType(), pa.int64()),
    "is_refused": (BooleanType(), pa.bool_()),
    "reason": (StringType(), pa.string()),
    "detail": (StringType(), pa.string()),
    "contract_version": (IntegerType(), pa.int32()),
    "kind": (StringType(), pa.string()),
    "sequence": (LongType(), pa.int64()),
    "extracted_at": (TimestampType(), pa.timestamp("us", tz="UTC")),
    "row_count": (LongType(), pa.int64()),
    "extract_sha256": (StringType(), pa.string()),
    "extra_columns": (StringType(), pa.string()),
    "missing_columns": (StringType(), pa.string()),
}
_FILE_TYPE = StructType([StructField(name, types[0]) for name, types in _FILE_COLUMNS.items()])
_FILE_ARROW = pa.struct([(name, types[1]) for name, types in _FILE_COLUMNS.items()])


@dataclass(frozen=True)
class _Landed:
    """A file by where it lies: `folder` is the one directly below the landing folder."""

    path: str
    name: str
    folder: str | None
    said: SealedName | None
    arrived_at: int | None


@dataclass(frozen=True)
class _Sealed:
    """A file as it was read: `content` is None where it is too long to be read whole."""

    size: int
    sha256: str
    content: bytes | None = field(repr=False)


def opened_schema(contract: FeedContract) -> StructType:
    """The columns of `open_extracts`: lineage, the contract's columns as text, and what is extra."""
    lineage = [
        StructField("_path", StringType()),
        StructField("_file_name", StringType()),
        StructField("_row_number", LongType()),
        StructField("_file", _FILE_TYPE),
    ]
    columns = [StructField(name, StringType()) for name in contract.columns]
    return StructType([*lineage, *columns, StructField("_extra", MapType(StringType(), StringType()))])


def open_extracts(landed: DataFrame, *, contract: FeedContract, opener: Opener) -> DataFrame:
    """Open sealed files that follow one contract; `landed` as `landed_frame` makes it.

    A file gives one row that holds only `_file`, then, unless it is refused, its data rows with `_row_number` from 1
    and a null `_file`. `_path` is the path as given and tells two files of one name apart. A file that is no longer
    there gives no row: another run has taken it. What runs on the executors raises KeyVaultError when a vault keeps
    the platform's key and can't be asked.
    """
    return landed.drop("length").mapInArrow(_worker(contract, opener), schema=opened_schema(contract))


def _worker(contract: FeedContract, opener: Opener) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def open_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        files = (_locate(file) for batch in batches for file in batch.to_pylist())
        yield from merged(each for file in files for each in _open_file(file, contract=contract, opener=opener))

    return open_batches


def _open_file(landed: _Landed, *, contract: FeedContract, opener: Opener) -> Iterator[pa.RecordBatch]:
    facts: dict[str, Any] = {
        "trust": landed.folder,
        "system": landed.said.system if landed.said else None,
        "sequence": landed.said.sequence if landed.said else None,
        "extracted_at": landed.said.extracted_at if landed.said else None,
    }
    try:
        sealed = _read_sealed(landed.path, limit=opener.max_sealed_bytes)
    except FileNotFoundError:
        return
    except OSError as fault:
        parsed: ParsedExtract | Refusal = Refusal("UNREADABLE", os.strerror(fault.errno) if fault.errno else None)
    else:
        facts |= {"sha256": sealed.sha256, "sealed_bytes": sealed.size}
        told, parsed = _parse_file(landed, sealed, contract=contract, opener=opener)
        facts |= told
    facts |= _outcome(parsed)
    yield file_batch(landed.path, landed.name, pa.array([facts], _FILE_ARROW), contract.columns)
    if isinstance(parsed, ParsedExtract):
        yield from numbered(landed.path, landed.name, parsed.batches, _FILE_ARROW)


def _parse_file(
    landed: _Landed, sealed: _Sealed, *, contract: FeedContract, opener: Opener
) -> tuple[dict[str, Any], ParsedExtract | Refusal]:
    """What the file's claims say, where they could be read, and its rows."""
    try:
        opened = _unseal(landed, sealed, contract=contract, opener=opener)
        if isinstance(opened, Refusal):
            return {}, opened
        parsed = _parse(opened, contract)
    except Transient:  # a vault that can't be asked says nothing about the file: it must wait
        raise
    except Exception as fault:  # a fault of ours with one file: the others go on, and its text may hold a value
        return {}, Refusal("UNREADABLE", type(fault).__name__)
    claims = opened.claims
    told = {"kind": claims.kind, "contract_version": claims.feed, "extract_sha256": opened.extract_sha256}
    return told, parsed


def _outcome(parsed: ParsedExtract | Refusal) -> dict[str, Any]:
    if isinstance(parsed, Refusal):
        return {"is_refused": True, "reason": parsed.reason, "detail": parsed.detail}
    return {
        "is_refused": False,
        "row_count": sum(batch.num_rows for batch in parsed.batches),
        "extra_columns": parsed.drift.extra_columns,
        "missing_columns": parsed.drift.missing_columns,
    }


def _read_sealed(path: str, *, limit: int) -> _Sealed:
    """The file, whole unless it is longer than `limit` bytes. Raises OSError where it can't be read."""
    with open(path, "rb") as file:  # noqa: PTH123 - ten thousand paths need no objects
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            return _Sealed(size, hashlib.file_digest(file, "sha256").hexdigest(), None)
        content = file.read(limit + 1)  # it may grow meanwhile: then what was read is refused by its length
        return _Sealed(len(content), hashlib.sha256(content).hexdigest(), content)


def _unseal(landed: _Landed, sealed: _Sealed, *, contract: FeedContract, opener: Opener) -> OpenedExtract | Refusal:
    misplaced = _misplacement(landed, contract=contract, opener=opener)
    if misplaced is not None:
        return misplaced
    if sealed.content is None:
        return Refusal("TOO_LARGE", f"it has {sealed.size:,} bytes, the limit is {opener.max_sealed_bytes:,}")
    return open_sealed(sealed.content, file_name=landed.name, opener=opener, arrived_at=landed.arrived_at)


def _parse(opened: OpenedExtract, contract: FeedContract) -> ParsedExtract | Refusal:
    claims = opened.claims
    if claims.feed != contract.version:
        told = f"the file names version {claims.feed} of {contract.system}, the contract here is version"
        return Refusal("CONTRACT_UNKNOWN", f"{told} {contract.version}")
    return read_extract(opened.extract, contract=contract, rows=claims.rows)


def _misplacement(landed: _Landed, *, contract: FeedContract, opener: Opener) -> Refusal | None:
    """What is wrong with where a file lies and what it is called, before it is opened."""
    if landed.folder not in opener.systems:
        return Refusal("TRUST_UNKNOWN")
    if landed.said is None:
        return Refusal("NAME_INVALID")
    if landed.said.trust != landed.folder:
        return Refusal("CLAIMS_DISAGREE", "the file name's trust is not that of the folder")
    is_agreed = contract.system == landed.said.system == opener.systems[landed.folder]
    return None if is_agreed else Refusal("CONTRACT_UNKNOWN")


def _locate(file: dict[str, Any]) -> _Landed:
    return _Landed(file["path"], file["name"], file["folder"], parse_name(file["name"]), file["arrived_at"])
