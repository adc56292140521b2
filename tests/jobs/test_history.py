"""The history of pathways: any hour's list can be had again, and what says nothing new adds no version."""

import random
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from libs.lakehouse.tables import open_lake
from libs.pathways.versions import VERSION_COLUMNS, as_known
from tests.jobs.tiny_feeds import Feeds, Keys, at, make_feeds, make_keys, told
from tests.libs.intake.told_model import Content, Place

pytestmark = pytest.mark.spark
NAMES = ("one", "two")


@pytest.fixture(scope="module")
def keys() -> Keys:
    return make_keys()


@pytest.fixture
def feeds(spark: SparkSession, tmp_path: Path, keys: Keys) -> Feeds:
    return make_feeds(spark, tmp_path / "root", keys)


def take(feeds: Feeds) -> int:
    """One hour: what lies in landing is taken in and cleansed; the number of its last file."""
    before = max((row["file_id"] for row in feeds.ledger()), default=0)
    feeds.ingest()
    feeds.cleanse(after=before)
    return max((row["file_id"] for row in feeds.ledger()), default=0)


def drawn_rows(rng: random.Random) -> dict[Place, Content]:
    """Some of six pathways, open or closed, of one or two treatments: those that are not there have departed."""
    rows: dict[Place, Content] = {}
    for pathway in "ABCDEF":
        closed = rng.choice(["", "", "", "01/06/2025"])
        for number in rng.choice([(), ("1",), ("1",), ("1", "2")]):
            rows[pathway, number] = rng.choice(NAMES), closed
    return rows


def play(feeds: Feeds, rng: random.Random, hours: int) -> dict[int, list[Row]]:
    """Hours of full and delta extracts, some late; what was current after each, by its last file."""
    current: dict[int, list[Row]] = {}
    late: list[int] = []
    for hour in range(1, hours + 1):
        for trust in ("RVW", "RTR"):
            if rng.random() < 0.2:
                late.append(hour)
            else:
                feeds.deliver(trust, at(hour), drawn_rows(rng), kind=rng.choice(["full", "full", "delta"]))
        if late and rng.random() < 0.5:
            feeds.deliver("RVW", at(late.pop(), 1_000 + hour), drawn_rows(rng), kind=rng.choice(["full", "delta"]))
        upto = take(feeds)
        if upto:
            current[upto] = in_order(open_lake(feeds.spark, feeds.settings).read("silver.pathway"))
    return current


def in_order(pathways: DataFrame) -> list[Row]:
    return pathways.select(*VERSION_COLUMNS).orderBy("trust", "source_pathway_id").collect()


def hours_had_again(feeds: Feeds, rng: random.Random, *, hours: int, asked: int) -> None:
    current = play(feeds, rng, hours)
    history = open_lake(feeds.spark, feeds.settings).read("silver.pathway_history")
    for upto in rng.sample(sorted(current), asked):
        assert in_order(as_known(history, upto=upto)) == current[upto]


def test_the_list_of_any_hour_can_be_had_again(feeds: Feeds) -> None:
    hours_had_again(feeds, random.Random(8), hours=4, asked=3)  # noqa: S311 - draws of a test


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("seed", [20, 21, 22])
def test_twenty_hours_of_a_day_can_be_had_again(feeds: Feeds, seed: int) -> None:
    hours_had_again(feeds, random.Random(seed), hours=24, asked=20)  # noqa: S311 - draws of a test


def test_the_same_extract_twice_adds_no_version(feeds: Feeds) -> None:
    feeds.deliver("RVW", at(1), told(A="one", B="two"))
    take(feeds)
    lake = open_lake(feeds.spark, feeds.settings)
    before = lake.read("silver.pathway_history").count(), lake.version("silver.pathway")
    feeds.deliver("RVW", at(2), told(A="one", B="two"))
    take(feeds)
    assert (lake.read("silver.pathway_history").count(), lake.version("silver.pathway")) == before


def test_a_departure_and_a_return_are_versions(feeds: Feeds) -> None:
    for hour, rows in enumerate([told(A="one", B="one"), told(B="one"), told(A="one", B="one")], start=1):
        feeds.deliver("RVW", at(hour), rows)
        take(feeds)
    history = open_lake(feeds.spark, feeds.settings).read("silver.pathway_history").where("source_pathway_id = 'A'")
    assert [row["is_departed"] for row in history.orderBy("extracted_at").collect()] == [False, True, False]


def test_what_is_told_otherwise_and_taken_back_within_one_batch_stands_under_the_extract_that_told_it_last(
    feeds: Feeds,
) -> None:
    is_open, is_closed = ({("A", "1"): ("one", closed_on)} for closed_on in ("", "01/06/2025"))
    feeds.deliver("RVW", at(1), is_open)
    take(feeds)
    feeds.deliver("RVW", at(2), is_closed)
    feeds.deliver("RVW", at(3), is_open)
    upto = take(feeds)
    lake = open_lake(feeds.spark, feeds.settings)
    history = lake.read("silver.pathway_history")
    assert history.count() == 3
    assert in_order(lake.read("silver.pathway")) == in_order(as_known(history, upto=upto))
