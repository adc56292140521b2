"""Which rows of two trusts are one pathway, and the key by which it is known."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql.types import ArrayType, DateType, StringType, StructField, StructType

from libs.pathways.linked import OF_PATHWAY, OF_TRANSFER, link_pathways, treatments_of_pathways
from libs.pathways.versions import KEY
from libs.rules import load_rules
from tests.libs.pathways.linked_rows import frame_of, schema_of

GAP, CONTINUATION = 7, 31
SCHEMA = StructType(
    [
        *schema_of([*KEY, "person_id", "identifier", *OF_PATHWAY, *OF_TRANSFER]).fields,
        StructField("decided_on", DateType()),
        StructField("treatment_orgs", ArrayType(StringType())),
    ]
)
SYSTEMS = {"RTR": "scr", "RVW": "infoflex", "RTD": "scr"}
Pathway = dict[str, Any]


def on(day: int) -> date:
    return date(2025, 1, 1) + timedelta(days=day)


def pathway(
    name: str, person: str, trust: str, day: int | None, *, site: str | None = "breast", hour: int = 0, **said: Any
) -> Pathway:
    return {
        "trust": trust,
        "system": SYSTEMS[trust],
        "source_pathway_id": name,
        "person_id": person,
        "tumour_site": site,
        "referral_received_on": None if day is None else on(day),
        "first_extracted_at": datetime(2025, 2, 1) + timedelta(hours=hour),
        **said,
    }


def sent(day: int, sender: str | None = "RVW", receiver: str | None = "RTR", reason: str | None = "9") -> Pathway:
    return {
        "transfer_on": on(day),
        "transfer_from_org": sender,
        "transfer_to_org": receiver,
        "transfer_reason": reason,
    }


def seen(day: int, org: str | None = "RVW") -> Pathway:
    return {"first_seen_on": on(day), "first_seen_org": org}


def link(spark: SparkSession, pathways: Iterable[Pathway], *, parts: int = 1) -> DataFrame:
    return link_pathways(
        frame_of(spark, SCHEMA, list(pathways)).repartition(parts),
        referral_gap_days=GAP,
        continuation_days=CONTINUATION,
        rules=load_rules(),
    )


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
    pathway("1", "no date", "RTR", None),
    pathway("2", "no date", "RVW", 0),
    pathway("1", "one between", "RTR", 0),
    pathway("2", "one between", "RTR", 7, hour=1),
    pathway("3", "one between", "RVW", 14),
    # What else joins, or keeps apart: by the name of the case.
    pathway("1", "one identifier", "RVW", 0, site="lung", identifier="RVW|7"),
    pathway("2", "one identifier", "RTR", 200, site="skin", identifier="RVW|7"),
    pathway("1", "two identifiers, one day", "RVW", 0, identifier="RVW|7"),
    pathway("2", "two identifiers, one day", "RTR", 0, identifier="RVW|70"),
    pathway("1", "identifier before date", "RVW", 0, identifier="RVW|7"),
    pathway("2", "identifier before date", "RTR", 0, identifier="RTR|1"),
    pathway("3", "identifier before date", "RTR", 40, identifier="RVW|7"),
    pathway("1", "no organ named", "RVW", 0, site="non_specific"),
    pathway("2", "no organ named", "RTR", 3, site="lung"),
    pathway("1", "unknown primary", "RVW", 0, site="haematology"),
    pathway("2", "unknown primary", "RTR", 3, site="other"),
    pathway("1", "both ends of the gut", "RVW", 0, site="upper_gi"),
    pathway("2", "both ends of the gut", "RTR", 3, site="lower_gi"),
    pathway("1", "site missing", "RVW", 0, site=None),
    pathway("2", "site missing", "RTR", 3, site="lung"),
    pathway("1", "no bridge between organs", "RVW", 0, site="lung"),
    pathway("2", "no bridge between organs", "RTR", 1, site="other"),
    pathway("3", "no bridge between organs", "RTD", 3, site="breast"),
    pathway("1", "own site before open site", "RVW", 0, site="lung"),
    pathway("2", "own site before open site", "RTR", 0, site="other"),
    pathway("3", "own site before open site", "RTR", 5, site="lung"),
    pathway("1", "seen once", "RVW", 0, **seen(9)),
    pathway("2", "seen once", "RTR", 300, **seen(9)),
    pathway("1", "seen at two organisations", "RVW", 0, **seen(9)),
    pathway("2", "seen at two organisations", "RTR", 300, **seen(9, "RTR")),
    pathway("1", "seen on two days", "RVW", 0, **seen(9)),
    pathway("2", "seen on two days", "RTR", 300, **seen(10)),
    pathway("1", "seen somewhere", "RVW", 0, **seen(9)),
    pathway("2", "seen somewhere", "RTR", 300, **seen(9, None)),
    pathway("1", "referral date missing", "RVW", 0, **seen(9)),
    pathway("2", "referral date missing", "RTR", None, **seen(9, None)),
    pathway("1", "seen with two organs", "RVW", 0, site="breast", **seen(9)),
    pathway("2", "seen with two organs", "RTR", 300, site="lung", **seen(9)),
    pathway("1", "two referrals in a week", "RVW", 0, site="other", **seen(9)),
    pathway("2", "two referrals in a week", "RTR", 3, site="lung", **seen(12, "RTR")),
    pathway("1", "one appointment, two words", "RVW", 0, site="other", **seen(9)),
    pathway("2", "one appointment, two words", "RTR", 3, site="lung", **seen(9)),
    pathway("1", "one site, two appointments", "RVW", 0, **seen(9)),
    pathway("2", "one site, two appointments", "RTR", 3, **seen(12, "RTR")),
    pathway("1", "sent on", "RVW", 0, **sent(40)),
    pathway("2", "sent on", "RTR", 71),
    pathway("1", "sent long before", "RVW", 0, **sent(40)),
    pathway("2", "sent long before", "RTR", 72),
    pathway("1", "began before the sender", "RVW", 10, **sent(40)),
    pathway("2", "began before the sender", "RTR", 2),
    pathway("1", "sent elsewhere", "RVW", 0, **sent(40, receiver="RTD")),
    pathway("2", "sent elsewhere", "RTR", 42),
    pathway("1", "sent with another organ", "RVW", 0, site="breast", **sent(40)),
    pathway("2", "sent with another organ", "RTR", 42, site="lung"),
    pathway("1", "told by the receiver", "RVW", 0),
    pathway("2", "told by the receiver", "RTR", 42, **sent(40, receiver=None)),
    pathway("1", "a decision to treat", "RVW", 0, **sent(40)),
    pathway("2", "a decision to treat", "RTR", None, decided_on=on(45)),
    pathway("1", "a chain of three", "RVW", 0, hour=1, **sent(20)),
    pathway("2", "a chain of three", "RTR", 22, hour=2, **sent(50, "RTR", "RTD")),
    pathway("3", "a chain of three", "RTD", 52, hour=3),
    pathway("1", "sent, the second cancer stays", "RVW", 0, **sent(20)),
    pathway("2", "sent, the second cancer stays", "RTR", 22),
    pathway("3", "sent, the second cancer stays", "RTR", 30),
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


def test_of_two_that_the_dates_allow_the_nearer_is_joined(linked: list[Row]) -> None:
    assert together(linked, "two of one trust") == [["h1"], ["h2", "h3"]]


def test_two_tumour_sites_are_two_pathways(linked: list[Row]) -> None:
    assert together(linked, "two sites") == [["e1"], ["e2"]]
    assert together(linked, "a site between") == [["i1"], ["i2"], ["i3"]]


def test_two_people_are_two_pathways(linked: list[Row]) -> None:
    assert together(linked, "one of two people") == [["f1"]]
    assert together(linked, "the other person") == [["f2"]]


def test_members_stand_in_the_order_in_which_they_came(linked: list[Row]) -> None:
    assert together(linked, "three trusts") == [["g2", "g3", "g1"]]
    assert next(row["trusts"] for row in linked if row["person_id"] == "three trusts") == ["RTD", "RTR", "RVW"]


@pytest.mark.parametrize(
    ("case", "kind", "evidence"),
    [
        ("seven days apart", "same", "dates"),
        ("one identifier", "same", "pathway_identifier"),
        ("two identifiers, one day", "same", "dates"),
        ("no organ named", "same", "dates"),
        ("unknown primary", "same", "dates"),
        ("both ends of the gut", "same", "dates"),
        ("site missing", "same", "dates"),
        ("one appointment, two words", "same", "dates"),
        ("one site, two appointments", "same", "dates"),
        ("seen once", "same", "first_seen"),
        ("referral date missing", "same", "first_seen"),
        ("sent on", "continuation", "transfer"),
        ("told by the receiver", "continuation", "transfer"),
        ("a decision to treat", "continuation", "transfer"),
    ],
)
def test_two_rows_are_one_pathway_by_the_evidence_that_is_named(
    linked: list[Row], case: str, kind: str, evidence: str
) -> None:
    told = [row for row in linked if row["person_id"] == case]
    assert [(len(row["members"]), row["link_kind"], row["evidence"]) for row in told] == [(2, kind, [evidence])]


@pytest.mark.parametrize(
    "case",
    [
        "seen at two organisations", "seen on two days", "seen somewhere", "seen with two organs", "sent long before",
        "two referrals in a week", "began before the sender", "sent elsewhere", "sent with another organ",
    ],
)  # fmt: skip
def test_without_evidence_two_rows_are_two_cancers(linked: list[Row], case: str) -> None:
    told = [row for row in linked if row["person_id"] == case]
    assert [(len(row["members"]), row["link_kind"], row["evidence"]) for row in told] == [(1, "alone", [])] * 2


def test_stronger_evidence_goes_before_weaker(linked: list[Row]) -> None:
    assert together(linked, "identifier before date") == [["2"], ["3", "1"]]
    assert together(linked, "own site before open site") == [["2"], ["3", "1"]]
    assert together(linked, "sent, the second cancer stays") == [["2", "1"], ["3"]]


def test_a_row_of_no_organ_does_not_bring_two_organs_together(linked: list[Row]) -> None:
    assert together(linked, "no bridge between organs") == [["2", "1"], ["3"]]


def test_a_pathway_goes_on_through_several_transfers(linked: list[Row]) -> None:
    assert together(linked, "a chain of three") == [["1", "2", "3"]]
    assert next(row["link_kind"] for row in linked if row["person_id"] == "a chain of three") == "continuation"


def test_the_key_survives_a_later_member(spark: SparkSession) -> None:
    days = (-3, 0, 3)
    early = [pathway(f"m{day}", f"{day}", "RVW", 0, hour=1) for day in days]
    late = [pathway(f"a{day}", f"{day}", "RTR", day, hour=2) for day in days]
    before, after = link(spark, early).collect(), link(spark, early + late).collect()
    assert {len(row["members"]) for row in after} == {2}
    assert {(row["person_id"], row["pathway_key"]) for row in before} == {
        (row["person_id"], row["pathway_key"]) for row in after
    }


rows_of_people = st.lists(
    st.tuples(
        st.integers(1, 12),
        st.sampled_from(["RTR", "RVW", "RTD"]),
        st.none() | st.integers(0, 40),
        st.sampled_from(["breast", "lung", "other", None]),
        st.integers(0, 6),
        st.sampled_from([None, None, "RVW|1", "RVW|2"]),
        st.sampled_from([{}, {}, seen(9), sent(20), sent(25, "RTR", "RTD")]),
    ),
    min_size=20,
    max_size=70,
)


@given(rows=rows_of_people, shuffled=st.randoms(use_true_random=False), parts=st.integers(1, 4))
@hypothesis_settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_is_in_one_pathway_with_no_other_of_its_trust_however_and_with_whomever_rows_come(
    spark: SparkSession, rows: list[tuple[Any, ...]], shuffled: Any, parts: int
) -> None:
    pathways = [
        pathway(f"{index}", f"{person}", trust, day, site=site, hour=hour, identifier=identifier, **said)
        for index, (person, trust, day, site, hour, identifier, said) in enumerate(rows)
    ]
    linked = link(spark, pathways).collect()
    # The hour works on the people concerned only: on some of them, in another order and other partitions.
    concerned = {row["person_id"] for row in pathways[::3]}
    again = [row for row in pathways if row["person_id"] in concerned]
    shuffled.shuffle(again)
    assert sorted(link(spark, again, parts=parts).collect()) == sorted(
        row for row in linked if row["person_id"] in concerned
    )
    described = {row["source_pathway_id"]: row for row in pathways}
    of_key = [[described[one["source_pathway_id"]] for one in row["members"]] for row in linked]
    assert sorted(int(row["source_pathway_id"]) for group in of_key for row in group) == list(range(len(rows)))
    assert len({row["pathway_key"] for row in linked}) == len(linked)
    assert all(len({row["trust"] for row in group}) == len(group) for group in of_key)
    assert all(len({row["person_id"] for row in group}) == 1 for group in of_key)
    for row, group in zip(linked, of_key, strict=True):
        organs = {one["tumour_site"] for one in group} - {"other", None}
        assert len(organs) <= 1 or "pathway_identifier" in row["evidence"]
        assert (row["link_kind"] == "alone") == (len(group) == 1) == (row["evidence"] == [])


def test_a_row_without_any_date_or_identifier_is_linked_with_nothing(linked: list[Row]) -> None:
    assert together(linked, "no date") == [["1"], ["2"]]


def test_rows_further_apart_than_the_gap_are_not_linked_by_a_row_between_them(linked: list[Row]) -> None:
    assert together(linked, "one between") == [["1"], ["3", "2"]]


def test_what_joined_and_the_roles_are_part_of_the_hash_of_a_row(spark: SparkSession) -> None:
    people = ("untouched", "identified", "treated")
    before = [pathway(f"{trust} {one}", one, trust, 0) for one in people for trust in ("RTR", "RVW")]
    said: dict[str, Pathway] = {"identified": {"identifier": "RVW|7"}, "treated": {"treatment_orgs": ["RTR"]}}
    after = [{**row, **said.get(row["person_id"], {})} for row in before]
    hashes = [
        {row["person_id"]: (row["pathway_key"], row["row_hash"]) for row in link(spark, rows).collect()}
        for rows in (before, after)
    ]
    assert {one: hashes[0][one][0] == hashes[1][one][0] for one in people} == dict.fromkeys(people, True)
    assert {one for one in people if hashes[0][one] == hashes[1][one]} == {"untouched"}


def test_treatments_tell_the_first_decision_and_every_organisation_that_treats(spark: SparkSession) -> None:
    schema = schema_of([*KEY, "treatment_number", "decision_to_treat_on", "treatment_on", "treatment_org"])
    of_pathway = {"trust": "RTR", "system": "scr", "source_pathway_id": "a"}
    told = treatments_of_pathways(
        frame_of(
            spark,
            schema,
            [
                {**of_pathway, "decision_to_treat_on": on(9), "treatment_org": "RVW"},
                {**of_pathway, "decision_to_treat_on": on(4), "treatment_on": on(12)},
                {**of_pathway, "source_pathway_id": "b", "decision_to_treat_on": on(5)},
            ],
        )
    ).collect()
    assert {row["source_pathway_id"]: (row["decided_on"], row["treatment_orgs"]) for row in told} == {
        "a": (on(4), ["RTR", "RVW"]),
        "b": (on(5), []),
    }
