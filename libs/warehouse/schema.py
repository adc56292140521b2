"""From the columns of a gold frame to the columns of a SQL table."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import types as T
from sqlalchemy import BigInteger, Boolean, Column, Date, Double, Integer, MetaData, Numeric, Table, Unicode
from sqlalchemy.types import TypeEngine

from libs.errors import WarehouseError
from libs.warehouse.dialects import SCHEMA, utc_timestamp

TEXT_LENGTH = 200
KEY_LENGTH = 64  # SQL Server keeps at most 900 bytes of a clustered key


def warehouse_table(
    name: str, columns: T.StructType, key: Sequence[str], *, lengths: Mapping[str, int] | None = None
) -> Table:
    """The SQL table of a gold frame: same names, same order, `key` as the primary key.

    `lengths` are characters of a text column where the default (200; 64 in a key) does not fit. Text never goes
    without a length: pyodbc would ask 2 GiB for it. Raises WarehouseError for a type that no SQL column takes.
    """
    missing = sorted(set(key) - set(columns.names))
    if missing:
        raise WarehouseError("the key names columns that the frame lacks", do="Mend the key.", table=name)
    given = lengths or {}
    return Table(name, MetaData(), *(_column(name, field, key, given) for field in columns), schema=SCHEMA)


def shape_of(table: Table) -> str:
    """A hash of a table's columns: another hash means that the table must be made anew."""
    lines = [f"{column.name} {column.type!r} {column.primary_key}" for column in table.columns]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _column(table: str, field: T.StructField, key: Sequence[str], lengths: Mapping[str, int]) -> Column[Any]:
    is_key = field.name in key
    length = lengths.get(field.name, KEY_LENGTH if is_key else TEXT_LENGTH)
    kind = _sql_type(field.dataType, length)
    if kind is None:
        raise WarehouseError(
            "no SQL column takes this type", do="Publish plain types only.", table=table, column=field.name
        )
    comment = (field.metadata or {}).get("comment")
    return Column(field.name, kind, primary_key=is_key, nullable=not is_key, comment=comment, autoincrement=False)


def _sql_type(kind: T.DataType, length: int) -> TypeEngine[Any] | None:
    if isinstance(kind, T.DecimalType):
        return Numeric(kind.precision, kind.scale)
    if isinstance(kind, T.StringType):
        return Unicode(length)
    plain: dict[type[T.DataType], TypeEngine[Any]] = {
        T.DateType: Date(),
        T.TimestampType: utc_timestamp(),
        T.TimestampNTZType: utc_timestamp(),
        T.IntegerType: Integer(),
        T.LongType: BigInteger(),
        T.DoubleType: Double(),
        T.BooleanType: Boolean(),
    }
    return plain.get(type(kind))
