"""An extract in its source's own dialect becomes Arrow batches of text, whole or not at all."""

import csv
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.csv

from libs.feeds import Dialect, FeedContract
from libs.intake.reasons import Refusal

EXTRA_TYPE = pa.map_(pa.string(), pa.string())
BATCH_ROWS = 65_536

_BLOCK_BYTES = 1 << 20  # fastest in a trial (platform notes 4.9); no row may be longer
_BOM = b"\xef\xbb\xbf"


def parse_extract(extract: bytes, *, contract: FeedContract, rows: int) -> list[pa.RecordBatch] | Refusal:
    """Batches of the contract's columns as text, in its order, and `_extra`: the columns that it does not know.

    An empty field is '', an optional column that is absent is null, and so is `_extra` where nothing is extra.
    `rows` is the number of data rows that was signed.
    """
    text = _as_utf8(extract, contract.dialect.encoding)
    if text is None:
        return Refusal("CHARACTER_SET_WRONG")
    line, start = _first_line(text)
    header = _read_header(line, contract)
    if header is None:
        return Refusal("HEADER_WRONG")
    table = _read_rows(text, start=start, header=header, dialect=contract.dialect)
    if table is None:
        return Refusal("ROWS_MALFORMED")
    if table.num_rows != rows:
        return Refusal("ROW_COUNT_WRONG")
    extra = [name for name in header if name not in contract.columns]
    batches = table.combine_chunks().to_batches(max_chunksize=BATCH_ROWS)
    return [_conform(batch, columns=contract.columns, extra=extra) for batch in batches]


def _as_utf8(extract: bytes, encoding: str) -> bytes | None:
    """The same text in UTF-8 without a byte order mark, or None where a byte is not in the character set."""
    has_mark = extract.startswith(_BOM)
    if encoding != "utf-8" and has_mark:
        return None
    if extract.isascii():
        return extract
    try:
        text = extract.decode(encoding)
    except UnicodeDecodeError:
        return None
    if encoding != "utf-8":
        return text.encode("utf-8")
    return extract[len(_BOM) :] if has_mark else extract


def _first_line(text: bytes) -> tuple[str, int]:
    """The first line, and where the next begins; a line ends with CR, LF or both."""
    ends = [end for end in (text.find(b"\n"), text.find(b"\r")) if end >= 0]
    end = min(ends, default=len(text))
    return text[:end].decode("utf-8"), end + (2 if text[end : end + 2] == b"\r\n" else 1)


def _read_header(line: str, contract: FeedContract) -> list[str] | None:
    """The column names, or None where one that is mandatory is absent or one stands there twice."""
    quote = contract.dialect.quote
    try:
        rows = csv.reader(
            [line],
            delimiter=contract.dialect.delimiter,
            quotechar=quote or None,
            quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
            strict=True,
        )
        header = next(rows, [])
    except csv.Error:
        return None
    is_usable = set(contract.mandatory) <= set(header) and len(set(header)) == len(header)
    return header if is_usable else None


def _read_rows(text: bytes, *, start: int, header: Sequence[str], dialect: Dialect) -> pa.Table | None:
    """All rows as text, or None where one has another number of fields than the header or a quote never closes.

    A quote matters only as the first character of a field, so that `5" scan` is left alone without quotes around it.
    """
    body = memoryview(text)[start:]
    quote = dialect.quote.encode("ascii")
    if not quote or quote not in text:
        return _read_table(body, header=header, dialect=dialect)
    # The reader takes the end of the file for the end of an open quote: a last row of empty fields shows whether
    # one is open, for then it is swallowed.
    guard = b"\n" + dialect.delimiter.encode("ascii").join([quote * 2] * len(header))
    table = _read_table(b"".join([body, guard]), header=header, dialect=dialect)
    if table is None or any(column[-1].as_py() for column in table.columns):
        return None
    return table.slice(0, table.num_rows - 1)


def _read_table(body: bytes | memoryview, *, header: Sequence[str], dialect: Dialect) -> pa.Table | None:
    schema = pa.schema([(name, pa.string()) for name in header])
    if not len(body):
        return schema.empty_table()
    try:
        return pyarrow.csv.read_csv(
            pa.BufferReader(body),
            read_options=pyarrow.csv.ReadOptions(column_names=header, block_size=_BLOCK_BYTES, use_threads=False),
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
    except pa.ArrowInvalid:  # its text quotes the row: it must go no further
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
