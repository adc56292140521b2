"""NHS numbers: the check digit against a plain reference, and the traps that spreadsheets lay."""

from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from libs.nhs import nhs_number

FEW_FRAMES = settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
ten_digits = st.text("0123456789", min_size=10, max_size=10)
nine_digits = st.text("0123456789", min_size=9, max_size=9)


def _check_digit(first_nine: str) -> str | None:
    """The tenth digit; None where the remainder asks for a 10."""
    remainder = sum(int(digit) * weight for digit, weight in zip(first_nine, range(10, 1, -1), strict=True)) % 11
    return {0: "0", 1: None}.get(remainder, str(11 - remainder))


def _can_exist(number: str) -> bool:
    return number[9] == _check_digit(number[:9]) and len(set(number)) > 1


def _verdicts(spark: SparkSession, texts: Sequence[str | None]) -> list[bool]:
    frame = spark.createDataFrame([(text,) for text in texts], "written string")
    number = nhs_number.normalise(F.col("written"))
    return [row["is_valid"] for row in frame.select(nhs_number.is_valid(number).alias("is_valid")).collect()]


@FEW_FRAMES
@given(st.lists(ten_digits, min_size=400, max_size=400))
def test_any_ten_digits_are_judged_as_modulus_eleven_says(spark: SparkSession, numbers: list[str]) -> None:
    assert _verdicts(spark, numbers) == [_can_exist(number) for number in numbers]


@FEW_FRAMES
@given(st.lists(nine_digits, min_size=200, max_size=200))
def test_nine_digits_have_at_most_one_tenth(spark: SparkSession, beginnings: list[str]) -> None:
    verdicts = _verdicts(spark, [beginning + tenth for beginning in beginnings for tenth in "0123456789"])
    for place, beginning in enumerate(beginnings):
        accepted = [t for t, ok in zip("0123456789", verdicts[place * 10 : place * 10 + 10], strict=True) if ok]
        tenth = _check_digit(beginning)
        assert accepted == ([] if tenth is None or len(set(beginning + tenth)) == 1 else [tenth])


def test_the_published_test_numbers_are_valid(spark: SparkSession) -> None:
    assert _verdicts(spark, ["9990000018", "9990000123", "9995554445", "9998887771"]) == [True] * 4


def test_a_number_may_be_written_three_three_four(spark: SparkSession) -> None:
    assert (
        _verdicts(spark, ["999 000 0018", "999-000-0018", " 999\t000\u00a00018 ", "999\u2013000\u20110018\u200b"])
        == [True] * 4
    )


def test_one_digit_ten_times_is_refused_although_it_passes_the_modulus(spark: SparkSession) -> None:
    assert _verdicts(spark, [digit * 10 for digit in "0123456789"]) == [False] * 10


def test_what_is_not_ten_digits_is_never_valid(spark: SparkSession) -> None:
    wrong = [None, "", "999000001", "99900000180", "9.99E+09", "999000001X", "٩٩٩٠٠٠٠٠١٨", "abcdefghij"]
    assert _verdicts(spark, wrong) == [False] * len(wrong)


def test_a_missing_number_stays_missing(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(None,), ("999 000 0018",)], "written string")
    normalised = frame.select(nhs_number.normalise(F.col("written")).alias("number")).collect()
    assert [row["number"] for row in normalised] == [None, "9990000018"]
