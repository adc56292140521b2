"""Organisation codes: a site is of its trust, and a name is no code."""

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from libs.nhs import organisations

CASES: dict[str, tuple[str | None, str | None]] = {
    "a trust is itself": ("RVW", "RVW"),
    "a site is of its trust": ("RVWAE", "RVW"),
    "a site with digits is of its trust": ("RTR45", "RTR"),
    "a zero in a trust's code stays a zero": ("R0B01", "R0B"),
    "small letters and blanks don't matter": (" rtrat ", "RTR"),
    "another provider's code is kept whole": ("NVC01", "NVC01"),
    "a short code of another provider is kept": ("X09", "X09"),
    "a name is no code": ("North Tees", None),
    "a name in one word is no code": ("HARTLEPOOL", None),
    "a name of eight letters is no code": ("FRIARAGE", None),
    "four characters are neither trust nor site": ("RVWA", None),
    "nothing stays nothing": (None, None),
    "blank text is no code": ("", None),
}


@pytest.fixture(scope="module")
def trusts(spark: SparkSession) -> dict[str | None, str | None]:
    frame = spark.createDataFrame([(code,) for code, _ in CASES.values()], "code string")
    return {
        row["code"]: row["trust"] for row in frame.withColumn("trust", organisations.trust_of(F.col("code"))).collect()
    }


@pytest.mark.parametrize("case", CASES)
def test_the_trust_of_a_code(trusts: dict[str | None, str | None], case: str) -> None:
    code, trust = CASES[case]
    assert trusts[code] == trust
