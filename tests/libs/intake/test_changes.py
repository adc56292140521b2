"""What each extract adds to bronze, the log of changes."""

import random
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import Row as SparkRow
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from libs.feeds import FeedContract
from libs.intake.changes import (
    LINEAGE,
    bronze_rows,
    changed_rows,
    departed_rows,
    keyed_rows,
    no_standing_rows,
    standing_rows,
)

Row = Mapping[str, str | None]
Mark = tuple[str, str, int, str]
Added = Mapping[str, Sequence[Sequence[tuple[str, int, str]]]]


def row(care_id: str, treat_no: str = "1", *, surname: str = "A", closed: str = "", **extra: str) -> dict[str, str]:
    return {"CARE_ID": care_id, "TREAT_NO": treat_no, "SURNAME": surname, "CLOSED_DATE": closed, **extra}


class Log:
    """Bronze as ingest writes it, one round after another."""

    def __init__(self, spark: SparkSession, contract: FeedContract) -> None:
        columns = ("CARE_ID", "TREAT_NO", "SURNAME", "CLOSED_DATE")
        self.contract = contract.model_copy(update={"columns": columns})
        self.spark = spark
        self.bronze: list[SparkRow] = []
        self.schema = StructType()
        self.last_file_id = 0

    def take(self, rows: Sequence[Row], *, trust: str = "RTR") -> list[tuple[str, str]]:
        """One extract; returns what it adds as (row key, presence)."""
        return [(mark[1], mark[3]) for mark in self.take_round({trust: rows})]

    def take_round(self, extracts: Mapping[str, Sequence[Row]], *, partial: Container[str] = ()) -> list[Mark]:
        """One extract of each trust; returns what they add by (trust, row key, repeat, presence).

        Those of the trusts in `partial` are a history or a delta.
        """
        added = self.changes(extracts, partial=partial)
        self.bronze += added
        self.last_file_id += len(extracts)
        return sorted((row["_trust"], row["_row_key"], row["_repeat"], row["_presence"]) for row in added)

    def changes(self, extracts: Mapping[str, Sequence[Row]], *, partial: Container[str] = ()) -> list[SparkRow]:
        """What ingest would write, in no order."""
        files = self.spark.createDataFrame(
            [
                (trust, self.last_file_id + place, self._moment(), trust not in partial)
                for place, trust in enumerate(extracts, start=1)
            ],
            "_trust string, _file_id bigint, _extracted_at timestamp, is_full boolean",
        )
        full = files.where("is_full").drop("is_full")
        incoming = keyed_rows(self._frame(extracts).join(files.drop("is_full"), ["_trust"]), self.contract)
        standing = self.standing()
        departed = departed_rows(incoming, standing, full, self.contract)
        changes = bronze_rows(changed_rows(incoming, standing), departed, self.contract)
        self.schema = changes.schema
        return changes.collect()

    def standing(self) -> DataFrame:
        if not self.bronze:
            return no_standing_rows(self.spark)
        bronze = self.spark.createDataFrame(self.bronze, self.schema)
        return standing_rows(bronze, last_file_id=self.last_file_id)

    def _moment(self) -> datetime:
        return datetime(2025, 6, 2, tzinfo=UTC) + timedelta(hours=self.last_file_id)

    def _frame(self, extracts: Mapping[str, Sequence[Row]]) -> DataFrame:
        names = self.contract.columns
        values = [
            (
                trust,
                number,
                *(each[name] for name in names),
                {key: value for key, value in each.items() if key not in names},
            )
            for trust, rows in extracts.items()
            for number, each in enumerate(rows, start=1)
        ]
        columns = ", ".join(f"`{name}` string" for name in names)
        schema = f"_trust string, _row_number bigint, {columns}, _extra map<string,string>"
        return self.spark.createDataFrame(values, schema)


@pytest.fixture
def log(spark: SparkSession, contracts: Mapping[str, FeedContract]) -> Log:
    return Log(spark, contracts["scr"])


def key(care_id: str, treat_no: str = "1") -> str:
    return f"{care_id}\x1f{treat_no}"


# The extracts of each story, one after another; a story is a trust of its own, so all are told in the same rounds.
STORIES: dict[str, Sequence[Sequence[Row]]] = {}
PARTIAL: dict[str, int] = {}


def story(name: str, *extracts: Sequence[Row], partial: int = -1) -> str:
    """Add a story; the extract at place `partial` is a history or a delta."""
    STORIES[name], PARTIAL[name] = extracts, partial
    return name


@pytest.fixture(scope="module")
def added(spark: SparkSession, contracts: Mapping[str, FeedContract]) -> Added:
    """What each extract of each story adds, by (row key, repeat, presence)."""
    log = Log(spark, contracts["scr"])
    found: dict[str, list[list[tuple[str, int, str]]]] = {name: [] for name in STORIES}
    for place in range(max(map(len, STORIES.values()))):
        extracts = {name: told[place] for name, told in STORIES.items() if place < len(told)}
        marks = log.take_round(extracts, partial={name for name in extracts if PARTIAL[name] == place})
        for name in extracts:
            found[name].append([mark[1:] for mark in marks if mark[0] == name])
    return found


VERSIONS = story(
    "versions",
    [row("1"), row("2")],
    [row("2"), row("1")],
    [row("1", surname="B"), row("2")],
    [row("1"), row("2")],
)


def test_each_version_of_a_row_is_written_once(added: Added) -> None:
    assert added[VERSIONS] == [
        [(key("1"), 1, "present"), (key("2"), 1, "present")],
        [],
        [(key("1"), 1, "present")],
        [(key("1"), 1, "present")],
    ]


BLANKS = story("blanks", [row("1")], [row(" 1 ", "1 ")])


def test_blanks_around_a_key_do_not_make_another_key(added: Added) -> None:
    assert added[BLANKS][1] == [(key("1"), 1, "present")]


UNKNOWN_COLUMN = story("unknown column", [row("1", NEW="x"), row("2", NEW="x")], [row("1", NEW="x"), row("2", NEW="y")])


def test_a_column_that_the_contract_does_not_know_is_part_of_the_content(added: Added) -> None:
    assert added[UNKNOWN_COLUMN][1] == [(key("2"), 1, "present")]


TWICE = story("twice", [row("1"), row("1", surname="B")], [row("1"), row("1", surname="B")], [row("1")])


def test_a_key_that_stands_twice_in_an_extract_is_kept_apart(added: Added) -> None:
    assert added[TWICE] == [[(key("1"), 1, "present"), (key("1"), 2, "present")], [], [(key("1"), 2, "row_gone")]]


GONE = story("gone", [row("1", "1"), row("1", "2"), row("2", "1"), row("2", "2")], [row("1", "1")], [row("1", "1")])


def test_a_row_that_goes_alone_and_a_pathway_that_goes_whole_are_told_apart(added: Added) -> None:
    assert added[GONE][1:] == [
        [(key("1", "2"), 1, "row_gone"), (key("2", "1"), 1, "pathway_gone"), (key("2", "2"), 1, "pathway_gone")], [],
    ]  # fmt: skip


FIRST_NUMBER = story("first number", [row("1", "")], [row("1", "1")])


def test_a_row_that_gets_its_first_treatment_number_is_no_departure(added: Added) -> None:
    assert added[FIRST_NUMBER][1] == [(key("1", ""), 1, "row_gone"), (key("1", "1"), 1, "present")]


BACK = story("back", [row("1"), row("2")], [row("2")], [row("1"), row("2")])


def test_a_pathway_that_comes_back_is_written_again(added: Added) -> None:
    assert added[BACK][1:] == [[(key("1"), 1, "pathway_gone")], [(key("1"), 1, "present")]]


CLOSED = {"closed": "2025-06-01 00:00"}
GROWN_OLD = story(
    "grown old",
    [row("1", closed="2025-01-02 00:00"), row("2", "1", **CLOSED), row("2", "2", **CLOSED)],
    [row("2", "1", **CLOSED)],
)


def test_a_closed_pathway_that_has_grown_old_leaves_no_mark(added: Added) -> None:
    assert added[GROWN_OLD][1] == [(key("2", "2"), 1, "row_gone")]


PART = story("part", [row("1"), row("2")], [row("3")], [row("1"), row("2"), row("3")], partial=1)


def test_what_a_history_or_a_delta_does_not_hold_is_not_gone(added: Added) -> None:
    assert added[PART][1:] == [[(key("3"), 1, "present")], []]


def test_nothing_that_says_not_recorded_closes_a_pathway(log: Log) -> None:
    log.contract = log.contract.model_copy(update={"nulls": ("N/K", ".")})
    log.take([row("1", closed=" n/k "), row("2", closed="."), row("3", closed="2025-06-01")])
    assert log.take([]) == [(key("1"), "pathway_gone"), (key("2"), "pathway_gone")]


def test_a_trust_says_nothing_of_anothers_rows(log: Log) -> None:
    log.take([row("1")], trust="RTR")
    assert log.take([row("1"), row("2")], trust="RXX") == [(key("1"), "present"), (key("2"), "present")]
    assert log.take_round({"RXX": [row("2")]}) == [("RXX", key("1"), 1, "pathway_gone")]
    assert log.take([row("1")], trust="RTR") == []


def test_the_leftovers_of_a_crash_are_not_read(log: Log) -> None:
    log.take([row("1"), row("2")])
    crashed = log.changes({"RTR": [row("1", surname="B"), row("3")]})
    log.bronze += crashed
    again = log.changes({"RTR": [row("1", surname="B"), row("3")]})
    assert sorted(map(str, again)) == sorted(map(str, crashed))
    assert len(again) == 3


def test_a_mark_of_what_is_gone_holds_its_key_and_nothing_else_of_the_row(log: Log) -> None:
    log.take([row("1", "2", surname="Smith")])
    log.take([])
    _, mark = log.bronze
    told = {name: value for name, value in mark.asDict().items() if value is not None}
    assert told.pop("_extracted_at")
    assert told.pop("_row_hash")
    assert told == {
        "_file_id": 2, "_trust": "RTR", "_row_key": key("1", "2"), "_repeat": 1, "_pathway_key": "1",
        "_presence": "pathway_gone", "CARE_ID": "1", "TREAT_NO": "2",
    }  # fmt: skip


def test_lineage_comes_first_and_headings_are_kept_as_they_are(
    spark: SparkSession, contracts: Mapping[str, FeedContract]
) -> None:
    contract = contracts["infoflex"]
    columns = [F.lit(None).cast("string").alias(name) for name in contract.columns]
    rows = spark.range(1).select(
        F.lit(1).cast("bigint").alias("_file_id"), F.lit("RVW").alias("_trust"), F.lit(1).alias("_row_number"),
        F.current_timestamp().alias("_extracted_at"), *columns,
        F.create_map().cast("map<string,string>").alias("_extra"),
    )  # fmt: skip
    incoming, nothing = keyed_rows(rows, contract), no_standing_rows(spark)
    no_files = rows.select("_trust", "_file_id", "_extracted_at").limit(0)
    departed = departed_rows(incoming, nothing, no_files, contract)
    written = bronze_rows(changed_rows(incoming, nothing), departed, contract)
    assert written.columns == [*LINEAGE, *contract.columns, "_extra"]
    assert {"D.O.B.", "62 Day Breach Date"} < set(written.columns)


def test_whatever_the_extracts_what_stands_is_what_they_last_said(log: Log) -> None:
    """Forty trusts at once, each with extracts of its own drawn at random, against the rule written plainly."""
    rng = random.Random(7)  # noqa: S311 - draws of a test
    trusts = [f"T{number:02}" for number in range(40)]
    standing: dict[tuple[str, str, str], tuple[str, str]] = {}
    for _ in range(4):
        extracts = {trust: draw_extract(rng) for trust in trusts}
        expected = {mark for trust, rows in extracts.items() for mark in replay(standing, trust, rows)}
        assert {(mark[0], mark[1], mark[3]) for mark in log.take_round(extracts)} == expected
    found = {(each["_trust"], each["_row_key"]) for each in log.standing().collect()}
    assert found == {(trust, key(care_id, treat_no)) for trust, care_id, treat_no in standing}


def draw_extract(rng: random.Random) -> list[dict[str, str]]:
    """At most three pathways of at most two rows; a pathway is open or closed as a whole."""
    rows = []
    for care_id in ("1", "2", "3"):
        closed = rng.choice(["", "", "2025-06-01"])
        numbers = rng.choice([[], [""], ["1"], ["1", "2"]])
        rows += [row(care_id, number, surname=rng.choice("AB"), closed=closed) for number in numbers]
    return rows


def replay(
    standing: dict[tuple[str, str, str], tuple[str, str]], trust: str, rows: Iterable[dict[str, str]]
) -> set[tuple[str, str, str]]:
    """Bring `standing` to what the extract says; returns what is to be written as (trust, row key, presence)."""
    held = {(trust, each["CARE_ID"], each["TREAT_NO"]): (each["SURNAME"], each["CLOSED_DATE"]) for each in rows}
    pathways = {place[:2] for place in held}
    added = {(trust, key(*place[1:]), "present") for place, content in held.items() if standing.get(place) != content}
    for place in [place for place in standing if place[0] == trust and place not in held]:
        if place[:2] in pathways:
            added.add((trust, key(*place[1:]), "row_gone"))
            del standing[place]
        elif not standing[place][1]:
            added.add((trust, key(*place[1:]), "pathway_gone"))
            del standing[place]
    standing.update(held)
    return added
