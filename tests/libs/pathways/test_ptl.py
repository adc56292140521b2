"""Who is on the list, where they stand, and which breach comes next."""

from datetime import date, timedelta
from typing import Any

import pytest
from pyspark.sql import Row, SparkSession

from libs.pathways.ptl import FREE_TEXT, current_ptl
from libs.pathways.standards import pathway_standards
from libs.rules import load_rules
from libs.warehouse.schema import TEXT_LENGTH
from tests.libs.pathways.linked_rows import AS_AT, linked_pathways, linked_treatments


def days_ago(days: int) -> date:
    return AS_AT - timedelta(days=days)


def pathway(name: str, referred_days_ago: int, **said: Any) -> dict[str, Any]:
    return {"pathway_key": name, "referral_received_on": days_ago(referred_days_ago), **said}


def told(days: int) -> dict[str, Any]:
    return {"informed_on": days_ago(days), "fds_end_reason": "01", "told_by": "RVW", "diagnosis_icd10": "C34.1"}


def treatment(name: str, decided: int, treated: int | None, **said: Any) -> dict[str, Any]:
    """Decided and treated so many days ago; a negative number is a day still to come."""
    treated_on = None if treated is None else days_ago(treated)
    given = {"decision_to_treat_on": days_ago(decided), "treatment_on": treated_on, "treatment_org": "RVW"}
    return {"pathway_key": name, **given, **said}


BANDS = {28: "0-28", 29: "29-62", 62: "29-62", 63: "63-104", 104: "63-104", 105: ">104"}
PATHWAYS = [
    pathway("waiting", 10, first_seen_on=days_ago(3), first_seen_org="RVW", holding_trust="RVW", next_action="scan"),
    pathway("to be discussed", 10, first_seen_on=days_ago(3), mdt_on=days_ago(-2)),
    pathway("closed", 10, closed_on=days_ago(1), closed_reason="NOT_CANCER"),
    pathway("departed", 10, is_departed=True),
    pathway("treated", 50, **told(30)),
    pathway("treated, not told", 50, diagnosis_icd10="C34.1"),
    pathway("treated, more to come", 60, **told(40)),
    pathway("to be treated", 50, **told(30)),
    pathway("seen, then told", 30, first_seen_on=days_ago(20), **told(10)),
    pathway("one breach past", 40),
    pathway("both breaches past", 70),
    pathway("decided late", 30, **told(20)),
    pathway("no clock", 10, route="OTHER"),
    pathway("no clock, planned", 10, route="OTHER"),
    *(pathway(f"day {days}", days) for days in BANDS),
    pathway("treated twice, not told", 60, diagnosis_icd10="C34.1"),
    pathway("second before first", 60, **told(50)),
    pathway("talkative", 10, **dict.fromkeys(FREE_TEXT, "x" * (TEXT_LENGTH + 1))),
]
TREATMENTS = [
    treatment("treated", 25, 5),
    treatment("treated, not told", 25, 5),
    treatment("treated, more to come", 35, 20),
    treatment("treated, more to come", 15, None, treatment_number=2, treatment_event="02"),
    treatment("to be treated", 25, -4),
    treatment("no clock, planned", -1, -4),
    treatment("decided late", 12, None),
    treatment("treated twice, not told", 50, 40),
    treatment("treated twice, not told", 30, 7, treatment_number=2, treatment_event="02"),
    treatment("second before first", 12, None),
    treatment("second before first", 45, 20, treatment_number=2, treatment_event="02"),
]


@pytest.fixture(scope="module")
def ptl(spark: SparkSession) -> dict[str, Row]:
    pathways, treatments = linked_pathways(spark, *PATHWAYS), linked_treatments(spark, *TREATMENTS)
    rows = current_ptl(pathways, treatments, pathway_standards(pathways, treatments, load_rules())).collect()
    by_key = {row["pathway_key"]: row for row in rows}
    assert len(by_key) == len(rows)
    return by_key


def breach(row: Row) -> tuple[str | None, date | None, int | None]:
    return (row["next_breach_standard"], row["next_breach_on"], row["days_to_breach"])


def test_an_open_pathway_is_on_the_list_with_its_holder_and_next_action(ptl: dict[str, Row]) -> None:
    row = ptl["waiting"]
    assert (row["first_seen_trust"], row["holding_trust"], row["next_action"]) == ("RVW", "RVW", "scan")
    assert (row["days_28"], row["outcome_28"], row["days_62"], row["outcome_62"]) == (10, "OPEN", 10, "OPEN")
    assert (row["outcome_31"], row["days_31"]) == ("NOT_APPLICABLE", None)


@pytest.mark.parametrize("name", ["closed", "departed"])
def test_a_pathway_that_is_closed_or_departed_is_not_on_the_list(ptl: dict[str, Row], name: str) -> None:
    assert name not in ptl


def test_a_pathway_leaves_the_list_when_treated_and_no_clock_runs(ptl: dict[str, Row]) -> None:
    assert "treated" not in ptl


def test_a_treated_patient_who_was_not_told_stays_on_the_list(ptl: dict[str, Row]) -> None:
    row = ptl["treated, not told"]
    assert (row["outcome_28"], row["outcome_62"]) == ("OPEN_BREACHED", "WITHIN")


def test_a_treated_patient_waiting_for_the_next_treatment_stays_with_that_clock(ptl: dict[str, Row]) -> None:
    row = ptl["treated, more to come"]
    assert (row["outcome_31"], row["days_31"]) == ("OPEN", 15)
    assert breach(row) == ("31", days_ago(15) + timedelta(days=32), 17)


def test_a_31_day_clock_that_runs_goes_before_a_later_one_that_has_stopped(ptl: dict[str, Row]) -> None:
    assert (ptl["second before first"]["outcome_31"], ptl["second before first"]["days_31"]) == ("OPEN", 12)


def test_of_stopped_31_day_clocks_the_last_is_shown(ptl: dict[str, Row]) -> None:
    assert ptl["treated twice, not told"]["days_31"] == 23


def test_a_treatment_date_to_come_keeps_the_pathway_on_the_list(ptl: dict[str, Row]) -> None:
    row = ptl["to be treated"]
    assert (row["outcome_31"], row["days_31"], row["outcome_62"]) == ("OPEN", 25, "OPEN")
    assert "no clock, planned" in ptl


def test_the_stage_is_the_last_one_reached_and_not_one_still_to_come(ptl: dict[str, Row]) -> None:
    row = ptl["to be discussed"]
    assert (row["current_stage"], row["stage_since_on"]) == ("first seen", days_ago(3))
    row = ptl["seen, then told"]
    assert (row["current_stage"], row["stage_since_on"]) == ("told", days_ago(10))
    row = ptl["decided late"]
    assert (row["current_stage"], row["stage_since_on"]) == ("decision to treat", days_ago(12))


def test_the_next_breach_is_the_soonest_still_to_come(ptl: dict[str, Row]) -> None:
    assert breach(ptl["waiting"]) == ("28", days_ago(10) + timedelta(days=29), 19)
    assert breach(ptl["decided late"]) == ("31", days_ago(12) + timedelta(days=32), 20)


def test_a_breach_to_come_goes_before_one_that_is_past(ptl: dict[str, Row]) -> None:
    assert breach(ptl["one breach past"]) == ("62", days_ago(40) + timedelta(days=63), 23)


def test_if_all_breaches_are_past_the_longest_past_is_shown(ptl: dict[str, Row]) -> None:
    assert breach(ptl["both breaches past"]) == ("28", days_ago(70) + timedelta(days=29), -41)


@pytest.mark.parametrize(("days", "band"), BANDS.items())
def test_a_band_ends_with_its_last_day(ptl: dict[str, Row], days: int, band: str) -> None:
    assert ptl[f"day {days}"]["day_band"] == band


def test_free_text_is_cut_to_the_length_of_its_published_column(ptl: dict[str, Row]) -> None:
    """Otherwise one talkative note would hold back the publication of everybody."""
    assert {"next_action", "next_action_owner"} <= set(FREE_TEXT)
    assert {len(ptl["talkative"][name]) for name in FREE_TEXT} == {TEXT_LENGTH}


def test_a_pathway_without_a_clock_is_listed_without_band_and_breach(ptl: dict[str, Row]) -> None:
    assert (ptl["no clock"]["day_band"], *breach(ptl["no clock"])) == (None, None, None, None)
