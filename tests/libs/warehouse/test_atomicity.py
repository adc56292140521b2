"""All of a publication or none of it: for whoever reads meanwhile, and whatever fails in the middle."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import types as T
from sqlalchemy import Connection, Engine, event, func, inspect, select

from libs.errors import WarehouseError
from libs.warehouse.dialects import make_engine, schema_of
from libs.warehouse.load import LOAD
from libs.warehouse.publication import TableChange, publish
from libs.warehouse.schema import warehouse_table
from tests.libs.warehouse.gold_frames import COLUMNS, KEY, moment, standards, standards_table

STANDARDS, ZEBRA = standards_table(), standards_table("zebra")
WIDER_ZEBRA = warehouse_table("zebra", T.StructType([*COLUMNS.fields, T.StructField("stage", T.StringType())]), KEY)


def two_tables(*keys: str, version: int, since: int | None = None) -> list[TableChange]:
    rows = standards(*({"pathway_key": key} for key in keys))
    return [TableChange(table, version, rows, since=since) for table in (STANDARDS, ZEBRA)]


def seen(connection: Connection) -> tuple[set[str], set[int]]:
    """The runs that the load table names, and the sizes of the two tables."""
    runs = set(connection.scalars(select(LOAD.c.run_id)))
    return runs, {connection.scalar(select(func.count()).select_from(table)) or 0 for table in (STANDARDS, ZEBRA)}


def everything(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the publication, by a reader whom nothing disturbs."""
    undisturbed = make_engine(engine.url.render_as_string(hide_password=False))
    with undisturbed.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in (STANDARDS, ZEBRA, LOAD)
        }


@contextmanager
def failing(engine: Engine, words: str) -> Iterator[None]:
    """Let the database fail in the middle, with a text that holds a value as real ones do."""
    schema = "main" if engine.dialect.name == "sqlite" else "reporting"
    met = []

    def fail(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if words.format(schema) in statement:
            met.append(statement)
            raise sqlite3.OperationalError("disk full while writing 'Kowalski'")

    event.listen(engine, "before_cursor_execute", fail)
    yield
    event.remove(engine, "before_cursor_execute", fail)
    assert met


@pytest.mark.parametrize(
    "words", ["INTO {}.load", "DROP TABLE {}.zebra", "TABLE {}.zebra (", "DELETE FROM {}.pathway_standard"]
)
def test_a_failure_in_the_middle_leaves_the_last_publication_whole(engine: Engine, words: str) -> None:
    publish(engine, two_tables("a1", version=1), moment(9))
    before = everything(engine)
    news = standards({"pathway_key": "z2"}).append_column("stage", pa.array(["first"]))
    changes = [
        TableChange(STANDARDS, 2, standards({"pathway_key": "a2"}), since=1),
        TableChange(WIDER_ZEBRA, 2, news),
    ]
    with failing(engine, words), pytest.raises(WarehouseError) as fault:
        publish(engine, changes, moment(10))
    assert "Kowalski" not in str(fault.value)
    assert everything(engine) == before


def test_a_row_that_the_database_refuses_undoes_all_and_is_not_told(engine: Engine) -> None:
    publish(engine, two_tables("a1", version=1), moment(9))
    before = everything(engine)
    twice = standards({"pathway_key": "secret-key"}, {"pathway_key": "secret-key"})
    changes = [two_tables("a1", "a2", version=2)[0], TableChange(ZEBRA, 2, twice)]
    with pytest.raises(WarehouseError, match=r"table=zebra, kind=(IntegrityError|UniqueViolation)") as fault:
        publish(engine, changes, moment(10))
    assert "secret-key" not in str(fault.value)
    assert fault.value.__cause__ is None
    assert everything(engine) == before
    publish(engine, two_tables("a1", "a2", version=2), moment(11))
    assert len(everything(engine)["zebra"]) == 2


def test_the_very_first_publication_leaves_nothing_when_it_fails(engine: Engine) -> None:
    twice = standards({"pathway_key": "a1"}, {"pathway_key": "a1"})
    with pytest.raises(WarehouseError):
        publish(engine, [TableChange(STANDARDS, 1, twice)], moment(9))
    with engine.connect() as connection:
        assert inspect(connection).get_table_names(schema=schema_of(connection)) == []
        assert "reporting" not in inspect(connection).get_schema_names()


@pytest.mark.parametrize("since", [None, 1])
def test_whoever_looks_at_any_moment_sees_the_old_publication_or_the_new(engine: Engine, since: int | None) -> None:
    publish(engine, two_tables("a1", version=1), moment(9))
    looks = []

    @event.listens_for(engine, "before_cursor_execute")
    def look(*_: Any) -> None:
        with make_engine(engine.url.render_as_string(hide_password=False)).connect() as reader:
            looks.append(seen(reader))

    publish(engine, two_tables("a2", "a3", "a4", version=2, since=since), moment(10))
    assert len(looks) > 10
    assert all(look == ({"run-9"}, {1}) for look in looks)
    with make_engine(engine.url.render_as_string(hide_password=False)).connect() as reader:
        assert seen(reader) == ({"run-10"}, {3 if since is None else 4})


def test_a_reader_keeps_its_publication_while_the_next_is_written(engine: Engine) -> None:
    publish(engine, two_tables("a1", version=1), moment(9))
    # On a server a transaction says whether it wants that; a transaction of SQLite always has it.
    options = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with engine.connect().execution_options(**options) as reader:
        assert seen(reader) == ({"run-9"}, {1})
        publish(engine, two_tables("a1", "a2", version=2), moment(10))
        assert seen(reader) == ({"run-9"}, {1})
    with engine.connect() as reader:
        assert seen(reader) == ({"run-10"}, {2})
