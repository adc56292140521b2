import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import types as T
from sqlalchemy import Engine, Table, event, select

from libs.errors import ConcurrentRunError, WarehouseError
from libs.warehouse.dialects import make_engine
from libs.warehouse.difference import difference
from libs.warehouse.publication import Moment, TableChange, publish, published_hashes, published_versions
from libs.warehouse.schema import warehouse_table
from tests.libs.warehouse.gold_frames import COLUMNS, KEY, moment, standards, standards_table


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = make_engine(f"sqlite:///{tmp_path}/deep/reporting.sqlite")
    yield made
    made.dispose()


def whole(rows: pa.Table, *, table: Table | None = None, version: int = 1) -> TableChange:
    return TableChange(standards_table() if table is None else table, version, rows)


def read(engine: Engine, table: Table | None = None) -> list[dict[str, Any]]:
    source = standards_table() if table is None else table
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(source).order_by(*source.primary_key)).mappings()]


def loads(engine: Engine) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        text = "select table_name, run_id, lake_version, row_count, upserted_count, deleted_count from load order by 1"
        return [tuple(row) for row in connection.exec_driver_sql(text)]


def test_types_come_back_as_they_went(engine: Engine) -> None:
    row = {
        "pathway_key": "a1",
        "clock_start_on": date(2024, 2, 29),
        "seen_at": datetime(2024, 6, 30, 23, 30, 0, 123456, tzinfo=UTC),
        "days_waited": -9,
        "is_shared": True,
        "share": Decimal("12345678.50"),
        "seconds": 0.1,
        "row_hash": -(2**63),
    }
    publish(engine, [whole(standards(row))], moment(9))
    assert read(engine) == [
        row | {"standard": "62", "route": "USC", "seen_at": datetime(2024, 6, 30, 23, 30, 0, 123456)}
    ]


def test_what_is_not_known_stays_null_in_every_type(engine: Engine) -> None:
    empty: dict[str, Any] = dict.fromkeys(name for name in COLUMNS.names if name not in KEY)
    publish(engine, [whole(standards({"pathway_key": "a1"} | empty))], moment(9))
    assert read(engine) == [{"pathway_key": "a1", "standard": "62"} | empty]
    with engine.connect() as connection:
        assert connection.exec_driver_sql("select count(*) from pathway_standard where route is null").scalar() == 1


def test_dates_and_times_can_be_read_by_sqlite_itself(engine: Engine) -> None:
    publish(engine, [whole(standards({"pathway_key": "a1"}))], moment(9))
    with engine.connect() as connection:
        text = "select date(clock_start_on, '+62 days'), strftime('%H:%M', seen_at) from pathway_standard"
        assert connection.exec_driver_sql(text).all() == [("2024-09-01", "12:00")]


def test_the_load_table_says_what_stands_and_as_at_when(engine: Engine) -> None:
    other = standards_table("other")
    rows = standards({"pathway_key": "a1"}, {"pathway_key": "a2"})
    publish(engine, [whole(rows), whole(rows, table=other, version=7)], moment(9))
    change = TableChange(other, 8, standards({"pathway_key": "a1"}), rows.select(KEY).slice(1), since=7)
    publish(engine, [change], moment(10))
    assert loads(engine) == [("other", "run-10", 8, 1, 1, 1), ("pathway_standard", "run-10", 1, 2, 0, 0)]


def test_the_moment_is_stored_in_utc(engine: Engine) -> None:
    local = datetime(2024, 8, 1, 10, tzinfo=ZoneInfo("Europe/London"))
    publish(engine, [whole(standards({"pathway_key": "a1"}))], Moment("run-9", as_at=local, published_at=local))
    with engine.connect() as connection:
        assert connection.exec_driver_sql("select as_at from load").scalar() == "2024-08-01 09:00:00.000000"


def test_an_increment_writes_changed_rows_and_deletes_vanished_keys(engine: Engine) -> None:
    publish(engine, [whole(standards(*({"pathway_key": key} for key in ("a1", "a2", "a3"))))], moment(9))
    news = standards({"pathway_key": "a2", "days_waited": 41}, {"pathway_key": "a4"})
    gone = pa.table({"standard": ["62"], "pathway_key": ["a3"]})
    [load] = publish(engine, [TableChange(standards_table(), 2, news, gone, since=1)], moment(10))
    assert [(row["pathway_key"], row["days_waited"]) for row in read(engine)] == [("a1", 40), ("a2", 41), ("a4", 40)]
    assert (load.row_count, load.upserted_count, load.deleted_count) == (3, 2, 1)


SNAPSHOTS = st.dictionaries(st.sampled_from([f"p{n}" for n in range(8)]), st.integers(0, 2), max_size=8)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hours=st.lists(SNAPSHOTS, min_size=2, max_size=4))
def test_increments_end_where_a_full_load_ends(hours: list[dict[str, int]], engine: Engine) -> None:
    table = standards_table()
    frames = [
        standards(*({"pathway_key": key, "days_waited": value, "row_hash": value} for key, value in hour.items()))
        for hour in hours
    ]
    publish(engine, [whole(frames[0])], moment(1))
    for version, frame in enumerate(frames[1:], start=2):
        with engine.connect() as connection:
            published = published_hashes(connection, table)
        changed, vanished = difference(frame.select([*KEY, "row_hash"]), published, KEY)
        upserts = changed.join(frame, keys=KEY, join_type="inner")
        publish(engine, [TableChange(table, version, upserts, vanished, since=version - 1)], moment(version))
    by_increments = read(engine)
    publish(engine, [whole(frames[-1], version=99)], moment(9))
    assert by_increments == read(engine)


def fail_when(engine: Engine, word: str) -> None:
    """Let the database fail in the middle, with a text that holds a value as real ones do."""

    @event.listens_for(engine, "before_cursor_execute")
    def fail(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if word in statement:
            raise sqlite3.OperationalError("disk full while writing 'Kowalski'")


@pytest.mark.parametrize(
    "word", ["INTO main.zebra", "DROP TABLE main.zebra", "TABLE main.zebra (", "DELETE FROM main.pathway_standard"]
)
def test_a_failure_in_the_middle_leaves_the_last_publication_whole(engine: Engine, word: str) -> None:
    zebra = standards_table("zebra")
    publish(
        engine, [whole(standards({"pathway_key": "a1"})), whole(standards({"pathway_key": "z1"}), table=zebra)],
        moment(9),
    )  # fmt: skip
    before = read(engine), read(engine, zebra), loads(engine)
    wider = warehouse_table("zebra", T.StructType([*COLUMNS.fields, T.StructField("stage", T.StringType())]), KEY)
    news = standards({"pathway_key": "z2"}).append_column("stage", pa.array(["first"]))
    changes = [
        TableChange(standards_table(), 2, standards({"pathway_key": "a2"}), since=1),
        TableChange(wider, 2, news),
    ]
    fail_when(engine, word)
    with pytest.raises(WarehouseError) as fault:
        publish(engine, changes, moment(10))
    assert "Kowalski" not in str(fault.value)
    with make_engine(str(engine.url)).connect() as connection:  # an engine that does not fail
        assert connection.exec_driver_sql("select count(*) from pathway_standard").scalar() == 1
    assert (read(engine), read(engine, zebra), loads(engine)) == before


def test_a_row_that_the_database_refuses_undoes_all_and_is_not_told(engine: Engine) -> None:
    publish(engine, [whole(standards({"pathway_key": "a1"}))], moment(9))
    before = read(engine), loads(engine)
    twice = standards({"pathway_key": "secret-key"}, {"pathway_key": "secret-key"})
    with pytest.raises(WarehouseError, match="table=pathway_standard, kind=IntegrityError") as fault:
        publish(engine, [whole(twice, version=2)], moment(10))
    assert "secret-key" not in str(fault.value)
    assert fault.value.__cause__ is None
    assert (read(engine), loads(engine)) == before


def test_the_very_first_publication_leaves_nothing_when_it_fails(engine: Engine) -> None:
    twice = standards({"pathway_key": "a1"}, {"pathway_key": "a1"})
    with pytest.raises(WarehouseError):
        publish(engine, [whole(twice)], moment(9))
    with engine.connect() as connection:
        assert connection.exec_driver_sql("select name from sqlite_master").all() == []


def test_a_reader_keeps_its_publication_while_the_next_is_written(engine: Engine) -> None:
    count = "select count(*) from pathway_standard"
    publish(engine, [whole(standards({"pathway_key": "a1"}))], moment(9))
    with engine.connect() as reader:
        assert reader.exec_driver_sql(count).scalar() == 1
        publish(engine, [whole(standards({"pathway_key": "a1"}, {"pathway_key": "a2"}), version=2)], moment(10))
        assert reader.exec_driver_sql(count).scalar() == 1
        assert reader.exec_driver_sql("select distinct run_id from load").scalar() == "run-9"
    assert len(read(engine)) == 2


def test_a_table_with_other_columns_is_made_anew(engine: Engine) -> None:
    publish(engine, [whole(standards({"pathway_key": "a1"}))], moment(9))
    wider = warehouse_table(
        "pathway_standard", T.StructType([*COLUMNS.fields, T.StructField("stage", T.StringType())]), KEY
    )
    with engine.connect() as connection:
        assert published_versions(connection, [wider]) == {}
    rows = standards({"pathway_key": "a1"}).append_column("stage", pa.array(["first"]))
    publish(engine, [TableChange(wider, 2, rows)], moment(10))
    assert [row["stage"] for row in read(engine, wider)] == ["first"]


def test_an_increment_on_another_version_is_refused(engine: Engine) -> None:
    rows = standards({"pathway_key": "a1"})
    publish(engine, [whole(rows, version=5)], moment(9))
    with pytest.raises(ConcurrentRunError):
        publish(engine, [TableChange(standards_table(), 6, rows, since=4)], moment(10))
    assert loads(engine) == [("pathway_standard", "run-9", 5, 1, 1, 0)]


def test_versions_tell_what_may_be_skipped(engine: Engine) -> None:
    with engine.connect() as connection:
        assert published_versions(connection, [standards_table()]) == {}
    publish(engine, [whole(standards({"pathway_key": "a1"}), version=3)], moment(9))
    with engine.connect() as connection:
        tables = [standards_table(), standards_table("other")]
        assert published_versions(connection, tables) == {"pathway_standard": 3}


def test_a_load_table_of_an_older_release_asks_for_a_full_load(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("create table load (table_name text, run_id text)")
    with engine.connect() as connection:
        assert published_versions(connection, [standards_table()]) == {}
    publish(engine, [whole(standards({"pathway_key": "a1"}))], moment(9))
    assert loads(engine) == [("pathway_standard", "run-9", 1, 1, 1, 0)]


def test_an_empty_key_and_text_too_long_are_refused_by_name(engine: Engine) -> None:
    with pytest.raises(WarehouseError, match=r"key column is empty.*column=standard"):
        publish(engine, [whole(standards({"pathway_key": "a1", "standard": None}))], moment(9))
    with pytest.raises(WarehouseError, match=r"longer than its column.*column=route, characters=201"):
        publish(engine, [whole(standards({"pathway_key": "a1", "route": "x" * 201}))], moment(9))
    with pytest.raises(WarehouseError, match=r"differ in columns.*columns=route"):
        publish(engine, [whole(standards({"pathway_key": "a1"}).drop_columns(["route"]))], moment(9))


def test_more_rows_than_one_batch_arrive(engine: Engine) -> None:
    rows = standards({"pathway_key": "a"})
    many = pa.concat_tables([rows] * 25_000).set_column(0, "pathway_key", pa.array([f"p{n}" for n in range(25_000)]))
    [load] = publish(engine, [whole(many)], moment(9))
    assert load.row_count == 25_000
    with engine.connect() as connection:
        assert published_hashes(connection, standards_table()).num_rows == 25_000
