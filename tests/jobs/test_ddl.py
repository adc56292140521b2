"""The script of the SQL database tells what `publish` makes."""

import re

import pytest
from sqlalchemy import select

from jobs.ddl import ddl, sql_table
from jobs.publish import TABLES
from jobs.published_columns import COLUMNS, columns_of
from libs.errors import SettingsError
from libs.warehouse.dialects import make_engine
from libs.warehouse.load import LOAD
from libs.warehouse.schema import shape_of
from tests.jobs.conftest import Start


@pytest.mark.spark
def test_the_script_makes_what_a_run_publishes(start: Start) -> None:
    """The shape takes in names, order, types, lengths and keys of the columns."""
    engine = make_engine(start.settings.warehouse.url)
    with engine.connect() as connection:
        shapes = {row.table_name: row.shape for row in connection.execute(select(LOAD))}
    engine.dispose()
    scripted = {table.name: shape_of(sql_table(table)) for table in TABLES}
    assert {"ptl_current", "pathway_standard", "run"} <= set(shapes)
    assert shapes == {name: scripted[name] for name in shapes}


def test_every_published_table_is_in_the_script_of_every_dialect() -> None:
    names = {"load", *(table.name for table in TABLES)}
    for dialect, prefix in (("mssql", r"reporting\."), ("postgresql", r"reporting\."), ("sqlite", "")):
        made = re.findall(rf"CREATE TABLE (?:IF NOT EXISTS )?{prefix}\[?(\w+)\]? \(", ddl(dialect))
        assert sorted(made) == sorted(names)


def test_no_text_on_sql_server_is_without_length_and_no_key_too_wide_for_an_index() -> None:
    script = ddl("mssql")
    assert "max" not in script.lower()
    assert " DATETIME " not in script
    for body in script.split("CREATE TABLE")[1:]:
        lengths = [int(length) for length in re.findall(r"NVARCHAR\((\d+)\) NOT NULL", body)]
        assert sum(2 * length for length in lengths) <= 900


@pytest.mark.parametrize("table", COLUMNS)
def test_the_columns_of_a_table_are_named_once_each(table: str) -> None:
    names = columns_of(table).names
    assert len(names) == len(set(names))


def test_another_dialect_is_one_clear_line() -> None:
    with pytest.raises(SettingsError, match="Use one of: mssql, postgresql, sqlite"):
        ddl("access")
