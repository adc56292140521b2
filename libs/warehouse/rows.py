"""From Arrow to the rows that a database driver takes, and back."""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Double, Integer, Numeric, Table, Unicode
from sqlalchemy.engine import Result

from libs.errors import WarehouseError

BATCH_ROWS = 10_000


def conform(table: Table, rows: pa.Table, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows with exactly the columns and types of the SQL table (or the named ones of them); times become UTC.

    A NUL character leaves the text that it stands in: PostgreSQL can't hold one. Raises WarehouseError for a missing or
    unknown column, an empty key, or text longer than its column, since SQLite would take what a server refuses.
    """
    wanted = list(table.columns.keys()) if columns is None else list(columns)
    if set(wanted) != set(rows.column_names):
        named = ", ".join(sorted(set(wanted) ^ set(rows.column_names)))
        raise WarehouseError(
            "the rows and the table differ in columns", do="Publish what the table defines.", table=table.name,
            columns=named,
        )  # fmt: skip
    schema = pa.schema([(name, arrow_type(table.columns[name])) for name in wanted])
    conformed = rows.select(wanted).cast(schema)
    for place, name in enumerate(wanted):
        if pa.types.is_string(schema.field(name).type):
            conformed = conformed.set_column(place, name, pc.replace_substring(conformed.column(name), "\x00", ""))
        _refuse_unfit(table, table.columns[name], conformed.column(name))
    return conformed


def batches(rows: pa.Table) -> Iterator[list[dict[str, Any]]]:
    """The rows as parameters of one statement, batch by batch."""
    names = rows.column_names
    for start in range(0, rows.num_rows, BATCH_ROWS):
        columns = [column.to_pylist() for column in rows.slice(start, BATCH_ROWS).columns]
        yield [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def fetch(result: Result[Any], columns: Sequence[Column[Any]]) -> pa.Table:
    """The rows of a query as Arrow, typed as the columns selected."""
    schema = pa.schema([(column.name, arrow_type(column)) for column in columns])
    parts = [
        pa.table(list(zip(*part, strict=True)), schema=schema) for part in result.partitions(BATCH_ROWS)
    ]  # fmt: skip
    return pa.concat_tables(parts) if parts else schema.empty_table()


def arrow_type(column: Column[Any]) -> pa.DataType:
    """The Arrow type of what a SQL column holds."""
    kind = column.type
    if isinstance(kind, Numeric) and not isinstance(kind, Double):
        return pa.decimal128(kind.precision, kind.scale)
    arrow: list[tuple[type[Any], pa.DataType]] = [
        (Unicode, pa.string()),
        (Boolean, pa.bool_()),
        (BigInteger, pa.int64()),
        (Integer, pa.int32()),
        (Double, pa.float64()),
        (DateTime, pa.timestamp("us")),
        (Date, pa.date32()),
    ]
    return next(found for sql, found in arrow if isinstance(kind, sql))


def _refuse_unfit(table: Table, column: Column[Any], values: pa.ChunkedArray) -> None:
    where: dict[str, str | int] = {"table": table.name, "column": column.name}
    if column.primary_key and values.null_count:
        raise WarehouseError("a key column is empty in some rows", do="Give the key a word for it.", **where)
    if isinstance(column.type, Unicode) and column.type.length is not None:
        longest = pc.max(pc.utf8_length(values)).as_py() or 0
        if longest > column.type.length:
            raise WarehouseError(
                "text is longer than its column", do="Give the column a length.", **where, characters=longest
            )
