"""Plain text: nothing that does harm survives, everything that can be read does, and twice is as once."""

import unicodedata
from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from libs.nhs.plain_text import is_too_long, plain

FEW_FRAMES = settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
SIGNS = "=+-@＝＋－＠"  # noqa: RUF001 - full width
MISCHIEF = (
    "\x00\t\n\r\x1b\x7f\x85\u2028\u2029\u202e\u2066\u200b\u200d\u00ad\ufeff\ufffe\uffff\ufdd0\U0001fffe\u00a0 '" + SIGNS
)
READABLE = [
    "O'Brien",
    "José",
    "Нина",
    "Łukasz",
    "王芳",
    "محمد",
    "Nguyễn",
    "naïve £5 \u2013 “x”",
    "12/5 CT CAP - JB",
    "😀",
]
pieces = st.one_of(
    st.sampled_from(READABLE),
    st.text(st.sampled_from(MISCHIEF), min_size=1, max_size=3),
    st.characters(exclude_categories=["Cs"]),
)
texts = st.lists(st.lists(pieces, max_size=6).map("".join), min_size=120, max_size=120)


def _answers(spark: SparkSession, written: Sequence[str | None], answer: Column) -> list[object]:
    frame = spark.createDataFrame([(text,) for text in written], "written string")
    return [row["answer"] for row in frame.select(answer.alias("answer")).collect()]


def _plain(spark: SparkSession, written: Sequence[str | None], *, longest: int = 40) -> list[object]:
    return _answers(spark, written, plain(F.col("written"), longest=longest))


@FEW_FRAMES
@given(texts, st.sampled_from([1, 2, 7, 40]))
def test_whatever_is_written_becomes_harmless_and_twice_is_as_once(
    spark: SparkSession, written: list[str], longest: int
) -> None:
    once = plain(F.col("written"), longest=longest)
    frame = spark.createDataFrame([(text,) for text in written], "written string")
    rows = frame.select(once.alias("once"), plain(once, longest=longest).alias("twice")).collect()
    for row in rows:
        assert row["twice"] == row["once"]
        assert row["once"][:1] == "" or row["once"][0] not in SIGNS
        assert row["once"] == row["once"].strip()
        assert len(row["once"]) <= longest + (row["once"][1:2] in SIGNS)
        assert not {unicodedata.category(each) for each in row["once"]} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
        assert not set(row["once"]) & set("\ufffe\uffff\ufdd0\U0001fffe")


def test_a_control_character_or_line_break_becomes_one_blank_with_the_blanks_about_it(spark: SparkSession) -> None:
    written = ["a\nb", "a \r\n\t b", "a\u2028b", "a\x00b", "a\x85b", "\n a \n", "a  b"]
    assert _plain(spark, written) == ["a b", "a b", "a b", "a b", "a b", "a", "a  b"]


def test_what_can_not_be_seen_is_removed(spark: SparkSession) -> None:
    written = ["a\u200bb", "\ufeffab", "a\u202eb\u202c", "a\u2066b\u2069", "a\u00adb", "a\ufffeb", "a\ufe0fb"]
    assert _plain(spark, written) == ["ab"] * len(written)


def test_bytes_that_are_no_text_become_a_mark_that_says_so(spark: SparkSession) -> None:
    frame = spark.sql(
        "select cast(unhex(bytes) as string) as written from values ('61FF62'), ('61EDA08062'), ('61F0') t(bytes)"
    )
    found = [row[0] for row in frame.select(plain(F.col("written"), longest=40)).collect()]
    assert [text.replace("\ufffd", "") for text in found] == ["ab", "ab", "a"]
    assert all("\ufffd" in text for text in found)


def test_a_formula_has_an_apostrophe_before_it_however_its_sign_is_hidden(spark: SparkSession) -> None:
    written = [
        f"{before}{sign}1" for sign in SIGNS for before in ("", " ", "\t", "\r\n", "\u200b", "\ufeff \u00a0", "'")
    ]
    assert _plain(spark, written) == [f"'{sign}1" for sign in SIGNS for _ in range(7)]


def test_the_apostrophe_is_not_counted(spark: SparkSession) -> None:
    assert _plain(spark, ["=12345", "'=12345", "12345", "'12345"], longest=4) == ["'=123", "'=123", "1234", "'123"]


def test_names_and_letters_of_every_alphabet_stay(spark: SparkSession) -> None:
    kept = [*READABLE, "'tis", "''=1", "a=b", "12-5", "", "x'"]
    assert _plain(spark, [*kept, None]) == [*kept, None]


def test_a_blank_at_which_a_text_is_cut_goes_too(spark: SparkSession) -> None:
    assert _plain(spark, ["abc def", "abc\u00a0def", "ab  def"], longest=4) == ["abc", "abc", "ab"]


def test_a_megabyte_is_cut_as_any_text_is(spark: SparkSession) -> None:
    size = 1_000_000
    long = ["x" * size, " " * size + "x", "x" + "\n" * size, "\u200b" * size, "'" * size, "= " * size, "é\u0301" * size]
    found = _plain(spark, long, longest=10)
    assert found[:3] == ["x" * 10, "x", "x"]
    assert found[3:6] == ["", "'" * 10, "'= = = = ="]
    assert _answers(spark, long[:2], is_too_long(F.col("written"), 10)) == [True, False]


def test_a_text_is_too_long_when_something_of_it_is_cut(spark: SparkSession) -> None:
    written = ["abcd", "abcde", " abcd \n", "ab\u200bcd", "'=abc", "=abcd", "", None]
    assert _answers(spark, written, is_too_long(F.col("written"), 4)) == [
        False, True, False, False, False, True, False, False,
    ]  # fmt: skip
