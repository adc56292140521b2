"""The version of a rule by a row's day, and diagnosis codes in ranges."""

from datetime import date
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from libs.pathways.in_force import bare_code, in_codes, in_force
from libs.rules import Rule


def rule(*versions: tuple[date, int]) -> Rule[int]:
    return Rule[int].model_validate([{"from": day, "value": value, "source": "a test"} for day, value in versions])


def test_each_day_has_the_version_begun_last_and_a_row_without_a_day_the_newest(spark: SparkSession) -> None:
    changed = rule((date(2023, 10, 1), 62), (date(2025, 4, 1), 60), (date(2026, 4, 1), 55))
    days = [None, date(2009, 1, 1), date(2023, 10, 1), date(2025, 3, 31), date(2025, 4, 1), date(2026, 3, 31),
            date(2026, 4, 1), date(2030, 1, 1)]  # fmt: skip
    rows = spark.createDataFrame([(day,) for day in days], "on date").select("on", in_force(changed, F.col("on")))
    assert [row[1] for row in rows.collect()] == [55, 62, 62, 62, 60, 60, 55, 55]
    assert [changed.on(day) for day in days if day] == [62, 62, 62, 60, 60, 55, 55]


RANGES = ["C00-C97", "D05", "K884"]
CODES: dict[str | None, Any] = {
    "C00": True, "C18.7": True, "C187": True, "c61": True, "C97.9": True, "C98": False, "B99": False, "D05.1": True,
    "D04": False, "K88.4": True, "K88": False, "": False, None: None,
}  # fmt: skip


@pytest.fixture(scope="module")
def judged(spark: SparkSession) -> dict[str | None, Any]:
    frame = spark.createDataFrame([(code,) for code in CODES], "code string")
    return {row[0]: row[1] for row in frame.select("code", in_codes(bare_code(F.col("code")), RANGES)).collect()}


@pytest.mark.parametrize("code", CODES)
def test_a_code_lies_in_a_range_by_its_first_characters_with_both_ends(
    judged: dict[str | None, Any], code: str | None
) -> None:
    assert judged[code] == CODES[code]
