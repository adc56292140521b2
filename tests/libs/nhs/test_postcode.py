"""Postcodes: one spelling, the strict form, and the pseudo-postcodes that break it."""

from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from libs.nhs import postcode

FEW_FRAMES = settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
REAL = ["TS19 8PE", "TS24 9AH", "DL6 1JG", "EC1A 1BB", "W1A 0AX", "M1 1AE", "B33 8TH", "DN55 1PT", "GIR 0AA"]
PSEUDO = ["ZZ99 3VZ", "ZZ99 3WZ", "ZZ99 3CZ", "ZZ99 3GZ", "ZZ99 1WZ", "ZZ99 2WZ"]
# (postcode, the separators put between its characters, whether it is written small)
spellings = st.lists(
    st.tuples(st.sampled_from(REAL + PSEUDO), st.lists(st.sampled_from(["", "", " ", "-", "."])), st.booleans()),
    min_size=200,
    max_size=200,
)


def _answers(spark: SparkSession, texts: Sequence[str | None], answer: Column) -> list[object]:
    frame = spark.createDataFrame([(text,) for text in texts], "written string")
    return [row["answer"] for row in frame.select(answer.alias("answer")).collect()]


def _misspelt(real: str, separators: list[str], is_small: bool) -> str:
    bare = real.replace(" ", "")
    padded = [*separators, *[""] * len(bare)]
    spelt = "".join(letter + padded[place] for place, letter in enumerate(bare))
    return spelt.lower() if is_small else spelt


@FEW_FRAMES
@given(spellings)
def test_any_spelling_of_a_postcode_becomes_the_one_form(
    spark: SparkSession, spelt: list[tuple[str, list[str], bool]]
) -> None:
    written = [_misspelt(*one) for one in spelt]
    assert _answers(spark, written, postcode.normalise(F.col("written"))) == [real for real, _, _ in spelt]


def test_real_postcodes_and_pseudo_postcodes_are_valid(spark: SparkSession) -> None:
    assert _answers(spark, REAL + PSEUDO, postcode.is_valid(F.col("written"))) == [True] * len(REAL + PSEUDO)


def test_what_breaks_the_form_is_not_valid(spark: SparkSession) -> None:
    wrong = [
        None,
        "",
        "ZZ99JANESMITH14HIG HST",
        "ZZ99 3V",
        "ZZ999 3VZ",
        "TS1 1CC",
        "Q1 1AA",
        "TS19 8P",
        "TS198PE",
        "ts19 8pe",
        "NOT KNOWN",
        "T",
        " ",
        "\u0422S19 8PE",
    ]
    assert _answers(spark, wrong, postcode.is_valid(F.col("written"))) == [False] * len(wrong)


def test_only_pseudo_postcodes_stand_for_no_place(spark: SparkSession) -> None:
    assert _answers(spark, PSEUDO, postcode.is_pseudo(F.col("written"))) == [True] * len(PSEUDO)
    assert _answers(spark, [*REAL, "", None], postcode.is_pseudo(F.col("written"))) == [False] * (len(REAL) + 2)


def test_text_too_short_for_a_postcode_is_left_as_it_is(spark: SparkSession) -> None:
    assert _answers(spark, ["ts1", "zz99", "", None], postcode.normalise(F.col("written"))) == ["TS1", "ZZ99", "", None]
