"""The definition of published tables as a script: what a database's administrator reads, or runs beforehand."""

from collections.abc import Iterator, Sequence

from sqlalchemy import MetaData, Table
from sqlalchemy.dialects import mssql, postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateSchema, CreateTable, ExecutableDDLElement, SetColumnComment

from libs.errors import SettingsError
from libs.warehouse.dialects import SCHEMA

_DIALECTS = {"mssql": mssql.dialect, "postgresql": postgresql.dialect, "sqlite": sqlite.dialect}


def definition(tables: Sequence[Table], dialect: str) -> str:
    """The statements that make schema and tables with their comments; what already stands, they leave alone.

    No database and no driver is needed. Raises SettingsError for a dialect other than mssql, postgresql and sqlite.
    """
    if dialect not in _DIALECTS:
        raise SettingsError(f"no DDL is known for {dialect!r}", do=f"Use one of: {', '.join(_DIALECTS)}.")
    target: Dialect = _DIALECTS[dialect]()
    # Unconnected, SQLAlchemy takes SQL Server for one that had no DATE yet; 2016 is the oldest that Microsoft supports.
    if dialect == "mssql":
        target.server_version_info = (13, 0)
    make = _transact_sql if dialect == "mssql" else _standard_sql
    return "\n".join(f"{statement};\n" for statement in make(tables, target))


def _standard_sql(tables: Sequence[Table], target: Dialect) -> Iterator[str]:
    has_schemas = target.name != "sqlite"
    if has_schemas:
        yield _text(CreateSchema(SCHEMA, if_not_exists=True), target)
    for table in tables:
        placed = table if has_schemas else _without_schema(table)
        yield _text(CreateTable(placed, if_not_exists=True), target)
        yield from _comments(placed, target)


def _transact_sql(tables: Sequence[Table], target: Dialect) -> Iterator[str]:
    """T-SQL has no IF NOT EXISTS, and CREATE SCHEMA must stand alone in its batch."""
    yield f"IF SCHEMA_ID(N'{SCHEMA}') IS NULL\n    EXEC (N'{_text(CreateSchema(SCHEMA), target)}')"
    for table in tables:
        statements = [_text(CreateTable(table), target), *_comments(table, target)]
        body = "".join(f"{statement};\n" for statement in statements)
        yield f"IF OBJECT_ID(N'{SCHEMA}.{table.name}', N'U') IS NULL\nBEGIN\n{body}END"


def _comments(table: Table, target: Dialect) -> Iterator[str]:
    """The comments of columns that say something. SQLite keeps none."""
    if target.supports_comments:
        for column in table.columns:
            if column.comment:
                yield _text(SetColumnComment(column), target)


def _without_schema(table: Table) -> Table:
    """The same table without its schema; the annotation of SQLAlchemy forgets that None is allowed."""
    return table.to_metadata(MetaData(), schema=None)  # type: ignore[arg-type]


def _text(statement: ExecutableDDLElement, target: Dialect) -> str:
    return str(statement.compile(dialect=target)).strip()
