"""The publication as a whole: a connection to it, its tables, and the moment of the list that people read."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Table, func, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from jobs.screens.tables import PTL
from libs.errors import StepOrderError, WarehouseError
from libs.warehouse.dialects import is_absent, schema_of
from libs.warehouse.load import LOAD

_DO_FIRST = "Run `cancollaborate hourly` first, or `cancollaborate demo` for a synthetic world."

Found = Row[*tuple[Any, ...]]  # a row of any columns


@contextmanager
def publication(engine: Engine, needed: Sequence[Table]) -> Iterator[Connection]:
    """A connection to a publication that holds the tables needed.

    Raises StepOrderError where nothing or too little is published, WarehouseError where the database fails.
    """
    if is_absent(engine):
        raise StepOrderError("there is no publication yet", do=_DO_FIRST)
    try:
        with engine.connect() as connection:
            standing = set(inspect(connection).get_table_names(schema=schema_of(connection)))
            lacking = sorted(table.name for table in needed if table.name not in standing)
            if LOAD.name not in standing or lacking:
                raise StepOrderError(
                    "the database holds no complete publication", do=_DO_FIRST, missing=", ".join(lacking) or LOAD.name
                )
            yield connection
    except SQLAlchemyError as fault:
        raise WarehouseError(
            "the publication could not be read", do="Look at the database, then try again.", kind=type(fault).__name__
        ) from None


def is_published(connection: Connection, table: Table) -> bool:
    """Whether the table stands: before a first model, forecast or check some do not."""
    return inspect(connection).has_table(table.name, schema=schema_of(connection))


def loads(connection: Connection) -> Sequence[Found]:
    """The published tables by name."""
    return connection.execute(select(LOAD).order_by(LOAD.c.table_name)).all()


def list_moment(connection: Connection) -> datetime | None:
    """The moment of the list that people read, UTC; None before the first one.

    A run that the quality gate refused leaves it behind, though what tells of that run is newer.
    """
    moment: datetime | None = connection.scalar(select(LOAD.c.as_at).where(LOAD.c.table_name == PTL.name))
    return moment


def as_at(connection: Connection) -> datetime:
    """The moment of the list, UTC. Raises StepOrderError if none is published."""
    moment = list_moment(connection)
    if moment is None:
        raise StepOrderError("the publication holds no list", do=_DO_FIRST)
    return moment


def last_moment(connection: Connection) -> datetime:
    """The moment of the last run that wrote anything, UTC. Raises StepOrderError if no table is published."""
    moment: datetime | None = connection.scalar(select(func.max(LOAD.c.as_at)))
    if moment is None:
        raise StepOrderError("the publication holds no table", do=_DO_FIRST)
    return moment
