"""What part each trust has in a linked pathway, as its copies tell."""

import pytest
from pyspark.sql import Row, SparkSession

from tests.libs.pathways.test_linked import link, on, pathway, seen, sent

PATHWAYS = [
    pathway("1", "only referred", "RVW", 0),
    pathway("1", "seen, at one trust", "RVW", 0, **seen(9)),
    pathway("1", "seen and treated at one trust", "RVW", 0, **seen(9), treatment_orgs=["RVW"]),
    pathway("1", "sent for treatment", "RVW", 0, **seen(9), **sent(40)),
    pathway("2", "sent for treatment", "RTR", 0, **seen(9), **sent(40), first_test_done_on=on(12)),
    pathway("1", "sent away to a trust that sends no extract", "RVW", 0, **seen(9), **sent(40, receiver="RTD")),
    pathway("1", "sent for tests", "RVW", 0, **seen(9), **sent(14, reason="1")),
    pathway("2", "sent for tests", "RTR", 0, **seen(9)),
    pathway("1", "sent before the first test", "RVW", 0, **seen(9), **sent(14), first_test_done_on=on(20)),
    pathway("2", "sent before the first test", "RTR", 0, **seen(9)),
    pathway("1", "upgraded elsewhere", "RVW", 0, **seen(9), upgrade_org="RTR"),
    pathway("1", "treatment planned elsewhere", "RVW", 0, **seen(9), treatment_orgs=["RTR"]),
    pathway("1", "two say where", "RVW", 0, hour=5, **seen(9)),
    pathway("2", "two say where", "RTR", 0, hour=1, **seen(9, "RTD")),
    pathway("1", "the receiver names no sender", "RVW", 0, **seen(9)),
    pathway("2", "the receiver names no sender", "RTR", 0, **sent(40, sender=None)),
]


@pytest.fixture(scope="module")
def linked(spark: SparkSession) -> dict[str, Row]:
    return {row["person_id"]: row for row in link(spark, PATHWAYS).collect()}


def roles(row: Row) -> dict[str, str]:
    """F, I and T for first seen, investigating and treating, by trust."""
    names = {"is_first_seen": "F", "is_investigating": "I", "is_treating": "T"}
    return {one["trust"]: "".join(letter for name, letter in names.items() if one[name]) for one in row["roles"]}


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("only referred", {"RVW": "I"}),
        ("seen, at one trust", {"RVW": "FI"}),
        ("seen and treated at one trust", {"RVW": "FIT"}),
        ("sent for treatment", {"RTR": "T", "RVW": "FI"}),
        ("sent away to a trust that sends no extract", {"RTD": "T", "RVW": "FI"}),
        ("sent for tests", {"RTR": "I", "RVW": "FI"}),
        ("sent before the first test", {"RTR": "IT", "RVW": "FI"}),
        ("upgraded elsewhere", {"RTR": "I", "RVW": "FI"}),
        ("treatment planned elsewhere", {"RTR": "T", "RVW": "FI"}),
        ("the receiver names no sender", {"RTR": "T", "RVW": "FI"}),
    ],
)
def test_every_trust_has_the_part_that_the_copies_tell(
    linked: dict[str, Row], case: str, expected: dict[str, str]
) -> None:
    assert roles(linked[case]) == expected


def test_where_copies_name_two_trusts_the_one_that_says_so_itself_was_first_to_see_the_patient(
    linked: dict[str, Row],
) -> None:
    assert roles(linked["two say where"]) == {"RTD": "I", "RTR": "", "RVW": "FI"}
