"""Organisation codes: a site is of its trust, a closed code and a name of the trust of today, and a name is no code."""

import re
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from libs.nhs import organisations
from libs.organisations import load_organisations
from libs.settings import conf_folder
from libs.synthetic.faults import organisation_words

FEW_FRAMES = settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
SHIPPED = load_organisations(conf_folder() / "vocabulary")
ROLLED_UP = SHIPPED.rolled_up()

CASES: dict[str, tuple[str | None, str | None]] = {
    "a trust is itself": ("RVW", "RVW"),
    "a site is of its trust": ("RVWAE", "RVW"),
    "a site with digits is of its trust": ("RTR45", "RTR"),
    "a zero in a trust's code stays a zero": ("R0B01", "R0B"),
    "small letters and blanks don't matter": (" rtrat ", "RTR"),
    "a tab and a hard blank are blanks": ("\trtr45\u00a0", "RTR"),
    "another provider's code is kept whole": ("NVC01", "NVC01"),
    "a short code of another provider is kept": ("X09", "X09"),
    "a name is no code": ("North Tees", None),
    "a name in one word is no code": ("HARTLEPOOL", None),
    "a name of eight letters is no code": ("FRIARAGE", None),
    "a name with R is no site": ("ROTHERHAM", None),
    "four characters are neither trust nor site": ("RVWA", None),
    "three letters are a code only where a list has them": ("GEC", None),
    "nothing stays nothing": (None, None),
    "blank text is no code": ("", None),
}
ROLLED_CASES: dict[str, tuple[str | None, str | None]] = {
    **{case: said for case, said in CASES.items() if not case.startswith(("a name", "three letters"))},
    "a name is its trust": ("North Tees", "RVW"),
    "three letters that the list has are a code": ("gec", "GEC"),
    "three letters that say: not known yet, are none": ("TBC", None),
    "a name's inner blanks are one": (" james \u00a0 cook\t", "RTR"),
    "a name in three capitals is its trust and no code": ("rvi", "RTD"),
    "a name in five capitals is its trust and no site": ("RUGBY", "RKB"),
    "a name with R is its trust and no site": ("Rotherham", "RFR"),
    "an apostrophe may be bent": ("Guy\u2019s", "RJ1"),
    "a trust's whole name is its trust": ("south tyneside & sunderland nhs foundation trust", "R0B"),
    "a closed code is the trust of today": ("rln", "R0B"),
    "a site of a closed trust is of the trust of today": ("RLNAA", "R0B"),
    "a code closed twice is the trust of today": ("RM401", "R0A"),
    "a site that went elsewhere is not of its old trust's follower": ("RW602", "R0A"),
    "its neighbours are": ("RW603", "RM3"),
    "the letter O is the zero that it stands for": ("ROB01", "R0B"),
    "a trust that no list knows stands as it is": ("RX4E2", "RX4"),
    "a name that no list knows is nothing": ("Springfield General", None),
    "a name with another word is nothing": ("James Cook ward 4", None),
}


def _answers(spark: SparkSession, texts: Sequence[str | None], *answers: Column) -> list[tuple[object, ...]]:
    frame = spark.createDataFrame([(text,) for text in texts], "written string")
    return [tuple(row) for row in frame.select(*answers).collect()]


def _trusts(spark: SparkSession, texts: Sequence[str | None]) -> list[object]:
    return [trust for (trust,) in _answers(spark, texts, organisations.trust_of(F.col("written"), ROLLED_UP))]


@pytest.fixture(scope="module")
def trusts(spark: SparkSession) -> dict[str | None, tuple[object, ...]]:
    """Of each text of the cases: its trust without a roll-up, and with that of the file."""
    texts = list(dict.fromkeys(text for text, _ in [*CASES.values(), *ROLLED_CASES.values()]))
    bare, rolled = (organisations.trust_of(F.col("written"), handed) for handed in (None, ROLLED_UP))
    return dict(zip(texts, _answers(spark, texts, bare.alias("bare"), rolled.alias("rolled")), strict=True))


@pytest.mark.parametrize("case", CASES)
def test_the_trust_of_a_code(trusts: dict[str | None, tuple[object, ...]], case: str) -> None:
    text, trust = CASES[case]
    assert trusts[text][0] == trust


@pytest.mark.parametrize("case", ROLLED_CASES)
def test_the_trust_of_today_of_what_is_written(trusts: dict[str | None, tuple[object, ...]], case: str) -> None:
    text, trust = ROLLED_CASES[case]
    assert trusts[text][1] == trust


def test_every_trust_of_the_file_is_its_own(spark: SparkSession) -> None:
    assert _trusts(spark, list(SHIPPED.trusts)) == list(SHIPPED.trusts)


def test_every_closed_code_and_each_of_its_sites_come_to_its_trust_of_today(spark: SparkSession) -> None:
    closed = [code for code in SHIPPED.succeeded_by if len(code) == 3]
    written = [f"{code}{site}" for code in closed for site in ("", "AA", "01", "X7", "A1B2C3")]
    assert _trusts(spark, written) == [SHIPPED.today(code[:3]) for code in written]
    assert set(_trusts(spark, list(SHIPPED.succeeded_by))) <= set(SHIPPED.trusts)


def test_what_registers_of_the_north_write_in_place_of_a_code_comes_to_its_trust(spark: SparkSession) -> None:
    sites = ["RVWAE", "RVWAA", "RTRAT", "RTR45", "RTD01", "RTD02", "RXPDA", "RR7EN", "RTFFS", "R0B01", "R0B0Q", "RNN62"]
    codes = np.array([*sites, *(site[:3] for site in sites)], dtype=object)
    draws = [np.full(len(codes), draw, dtype=np.uint64) for draw in (0, 1)]
    written = [organisation_words.names(codes), *(organisation_words.old_codes(codes, draw) for draw in draws)]
    assert {"James Cook", "RLN", "RE9", "rtr45"} <= {word for words in written for word in words.tolist()}
    for words in written:
        assert _trusts(spark, words.tolist()) == [code[:3] for code in codes]


blanks = st.sampled_from([" ", "  ", "\t", "\u00a0", "\u2028", " \n "])
# (a code or name of the file, the blanks around and between its words, whether each is written small)
known = st.tuples(
    st.sampled_from(sorted({*ROLLED_UP, *SHIPPED.trusts})),
    st.lists(blanks, min_size=2, max_size=6),
    st.sampled_from([str.upper, str.lower, str.title, str.swapcase]),
)


def _written_otherwise(word: str, gaps: list[str], case: object) -> str:
    parts = [part for place, each in enumerate(word.split(" ")) for part in (gaps[place % len(gaps)], each)]
    return str(case("".join([*parts, gaps[-1]])))  # type: ignore[operator]


@FEW_FRAMES
@given(st.lists(known, min_size=200, max_size=200))
def test_capitals_and_blanks_do_not_matter(spark: SparkSession, drawn: list[tuple[str, list[str], object]]) -> None:
    written = [_written_otherwise(*one) for one in drawn]
    assert _trusts(spark, written) == [ROLLED_UP.get(word, word) for word, _, _ in drawn]


near_codes = st.from_regex("[Rr][A-Za-z0-9]{1,9}", fullmatch=True) | st.from_regex("[A-Z0-9]{2,10}", fullmatch=True)
coded = st.builds(str.__add__, near_codes, st.sampled_from(["", "\u0085", "\u2028", "\u2029", "\v", "\f", "\x00", "-"]))
anything = st.text(max_size=30) | coded | st.none() | st.sampled_from(sorted(ROLLED_UP))


@FEW_FRAMES
@given(st.lists(anything, min_size=300, max_size=300))
def test_whatever_is_written_is_rolled_up_once_and_for_all_and_never_raises(
    spark: SparkSession, written: list[str | None]
) -> None:
    once = organisations.trust_of(F.col("written"), ROLLED_UP)
    told = _answers(spark, written, once.alias("once"), organisations.trust_of(once, ROLLED_UP).alias("twice"))
    assert [first for first, _ in told] == [second for _, second in told]
    said = {str(first) for first, _ in told if first is not None}
    assert not said & set(SHIPPED.succeeded_by)
    assert [code for code in said if not re.fullmatch("[A-Z0-9]{3,9}", code)] == []


def test_without_anything_to_roll_up_codes_are_read_as_before_and_names_are_nothing(spark: SparkSession) -> None:
    texts = [text for text, _ in CASES.values()]
    answers = [organisations.trust_of(F.col("written"), {}), organisations.trust_of(F.col("written"))]
    told = _answers(spark, texts, *(answer.alias(str(place)) for place, answer in enumerate(answers)))
    assert [with_none for with_none, _ in told] == [without for _, without in told]


def test_an_organisation_is_known_if_the_list_has_it_and_nothing_is_neither(spark: SparkSession) -> None:
    answers = [
        organisations.is_known(F.col("written"), list(SHIPPED.trusts)),
        organisations.is_known(F.col("written"), []),
    ]
    told = _answers(spark, ["RVW", "S3H9L", "NVC01", "RLN", None], *(a.alias(str(n)) for n, a in enumerate(answers)))
    assert told == [(True, False), (True, False), (False, False), (False, False), (None, None)]
