"""The script of the published tables, by dialect; that of PostgreSQL and SQLite is run for real."""

import re
import sqlite3
import subprocess
import sys
from typing import Any

import pytest
from pyspark.sql import types as T
from sqlalchemy import Engine, Table, create_engine, inspect, text

from libs.errors import SettingsError
from libs.warehouse.definition import definition
from libs.warehouse.load import LOAD
from libs.warehouse.publication import TableChange, publish
from libs.warehouse.schema import warehouse_table
from tests.libs.warehouse.gold_frames import COLUMNS, moment, standards, standards_table


def commented_table() -> Table:
    told = {"comment": "O'Brien's days; a count"}
    days = T.StructField("days", T.IntegerType(), metadata=told)
    return warehouse_table("t", T.StructType([T.StructField("k", T.StringType()), days]), ["k"])


def shape(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    inspector = inspect(engine)
    schema = None if engine.dialect.name == "sqlite" else "reporting"
    return {
        name: [
            (column["name"], str(column["type"]), column["nullable"], column.get("comment"))
            for column in inspector.get_columns(name, schema=schema)
        ]
        + [tuple(inspector.get_pk_constraint(name, schema=schema)["constrained_columns"])]
        for name in inspector.get_table_names(schema=schema)
    }


def test_postgres_holds_after_the_script_what_it_holds_after_a_publication(postgres: Engine) -> None:
    script = definition([LOAD, standards_table()], "postgresql")
    for _ in range(2):  # the second time changes nothing
        with postgres.begin() as connection:
            connection.execute(text(script))
    made = shape(postgres)
    publish(postgres, [TableChange(standards_table(), 1, standards({"pathway_key": "a1"}))], moment(9))
    assert made == shape(postgres)
    assert set(made) == {"load", "pathway_standard"}


def test_sqlite_holds_after_the_script_what_it_holds_after_a_publication(sqlite: Engine, tmp_path: Any) -> None:
    script = definition([LOAD, standards_table()], "sqlite")
    connection = sqlite3.connect(tmp_path / "made.sqlite")
    for _ in range(2):
        connection.executescript(script)
    connection.close()
    publish(sqlite, [TableChange(standards_table(), 1, standards({"pathway_key": "a1"}))], moment(9))
    assert shape(create_engine(f"sqlite:///{tmp_path}/made.sqlite")) == shape(sqlite)


def test_a_script_leaves_alone_what_already_stands(postgres: Engine) -> None:
    publish(postgres, [TableChange(standards_table(), 1, standards({"pathway_key": "a1"}))], moment(9))
    with postgres.begin() as connection:
        connection.execute(text(definition([LOAD, standards_table()], "postgresql")))
        assert connection.scalar(text("select count(*) from reporting.pathway_standard")) == 1


def test_transact_sql_has_types_with_lengths_and_no_type_that_rounds() -> None:
    script = definition([LOAD, standards_table()], "mssql")
    types = dict(re.findall(r"^\t(\w+) ([A-Z0-9_ ]+(?:\([0-9, ]+\))?) (?:NOT )?NULL", script, re.M))
    assert types["pathway_key"] == "NVARCHAR(64)"
    assert types["route"] == "NVARCHAR(200)"
    assert types["clock_start_on"] == "DATE"
    assert types["seen_at"] == types["as_at"] == "DATETIME2(6)"
    assert types["share"] == "NUMERIC(12, 2)"
    assert types["is_shared"] == "BIT"
    assert types["seconds"] == "DOUBLE PRECISION"
    assert set(types) == {*LOAD.columns.keys(), *COLUMNS.names}
    assert "max" not in script.lower()


def test_transact_sql_may_run_twice_and_needs_no_newer_statement() -> None:
    script = definition([standards_table()], "mssql")
    assert script.startswith("IF SCHEMA_ID(N'reporting') IS NULL\n    EXEC (N'CREATE SCHEMA reporting');\n")
    assert (
        "IF OBJECT_ID(N'reporting.pathway_standard', N'U') IS NULL\nBEGIN\nCREATE TABLE reporting.pathway_standard"
        in script
    )
    assert script.count("BEGIN") == script.count("END;") == script.count("CREATE TABLE") == 1
    assert "CREATE OR ALTER" not in script
    assert "IF NOT EXISTS" not in script


def test_a_comment_stands_beside_its_column_with_its_quotes_doubled() -> None:
    said = "O''Brien''s days; a count"
    assert f"COMMENT ON COLUMN reporting.t.days IS '{said}';" in definition([commented_table()], "postgresql")
    assert re.search(
        rf"sp_addextendedproperty 'MS_Description', N'{said}'.*'column', days;",
        definition([commented_table()], "mssql"),
    )
    assert "Brien" not in definition([commented_table()], "sqlite")


def test_every_key_fits_an_index_of_sql_server() -> None:
    wide = warehouse_table(
        "wide", T.StructType([T.StructField(f"k{n}", T.StringType()) for n in range(7)]), [f"k{n}" for n in range(7)]
    )
    lengths = re.findall(r"NVARCHAR\((\d+)\) NOT NULL", definition([wide], "mssql"))
    assert sum(2 * int(length) for length in lengths) <= 900


def test_another_dialect_is_one_clear_line() -> None:
    with pytest.raises(SettingsError, match=r"'oracle'.*Use one of: mssql, postgresql, sqlite"):
        definition([LOAD], "oracle")


@pytest.mark.parametrize("driver", ["pyodbc", "psycopg"])
def test_a_publication_to_a_file_and_a_script_load_no_driver_of_a_server(driver: str, tmp_path: Any) -> None:
    code = f"""
import sys
import jobs.publish
from libs.warehouse.definition import definition
from libs.warehouse.dialects import make_engine
from libs.warehouse.publication import TableChange, publish
from tests.libs.warehouse.gold_frames import moment, standards, standards_table
rows = standards({{"pathway_key": "a1"}})
publish(make_engine("sqlite:///{tmp_path}/r.sqlite"), [TableChange(standards_table(), 1, rows)], moment(9))
definition([standards_table()], "mssql"), definition([standards_table()], "postgresql")
print({driver!r} in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]
