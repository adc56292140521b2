"""Spark compares as DuckDB does: the same comparable records, keys, pairs, levels and weights, to the letter."""

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from jobs.short_names import short_forms
from ml.linkage import beside
from ml.linkage.backend import Backend, DuckDBBackend
from ml.linkage.fit import fit
from ml.linkage.increment import changed_keys, compared
from ml.linkage.model import Model
from ml.linkage.records import COLUMNS, worded
from ml.linkage.scoring import PAIRS, RECORDS, Thresholds, prepare
from ml.linkage.spark_backend import SparkBackend
from tests.benchmarks.index_entries import draw_index_entries
from tests.benchmarks.people import as_records

THRESHOLDS = Thresholds(accept=0.95, review=0.5)
PEOPLE = 200
Row = dict[str, object]
# What registers write besides: accents, marks, middle names, twins, a ward's telephone, addresses with faults.
WRITTEN: tuple[tuple[str | None, ...], ...] = (
    ("O'Brien", "Zoë", "Anne Mary", "19510309", "TS1 4AB", "12 High Street, Yarm", "07700900123"),
    ("O\u2019BRIEN", "Zoe", None, "19510903", "TS1 4AB", "12 High St Yarm", "07700900123"),
    ("Łukasiewicz", "Søren", None, "19481102", "TS3 6QT", "Flat 2, 7 Straße", "07700900124"),
    ("Łukasiewcz", "Sören", None, "19481102", None, "Flat 2 7 Strasse", "07700900124"),
    ("Smith-Jones", "Bill", "J", "19550514", "TS10 1AA", None, "07700900999"),
    ("Jones", "William", None, "19550514", "TS10 1AA", None, "07700900999"),
    ("Thornton", "Amy", None, "19900202", "TS17 5BB", "1 Mill Lane", "07700900999"),
    ("Thornton", "Lucy", None, "19900202", "TS17 5BB", "1 Mill Lane", "07700900999"),
    ("Garcia", "María José", "de la Cruz", "19710909", "TS8 9PL", "3 The Green Guisborough", None),
    ("Maria Jose", "García", None, "19710909", "TS8 9PL", "3 Green The, Guisboro", None),
    (None, "Baby Girl", None, "20250101", "TS9 6DD", "\t", None),
    ("  ", None, None, None, "ZZ99 3VZ", "", ""),
)
CELLS = ("family_name", "given_name", "middle_name", "birth_date", "postcode", "address", "phone")
TRICKY = (
    "", " ", "\t", "\u00a0", "-", "'", "\u2019", "\u2018Ann\u2019", "ß", "Weiß", "ẞ", "É", "e\u0301", "Łódź", "Ø", "đ",
    "æ", "œ", "\u0131", "İ", "ŉ", "ﬁ", "ῼ", "ᾳ", "Ǆ", "ǆ", "👍", "👍🏽 Ann", "𐐨", "名前", "Ann\u200bMarie", "O'Neil\\l",
    "100%", "a_b", "[x]", "^$", "NULL", "n/a", "Mary  Anne", " Anne-Marie ", "J", "Zoë Björk Ångström", "Ἀθήνα", "Иван",
    "TWIN 1", "TS1 4AB", "ts1-4ab", ".",
)  # fmt: skip


@dataclass(frozen=True)
class Found:
    """What an engine makes of the records."""

    comparable: list[Row]
    keys: list[str]
    pairs: list[Row]
    scored: dict[object, Row]


def written(rows: list[Row]) -> pa.Table:
    """Records with these cells, on from ordinal 10,000."""
    text = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in COLUMNS if name != "is_verified"}
    return pa.table(
        {
            **text,
            "is_verified": [False] * len(rows),
            "ordinal": pa.array(range(10_000, 10_000 + len(rows)), pa.int64()),
            "source": pa.array([place % 2 for place in range(len(rows))], pa.int64()),
            "file_id": pa.array([1] * len(rows), pa.int64()),
        }
    )


@pytest.fixture(scope="module")
def records() -> pa.Table:
    drawn = draw_index_entries(PEOPLE, trusts=("RTR", "RVW"), shared=0.4, seed=7)
    by_hand = written([dict(zip(CELLS, cells, strict=True)) for cells in WRITTEN])
    of_index = as_records(drawn.patients, is_blanked=False)
    return pa.concat_tables([of_index, by_hand.select(of_index.column_names)])


@pytest.fixture(scope="module")
def fitted(records: pa.Table) -> tuple[Model, dict[str, pa.Table]]:
    with DuckDBBackend(threads=1) as backend:
        backend.register("records", records)
        prepare(backend, "records", short_forms())
        return fit(backend), beside.taken(backend)


def found_by(backend: Backend, records: pa.Table, model: Model, tables: dict[str, pa.Table]) -> Found:
    """Half of the records meet the other half, as in an hour."""
    known, changed = records.slice(0, len(records) // 2), records.slice(len(records) // 2)
    keys = changed_keys(backend, changed, short_forms(), tables)
    met = backend.fetch(f"select * from {PAIRS} order by all").to_pylist()  # noqa: S608
    ends = [(row["ordinal"], other["ordinal"]) for row in changed.to_pylist() for other in known.to_pylist()[::9]]
    sharing = pa.table(
        {
            "ordinal": pa.array([one for one, _ in ends], pa.int64()),
            "known": pa.array([other for _, other in ends], pa.int64()),
            "file_id": pa.array([1] * len(ends), pa.int64()),
        }
    )
    scored = compared(backend, known, sharing, model, THRESHOLDS, short_forms=short_forms(), beside=tables)
    comparable = backend.fetch(f"select * from {RECORDS} order by ordinal").to_pylist()  # noqa: S608
    return Found(
        [in_order(row) for row in comparable],
        sorted(str(sorted(row.items())) for row in keys.to_pylist()),
        met,
        {(row["left"], row["right"]): row for row in scored.to_pylist()},
    )


def in_order(row: Row) -> Row:
    """The words of an address stand in any order."""
    words = row.get("address_words")
    return {**row, "address_words": sorted(words) if isinstance(words, list) else words}


@pytest.fixture(scope="module")
def by_duckdb(records: pa.Table, fitted: tuple[Model, dict[str, pa.Table]]) -> Found:
    with DuckDBBackend(threads=1) as backend:
        return found_by(backend, records, *fitted)


@pytest.fixture(scope="module")
def by_spark(spark: SparkSession, records: pa.Table, fitted: tuple[Model, dict[str, pa.Table]]) -> Iterator[Found]:
    with SparkBackend(spark) as backend:
        yield found_by(backend, records, *fitted)


def test_records_become_the_same_comparable_ones(by_duckdb: Found, by_spark: Found) -> None:
    assert by_spark.comparable == by_duckdb.comparable
    assert len(by_spark.comparable) > PEOPLE


def test_keys_are_the_same_hashes_so_that_an_hour_goes_on_in_another_engine(by_duckdb: Found, by_spark: Found) -> None:
    assert by_spark.keys == by_duckdb.keys
    assert len(by_spark.keys) > 0


def test_the_same_pairs_share_a_key(by_duckdb: Found, by_spark: Found) -> None:
    assert by_spark.pairs == by_duckdb.pairs
    assert len(by_spark.pairs) > 10


def test_the_same_pairs_are_accepted_with_the_same_levels_and_weights(by_duckdb: Found, by_spark: Found) -> None:
    assert by_spark.scored.keys() == by_duckdb.scored.keys()
    for ends, row in by_duckdb.scored.items():
        other = by_spark.scored[ends]
        assert other == {**row, "match_weight": other["match_weight"], "probability": other["probability"]}
        assert other["match_weight"] == pytest.approx(row["match_weight"], abs=1e-9)
        assert other["probability"] == pytest.approx(row["probability"], abs=1e-9)
    assert sum(bool(row["is_accepted"]) for row in by_duckdb.scored.values()) > 10


def test_tricky_texts_make_the_same_words(spark: SparkSession) -> None:
    texts = [
        *TRICKY,
        *(chr(code) for code in range(160, 0xD7FF, 61)),
        *(f"x{chr(code)}y" for code in range(33, 1500, 3)),
    ]
    names = ("family_name", "given_name", "middle_name", "postcode", "address", "phone", "local_id", "birth_date")
    shifted = [[*texts[by:], *texts[:by]] for by in range(len(names))]
    rows = [dict(zip(names, cells, strict=True)) for cells in zip(*shifted, strict=True)]
    found = []
    with DuckDBBackend(threads=1) as duckdb, SparkBackend(spark) as by_spark:
        for backend in (duckdb, by_spark):
            backend.register("written", written(rows))
            made = backend.fetch(f"select * from ({worded('written')}) made order by ordinal").to_pylist()  # noqa: S608
            found.append([in_order(row) for row in made])
    assert found[0] == found[1]


def test_what_two_backends_hold_stays_apart_and_nothing_is_left_in_the_session(spark: SparkSession) -> None:
    before = {table.name for table in spark.catalog.listTables()}
    with SparkBackend(spark) as one, SparkBackend(spark) as other:
        one.register("rows", pa.table({"a": [1]}))
        other.register("rows", pa.table({"a": [2]}))
        one.make("rows", "select a + 10 as a from rows")
        assert [each.fetch("select * from rows").to_pylist() for each in (one, other)] == [[{"a": 11}], [{"a": 2}]]
    assert {table.name for table in spark.catalog.listTables()} == before
    assert spark.range(1).count() == 1


@pytest.mark.soak
def test_a_model_is_learnt_in_spark_too(
    spark: SparkSession, records: pa.Table, fitted: tuple[Model, dict[str, pa.Table]]
) -> None:
    with SparkBackend(spark) as backend:
        backend.register("records", records)
        prepare(backend, "records", short_forms())
        model, tables = fit(backend), beside.taken(backend)
    assert {name: table.num_rows for name, table in tables.items()} == {
        name: table.num_rows for name, table in fitted[1].items()
    }
    assert model.holds_families == fitted[0].holds_families
    assert model.weights.match_probability == pytest.approx(fitted[0].weights.match_probability)
