"""Which of a register's pathways are one referral entered twice, and which entry survives."""

import random
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from libs.pathways.duplicates import COLUMNS, duplicates
from libs.pathways.versions import empty_history

pytestmark = pytest.mark.spark
SCHEMA = empty_history()
TREATMENTS = "trust string, system string, source_pathway_id string, treatment_number int"
DAY = date(2025, 3, 14)


def entry(pathway: str, *, patient: str = "8", day: int | None = 0, **said: Any) -> dict[str, Any]:
    usual = {
        "trust": "RVW", "system": "infoflex", "source_pathway_id": pathway, "source_patient_id": patient,
        "tumour_site": "lung", "is_departed": False, "first_extracted_at": datetime(2025, 3, 20),
        "referral_received_on": None if day is None else DAY + timedelta(days=day),
    }  # fmt: skip
    return usual | said


def frame(spark: SparkSession, *entries: dict[str, Any]) -> DataFrame:
    rows = [tuple(each.get(name) for name in SCHEMA.names) for each in entries]
    return spark.createDataFrame(rows, SCHEMA).select(*COLUMNS)


def found(spark: SparkSession, *entries: dict[str, Any], treated: tuple[str, ...] = ()) -> dict[str, str]:
    treatments = spark.createDataFrame([("RVW", "infoflex", pathway, 1) for pathway in treated], TREATMENTS)
    rows = duplicates(frame(spark, *entries), treatments, gap_days=3).collect()
    return {row["source_pathway_id"]: row["survivor_pathway_id"] for row in rows}


def test_what_is_one_referral_and_what_is_not(spark: SparkSession) -> None:
    later = datetime(2025, 3, 21)
    entries = [
        entry("same", patient="a"), entry("same again", patient="a", day=3, first_extracted_at=later),
        entry("other site", patient="b"), entry("other site again", patient="b", tumour_site="skin"),
        entry("months later", patient="c"), entry("months later again", patient="c", day=90),
        entry("a day too far", patient="d"), entry("a day too far again", patient="d", day=4),
        entry("departed", patient="e"), entry("departed again", patient="e", is_departed=True),
        entry("undated", patient="f"), entry("undated again", patient="f", day=None),
        entry("without site", patient="g", tumour_site=None), entry("once more", patient="g", tumour_site=None),
        entry("other trust", patient="h"), entry("other trust again", patient="h", trust="RTR"),
    ]  # fmt: skip
    assert found(spark, *entries) == {"same again": "same"}


def test_an_open_entry_survives_a_closed_one_then_the_fuller_then_the_earlier(spark: SparkSession) -> None:
    early, late = datetime(2025, 3, 20), datetime(2025, 3, 21)
    entries = [
        entry("closed and full", patient="a", closed_on=DAY, informed_on=DAY, mdt_on=DAY),
        entry("open and empty", patient="a"),
        entry("told", patient="b", informed_on=DAY, first_extracted_at=late),
        entry("not told", patient="b", first_extracted_at=early),
        entry("treated", patient="c", first_extracted_at=late),
        entry("told but not treated", patient="c", informed_on=DAY, mdt_on=DAY, first_extracted_at=early),
        entry("second", patient="d", first_extracted_at=late),
        entry("first", patient="d", first_extracted_at=early),
    ]
    assert found(spark, *entries, treated=("treated",)) == {
        "closed and full": "open and empty",
        "not told": "told",
        "told but not treated": "treated",
        "second": "first",
    }


def test_the_order_of_rows_does_not_matter_and_no_survivor_is_a_duplicate(spark: SparkSession) -> None:
    rng = random.Random(8)  # noqa: S311 - draws of a test
    entries = [
        entry(f"{number}", patient=f"{rng.randint(0, 9)}", day=rng.randint(0, 12), informed_on=rng.choice([None, DAY]))
        for number in range(60)
    ]
    first = found(spark, *entries)
    rng.shuffle(entries)
    assert first == found(spark, *entries)
    assert first
    assert set(first).isdisjoint(first.values())
