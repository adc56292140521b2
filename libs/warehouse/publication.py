"""The publication: every table of it changes in one transaction, so that a reader never sees half."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa
from sqlalchemy import Connection, Engine, Table, and_, bindparam, delete, func, insert, inspect, select, update

from libs.errors import CanCollaborateError, ConcurrentRunError, WarehouseError
from libs.warehouse.dialects import can_copy, copy_rows, ensure_schema, schema_of
from libs.warehouse.load import LOAD
from libs.warehouse.rows import batches, conform, fetch
from libs.warehouse.schema import shape_of


@dataclass(frozen=True)
class TableChange:
    """What a run publishes of one table.

    `lake_version` is the version of the lake table that `upserts` lead to. `since` is the published lake version
    that they build on; None says that `upserts` are the whole table. `deletes` holds keys only.
    """

    table: Table
    lake_version: int
    upserts: pa.Table
    deletes: pa.Table | None = None
    since: int | None = None


@dataclass(frozen=True)
class Moment:
    """Which run publishes and as at when; a time with a zone becomes UTC, one without is taken as UTC."""

    run_id: str
    as_at: datetime
    published_at: datetime

    def __post_init__(self) -> None:
        for name in ("as_at", "published_at"):
            given: datetime = getattr(self, name)
            if given.tzinfo is not None:
                object.__setattr__(self, name, given.astimezone(UTC).replace(tzinfo=None))


@dataclass(frozen=True)
class TableLoad:
    """What became of one table: its rows now, the rows written and the rows deleted."""

    table_name: str
    row_count: int
    upserted_count: int
    deleted_count: int


def publish(
    engine: Engine, changes: Sequence[TableChange], moment: Moment, *, unchanged: Collection[str] = ()
) -> list[TableLoad]:
    """Publish all changes or none; the `unchanged` tables hold what they should, so they bear the new moment too.

    A table that is not named keeps its moment: it may be older than the lake's.

    Raises WarehouseError if the database refuses (the last publication stands), ConcurrentRunError if a change builds
    on another version than the one published.
    """
    with _faults_named("load"), engine.begin() as connection:
        _prepare_load(connection)
        # The first write takes the lock (SQLite) or the rows (servers): a second publisher waits here.
        named = LOAD.c.table_name.in_([*unchanged, *(change.table.name for change in changes)])
        connection.execute(update(LOAD).where(named).values(**vars(moment), upserted_count=0, deleted_count=0))
        return [_apply(connection, change, moment) for change in changes]


def published_versions(connection: Connection, tables: Iterable[Table]) -> dict[str, int]:
    """The lake version published of each table; absent where the table is missing or its columns have changed."""
    with _faults_named("load"):
        if not _has_current_load(connection):
            return {}
        found = {row.table_name: row for row in connection.execute(select(LOAD))}
        standing = set(inspect(connection).get_table_names(schema=schema_of(connection)))
    return {
        table.name: found[table.name].lake_version
        for table in tables
        if table.name in standing and table.name in found and found[table.name].shape == shape_of(table)
    }


def published_hashes(connection: Connection, table: Table) -> pa.Table:
    """The keys and `row_hash` of every published row of a table."""
    columns = [*table.primary_key.columns, table.columns["row_hash"]]
    with _faults_named(table.name):
        return fetch(connection.execute(select(*columns)), columns)


def _apply(connection: Connection, change: TableChange, moment: Moment) -> TableLoad:
    table = change.table
    with _faults_named(table.name):
        versions = published_versions(connection, [table])
        if change.since is None:
            _empty(connection, table, is_same_shape=table.name in versions)
        elif versions.get(table.name) != change.since:
            raise ConcurrentRunError(
                "the publication is not at the version that this change builds on", do="Publish again.",
                table=table.name,
            )  # fmt: skip
        upserts = conform(table, change.upserts)
        if change.since is not None:
            _delete(connection, table, upserts.select(table.primary_key.columns.keys()))
        deleted_count = 0
        if change.deletes is not None:
            deletes = conform(table, change.deletes, table.primary_key.columns.keys())
            _delete(connection, table, deletes)
            deleted_count = deletes.num_rows
        _insert(connection, table, upserts)
        row_count = connection.scalar(select(func.count()).select_from(table)) or 0
        load = TableLoad(table.name, row_count, upserts.num_rows, deleted_count)
        _note(connection, change, load, moment)
    return load


def _empty(connection: Connection, table: Table, *, is_same_shape: bool) -> None:
    """Leave the table empty and of today's columns; one that is already right is not dropped under its readers."""
    if is_same_shape:
        connection.execute(delete(table))
        return
    table.drop(connection, checkfirst=True)
    table.create(connection)


def _insert(connection: Connection, table: Table, rows: pa.Table) -> None:
    if can_copy(connection):
        copy_rows(connection, table, rows)
        return
    for batch in batches(rows):
        connection.execute(insert(table), batch)


def _delete(connection: Connection, table: Table, keys: pa.Table) -> None:
    """Delete the rows of these keys. A parameter may not be named as a column is, hence the prefix."""
    columns = table.primary_key.columns
    statement = delete(table).where(and_(*(column == bindparam(f"key_{column.name}") for column in columns)))
    for batch in batches(keys.rename_columns([f"key_{name}" for name in keys.column_names])):
        connection.execute(statement, batch)


def _note(connection: Connection, change: TableChange, load: TableLoad, moment: Moment) -> None:
    connection.execute(delete(LOAD).where(LOAD.c.table_name == load.table_name))
    connection.execute(
        insert(LOAD).values(
            **vars(moment), **vars(load), lake_version=change.lake_version, shape=shape_of(change.table)
        )
    )  # fmt: skip


def _prepare_load(connection: Connection) -> None:
    """Make the load table, or make it anew if an older release left other columns: everything then loads fully."""
    ensure_schema(connection)
    if not _has_current_load(connection):
        LOAD.drop(connection, checkfirst=True)
        LOAD.create(connection)


def _has_current_load(connection: Connection) -> bool:
    inspector = inspect(connection)
    schema = schema_of(connection)
    if not inspector.has_table(LOAD.name, schema=schema):
        return False
    return {column["name"] for column in inspector.get_columns(LOAD.name, schema=schema)} == set(LOAD.columns.keys())


@contextmanager
def _faults_named(table: str) -> Iterator[None]:
    """Turn any fault into one that names the table and its kind: the texts of drivers and of Arrow hold values."""
    try:
        yield
    except CanCollaborateError:
        raise
    except Exception as fault:
        raise WarehouseError(
            "the database refused; the last publication stands", do="Look at the database, then publish again.",
            table=table, kind=type(fault).__name__,
        ) from None  # fmt: skip
