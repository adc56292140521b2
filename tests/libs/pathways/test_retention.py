"""What is past its day, and what stands whatever its age."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from libs.errors import SettingsError
from libs.pathways.retention import check_days, due_rows, due_versions

FIRST_DAY = datetime(2025, 1, 1, tzinfo=UTC)
LAST_DAY, TAKEN_IN = 10, 50  # what is older than day 10 is past its day; file 50 is the last that every step took in
ROWS = (
    "_trust string, _pathway_key string, _row_key string, _repeat int, _extracted_at timestamp, _sequence bigint, "
    "_file_id bigint, _batch_id string, _presence string, _is_closed boolean, _has_content boolean"
)
HISTORY = (
    "trust string, system string, source_pathway_id string, extracted_at timestamp, file_id bigint, row_hash bigint, "
    "first_extracted_at timestamp, closed_on date, is_departed boolean"
)


class Told(NamedTuple):
    """A row of bronze: what the extract of a day told of a row of a pathway; `state` is open, closed or gone."""

    pathway: str
    day: int
    state: str = "open"
    row: str = "1"
    file_id: int = 1
    has_content: bool = True
    trust: str = "RVW"


Due = set[tuple[str, str, int, bool]]


def day(number: int) -> datetime:
    return FIRST_DAY + timedelta(days=number)


def due(spark: SparkSession, told: Iterable[Told]) -> Due:
    """The rows that are past their day as (pathway, row, day, whether only its content goes)."""
    rows = [
        (
            one.trust, one.pathway, one.row, 1, day(one.day), one.day, one.file_id, f"run/{one.file_id}",
            "row_gone" if one.state == "gone" else "present",
            None if one.state == "gone" else one.state == "closed",
            one.has_content and one.state != "gone",
        )
        for one in told
    ]  # fmt: skip
    found = due_rows(spark.createDataFrame(rows, ROWS), before=day(LAST_DAY), taken_in=TAKEN_IN).collect()
    return {(row["_pathway_key"], row["_row_key"], row["_sequence"], row["_is_emptied"]) for row in found}


STORIES = [
    Told("superseded long ago", 1), Told("superseded long ago", 2),
    Told("old, and stood on the last day", 1), Told("old, and stood on the last day", LAST_DAY),
    Told("open for years", 1),
    Told("closed long ago", 1), Told("closed long ago", 2, "closed"),
    Told("closed lately", 1), Told("closed lately", 11, "closed"),
    Told("gone long ago", 1), Told("gone long ago", 2, "gone"),
    Told("closed, but for a second row", 1, "closed"), Told("closed, but for a second row", 1, row="2"),
    Told("closed, and a second row gone", 1, "closed"), Told("closed, and a second row gone", 2, row="2"),
    Told("closed, and a second row gone", 3, "gone", row="2"),
    Told("closed, and a second row lately", 1, "closed"), Told("closed, and a second row lately", 11, "closed", "2"),
    Told("back after it was closed", 1, "closed"), Told("back after it was closed", 2),
    Told("emptied before", 1, "closed", has_content=False),
    Told("not taken in yet", 1, file_id=51), Told("not taken in yet", 2),
    Told("its successor is not taken in yet", 1), Told("its successor is not taken in yet", 2, "closed", file_id=51),
    Told("of two trusts", 1), Told("of two trusts", 2, "closed", trust="RTR"),
]  # fmt: skip


def test_of_each_row_what_was_superseded_goes_and_what_stands_stays(spark: SparkSession) -> None:
    assert due(spark, STORIES) == {
        ("superseded long ago", "1", 1, False),
        ("closed long ago", "1", 1, False),
        ("closed long ago", "1", 2, True),
        ("gone long ago", "1", 1, False),
        ("closed, and a second row gone", "1", 1, True),
        ("closed, and a second row gone", "2", 2, False),
        ("back after it was closed", "1", 1, False),
        ("of two trusts", "1", 2, True),
    }


@st.composite
def pathways(draw: st.DrawFn) -> list[Told]:
    """Pathways of one or two rows, told of on drawn days by files that came in any order."""
    told = []
    for number in range(draw(st.integers(20, 40))):
        for row in "12"[: draw(st.integers(1, 2))]:
            for on in sorted(draw(st.sets(st.integers(1, 20), min_size=1, max_size=5))):
                state = draw(st.sampled_from(["open", "closed", "closed", "gone"]))
                told.append(Told(f"{number}", on, state, row, draw(st.integers(1, 55))))
    return told


def standing(told: Sequence[Told], on: int) -> dict[tuple[str, str], Told]:
    """The row of each key that stands on a day."""
    return {(one.pathway, one.row): one for one in sorted(told, key=lambda one: one.day) if one.day <= on}


@given(told=pathways())
@hypothesis_settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_since_the_last_day_every_moment_stands_as_it_did_and_nothing_is_due_twice(
    spark: SparkSession, told: list[Told]
) -> None:
    found = due(spark, told)
    emptied = {place[:3] for place in found if place[3]}
    dropped = {place[:3] for place in found if not place[3]}
    kept = [
        one._replace(has_content=(one.pathway, one.row, one.day) not in emptied)
        for one in told
        if (one.pathway, one.row, one.day) not in dropped
    ]
    for on in range(LAST_DAY, 21):
        before, after = standing(told, on), standing(kept, on)
        assert {place: one.state for place, one in before.items()} == {place: one.state for place, one in after.items()}
    newest = standing(told, 20)
    is_open = {one.pathway for one in newest.values() if one.state == "open"}
    assert all(one.has_content for place, one in standing(kept, 20).items() if place[0] in is_open)
    assert all(one.day < LAST_DAY for one in newest.values() if (one.pathway, one.row, one.day) in emptied)
    assert all(one.file_id <= TAKEN_IN for one in told if (one.pathway, one.row, one.day) in emptied | dropped)
    assert due(spark, kept) == set()
    # What stays with its content although another took its place: that was lately, or is not taken in by every step.
    for place in newest:
        line = [one for one in kept if (one.pathway, one.row) == place]
        for one, following in pairwise(line):
            assert following.day >= LAST_DAY or max(one.file_id, following.file_id) > TAKEN_IN


VERSIONS = [
    # pathway, day, file, first extracted on day, closed, departed
    ("closed", 1, 1, 1, False, False), ("closed", 2, 2, 1, False, False), ("closed", 3, 3, 1, True, False),
    ("departed", 1, 1, 1, False, False), ("departed", 2, 2, 1, False, True),
    ("open", 1, 1, 1, False, False), ("open", 2, 2, 1, False, False),
    ("back", 1, 1, 1, False, True), ("back", 2, 2, 1, False, False),
    ("stood on the last day", 1, 1, 1, False, False), ("stood on the last day", 10, 2, 1, True, False),
    ("superseded by a file not taken in", 1, 1, 1, False, False),
    ("superseded by a file not taken in", 2, 51, 1, True, False),
    ("told late of an earlier first extract", 1, 9, 1, False, False),
    ("told late of an earlier first extract", 2, 1, 2, True, False),
]  # fmt: skip


def test_of_the_history_superseded_versions_of_ended_pathways_go_and_the_newest_stays(spark: SparkSession) -> None:
    rows = [
        ("RVW", "scr", name, day(on), file_id, 7, day(first), date(2025, 1, 1) if is_closed else None, is_departed)
        for name, on, file_id, first, is_closed, is_departed in VERSIONS
    ]
    found = due_versions(spark.createDataFrame(rows, HISTORY), before=day(LAST_DAY), taken_in=TAKEN_IN).collect()
    assert sorted((row["source_pathway_id"], row["file_id"]) for row in found) == [
        ("closed", 1), ("closed", 2), ("departed", 1),
    ]  # fmt: skip


def test_days_that_a_feed_outlasts_are_refused_with_the_feed_and_what_to_do() -> None:
    check_days(bronze_days=120, late_days=30, closed_days={"scr": 90, "infoflex": 60})
    with pytest.raises(SettingsError, match=r"retention\.bronze_days is too small .*feed=scr, closed_days=90") as fault:
        check_days(bronze_days=119, late_days=30, closed_days={"scr": 90, "infoflex": 60})
    assert "Set it to closed_days of the feed and retention.late_days together" in str(fault.value)
