"""Where pairs are compared: an engine that holds tables and speaks SQL, to us and to Splink."""

from types import TracebackType
from typing import Any, Protocol

import duckdb
import pyarrow as pa
from splink import DuckDBAPI


class Backend(Protocol):
    """What linkage asks of an engine. All SQL is DuckDB's, whatever engine it is."""

    def __enter__(self) -> "Backend": ...

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def register(self, name: str, rows: pa.Table) -> None:
        """Make a table of these rows."""

    def make(self, name: str, sql: str) -> None:
        """Make a table of a query's rows."""

    def fetch(self, sql: str) -> pa.Table:
        """The rows of a query."""

    def splink_frame(self, name: str) -> Any:
        """A table as Splink takes it."""

    def splink_condition(self, sql: str) -> str:
        """A condition as Splink takes it, which speaks the engine's own SQL."""


class DuckDBBackend:
    """In this process and in memory: millions of records fit."""

    def __init__(self, *, threads: int | None = None) -> None:
        self._connection = duckdb.connect(config={"threads": threads} if threads else {})
        self._splink = DuckDBAPI(connection=self._connection)

    def __enter__(self) -> "DuckDBBackend":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def register(self, name: str, rows: pa.Table) -> None:
        """Make a table of these rows."""
        self._connection.register(f"_{name}", rows)
        self.make(name, f"select * from _{name}")
        self._connection.unregister(f"_{name}")

    def make(self, name: str, sql: str) -> None:
        """Make a table of a query's rows."""
        # DuckDB 2 takes no other work on a connection whose last result was not fetched to its end.
        self._connection.execute(f"create or replace table {name} as {sql}").fetchall()

    def fetch(self, sql: str) -> pa.Table:
        """The rows of a query."""
        return self._connection.sql(sql).to_arrow_table()

    def splink_frame(self, name: str) -> Any:
        """A table as Splink takes it."""
        return self._splink.register(name)

    def splink_condition(self, sql: str) -> str:
        """A condition as Splink takes it: as it is."""
        return sql
