"""What each extract adds to bronze, the log of changes."""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import Row as SparkRow
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from libs.feeds import FeedContract
from libs.intake.changes import (
    FILES,
    FULLS,
    LINEAGE,
    bronze_rows,
    changes,
    judged_rows,
    keyed_rows,
    known_rows,
    no_known_rows,
    told_rows,
)
from libs.intake.ledger import Moment
from libs.intake.told_files import ToldFile, file_rows, full_rows
from tests.libs.intake.told_model import Content, Place, State, agree, as_at, followed, states

Row = Mapping[str, str | None]
Mark = tuple[str, str, int, str]
Added = Mapping[str, Sequence[Sequence[tuple[str, int, str]]]]
START = datetime(2025, 6, 2, tzinfo=UTC)


def row(care_id: str, treat_no: str = "1", *, surname: str = "A", closed: str = "", **extra: str) -> dict[str, str]:
    return {"CARE_ID": care_id, "TREAT_NO": treat_no, "SURNAME": surname, "CLOSED_DATE": closed, **extra}


def at(hour: int, sequence: int = 1) -> Moment:
    return START + timedelta(hours=hour), sequence


class Log:
    """Bronze as ingest writes it, one pass after another."""

    def __init__(self, spark: SparkSession, contract: FeedContract) -> None:
        columns = ("CARE_ID", "TREAT_NO", "SURNAME", "CLOSED_DATE")
        self.contract = contract.model_copy(update={"columns": columns})
        self.spark = spark
        self.bronze: list[SparkRow] = []
        self.schema = StructType()
        self.last_file_id = 0

    def take(self, rows: Sequence[Row], *, trust: str = "RTR") -> list[tuple[str, str]]:
        """One full extract, an hour after the last; returns what it adds as (row key, presence)."""
        return [(mark[1], mark[3]) for mark in self.take_round({trust: rows})]

    def take_round(self, extracts: Mapping[str, Sequence[Row]], *, partial: Iterable[str] = ()) -> list[Mark]:
        """One extract of each trust; returns what they add by (trust, row key, repeat, presence).

        Those of the trusts in `partial` are a history or a delta.
        """
        told = [
            (ToldFile(trust, self.last_file_id + place, trust, at(self.last_file_id), trust not in partial), rows)
            for place, (trust, rows) in enumerate(extracts.items(), start=1)
        ]
        added = self.take_pass(told)
        return sorted((row["_trust"], row["_row_key"], row["_repeat"], row["_presence"]) for row in added)

    def take_pass(self, told: Sequence[tuple[ToldFile, Sequence[Row]]]) -> list[SparkRow]:
        added = self.changes(told)
        self.bronze += added
        self.last_file_id = max([self.last_file_id, *(file.file_id for file, _ in told)])
        return added

    def changes(self, told: Sequence[tuple[ToldFile, Sequence[Row]]]) -> list[SparkRow]:
        """What ingest would write, in no order."""
        in_order = sorted((file for file, _ in told), key=lambda file: (file.trust, file.moment))
        files = self.spark.createDataFrame(file_rows(in_order), FILES)
        fulls = self.spark.createDataFrame(full_rows(in_order), FULLS)
        source = keyed_rows(self._frame({file.path: rows for file, rows in told}), self.contract)
        rows = told_rows(source, files)
        found = changes(judged_rows(rows, self.known(fulls), fulls), rows)
        written = bronze_rows(found, source, files, self.contract, batch_id="b")
        self.schema = written.schema
        return written.collect()

    def known(self, fulls: DataFrame) -> DataFrame:
        if not self.bronze:
            return no_known_rows(self.spark)
        return known_rows(self.spark.createDataFrame(self.bronze, self.schema), fulls.select("_trust"))

    def _frame(self, extracts: Mapping[str, Sequence[Row]]) -> DataFrame:
        names = self.contract.columns
        values = [
            (
                path,
                number,
                *(each[name] for name in names),
                {key: value for key, value in each.items() if key not in names},
            )
            for path, rows in extracts.items()
            for number, each in enumerate(rows, start=1)
        ]
        columns = ", ".join(f"`{name}` string" for name in names)
        schema = f"_path string, _row_number bigint, {columns}, _extra map<string,string>"
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


def test_a_mark_of_what_is_gone_holds_its_key_and_nothing_else_of_the_row(log: Log) -> None:
    log.take([row("1", "2", surname="Smith")])
    log.take([])
    _, mark = log.bronze
    told = {name: value for name, value in mark.asDict().items() if value is not None}
    assert told.pop("_extracted_at")
    assert told.pop("_row_hash")
    assert told == {
        "_file_id": 2, "_trust": "RTR", "_sequence": 1, "_row_key": key("1", "2"), "_repeat": 1, "_pathway_key": "1",
        "_presence": "pathway_gone", "_is_superseded": False, "_is_pathway_superseded": False,
        "_batch_id": "b", "CARE_ID": "1", "TREAT_NO": "2",
    }  # fmt: skip


def test_lineage_comes_first_and_headings_are_kept_as_they_are(
    spark: SparkSession, contracts: Mapping[str, FeedContract]
) -> None:
    contract = contracts["infoflex"]
    columns = [F.lit("1").alias(name) for name in contract.columns]
    opened = spark.range(1).select(
        F.lit("a").alias("_path"), F.lit(1).cast("bigint").alias("_row_number"), *columns,
        F.create_map().cast("map<string,string>").alias("_extra"),
    )  # fmt: skip
    [told] = [ToldFile("a", 1, "RVW", at(1), True)]
    files, fulls = spark.createDataFrame(file_rows([told]), FILES), spark.createDataFrame(full_rows([told]), FULLS)
    source = keyed_rows(opened, contract)
    rows = told_rows(source, files)
    found = changes(judged_rows(rows, no_known_rows(spark), fulls), rows)
    written = bronze_rows(found, source, files, contract, batch_id="b")
    assert written.columns == [*LINEAGE, *contract.columns, "_extra"]
    assert {"D.O.B.", "62 Day Breach Date"} < set(written.columns)
    assert written.count() == 1


def content(rows: Iterable[Mapping[str, str]]) -> dict[Place, Content]:
    return {(each["CARE_ID"], each["TREAT_NO"]): (each["SURNAME"], each["CLOSED_DATE"]) for each in rows}


def read(each: SparkRow) -> tuple[Place, Content]:
    return (each["CARE_ID"], each["TREAT_NO"]), (each["SURNAME"], each["CLOSED_DATE"])


Drawn = tuple[bool, Sequence[Mapping[str, str]]]


def draw_extract(rng: random.Random) -> list[dict[str, str]]:
    """At most three pathways of at most two rows; a pathway is open or closed as a whole."""
    rows = []
    for care_id in ("1", "2", "3"):
        closed = rng.choice(["", "", "2025-06-01"])
        numbers = rng.choice([[], [""], ["1"], ["1", "2"]])
        rows += [row(care_id, number, surname=rng.choice("AB"), closed=closed) for number in numbers]
    return rows


def test_extracts_that_come_in_their_order_stand_as_they_were_told(log: Log) -> None:
    """Forty trusts at once, some in portions of several extracts, against the rule written plainly."""
    rng = random.Random(7)  # noqa: S311 - draws of a test
    extracts = {f"T{number:02}": drawn_extracts(rng) for number in range(40)}
    coming = {trust: sorted(told) for trust, told in extracts.items()}
    take_in_portions(log, rng, extracts, coming, check=lambda bronze, expected: bronze == expected)


@pytest.mark.parametrize("seed", [7, 8])
def test_in_whatever_order_and_portions_extracts_come_each_stands_as_it_was_told(log: Log, seed: int) -> None:
    """As above, in any order: a late one is taken with what follows it up to the next full extract, as ingest does."""
    rng = random.Random(seed)  # noqa: S311 - draws of a test
    extracts = {f"T{number:02}": drawn_extracts(rng) for number in range(40)}
    coming = {trust: rng.sample(sorted(told), len(told)) for trust, told in extracts.items()}
    take_in_portions(log, rng, extracts, coming, check=agree)


def drawn_extracts(rng: random.Random) -> dict[Moment, Drawn]:
    return {at(hour // 2, hour % 2): (rng.random() < 0.6, draw_extract(rng)) for hour in range(6)}


def take_in_portions(
    log: Log,
    rng: random.Random,
    extracts: Mapping[str, Mapping[Moment, Drawn]],
    coming: Mapping[str, Sequence[Moment]],
    *,
    check: Callable[[State, State], bool],
) -> None:
    """Take one to three extracts of each trust a pass; after each pass hold every moment of every trust."""
    waiting = {trust: list(moments) for trust, moments in coming.items()}
    taken: dict[str, set[Moment]] = {trust: set() for trust in extracts}
    for _ in range(3):
        told = []
        for number, trust in enumerate(extracts):
            count = rng.choice([1, 2, 3])
            now, waiting[trust] = waiting[trust][:count], waiting[trust][count:]
            told += told_with_what_follows(trust, now, extracts[trust], taken[trust], log.last_file_id + 1 + number)
            taken[trust] |= set(now)
        log.take_pass(told)
        for trust, moments in taken.items():
            drawn = {moment: extracts[trust][moment] for moment in moments}
            expected = states({moment: (is_full, content(rows)) for moment, (is_full, rows) in drawn.items()})
            for moment, state in expected.items():
                assert check(as_at(log.bronze, trust, moment, read), state), (trust, moment)
    assert any(len(moments) == 6 for moments in taken.values())


def told_with_what_follows(
    trust: str, coming: Sequence[Moment], extracts: Mapping[Moment, Drawn], taken: set[Moment], file_id: int
) -> list[tuple[ToldFile, Sequence[Row]]]:
    """The files of a pass, all under one id."""
    again = followed(coming, {moment: is_full for moment, (is_full, _) in extracts.items()}, taken)
    return [
        (ToldFile(f"{trust}/{moment}", file_id, trust, moment, extracts[moment][0]), extracts[moment][1])
        for moment in (*coming, *again)
    ]


def test_a_row_below_which_a_newer_version_stands_is_marked_so(log: Log) -> None:
    log.take([row("1")])
    log.take([row("1", surname="C")])
    late = ToldFile("late", 9, "RTR", at(0, 2), False)
    [version] = log.take_pass([(late, [row("1", surname="B")])])
    assert (version["SURNAME"], version["_is_superseded"]) == ("B", True)


def test_what_a_full_extract_said_after_a_late_one_stands_anew(log: Log) -> None:
    """The full extract said nothing new, so bronze did not hold that it had said it."""
    log.take([row("1")])
    log.take([row("1")])
    late, again = ToldFile("late", 9, "RTR", at(0, 2), False), ToldFile("again", 9, "RTR", at(1), True)
    added = log.take_pass([(late, [row("1", surname="B"), row("2")]), (again, [row("1")])])
    told = sorted((each["_sequence"], each["_row_key"], each["_presence"], each["SURNAME"]) for each in added)
    assert told == [
        (1, key("1"), "present", "A"),
        (1, key("2"), "pathway_gone", None),
        (2, key("1"), "present", "B"),
        (2, key("2"), "present", "A"),
    ]
