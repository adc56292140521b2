"""Which expected hours have their extract, which came late, and which are missing."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from libs.pathways.freshness import feed_freshness

DAY = datetime(2025, 1, 15)
AS_AT = DAY + timedelta(hours=8, minutes=45)
EXTRACTS = (
    "trust string, system string, file_name string, extracted_at timestamp, arrived_at timestamp, row_count bigint"
)
FEEDS = "trust string, system string, trust_name string, cadence_minutes int"


def clock(text: str) -> datetime:
    hours, minutes = text.split(":")
    return DAY + timedelta(hours=int(hours), minutes=int(minutes))


# feed: the hours and minutes of its extracts
HOURLY = {
    "punctual": ["06:00", "07:00", "08:00"],
    "gap": ["05:00", "08:00"],
    "silent": ["06:00"],
    "early": ["06:58", "08:00"],
    "fifteen": ["07:00", "08:15"],
    "sixteen": ["07:00", "08:16"],
    "twice": ["07:10", "07:20", "08:00"],
    "after": ["07:00", "08:50"],
}


@pytest.fixture(scope="module")
def freshness(spark: SparkSession) -> dict[tuple[str, datetime], Row]:
    extracts: list[tuple[Any, ...]] = [
        (feed, "scr", f"{feed} {at}", clock(at), clock(at), 100)
        for feed, times in {**HOURLY, "unknown": ["07:00"], "slow": ["00:00", "06:00"]}.items()
        for at in times
    ]
    feeds = [*((feed, "scr", f"Trust {feed}", 60) for feed in HOURLY), ("slow", "scr", "Trust slow", 180),
             ("never", "scr", "Trust never", 60)]  # fmt: skip
    rows = feed_freshness(
        spark.createDataFrame(extracts, EXTRACTS), spark.createDataFrame(feeds, FEEDS), as_at=F.lit(AS_AT)
    ).collect()
    by_slot = {(row["trust"], row["expected_at"]): row for row in rows}
    assert len(by_slot) == len(rows)
    return by_slot


Freshness = dict[tuple[str, datetime], Row]


def statuses(freshness: Freshness, feed: str) -> dict[str, str]:
    return {f"{slot:%H:%M}": row["status"] for (trust, slot), row in sorted(freshness.items()) if trust == feed}


def test_every_hour_that_has_its_extract_has_arrived(freshness: Freshness) -> None:
    assert statuses(freshness, "punctual") == {"06:00": "arrived", "07:00": "arrived", "08:00": "arrived"}
    row = freshness["punctual", clock("07:00")]
    assert (row["file_name"], row["row_count"], row["minutes_late"]) == ("punctual 07:00", 100, 0)
    assert row["trust_name"] == "Trust punctual"


def test_an_hour_without_extract_is_shown_as_missing_and_not_filled(freshness: Freshness) -> None:
    assert statuses(freshness, "gap") == {
        "05:00": "arrived", "06:00": "missing", "07:00": "missing", "08:00": "arrived",
    }  # fmt: skip
    row = freshness["gap", clock("06:00")]
    assert (row["file_name"], row["row_count"]) == (None, None)


def test_a_feed_that_falls_silent_misses_every_hour_until_now(freshness: Freshness) -> None:
    assert statuses(freshness, "silent") == {"06:00": "arrived", "07:00": "missing", "08:00": "missing"}
    assert freshness["silent", clock("08:00")]["last_good_extract_at"] == clock("06:00")


def test_an_extract_a_little_early_is_that_of_the_hour_to_come(freshness: Freshness) -> None:
    assert statuses(freshness, "early") == {"07:00": "arrived", "08:00": "arrived"}
    assert freshness["early", clock("07:00")]["minutes_late"] == 0


def test_an_extract_is_late_from_the_sixteenth_minute(freshness: Freshness) -> None:
    on_time, late = freshness["fifteen", clock("08:00")], freshness["sixteen", clock("08:00")]
    assert (on_time["status"], on_time["minutes_late"]) == ("arrived", 15)
    assert (late["status"], late["minutes_late"]) == ("late", 16)


def test_of_two_extracts_of_one_hour_the_first_counts(freshness: Freshness) -> None:
    row = freshness["twice", clock("07:00")]
    assert (row["file_name"], row["minutes_late"]) == ("twice 07:10", 10)
    assert row["last_good_extract_at"] == clock("08:00")


def test_an_extract_from_after_the_moment_of_the_list_is_not_there_yet(freshness: Freshness) -> None:
    assert statuses(freshness, "after") == {"07:00": "arrived", "08:00": "missing"}
    assert freshness["after", clock("08:00")]["last_good_extract_at"] == clock("07:00")


def test_a_slower_feed_is_expected_in_its_own_rhythm(freshness: Freshness) -> None:
    assert statuses(freshness, "slow") == {"00:00": "arrived", "03:00": "missing", "06:00": "arrived"}


def test_only_configured_feeds_that_have_sent_something_are_shown(freshness: Freshness) -> None:
    assert {trust for trust, _ in freshness} == {*HOURLY, "slow"}


def test_a_slot_is_missing_only_once_half_a_rhythm_has_passed(spark: SparkSession) -> None:
    extracts = spark.createDataFrame([("RTR", "scr", "f", clock("06:00"), clock("06:00"), 1)], EXTRACTS)
    feeds = spark.createDataFrame([("RTR", "scr", "T", 60)], FEEDS)
    assert feed_freshness(extracts, feeds, as_at=F.lit(clock("07:31"))).count() == 2
    assert feed_freshness(extracts, feeds, as_at=F.lit(clock("07:29"))).count() == 1


def test_a_missing_hour_has_no_minutes(spark: SparkSession) -> None:
    extracts = spark.createDataFrame([("RTR", "scr", "f", clock("06:00"), clock("06:00"), 1)], EXTRACTS)
    feeds = spark.createDataFrame([("RTR", "scr", "T", 60)], FEEDS)
    (row,) = feed_freshness(extracts, feeds, as_at=F.lit(clock("07:45"))).where("status = 'missing'").collect()
    assert row["minutes_late"] is None
