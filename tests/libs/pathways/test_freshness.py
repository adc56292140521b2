"""Which expected hours have their extract, which came late, and which are missing."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pyspark.sql import Row, SparkSession

from libs.pathways.freshness import feed_freshness

DAY = datetime(2025, 1, 15)
AS_AT = DAY + timedelta(hours=8, minutes=45)
SINCE = AS_AT - timedelta(days=14)
EXTRACTS = (
    "trust string, system string, file_name string, extracted_at timestamp, arrived_at timestamp, row_count bigint"
)
FEEDS = "trust string, system string, trust_name string, cadence_minutes int"

Freshness = Mapping[tuple[str, datetime], Row]
# By feed the extracts: when each was made and when it arrived, in minutes of the day; it may begin days before.
Sent = Mapping[str, Sequence[tuple[float, float]]]


def minute(text: str) -> float:
    """'07:30', or '-3 07:30' for three days before."""
    *days, clock = text.split(" ")
    hours, minutes = clock.split(":")
    return (int(days[0]) * 24 * 60 if days else 0) + int(hours) * 60 + int(minutes)


def at(text: str) -> datetime:
    return DAY + timedelta(minutes=minute(text))


def sent(*times: str) -> list[tuple[float, float]]:
    """Extracts of these times: 'made' (and there at once) or 'made>arrived'."""
    return [(minute(made), minute(arrived or made)) for made, _, arrived in (each.partition(">") for each in times)]


def freshness_of(
    spark: SparkSession, feeds: Sent, *, rhythms: Mapping[str, int] | None = None, as_at: datetime = AS_AT,
    since: datetime = SINCE, late_after_minutes: int = 15,
) -> Freshness:  # fmt: skip
    extracts = [
        (feed, "scr", f"{feed} {made:g}", DAY + timedelta(minutes=made), DAY + timedelta(minutes=arrived), 100)
        for feed, files in feeds.items()
        for made, arrived in files
    ]
    configured = [(feed, "scr", f"Trust {feed}", (rhythms or {}).get(feed, 60)) for feed in feeds if feed != "unknown"]
    rows = feed_freshness(
        spark.createDataFrame(extracts, EXTRACTS),
        spark.createDataFrame(configured, FEEDS),
        as_at=as_at,
        since=since,
        late_after_minutes=late_after_minutes,
    ).collect()
    by_slot = {(row["trust"], row["expected_at"]): row for row in rows}
    assert len(by_slot) == len(rows)
    return by_slot


FEEDS_OF_A_DAY = {
    "punctual": sent("06:00", "07:00", "08:00"),
    "gap": sent("05:00", "08:00"),
    "silent": sent("06:00"),
    "early": sent("06:58", "08:00"),
    "fifteen": sent("07:00", "08:15"),
    "sixteen": sent("07:00", "08:16"),
    "twice": sent("07:10", "07:20", "08:00"),
    "overtaken": sent("07:02>08:20", "07:10>07:12", "08:00"),
    "delivered_late": sent("05:00>08:00", "06:00", "07:00>08:01", "08:00>08:02"),
    "after": sent("07:00", "08:50"),
    "slow": sent("00:00", "06:00"),
    "never": [],
    "unknown": sent("07:00"),
}


@pytest.fixture(scope="module")
def freshness(spark: SparkSession) -> Freshness:
    return freshness_of(spark, FEEDS_OF_A_DAY, rhythms={"slow": 180})


def statuses(freshness: Freshness, feed: str) -> dict[str, str]:
    return {f"{slot:%H:%M}": row["status"] for (trust, slot), row in sorted(freshness.items()) if trust == feed}


def test_every_hour_that_has_its_extract_has_arrived(freshness: Freshness) -> None:
    assert statuses(freshness, "punctual") == {"06:00": "arrived", "07:00": "arrived", "08:00": "arrived"}
    row = freshness["punctual", at("07:00")]
    assert (row["file_name"], row["row_count"], row["minutes_late"]) == ("punctual 420", 100, 0)
    assert row["trust_name"] == "Trust punctual"


def test_an_hour_without_extract_is_shown_as_missing_and_not_filled(freshness: Freshness) -> None:
    assert statuses(freshness, "gap") == {
        "05:00": "arrived", "06:00": "missing", "07:00": "missing", "08:00": "arrived",
    }  # fmt: skip
    row = freshness["gap", at("06:00")]
    assert (row["file_name"], row["row_count"], row["minutes_late"]) == (None, None, None)


def test_a_feed_that_falls_silent_misses_every_hour_until_now(freshness: Freshness) -> None:
    assert statuses(freshness, "silent") == {"06:00": "arrived", "07:00": "missing", "08:00": "missing"}
    assert freshness["silent", at("08:00")]["last_good_extract_at"] == at("06:00")


def test_a_feed_silent_for_longer_than_is_shown_misses_every_hour_and_keeps_its_last_extract(
    spark: SparkSession,
) -> None:
    shown = freshness_of(spark, {"RTR": sent("-30 06:00")}, since=at("05:00"))
    assert statuses(shown, "RTR") == dict.fromkeys(["05:00", "06:00", "07:00", "08:00"], "missing")
    assert {row["last_good_extract_at"] for row in shown.values()} == {at("-30 06:00")}


def test_hours_before_the_days_shown_are_left_out(spark: SparkSession) -> None:
    shown = freshness_of(spark, {"RTR": sent("05:00", "06:00", "07:00", "08:00")}, since=at("06:30"))
    assert statuses(shown, "RTR") == {"07:00": "arrived", "08:00": "arrived"}


def test_an_extract_a_little_early_is_that_of_the_hour_to_come(freshness: Freshness) -> None:
    assert statuses(freshness, "early") == {"07:00": "arrived", "08:00": "arrived"}
    assert freshness["early", at("07:00")]["minutes_late"] == 0


def test_an_extract_is_late_from_the_sixteenth_minute(freshness: Freshness) -> None:
    on_time, late = freshness["fifteen", at("08:00")], freshness["sixteen", at("08:00")]
    assert (on_time["status"], on_time["minutes_late"]) == ("arrived", 15)
    assert (late["status"], late["minutes_late"]) == ("late", 16)


def test_how_many_minutes_are_late_is_configured(spark: SparkSession) -> None:
    feeds = {"RTR": sent("07:00>07:31", "08:00>08:30")}
    shown = freshness_of(spark, feeds, late_after_minutes=30)
    assert statuses(shown, "RTR") == {"07:00": "late", "08:00": "arrived"}


def test_an_extract_made_in_time_and_delivered_three_hours_later_is_late_by_three_hours(freshness: Freshness) -> None:
    assert statuses(freshness, "delivered_late") == {
        "05:00": "late", "06:00": "arrived", "07:00": "late", "08:00": "arrived",
    }  # fmt: skip
    minutes = [freshness["delivered_late", at(slot)]["minutes_late"] for slot in ("05:00", "06:00", "07:00", "08:00")]
    assert minutes == [180, 0, 61, 2]


def test_a_late_extract_of_an_old_hour_does_not_look_like_the_newest(freshness: Freshness) -> None:
    assert freshness["delivered_late", at("05:00")]["last_good_extract_at"] == at("08:00")


def test_of_two_extracts_of_one_hour_the_first_to_arrive_counts(freshness: Freshness) -> None:
    row = freshness["twice", at("07:00")]
    assert (row["file_name"], row["minutes_late"]) == ("twice 430", 10)
    assert row["last_good_extract_at"] == at("08:00")
    row = freshness["overtaken", at("07:00")]
    assert (row["file_name"], row["minutes_late"]) == ("overtaken 430", 12)


def test_an_extract_from_after_the_moment_of_the_list_is_not_there_yet(freshness: Freshness) -> None:
    assert statuses(freshness, "after") == {"07:00": "arrived", "08:00": "missing"}
    assert freshness["after", at("08:00")]["last_good_extract_at"] == at("07:00")


def test_a_slower_feed_is_expected_in_its_own_rhythm(freshness: Freshness) -> None:
    assert statuses(freshness, "slow") == {"00:00": "arrived", "03:00": "missing", "06:00": "arrived"}


def test_a_feed_slower_than_the_time_shown_has_its_last_expected_hour(spark: SparkSession) -> None:
    shown = freshness_of(
        spark, {"RTR": sent("-4 00:00", "-2 00:00")}, rhythms={"RTR": 2 * 24 * 60}, since=at("00:01")
    )  # fmt: skip
    assert [row["status"] for row in shown.values()] == ["arrived"]


def test_only_configured_feeds_that_have_sent_something_are_shown(freshness: Freshness) -> None:
    assert {trust for trust, _ in freshness} == set(FEEDS_OF_A_DAY) - {"never", "unknown"}


def test_a_slot_is_missing_only_once_half_a_rhythm_has_passed(spark: SparkSession) -> None:
    feeds = {"RTR": sent("06:00")}
    assert statuses(freshness_of(spark, feeds, as_at=at("07:31")), "RTR") == {"06:00": "arrived", "07:00": "missing"}
    assert statuses(freshness_of(spark, feeds, as_at=at("07:29")), "RTR") == {"06:00": "arrived"}


def test_an_extract_is_shown_as_soon_as_it_is_there(spark: SparkSession) -> None:
    shown = freshness_of(spark, {"RTR": sent("07:00", "08:00>08:02")}, as_at=at("08:05"))
    assert statuses(shown, "RTR") == {"07:00": "arrived", "08:00": "arrived"}


made = st.integers(-48 * 60, int(minute("08:45")))
delay = st.one_of(st.integers(0, 30), st.integers(0, 600))
a_feed = st.lists(st.tuples(made, delay).map(lambda drawn: (drawn[0], drawn[0] + drawn[1])), max_size=8)


@given(feeds=st.lists(a_feed, min_size=5, max_size=20), shown_hours=st.integers(1, 40))
@hypothesis_settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_due_hour_stands_once_and_says_what_a_count_by_hand_says(
    spark: SparkSession, feeds: list[list[tuple[int, int]]], shown_hours: int
) -> None:
    named: Sent = {f"feed {number}": files for number, files in enumerate(feeds)}
    since = AS_AT - timedelta(hours=shown_hours)
    found = {key: (row["status"], row["minutes_late"]) for key, row in freshness_of(spark, named, since=since).items()}
    expected = {
        (feed, slot): told
        for feed, files in named.items()
        if files
        for slot, told in by_hand(files, since=since).items()
    }
    assert found == expected


def by_hand(files: Sequence[tuple[float, float]], *, since: datetime) -> dict[datetime, tuple[str, int | None]]:
    """The hours of an hourly feed, counted one after the other."""
    arrivals: dict[datetime, list[float]] = {}
    for made_at, arrived in files:
        arrivals.setdefault(DAY + timedelta(hours=(made_at + 30) // 60), []).append(arrived)
    hour, last = min(arrivals), max(*arrivals, AS_AT - timedelta(minutes=30))
    told: dict[datetime, tuple[str, int | None]] = {}
    while hour <= last:
        if hour >= since:
            first = min(arrivals[hour]) - (hour - DAY).total_seconds() / 60 if hour in arrivals else None
            late = None if first is None else max(0, int(first))
            told[hour] = ("missing", None) if late is None else ("late" if late > 15 else "arrived", late)
        hour += timedelta(hours=1)
    return told
