"""Dates in an impossible order, in the future, or with day and month exchanged: held against a rule written plainly."""

import random
from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from libs.pathways.date_order import DAYS_AFTER, DAYS_BEFORE, DONE, MILESTONES, ORDER, broken_order, in_future, swapped

pytestmark = pytest.mark.spark
ONE_FRAME = hypothesis_settings(max_examples=3, deadline=None, suppress_health_check=[*HealthCheck])
TODAY = date(2025, 6, 2)
NAMES = sorted({name for pair in ORDER for name in (pair.earlier, pair.later)} | set(DONE))
SECTIONS = ("patient", "pathway", "transfer", "treatment")
Days = Mapping[str, date | None]


def asked(spark: SparkSession, rows: list[Days]) -> list[Row]:
    """For each row the fields of which each kind of fault is told."""
    frame = spark.createDataFrame(
        [(number, *(row.get(name) for name in NAMES)) for number, row in enumerate(rows)],
        "number int, " + ", ".join(f"`{name}` date" for name in NAMES),
    )
    sections = [
        F.struct(
            *(F.col(f"`{name}`").alias(name.partition(".")[2]) for name in NAMES if name.startswith(f"{of}."))
        ).alias(of)
        for of in SECTIONS
    ]
    today = f"date'{TODAY}'"
    told = frame.select("number", *sections).select(
        "number",
        F.array_compact(F.array(*(F.when(F.expr(holds), F.lit(rule)) for rule, _, holds in broken_order()))).alias(
            "broken"
        ),
        F.array_compact(F.array(*(F.when(F.expr(holds), F.lit(field)) for field, holds in in_future(today)))).alias(
            "future"
        ),
        F.expr(swapped(today)).alias("swapped"),
    )
    return sorted(told.collect(), key=lambda row: row["number"])


def broken(row: Days) -> set[str]:
    pairs = [(pair, row.get(pair.earlier), row.get(pair.later)) for pair in ORDER]
    return {pair.rule_code for pair, earlier, later in pairs if earlier and later and later < earlier}


def exchanged(day: date | None) -> date | None:
    return date(day.year, day.day, day.month) if day and day.day <= 12 and day.day != day.month else None


def is_far(day: date | None, row: Days) -> bool:
    """Whether a day lies more than a week before, or a month after, all milestones of a row."""
    assert day
    others = [other for name in MILESTONES if (other := row.get(name))]
    return not min(others) - timedelta(DAYS_BEFORE) <= day <= max(others) + timedelta(DAYS_AFTER)


def mended_by_exchange(row: Days) -> set[str]:
    """The dates that break something and, exchanged, break nothing of their own."""
    found = set()
    for name in NAMES:
        if not any(name in (pair.earlier, pair.later) for pair in ORDER) or exchanged(row.get(name)) is None:
            continue
        other = {**row, name: exchanged(row.get(name))}
        rules = {pair.rule_code for pair in ORDER if name in (pair.earlier, pair.later)}
        is_ahead = name in DONE and (row[name] or TODAY) > TODAY
        stays_ahead = name in DONE and (other[name] or TODAY) > TODAY
        if not (name in MILESTONES and is_far(other[name], row)) and (
            (broken(row) & rules or is_ahead) and not broken(other) & rules and not stays_ahead
        ):
            found.add(name.partition(".")[2])
    return found


def drawn(rng: random.Random) -> Days:
    """Mostly dates in their order, some anywhere near."""
    day = date(2025, rng.randint(1, 5), rng.randint(1, 28))
    days: dict[str, date | None] = {}
    for name in NAMES:
        day += timedelta(days=rng.randint(0, 5))
        near = day + timedelta(days=rng.randint(-40, 40))
        days[name] = rng.choice([day, day, day, None, exchanged(day) or day, near])
    return days


@ONE_FRAME
@given(seed=st.integers(0, 2**32))
def test_what_is_told_is_what_the_plain_rule_tells(spark: SparkSession, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - draws of a test
    rows = [drawn(rng) for _ in range(300)]
    for row, told in zip(rows, asked(spark, rows), strict=True):
        assert set(told["broken"]) == broken(row)
        assert set(told["future"]) == {n.partition(".")[2] for n in DONE if (row[n] or TODAY) > TODAY}
        candidates = mended_by_exchange(row)
        assert set(told["swapped"]) == (candidates if len(candidates) == 1 else set())


def test_dates_in_their_order_have_no_fault(spark: SparkSession) -> None:
    days = {pair.later: date(2025, 4, 5) for pair in ORDER} | {"pathway.referral_received_on": date(2025, 4, 5)}
    whole = {name: days.get(name, date(2025, 4, 5)) for name in NAMES} | {"patient.born_on": date(1951, 3, 2)}
    (told,) = asked(spark, [whole])
    assert (told["broken"], told["future"], told["swapped"]) == ([], [], [])
