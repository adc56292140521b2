"""The engine, and everything in which one database truly differs from another."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import csv
from sqlalchemy import Connection, DateTime, Engine, Table, create_engine, event, inspect, make_url
from sqlalchemy.dialects.mssql import DATETIME2
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateSchema
from sqlalchemy.types import TypeEngine

from libs.errors import MachineError, SettingsError, WarehouseError

SCHEMA = "reporting"
_COPY_ROWS = 50_000


def utc_timestamp() -> TypeEngine[Any]:
    """A time in UTC without a zone; SQL Server's own DATETIME would round it to 3 ms."""
    return DateTime().with_variant(DATETIME2(6), "mssql")  # type: ignore[no-untyped-call]


def make_engine(url: str) -> Engine:
    """The engine of the publication's database; a SQLite file's folder is made when it is first written.

    Raises SettingsError for a URL that SQLAlchemy can't read, MachineError for a driver that is not installed.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _sqlite_engine(url)
        # hide_parameters: the text of a database's error would otherwise hold the row that it refused.
        engine = create_engine(url, hide_parameters=True, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError):
        raise SettingsError("warehouse.url names no database that SQLAlchemy knows", do="Mend warehouse.url.") from None
    except ImportError as fault:
        raise MachineError(
            "the driver of the warehouse's database can't be loaded",
            do="Install 'cancollaborate[postgres]'; for SQL Server 'cancollaborate[mssql]' and the system's unixodbc.",
            driver=fault.name or parsed.drivername,
        ) from None
    if engine.dialect.name == "mssql":
        engine.dialect.fast_executemany = True  # type: ignore[attr-defined]
    return engine


@contextmanager
def connected(engine: Engine) -> Iterator[Connection]:
    """A connection for reading. Raises WarehouseError where the database can't be reached or refuses."""
    try:
        with engine.connect() as connection:
            yield connection
    except SQLAlchemyError as fault:
        # The driver's text names the host and may hold values: the kind alone is told.
        raise WarehouseError(
            "the SQL database can't be read, the last publication stands",
            do="Look at the database and at warehouse.url, then publish again.", kind=type(fault).__name__,
        ) from None  # fmt: skip


def schema_of(connection: Connection) -> str | None:
    """The schema that the published tables stand in; SQLite has none."""
    return None if connection.dialect.name == "sqlite" else SCHEMA


def is_absent(engine: Engine) -> bool:
    """True where the database is a file that does not exist yet: to connect would make an empty one."""
    return engine.dialect.name == "sqlite" and not Path(engine.url.database or "").is_file()


def place_of(engine: Engine) -> str:
    """Where the database is, for a person: a file, or a URL without its password."""
    if engine.dialect.name == "sqlite":
        return engine.url.database or ":memory:"
    return engine.url.render_as_string(hide_password=True)


def ensure_schema(connection: Connection) -> None:
    """Make schema `reporting` where the database has schemas and it is missing."""
    schema = schema_of(connection)
    if schema is not None and not inspect(connection).has_schema(schema):
        connection.execute(CreateSchema(schema))


def can_copy(connection: Connection) -> bool:
    """True where the driver takes PostgreSQL's COPY, which loads three times as fast as INSERT."""
    return connection.dialect.driver == "psycopg"


def copy_rows(connection: Connection, table: Table, rows: pa.Table) -> None:
    """Load rows of the table's own columns and types through COPY; Arrow writes text in quotes and null without."""
    quoting = connection.dialect.identifier_preparer
    columns = ", ".join(quoting.quote(name) for name in rows.column_names)
    statement = f"COPY {quoting.format_table(table)} ({columns}) FROM STDIN (FORMAT csv)"
    cursor = connection.connection.cursor()
    try:
        with cursor.copy(statement) as copy:
            for batch in rows.to_batches(max_chunksize=_COPY_ROWS):
                written = pa.BufferOutputStream()
                csv.write_csv(batch, written, csv.WriteOptions(include_header=False))
                copy.write(written.getvalue())
    finally:
        cursor.close()


def _sqlite_engine(url: str) -> Engine:
    """SQLite with real transactions, and readers that are never blocked.

    No pool: when the last connection closes, SQLite folds its write-ahead log into the file, which is then whole.
    """
    engine = create_engine(
        url, hide_parameters=True, poolclass=NullPool, execution_options={"schema_translate_map": {SCHEMA: None}}
    )
    folder = Path(engine.url.database or "").parent

    @event.listens_for(engine, "do_connect")
    def make_folder(*_: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)

    @event.listens_for(engine, "connect")
    def take_over_transactions(connection: Any, _: Any) -> None:
        # Python's driver begins no transaction for DDL and SELECT; SQLAlchemy's recipe is to begin it ourselves.
        connection.isolation_level = None
        # Write-ahead log: a reader keeps the publication that it began with while the next one is written.
        connection.execute("PRAGMA journal_mode=WAL").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine
