"""The Arrow batches that opened files give to Spark: one row of facts a file, then its numbered rows."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa

from libs.intake.parsing import BATCH_ROWS, EXTRA_TYPE

_BATCH_BYTES = 1 << 26


def file_batch(path: str, name: str, facts: pa.Array, columns: Sequence[str]) -> pa.RecordBatch:
    """The row that tells what is known of a file, with nothing in the contract's columns."""
    nothing = pa.nulls(1, pa.string())
    lineage = [pa.array([path]), pa.array([name]), pa.nulls(1, pa.int64()), facts]
    return _batch(lineage, [*[nothing] * len(columns), pa.nulls(1, EXTRA_TYPE)], [*columns, "_extra"])


def numbered(path: str, name: str, batches: Iterable[pa.RecordBatch], facts: pa.DataType) -> Iterator[pa.RecordBatch]:
    """A file's rows with their numbers from 1, and nothing where the file's facts stand."""
    start = 1
    for batch in batches:
        rows = batch.num_rows
        numbers = pa.array(np.arange(start, start + rows), pa.int64())
        lineage = [pa.repeat(path, rows), pa.repeat(name, rows), numbers, pa.nulls(rows, facts)]
        yield _batch(lineage, batch.columns, batch.schema.names)
        start += rows


def merged(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows with small batches joined: each batch costs Spark as much as some hundred rows."""
    waiting: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        held = batch.get_total_buffer_size()  # nbytes takes forty times as long
        if rows + batch.num_rows > BATCH_ROWS or size + held > _BATCH_BYTES:
            yield from _joined(waiting)
            waiting, rows, size = [], 0, 0
        waiting.append(batch)
        rows, size = rows + batch.num_rows, size + held
    yield from _joined(waiting)


def _joined(batches: list[pa.RecordBatch]) -> list[pa.RecordBatch]:
    return batches if len(batches) < 2 else [pa.concat_batches(batches)]


def _batch(lineage: Sequence[pa.Array], arrays: Sequence[pa.Array], names: Sequence[str]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(
        [*lineage, *arrays], names=["_path", "_file_name", "_row_number", "_file", *names]
    )
