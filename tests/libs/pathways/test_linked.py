"""Which rows of two trusts are one pathway, and the key by which it is known."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, Row, SparkSession

from libs.pathways.linked import link_pathways, members

GAP = 7
SCHEMA = (
    "trust string, system string, source_pathway_id string, person_id string, tumour_site string, "
    "referral_received_on date, first_extracted_at timestamp"
)
SYSTEMS = {"RTR": "scr", "RVW": "infoflex", "RTD": "scr"}


def pathway(name: str, person: str, trust: str, day: int, *, site: str = "breast", hour: int = 0) -> tuple[Any, ...]:
    referred_on = date(2025, 1, 1) + timedelta(days=day)
    came_at = datetime(2025, 2, 1) + timedelta(hours=hour)
    return (trust, SYSTEMS[trust], name, person, site, referred_on, came_at)


def link(spark: SparkSession, pathways: Iterable[tuple[Any, ...]]) -> DataFrame:
    return link_pathways(spark.createDataFrame(list(pathways), SCHEMA), referral_gap_days=GAP)


PATHWAYS = [
    pathway("a1", "seven days apart", "RTR", 0),
    pathway("a2", "seven days apart", "RVW", 7),
    pathway("b1", "eight days apart", "RTR", 0),
    pathway("b2", "eight days apart", "RVW", 8),
    pathway("c1", "one trust", "RTR", 0),
    pathway("c2", "one trust", "RTR", 0),
    pathway("d1", "two of each", "RTR", 0),
    pathway("d2", "two of each", "RTR", 5),
    pathway("d3", "two of each", "RVW", 1),
    pathway("d4", "two of each", "RVW", 6),
    pathway("h1", "two of one trust", "RTR", 0),
    pathway("h2", "two of one trust", "RTR", 5),
    pathway("h3", "two of one trust", "RVW", 4),
    pathway("i1", "a site between", "RTR", 0, site="breast"),
    pathway("i2", "a site between", "RVW", 4, site="lung"),
    pathway("i3", "a site between", "RVW", 8, site="breast"),
    pathway("e1", "two sites", "RTR", 0, site="breast"),
    pathway("e2", "two sites", "RVW", 0, site="lung"),
    pathway("f1", "one of two people", "RTR", 0),
    pathway("f2", "the other person", "RVW", 0),
    pathway("g1", "three trusts", "RTR", 0, hour=3),
    pathway("g2", "three trusts", "RVW", 2, hour=1),
    pathway("g3", "three trusts", "RTD", 4, hour=2),
]


@pytest.fixture(scope="module")
def linked(spark: SparkSession) -> list[Row]:
    return link(spark, PATHWAYS).collect()


def together(linked: list[Row], person: str) -> list[list[str]]:
    """The members of each of a person's pathways."""
    return sorted([one["source_pathway_id"] for one in row["members"]] for row in linked if row["person_id"] == person)


def test_referral_dates_seven_days_apart_link(linked: list[Row]) -> None:
    assert together(linked, "seven days apart") == [["a1", "a2"]]


def test_referral_dates_eight_days_apart_do_not_link(linked: list[Row]) -> None:
    assert together(linked, "eight days apart") == [["b1"], ["b2"]]


def test_two_rows_of_one_trust_are_never_one_pathway(linked: list[Row]) -> None:
    assert together(linked, "one trust") == [["c1"], ["c2"]]


def test_the_first_of_one_trust_goes_with_the_first_of_the_other(linked: list[Row]) -> None:
    assert together(linked, "two of each") == [["d1", "d3"], ["d2", "d4"]]
    assert together(linked, "two of one trust") == [["h1", "h3"], ["h2"]]


def test_two_tumour_sites_are_two_pathways(linked: list[Row]) -> None:
    assert together(linked, "two sites") == [["e1"], ["e2"]]
    assert together(linked, "a site between") == [["i1"], ["i2"], ["i3"]]


def test_two_people_are_two_pathways(linked: list[Row]) -> None:
    assert together(linked, "one of two people") == [["f1"]]
    assert together(linked, "the other person") == [["f2"]]


def test_members_stand_in_the_order_in_which_they_came(linked: list[Row]) -> None:
    assert together(linked, "three trusts") == [["g2", "g3", "g1"]]
    assert next(row["trusts"] for row in linked if row["person_id"] == "three trusts") == ["RTD", "RTR", "RVW"]


@pytest.mark.parametrize("day", [-3, 0, 3])
def test_the_key_survives_a_later_member(spark: SparkSession, day: int) -> None:
    early = [pathway("m", "p", "RVW", 0, hour=1)]
    late = [pathway("a", "p", "RTR", day, hour=2)]
    keys = link(spark, early).select("pathway_key").union(link(spark, early + late).select("pathway_key")).collect()
    assert len(keys) == 2
    assert keys[0] == keys[1]


rows_of_people = st.lists(
    st.tuples(
        st.integers(1, 12),
        st.sampled_from(["RTR", "RVW", "RTD"]),
        st.integers(0, 40),
        st.sampled_from(["breast", "lung"]),
        st.integers(0, 6),
    ),
    min_size=20,
    max_size=70,
)


@given(rows=rows_of_people, shuffled=st.randoms(use_true_random=False))
@hypothesis_settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_is_in_one_pathway_with_no_other_of_its_trust_in_whatever_order_rows_come(
    spark: SparkSession, rows: list[tuple[int, str, int, str, int]], shuffled: Any
) -> None:
    pathways = [
        pathway(f"{index}", f"{person}", trust, day, site=site, hour=hour)
        for index, (person, trust, day, site, hour) in enumerate(rows)
    ]
    linked = link(spark, pathways)
    shuffled.shuffle(pathways)
    both = members(linked).collect(), members(link(spark, pathways)).collect()
    assert sorted(both[0]) == sorted(both[1])
    assert sorted(int(one["source_pathway_id"]) for one in both[0]) == list(range(len(rows)))
    assert len({(one["pathway_key"], one["trust"]) for one in both[0]}) == len(rows)
    described = {row[2]: row for row in pathways}
    of_key: dict[str, set[tuple[str, str]]] = {}
    for one in both[0]:
        row = described[one["source_pathway_id"]]
        of_key.setdefault(one["pathway_key"], set()).add((row[3], row[4]))
    assert all(len(people_and_sites) == 1 for people_and_sites in of_key.values())


def test_a_row_without_referral_date_is_linked_with_nothing(spark: SparkSession) -> None:
    dateless = pathway("a", "p", "RTR", 0)
    rows = [(*dateless[:5], None, dateless[6]), pathway("b", "p", "RVW", 0)]
    assert link(spark, rows).count() == 2


def test_rows_further_apart_than_the_gap_are_not_linked_by_a_row_between_them(spark: SparkSession) -> None:
    rows = [pathway("a", "p", "RTR", 0), pathway("b", "p", "RTR", 7), pathway("c", "p", "RVW", 14)]
    assert together(link(spark, rows).collect(), "p") == [["a"], ["b", "c"]]
