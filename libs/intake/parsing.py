"""An extract in its source's own dialect becomes Arrow batches of text, whole or not at all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.csv

from libs.feeds import Dialect, FeedContract
from libs.intake.character_set import as_utf8
from libs.intake.drift import Drift, drift, read_header
from libs.intake.malformed import first_malformed, guard_row
from libs.intake.reasons import Refusal

EXTRA_TYPE = pa.map_(pa.string(), pa.string())
BATCH_ROWS = 65_536

_BATCH_BYTES = 1 << 26  # a batch of long free text has fewer rows: Spark takes it whole into memory
# The first is fastest in a trial (platform notes 4.9), but no row may be longer: then all is read in larger blocks
_BLOCK_BYTES = (1 << 20, 1 << 26)


@dataclass(frozen=True)
class ParsedExtract:
    """The rows of an extract, and in what its header differs from the contract."""

    batches: list[pa.RecordBatch]
    drift: Drift


def parse_extract(extract: bytes, *, contract: FeedContract, rows: int) -> list[pa.RecordBatch] | Refusal:
    """The batches of `read_extract`, or why it is refused."""
    parsed = read_extract(extract, contract=contract, rows=rows)
    return parsed if isinstance(parsed, Refusal) else parsed.batches


def read_extract(extract: bytes, *, contract: FeedContract, rows: int) -> ParsedExtract | Refusal:
    """Batches of the contract's columns as text, in its order, and `_extra`: the columns that it does not know.

    An empty field is '', an optional column that is absent is null, and so is `_extra` where nothing is extra.
    `rows` is the number of data rows that was signed.
    """
    text = as_utf8(extract, contract.dialect)
    if isinstance(text, Refusal):
        return text
    line, start = _first_line(text)
    header = read_header(line, contract)
    if isinstance(header, Refusal):
        return header
    table = _read_rows(text, start=start, header=header, dialect=contract.dialect)
    if table is None:
        return Refusal("ROWS_MALFORMED", first_malformed(text, width=len(header), dialect=contract.dialect))
    if table.num_rows != rows:
        return Refusal("ROW_COUNT_WRONG", f"{rows} rows were signed, the extract has {table.num_rows}")
    extra = [name for name in header if name not in contract.columns]
    batches = [_conform(batch, columns=contract.columns, extra=extra) for batch in _batches(table)]
    return ParsedExtract(batches, drift(header, contract))


def _batches(table: pa.Table) -> Iterator[pa.RecordBatch]:
    """The rows in batches that are no larger than those who take them can hold."""
    by_bytes = _BATCH_BYTES * table.num_rows // max(table.get_total_buffer_size(), 1)
    size = max(1, min(BATCH_ROWS, by_bytes))
    for start in range(0, table.num_rows, size):
        yield from table.slice(start, size).combine_chunks().to_batches()


def _first_line(text: bytes) -> tuple[str, int]:
    """The first line, and where the next begins; a line ends with CR, LF or both."""
    end = text.find(b"\n")
    end = len(text) if end < 0 else end
    carriage = text.find(b"\r", 0, end)
    end = end if carriage < 0 else carriage
    return text[:end].decode("utf-8"), end + (2 if text[end : end + 2] == b"\r\n" else 1)


def _read_rows(text: bytes, *, start: int, header: Sequence[str], dialect: Dialect) -> pa.Table | None:
    """All rows as text, or None where one has another number of fields than the header or a quote never closes.

    A quote matters only as the first character of a field, so that `5" scan` is left alone without quotes around it.
    """
    body = memoryview(text)[start:]
    quote = dialect.quote.encode("ascii")
    if not quote or quote not in text:
        return _read_table(body, header=header, dialect=dialect)
    # The reader takes the end of the file for the end of an open quote: then the guard is not the last row
    table = _read_table(b"".join([body, guard_row(len(header), dialect)]), header=header, dialect=dialect)
    if table is None or any(column[-1].as_py() for column in table.columns):
        return None
    return table.slice(0, table.num_rows - 1)


def _read_table(body: bytes | memoryview, *, header: Sequence[str], dialect: Dialect) -> pa.Table | None:
    schema = pa.schema([(name, pa.string()) for name in header])
    if not len(body):
        return schema.empty_table()
    for block in _BLOCK_BYTES:
        try:
            return pyarrow.csv.read_csv(
                pa.BufferReader(body),
                read_options=pyarrow.csv.ReadOptions(column_names=header, block_size=block, use_threads=False),
                parse_options=pyarrow.csv.ParseOptions(
                    delimiter=dialect.delimiter,
                    quote_char=dialect.quote or False,
                    newlines_in_values=bool(dialect.quote),
                ),
                convert_options=pyarrow.csv.ConvertOptions(
                    column_types=schema,
                    strings_can_be_null=False,
                    check_utf8=False,  # it was decoded before
                ),
            )
        except pa.ArrowInvalid:  # a row longer than the block, or a malformed one that its text quotes: it stays here
            if len(body) <= block:
                return None
    return None


def _conform(batch: pa.RecordBatch, *, columns: Sequence[str], extra: Sequence[str]) -> pa.RecordBatch:
    present = set(batch.schema.names)
    absent = pa.nulls(batch.num_rows, pa.string())
    arrays = [batch.column(name) if name in present else absent for name in columns]
    return pa.RecordBatch.from_arrays([*arrays, _map_of(batch, extra)], names=[*columns, "_extra"])


def _map_of(batch: pa.RecordBatch, names: Sequence[str]) -> pa.Array:
    """Per row a map from each of the names to the row's field."""
    rows, width = batch.num_rows, len(names)
    if not width:
        return pa.nulls(rows, EXTRA_TYPE)
    by_row = np.arange(rows * width).reshape(width, rows).T.ravel()
    fields = pa.concat_arrays([batch.column(name) for name in names]).take(pa.array(by_row))
    keys = pa.array(names, pa.string()).take(pa.array(np.tile(np.arange(width), rows)))
    offsets = pa.array(np.arange(rows + 1) * width, pa.int32())
    return pa.MapArray.from_arrays(offsets, keys, fields)
