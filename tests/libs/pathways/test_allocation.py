"""Who is accountable for a shared wait: the cases that the worked vectors leave open."""

from datetime import date, timedelta
from typing import Any

import pytest
from pyspark.sql import Row, SparkSession

from libs.pathways.allocation import with_allocation
from libs.pathways.clocks import with_clocks
from libs.rules import load_rules
from tests.libs.pathways.linked_rows import frame_of, schema_of, transferred

RULES = load_rules()
START = date(2025, 1, 1)
SCHEMA = schema_of(
    [
        "name", "route", "referral_received_on", "upgraded_on", "upgrade_org", "first_seen_on", "first_seen_org",
        "first_seen_adjustment_days", "informed_on", "fds_end_reason", "fds_exclusion_reason", "diagnosis_icd10",
        "is_basal_cell", "closed_reason", "transfer_on", "transfer_from_org", "decision_to_treat_on", "treatment_on",
        "treatment_event", "treatment_modality", "treatment_adjustment_days", "treatment_org", "as_at_on",
    ]
)  # fmt: skip


def day(days: int | None) -> date | None:
    return None if days is None else START + timedelta(days=days)


def wait(name: str, *, sent: int | None, treated: int | None, **said: Any) -> dict[str, Any]:
    """Referred to RVW on day 0, sent by RVW and treated at RTR on the days named."""
    return {
        "name": name,
        "route": "USC",
        "referral_received_on": START,
        "first_seen_org": "RVW",
        "diagnosis_icd10": "C34.1",
        "is_basal_cell": False,
        "transfer_on": day(sent),
        "transfer_from_org": None if sent is None else "RVW",
        "decision_to_treat_on": day(0),
        "treatment_on": day(treated),
        "treatment_event": "01",
        "treatment_modality": "23",
        "treatment_org": "RTR",
        **said,
    }


WAITS = [
    wait("in time, slow, within", sent=30, treated=55),
    wait("in time, slow, breach", sent=38, treated=63),
    wait("late, slow, breach", sent=39, treated=64),
    wait("the last prompt day", sent=39, treated=63),
    wait("missed first appointment", sent=45, treated=69, first_seen_adjustment_days=7),
    wait("sent before referral", sent=-1, treated=70),
    wait("sent after treatment", sent=71, treated=70),
    wait("sent on the day of referral", sent=0, treated=70),
    wait("upgraded", sent=None, treated=50, route="UPGRADE", upgraded_on=START, upgrade_org="RTD"),
    wait("urgent with an upgrade trust", sent=None, treated=50, upgrade_org="RTD"),
    wait("sent by a third trust", sent=30, treated=50, transfer_from_org="RTD"),
    wait("nobody saw the patient", sent=None, treated=50, route="BSYM", first_seen_org=None),
    wait("still open", sent=30, treated=None, as_at_on=day(90)),
]
Shares = list[tuple[str, float, float]]


@pytest.fixture(scope="module")
def allocated(spark: SparkSession) -> dict[str, Row]:
    return {
        row["name"]: row
        for row in with_allocation(with_clocks(transferred(frame_of(spark, SCHEMA, WAITS)), RULES), RULES).collect()
    }


def shares(allocated: dict[str, Row], name: str) -> Shares:
    """Trust, numerator and denominator of each side, the investigating trust first."""
    found = allocated[name]["allocation"]["shares"]
    return [(one["trust"], float(one["within_share"]), float(one["denominator_share"])) for one in found]


@pytest.mark.parametrize(
    ("name", "scenario", "expected"),
    [
        ("in time, slow, within", 2, [("RVW", 0.5, 0.5), ("RTR", 0.5, 0.5)]),
        ("in time, slow, breach", 4, [("RVW", 0, 0), ("RTR", 0, 1)]),
        ("late, slow, breach", 6, [("RVW", 0, 0.5), ("RTR", 0, 0.5)]),
        ("the last prompt day", 5, [("RVW", 0, 1), ("RTR", 0, 0)]),
    ],
)
def test_the_scenarios_that_no_vector_shows(
    allocated: dict[str, Row], name: str, scenario: int, expected: Shares
) -> None:
    assert allocated[name]["allocation"]["scenario"] == scenario
    assert shares(allocated, name) == expected


def test_a_missed_first_appointment_comes_off_the_investigating_phase(allocated: dict[str, Row]) -> None:
    allocation = allocated["missed first appointment"]["allocation"]
    assert (allocation["phase_38_days"], allocation["phase_24_days"], allocation["scenario"]) == (38, 24, 1)


@pytest.mark.parametrize("name", ["sent before referral", "sent after treatment"])
def test_a_transfer_outside_the_clock_is_ignored_and_the_wait_is_halved(allocated: dict[str, Row], name: str) -> None:
    assert allocated[name]["allocation"]["method"] == "5050"
    assert shares(allocated, name) == [("RVW", 0, 0.5), ("RTR", 0, 0.5)]


def test_a_transfer_on_the_day_of_referral_is_in_order(allocated: dict[str, Row]) -> None:
    assert allocated["sent on the day of referral"]["allocation"]["scenario"] == 4


def test_without_a_transfer_the_trust_that_upgraded_the_patient_investigates(allocated: dict[str, Row]) -> None:
    assert allocated["upgraded"]["allocation"]["investigating_trust"] == "RTD"


def test_an_upgrade_trust_counts_only_on_the_upgrade_route(allocated: dict[str, Row]) -> None:
    assert allocated["urgent with an upgrade trust"]["allocation"]["investigating_trust"] == "RVW"


def test_the_sender_of_the_transfer_goes_before_the_trust_that_saw_the_patient_first(
    allocated: dict[str, Row],
) -> None:
    assert shares(allocated, "sent by a third trust") == [("RTD", 0.5, 0.5), ("RTR", 0.5, 0.5)]


def test_a_patient_whom_no_trust_is_known_to_have_seen_is_the_treating_trusts_alone(
    allocated: dict[str, Row],
) -> None:
    assert shares(allocated, "nobody saw the patient") == [("RTR", 1, 1)]


def test_an_open_wait_names_its_trusts_and_gives_nobody_a_share(allocated: dict[str, Row]) -> None:
    allocation = allocated["still open"]["allocation"]
    assert (allocation["treating_trust"], allocation["method"], allocation["shares"]) == ("RTR", None, None)
