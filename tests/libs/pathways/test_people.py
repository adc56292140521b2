"""Which records are one person, whatever the order in which they come."""

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from libs.pathways.people import RECORD_KEY, link_people, record_id, records_of_the_same_people

COLUMNS = (*RECORD_KEY, "nhs_number", "nhs_number_status", "born_on", "first_extracted_at")
SCHEMA = (
    "trust string, system string, source_patient_id string, nhs_number string, nhs_number_status string, "
    "born_on date, first_extracted_at timestamp"
)
BORN, OTHERWISE_BORN = date(1950, 3, 1), date(1961, 7, 9)
SYSTEMS = {"RTR": "scr", "RVW": "infoflex"}


def record(
    name: str, number: str | None, born_on: date | None, *, trust: str = "RTR", status: str | None = "01", hour: int = 1
) -> tuple[Any, ...]:
    return (trust, SYSTEMS[trust], name, number, status, born_on, datetime(2025, 1, 1, hour))


def patients(spark: SparkSession, records: list[tuple[Any, ...]]) -> DataFrame:
    return spark.createDataFrame(records, SCHEMA)


RECORDS = [
    # The numbers are not NHS numbers: linking only compares them.
    record("agrees, first", "1", BORN, hour=1),
    record("agrees, second", "1", BORN, trust="RVW", hour=2),
    record("contradicts, first", "2", BORN, hour=1),
    record("contradicts, second", "2", OTHERWISE_BORN, trust="RVW", hour=2),
    record("dateless, dated", "3", BORN, hour=2),
    record("dateless, undated", "3", None, trust="RVW", hour=1),
    record("between two, undated", "4", None, trust="RVW", hour=3),
    record("between two, later", "4", OTHERWISE_BORN, hour=2),
    record("between two, sooner", "4", BORN, hour=1),
    record("unverified, verified", "5", BORN),
    record("unverified, traced", "5", BORN, trust="RVW", status="02"),
    record("unverified, unsaid", "5", BORN, trust="RVW", status=None),
    record("numberless, first", None, BORN),
    record("numberless, second", None, BORN, trust="RVW"),
]


@pytest.fixture(scope="module")
def linked(spark: SparkSession) -> dict[str, Row]:
    frame = patients(spark, RECORDS)
    named = link_people(frame).join(frame.select(*RECORD_KEY, record_id().alias("own_id")), [*RECORD_KEY])
    return {row["source_patient_id"]: row for row in named.collect()}


def person(linked: dict[str, Row], name: str) -> str:
    return str(linked[name]["person_id"])


def test_every_record_is_linked_once(linked: dict[str, Row]) -> None:
    assert len(linked) == len(RECORDS)


def test_a_verified_number_and_the_same_birth_date_are_one_person(linked: dict[str, Row]) -> None:
    assert person(linked, "agrees, first") == person(linked, "agrees, second")
    assert linked["agrees, second"]["tier"] == 1


def test_a_verified_number_with_a_contradicting_birth_date_is_another_person(linked: dict[str, Row]) -> None:
    assert person(linked, "contradicts, first") != person(linked, "contradicts, second")


def test_a_record_without_birth_date_goes_along(linked: dict[str, Row]) -> None:
    assert person(linked, "dateless, undated") == person(linked, "dateless, dated")


def test_a_record_without_birth_date_goes_with_the_first_that_has_one(linked: dict[str, Row]) -> None:
    assert person(linked, "between two, undated") == person(linked, "between two, sooner")
    assert person(linked, "between two, undated") != person(linked, "between two, later")


@pytest.mark.parametrize("name", ["unverified, traced", "unverified, unsaid"])
def test_an_unverified_number_links_nothing(linked: dict[str, Row], name: str) -> None:
    assert person(linked, name) == linked[name]["own_id"]
    assert linked[name]["tier"] == 0
    assert person(linked, "unverified, verified") == linked["unverified, verified"]["own_id"]


def test_records_without_a_number_are_not_one_person(linked: dict[str, Row]) -> None:
    assert person(linked, "numberless, first") != person(linked, "numberless, second")


def test_a_person_is_named_after_the_record_that_came_first(linked: dict[str, Row]) -> None:
    assert person(linked, "agrees, second") == linked["agrees, first"]["own_id"]
    assert person(linked, "dateless, dated") == linked["dateless, undated"]["own_id"]


def test_a_later_record_does_not_rename_the_person(spark: SparkSession) -> None:
    early = [record("z", "1", BORN, hour=5)]
    late = [record("a", "1", BORN, trust="RVW", hour=6), record("b", "1", None, hour=7)]
    both = (
        link_people(patients(spark, early))
        .select("person_id")
        .union(link_people(patients(spark, early + late)).select("person_id"))
    )
    assert both.distinct().count() == 1


def test_a_record_that_takes_another_number_has_its_old_and_its_new_people_linked_anew(spark: SparkSession) -> None:
    before = [
        record("mover", "1", BORN, hour=1),
        record("left behind", "1", BORN, trust="RVW", hour=2),
        record("joined", "2", BORN, trust="RVW", hour=3),
        record("elsewhere", "3", BORN, hour=1),
    ]
    now = patients(spark, [record("mover", "2", BORN, hour=1), *before[1:]])
    links = link_people(patients(spark, before))
    concerned = records_of_the_same_people(now, links, now.where("source_patient_id = 'mover'"))
    people = {row["source_patient_id"]: row["person_id"] for row in link_people(concerned).collect()}
    assert set(people) == {"mover", "left behind", "joined"}
    assert people["joined"] == people["mover"] != people["left behind"]


# number, status, birth date, trust, hour in which the record first came, whether it is in the second batch
arrivals = st.lists(
    st.tuples(
        st.integers(1, 12),
        st.sampled_from(["01", "01", "01", "02"]),
        st.sampled_from([None, BORN, OTHERWISE_BORN]),
        st.sampled_from(["RTR", "RVW"]),
        st.integers(0, 6),
        st.booleans(),
    ),
    min_size=30,
    max_size=80,
)


@given(arrivals=arrivals, shuffled=st.randoms(use_true_random=False))
@hypothesis_settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_people_do_not_depend_on_how_records_are_batched_or_ordered(
    spark: SparkSession, arrivals: list[tuple[Any, ...]], shuffled: Any
) -> None:
    known = [record(f"dated {number}", f"{number}", BORN, hour=3) for number in range(1, 13)]
    first: list[tuple[Any, ...]] = list(known)
    second: list[tuple[Any, ...]] = []
    for index, (number, status, born_on, trust, hour, is_second) in enumerate(arrivals):
        arrival = record(f"{index}", f"{number}", born_on, trust=trust, status=status, hour=hour)
        (second if is_second else first).append(arrival)
    everything = first + second
    at_once = link_people(patients(spark, everything))
    shuffled.shuffle(everything)
    now = patients(spark, everything)
    links = link_people(patients(spark, first))
    concerned = records_of_the_same_people(now, links, patients(spark, second))
    relinked = link_people(concerned)
    in_two = relinked.union(links.join(relinked, [*RECORD_KEY], "left_anti"))
    found = at_once.select(*RECORD_KEY, "person_id", "tier", F.lit("at once").alias("how")).union(
        in_two.select(*RECORD_KEY, "person_id", "tier", F.lit("in two").alias("how"))
    )
    ways: dict[str, set[tuple[Any, ...]]] = {"at once": set(), "in two": set()}
    for row in found.collect():
        ways[row["how"]].add(tuple(row)[:-1])
    assert len(ways["at once"]) == len(everything)
    assert ways["at once"] == ways["in two"]


def test_a_person_of_whom_no_record_has_a_birth_date_is_one_person(spark: SparkSession) -> None:
    records = [record("a", "1", None, hour=1), record("b", "1", None, trust="RVW", hour=2)]
    assert link_people(patients(spark, records)).select("person_id").distinct().count() == 1


def test_a_record_that_takes_another_number_frees_a_dateless_one_to_go_with_the_next(spark: SparkSession) -> None:
    before = [
        record("dateless", "1", None, hour=1),
        record("mover", "1", BORN, hour=2),
        record("other", "1", OTHERWISE_BORN, trust="RVW", hour=3),
    ]
    now = patients(spark, [before[0], record("mover", "2", BORN, hour=2), before[2]])
    concerned = records_of_the_same_people(
        now, link_people(patients(spark, before)), now.where("source_patient_id = 'mover'")
    )
    assert {row["source_patient_id"] for row in concerned.collect()} == {"dateless", "mover", "other"}
