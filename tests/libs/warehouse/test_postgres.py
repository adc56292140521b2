"""What only a server can show: publishers side by side, and rows loaded by COPY."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pyarrow as pa
from sqlalchemy import Engine, event, text

from libs.errors import CanCollaborateError, ConcurrentRunError
from libs.warehouse.dialects import make_engine, place_of
from libs.warehouse.publication import TableChange, publish
from tests.libs.warehouse.gold_frames import moment, standards, standards_table


def test_the_tables_stand_in_schema_reporting(postgres: Engine) -> None:
    publish(postgres, [TableChange(standards_table(), 1, standards({"pathway_key": "a1"}))], moment(9))
    with postgres.connect() as connection:
        found = connection.execute(
            text("select table_name from information_schema.tables where table_schema = 'reporting'")
        )
        assert sorted(found.scalars()) == ["load", "pathway_standard"]


def test_a_published_time_is_utc_whatever_the_zone_of_the_server(postgres: Engine) -> None:
    publish(postgres, [TableChange(standards_table(), 1, standards({"pathway_key": "a1"}))], moment(9))
    with postgres.connect() as connection:
        assert connection.scalar(text("show timezone")) == "Pacific/Auckland"
        seen_at, as_at = connection.execute(
            text("select seen_at, as_at from reporting.pathway_standard, reporting.load")
        ).one()
    assert (seen_at, as_at) == (datetime(2024, 7, 1, 12), datetime(2024, 8, 1, 9))


def test_of_two_publishers_at_once_one_is_told_to_publish_again(postgres: Engine) -> None:
    table = standards_table()
    publish(postgres, [TableChange(table, 1, standards({"pathway_key": "a1"}))], moment(9))

    def attempt(key: str) -> CanCollaborateError | None:
        engine = make_engine(postgres.url.render_as_string(hide_password=False))
        try:
            publish(engine, [TableChange(table, 2, standards({"pathway_key": key}), since=1)], moment(10))
        except CanCollaborateError as fault:
            return fault
        finally:
            engine.dispose()
        return None

    with ThreadPoolExecutor(2) as pool:
        faults = list(pool.map(attempt, ["a2", "a3"]))
    assert sorted(type(fault).__name__ for fault in faults) == [ConcurrentRunError.__name__, "NoneType"]
    with postgres.connect() as connection:
        assert connection.scalar(text("select count(*) from reporting.pathway_standard")) == 2


def test_rows_are_loaded_by_copy_in_their_order_of_columns(postgres: Engine) -> None:
    statements: list[str] = []
    event.listen(postgres, "before_cursor_execute", lambda *call: statements.append(call[2]))
    rows = standards(*({"pathway_key": f"p{n:06}", "days_waited": n} for n in range(60_000)))
    shuffled = rows.select(list(reversed(rows.column_names)))
    publish(postgres, [TableChange(standards_table(), 1, shuffled)], moment(9))
    assert not [statement for statement in statements if "INSERT INTO reporting.pathway_standard" in statement]
    with postgres.connect() as connection:
        query = text("select count(*), min(days_waited), max(pathway_key) from reporting.pathway_standard")
        assert tuple(connection.execute(query).one()) == (60_000, 0, "p059999")


def test_a_publication_without_rows_is_a_publication(postgres: Engine) -> None:
    nothing = pa.Table.from_pylist([], schema=standards().schema)
    [load] = publish(postgres, [TableChange(standards_table(), 1, nothing)], moment(9))
    assert load.row_count == 0


def test_the_place_of_a_server_is_told_without_its_password() -> None:
    engine = make_engine("postgresql+psycopg://publisher:hunter2@server/reporting")
    assert place_of(engine) == "postgresql+psycopg://publisher:***@server/reporting"
