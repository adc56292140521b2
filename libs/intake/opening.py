"""Landed files become rows in Spark: each is opened, checked and parsed where it is read."""

import hashlib
import posixpath
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import numpy as np
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

from libs.feeds import FeedContract
from libs.intake.envelope import Claims, Opener, SealedName, open_sealed, parse_name
from libs.intake.parsing import EXTRA_TYPE, parse_extract
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
    "contract_version": (IntegerType(), pa.int32()),
    "kind": (StringType(), pa.string()),
    "sequence": (LongType(), pa.int64()),
    "extracted_at": (TimestampType(), pa.timestamp("us", tz="UTC")),
    "row_count": (LongType(), pa.int64()),
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


def open_extracts(sealed: DataFrame, *, contract: FeedContract, opener: Opener) -> DataFrame:
    """Open sealed files, given as a `binaryFile` frame, that follow one contract.

    A file gives one row that holds only `_file`, then, unless it is refused, its data rows with `_row_number` from 1
    and a null `_file`. `_path` is as the frame says it and tells two files of one name apart. `content` may be null
    for a file that is refused by its length. Spark's `binaryFile` leaves out files without content: list those apart.
    """
    return sealed.select("path", "length", "content").mapInArrow(
        _worker(contract, opener), schema=opened_schema(contract)
    )


def _worker(contract: FeedContract, opener: Opener) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def open_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for position in range(batch.num_rows):
                path, length, content = (batch.column(number)[position].as_py() for number in range(3))
                landed = _locate(path, landing=opener.landing)
                yield from _open_file(landed, length, content, contract=contract, opener=opener)

    return open_batches


def _open_file(
    landed: _Landed, length: int, content: bytes | None, *, contract: FeedContract, opener: Opener
) -> list[pa.RecordBatch]:
    facts = {
        "trust": landed.folder,
        "system": landed.said.system if landed.said else None,
        "sequence": landed.said.sequence if landed.said else None,
        "extracted_at": landed.said.extracted_at if landed.said else None,
        "sha256": hashlib.sha256(content).hexdigest() if content is not None else None,
        "sealed_bytes": length,
    }
    try:
        claims, rows = _read_file(landed, length, content, contract=contract, opener=opener)
    except Exception:  # a fault of ours with one file: the others go on, and its text may hold a value
        claims, rows = None, Refusal("UNREADABLE")
    if claims is not None:
        facts |= {"kind": claims.kind, "contract_version": claims.feed}
    if isinstance(rows, Refusal):
        return [_file_row(landed, {**facts, "is_refused": True, "reason": rows.reason}, contract)]
    facts |= {"is_refused": False, "row_count": sum(batch.num_rows for batch in rows)}
    return [_file_row(landed, facts, contract), *_number_rows(landed, rows)]


def _read_file(
    landed: _Landed, length: int, content: bytes | None, *, contract: FeedContract, opener: Opener
) -> tuple[Claims | None, list[pa.RecordBatch] | Refusal]:
    misplaced = _misplacement(landed, contract=contract, opener=opener)
    if misplaced is not None:
        return None, misplaced
    if length > opener.max_sealed_bytes:
        return None, Refusal("TOO_LARGE")
    opened = open_sealed(content or b"", file_name=landed.name, opener=opener)
    if isinstance(opened, Refusal):
        return None, opened
    if opened.claims.feed != contract.version:
        return opened.claims, Refusal("CONTRACT_UNKNOWN")
    return opened.claims, parse_extract(opened.extract, contract=contract, rows=opened.claims.rows)


def _misplacement(landed: _Landed, *, contract: FeedContract, opener: Opener) -> Refusal | None:
    """What is wrong with where a file lies and what it is called, before it is opened."""
    if landed.folder not in opener.systems:
        return Refusal("TRUST_UNKNOWN")
    if landed.said is None:
        return Refusal("NAME_INVALID")
    if landed.said.trust != landed.folder:
        return Refusal("CLAIMS_DISAGREE")
    is_agreed = contract.system == landed.said.system == opener.systems[landed.folder]
    return None if is_agreed else Refusal("CONTRACT_UNKNOWN")


def _locate(path: str, *, landing: str) -> _Landed:
    """Read a file's path; it and `landing` may each carry a scheme."""
    root = posixpath.normpath(urlsplit(landing).path).strip("/")
    below = path.partition(f"/{root}/")[2]
    folder, separator, _ = below.partition("/")
    name = posixpath.basename(path)
    return _Landed(path, name, folder if separator else None, parse_name(name))


def _file_row(landed: _Landed, facts: dict[str, Any], contract: FeedContract) -> pa.RecordBatch:
    nothing = [pa.nulls(1, pa.string()) for _ in contract.columns]
    extra = pa.nulls(1, EXTRA_TYPE)
    lineage = _lineage(landed, pa.nulls(1, pa.int64()), pa.array([facts], _FILE_ARROW))
    return pa.RecordBatch.from_pydict({**lineage, **dict(zip(contract.columns, nothing, strict=True)), "_extra": extra})


def _number_rows(landed: _Landed, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    start = 1
    for batch in batches:
        numbers = pa.array(np.arange(start, start + batch.num_rows), pa.int64())
        lineage = _lineage(landed, numbers, pa.nulls(batch.num_rows, _FILE_ARROW))
        yield pa.RecordBatch.from_pydict({**lineage, **dict(zip(batch.schema.names, batch.columns, strict=True))})
        start += batch.num_rows


def _lineage(landed: _Landed, numbers: pa.Array, files: pa.Array) -> dict[str, pa.Array]:
    return {
        "_path": pa.repeat(landed.path, len(numbers)),
        "_file_name": pa.repeat(landed.name, len(numbers)),
        "_row_number": numbers,
        "_file": files,
    }
