from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pyspark.sql import types as T
from sqlalchemy import Column, Engine, MetaData, Table, Unicode, func, select

from libs.errors import ConcurrentRunError, WarehouseError
from libs.warehouse.dialects import SCHEMA, ensure_schema
from libs.warehouse.difference import difference
from libs.warehouse.load import LOAD
from libs.warehouse.publication import Moment, TableChange, publish, published_hashes, published_versions
from libs.warehouse.schema import warehouse_table
from tests.libs.warehouse.gold_frames import COLUMNS, KEY, moment, standards, standards_table

LOAD_COLUMNS = ("table_name", "run_id", "lake_version", "row_count", "upserted_count", "deleted_count")


def whole(rows: pa.Table, *, table: Table | None = None, version: int = 1) -> TableChange:
    return TableChange(standards_table() if table is None else table, version, rows)


def read(engine: Engine, table: Table | None = None) -> list[dict[str, Any]]:
    source = standards_table() if table is None else table
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(source).order_by(*source.primary_key)).mappings()]


def loads(engine: Engine) -> list[tuple[Any, ...]]:
    columns = [LOAD.c[name] for name in LOAD_COLUMNS]
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(LOAD.c.table_name))]


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
    table = standards_table()
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(table).where(table.c.route.is_(None))) == 1


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=200)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(TEXT, min_size=1, max_size=5))
@example(
    texts=["", " ", "NULL", "\\N", "\\.", '"', 'O\'Brien, "Zoë"', "a\r\nb\n", "a\tb\\", "👩🏽‍⚕️ 漢字 Łódź", "%s :x {}"]
)
def test_any_text_comes_back_as_it_went(texts: list[str], engine: Engine) -> None:
    rows = standards(*({"pathway_key": f"{n:02}", "route": text} for n, text in enumerate(texts)))
    publish(engine, [whole(rows)], moment(9))
    assert [row["route"] for row in read(engine)] == texts


def test_a_nul_character_leaves_text_and_key(engine: Engine) -> None:
    rows = standards({"pathway_key": "a\x001", "route": "\x00US\x00C"})
    publish(engine, [whole(rows)], moment(9))
    publish(engine, [TableChange(standards_table(), 2, rows, rows.select(KEY).slice(1), since=1)], moment(10))
    assert [(row["pathway_key"], row["route"]) for row in read(engine)] == [("a1", "USC")]


def test_numbers_at_their_limits_come_back_as_they_went(engine: Engine) -> None:
    limits = [
        {"days_waited": -(2**31), "share": Decimal("-9999999999.99"), "seconds": 5e-324, "row_hash": 2**63 - 1},
        {"days_waited": 2**31 - 1, "share": Decimal("0.01"), "seconds": -1.7976931348623157e308, "row_hash": 0},
        {"days_waited": 0, "share": Decimal("9999999999.99"), "seconds": 0.1 + 0.2, "row_hash": -1},
    ]
    publish(engine, [whole(standards(*({"pathway_key": f"{n}"} | row for n, row in enumerate(limits))))], moment(9))
    assert [{name: row[name] for name in limits[0]} for row in read(engine)] == limits


def test_times_of_any_century_come_back_as_they_went(engine: Engine) -> None:
    times = [datetime(1066, 10, 14, 9, 0, 0, 1, tzinfo=UTC), datetime(2500, 3, 31, 1, 30, tzinfo=UTC)]
    rows = standards(
        *({"pathway_key": f"{n}", "seen_at": at, "clock_start_on": at.date()} for n, at in enumerate(times))
    )
    publish(engine, [whole(rows)], moment(9))
    found = [(row["seen_at"], row["clock_start_on"]) for row in read(engine)]
    assert found == [(at.replace(tzinfo=None), at.date()) for at in times]


def test_the_load_table_says_what_stands_and_as_at_when(engine: Engine) -> None:
    other = standards_table("other")
    rows = standards({"pathway_key": "a1"}, {"pathway_key": "a2"})
    publish(engine, [whole(rows), whole(rows, table=other, version=7)], moment(9))
    change = TableChange(other, 8, standards({"pathway_key": "a1"}), rows.select(KEY).slice(1), since=7)
    publish(engine, [change], moment(10), unchanged=["pathway_standard"])
    assert loads(engine) == [("other", "run-10", 8, 1, 1, 1), ("pathway_standard", "run-10", 1, 2, 0, 0)]


def test_a_table_that_a_publication_leaves_out_keeps_its_moment(engine: Engine) -> None:
    other = standards_table("other")
    rows = standards({"pathway_key": "a1"})
    publish(engine, [whole(rows), whole(rows, table=other, version=7)], moment(9))
    publish(engine, [TableChange(other, 8, rows.slice(1), rows.select(KEY), since=7)], moment(10))
    assert loads(engine) == [("other", "run-10", 8, 0, 0, 1), ("pathway_standard", "run-9", 1, 1, 1, 0)]


def test_the_moment_is_stored_in_utc(engine: Engine) -> None:
    local = datetime(2024, 8, 1, 10, tzinfo=ZoneInfo("Europe/London"))
    publish(engine, [whole(standards({"pathway_key": "a1"}))], Moment("run-9", as_at=local, published_at=local))
    with engine.connect() as connection:
        assert connection.scalar(select(LOAD.c.as_at)) == datetime(2024, 8, 1, 9)


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
        ensure_schema(connection)
        older = Table("load", MetaData(), Column("table_name", Unicode(9)), Column("run_id", Unicode(9)), schema=SCHEMA)
        older.create(connection)
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
