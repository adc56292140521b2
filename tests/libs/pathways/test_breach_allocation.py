"""Who answers for a 62-day wait that ended, and who would if it ended today, as both trusts see it."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from libs.pathways.allocation import TRANSFERS
from libs.pathways.breach_allocation import breach_allocations
from libs.pathways.standards import rows_of_treatments, standards_and_allocations
from libs.rules import Rules, load_rules
from tests.libs.pathways.linked_rows import linked_pathways, linked_treatments

RULES = load_rules()
TODAY = date(2025, 6, 30)
HALF, WHOLE, NONE = Decimal("0.5"), Decimal("1.0"), Decimal("0.0")
Sides = dict[tuple[str, str], dict[str, Row]]  # by pathway and basis, then by trust


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def told(
    spark: SparkSession, pathways: list[dict[str, Any]], treatments: list[dict[str, Any]], rules: Rules = RULES
) -> Sides:
    """The allocation of pathways; `moves` are their transfers as (day, from, to)."""
    moves = {one["pathway_key"]: one.get("moves", []) for one in pathways}
    plain = [{name: value for name, value in one.items() if name != "moves"} for one in pathways]
    of_key = spark.createDataFrame(list(moves.items()), f"pathway_key string, transfers {TRANSFERS}")
    known = linked_pathways(spark, *plain).drop("transfers").join(of_key, "pathway_key")
    moved = known.withColumn("transfers", F.when(F.size("transfers") > 0, F.col("transfers")))
    rows = rows_of_treatments(moved, linked_treatments(spark, *treatments))
    found: Sides = {}
    for row in breach_allocations(rows, standards_and_allocations(rows, rules, traced=False), rules).collect():
        sides = found.setdefault((row["pathway_key"], row["basis"]), {})
        assert row["org"] not in sides
        sides[row["org"]] = row
    return found


def wait(name: str, referred: int, **said: Any) -> dict[str, Any]:
    """Referred to RVW so many days ago; tracked by both trusts, held by RVW."""
    usual = {"first_seen_org": "RVW", "holding_trust": "RVW", "tracked_by": "RTR, RVW", "is_shared": True}
    return {"pathway_key": name, "referral_received_on": ago(referred), **usual, **said}


def treated(name: str, days_ago: int, **said: Any) -> dict[str, Any]:
    usual = {"decision_to_treat_on": ago(90), "treatment_on": ago(days_ago), "treatment_org": "RTR"}
    return {"pathway_key": name, **usual, **said}


CANCER = {"diagnosis_icd10": "C34.1"}
ALONE = {"tracked_by": "RVW", "is_shared": False}
PATHWAYS = [
    # Ended: the number is that of the scenario, by the days of the transfer and of the treatment.
    wait("ended 1", 100, **CANCER, moves=[(ago(70), "RVW", "RTR")]),
    wait("ended 3", 100, **CANCER, moves=[(ago(60), "RVW", "RTR")]),
    wait("ended 4", 100, **CANCER, moves=[(ago(70), "RVW", "RTR")]),
    wait("ended 5", 100, **CANCER, moves=[(ago(60), "RVW", "RTR")]),
    wait("ended 50/50", 100, **CANCER),
    wait("ended alone", 100, **CANCER, **ALONE),
    wait("ended, nobody known", 100, **CANCER, route="BSYM", first_seen_org=None),
    wait("ended, not measured", 100, **CANCER, first_seen_adjustment_days=120),
    # Open.
    wait("not moved", 30),
    wait("not moved, day 38", 38),
    wait("not moved, late", 70),
    wait("moved in time", 50, moves=[(ago(20), "RVW", "RTR")], holding_trust="RTR"),
    wait("moved late", 64, moves=[(ago(4), "RVW", "RTR")], holding_trust="RTR"),
    wait("adjusted", 50, first_seen_adjustment_days=5, first_seen_on=ago(40), moves=[(ago(20), "RVW", "RTR")]),
    wait("moved to a third", 30, moves=[(ago(20), "RVW", "RTD")], holding_trust="RTD"),
    wait("third to treat", 30, moves=[(ago(20), "RVW", "RTD")], holding_trust="RTD"),
    wait("to be moved", 30, moves=[(TODAY + timedelta(days=3), "RVW", "RTD")], **ALONE),
    wait("planned elsewhere", 30, **ALONE),
    wait("came back", 30, moves=[(ago(20), "RVW", "RTR"), (ago(10), "RTR", "RVW")]),
    wait("unseen", 5, first_seen_org=None),
    wait("alone", 30, **ALONE),
    wait("no 62-day clock", 30, route="OTHER"),
    wait("would not be measured", 3, first_seen_adjustment_days=10),
    wait("closed", 30, closed_reason="DIED", closed_on=ago(2)),
    wait("closed without a reason", 30, closed_on=ago(2)),
    wait("departed", 30, is_departed=True),
    wait("upgraded", 60, route="UPGRADE", upgraded_on=ago(30), upgrade_org="RTD", tracked_by="RTD, RTR"),
]
TREATMENTS = [
    treated("ended 1", 50),
    treated("ended 3", 40),
    treated("ended 4", 30),
    treated("ended 5", 37),
    treated("ended 50/50", 30),
    treated("ended alone", 50, treatment_org="RVW"),
    treated("ended, nobody known", 50, treatment_org=None),
    treated("ended, not measured", 50),
    treated("adjusted", 0, treatment_on=None, decision_to_treat_on=ago(5), treatment_adjustment_days=3),
    treated("third to treat", 0, treatment_on=None, decision_to_treat_on=None),
    treated("planned elsewhere", 0, treatment_on=TODAY + timedelta(days=9), decision_to_treat_on=None),
]


@pytest.fixture(scope="module")
def sides(spark: SparkSession) -> Sides:
    return told(spark, PATHWAYS, TREATMENTS)


def shares(of_wait: dict[str, Row]) -> dict[str, tuple[str, Decimal, Decimal, Decimal]]:
    names = ("role", "denominator_share", "within_share", "breach_share")
    return {org: tuple(row[name] for name in names) for org, row in of_wait.items()}  # type: ignore[misc]


def dates(row: Row) -> tuple[date | None, date | None, date | None]:
    return (row["last_transfer_on"], row["last_compliant_on"], row["prompt_until_on"])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ended 1", {"RVW": ("investigating", HALF, HALF, NONE), "RTR": ("treating", HALF, HALF, NONE)}),
        ("ended 3", {"RVW": ("investigating", NONE, NONE, NONE), "RTR": ("treating", WHOLE, WHOLE, NONE)}),
        ("ended 4", {"RVW": ("investigating", NONE, NONE, NONE), "RTR": ("treating", WHOLE, NONE, WHOLE)}),
        ("ended 5", {"RVW": ("investigating", WHOLE, NONE, WHOLE), "RTR": ("treating", NONE, NONE, NONE)}),
        ("ended 50/50", {"RVW": ("investigating", HALF, NONE, HALF), "RTR": ("treating", HALF, NONE, HALF)}),
        ("ended alone", {"RVW": ("both", WHOLE, WHOLE, NONE)}),
    ],
)
def test_a_wait_that_ended_has_a_row_for_each_trust_also_where_its_share_is_none(
    sides: Sides, name: str, expected: dict[str, tuple[str, Decimal, Decimal, Decimal]]
) -> None:
    assert shares(sides[name, "actual"]) == expected
    assert (name, "if_today") not in sides


def test_a_row_tells_method_scenario_and_phases_and_the_month_in_which_it_counts(sides: Sides) -> None:
    row = sides["ended 5", "actual"]["RVW"]
    assert (row["standard"], row["method"], row["scenario"]) == ("62", "6SCENARIO", 5)
    assert (row["phase_38_days"], row["phase_24_days"], row["transfer_on"]) == (40, 23, ago(60))
    assert (row["investigating_trust"], row["treating_trust"], row["reporting_month"]) == ("RVW", "RTR", "2025-05")
    assert dates(row) == (None, None, None)
    halves = sides["ended 50/50", "actual"]["RTR"]
    assert (halves["method"], halves["scenario"], halves["phase_38_days"]) == ("5050", None, None)


@pytest.mark.parametrize("name", ["ended, nobody known", "ended, not measured"])
def test_what_is_not_measured_or_has_no_known_trust_has_no_row(sides: Sides, name: str) -> None:
    assert (name, "actual") not in sides
    assert (name, "if_today") not in sides


@pytest.mark.parametrize(
    "name", ["alone", "no 62-day clock", "would not be measured", "closed", "closed without a reason", "departed"]
)
def test_no_row_as_if_today_without_a_shared_clock_that_runs_for_a_patient_who_waits(sides: Sides, name: str) -> None:
    assert (name, "if_today") not in sides


def test_both_trusts_see_how_long_a_transfer_and_the_treatment_would_be_in_time(sides: Sides) -> None:
    of_wait = sides["not moved", "if_today"]
    assert set(of_wait) == {"RVW", "RTR"}
    for row in of_wait.values():
        assert dates(row) == (TODAY + timedelta(days=8), TODAY + timedelta(days=32), TODAY + timedelta(days=24))
        assert (row["days_left_to_transfer"], row["days_left_to_treat"]) == (8, 32)
        assert (row["scenario"], row["phase_38_days"], row["phase_24_days"]) == (1, 30, 0)
        assert (row["transfer_on"], row["reporting_month"]) == (TODAY, None)


def test_day_38_is_the_last_on_which_a_transfer_is_in_time(sides: Sides) -> None:
    row = sides["not moved, day 38", "if_today"]["RTR"]
    assert (row["days_left_to_transfer"], row["scenario"]) == (0, 1)


def test_a_transfer_that_never_came_makes_the_breach_the_investigating_trusts(sides: Sides) -> None:
    of_wait = sides["not moved, late", "if_today"]
    assert shares(of_wait) == {"RVW": ("investigating", WHOLE, NONE, WHOLE), "RTR": ("treating", NONE, NONE, NONE)}
    assert (of_wait["RTR"]["days_left_to_transfer"], of_wait["RTR"]["days_left_to_treat"]) == (-32, -8)


def test_once_moved_there_is_no_day_for_a_transfer_and_the_treating_trust_has_its_24(sides: Sides) -> None:
    in_time, late = (sides[name, "if_today"]["RTR"] for name in ("moved in time", "moved late"))
    assert dates(in_time) == (None, TODAY + timedelta(days=12), TODAY + timedelta(days=4))
    assert (in_time["scenario"], in_time["days_left_to_transfer"]) == (1, None)
    assert (late["scenario"], late["prompt_until_on"], late["breach_share"]) == (5, TODAY + timedelta(days=20), NONE)


def test_adjustments_move_the_last_days_of_the_phase_that_they_come_off(sides: Sides) -> None:
    row = sides["adjusted", "if_today"]["RVW"]
    assert (row["phase_38_days"], row["phase_24_days"]) == (25, 17)
    assert row["prompt_until_on"] == ago(20) + timedelta(days=24 + 3)
    assert row["last_compliant_on"] == ago(50) + timedelta(days=62 + 5 + 3)


def test_who_treats_is_the_receiver_of_the_last_transfer(sides: Sides) -> None:
    assert set(sides["moved to a third", "if_today"]) == {"RVW", "RTD"}
    assert set(sides["to be moved", "if_today"]) == {"RVW", "RTD"}


def test_a_transfer_that_is_only_planned_has_not_happened(sides: Sides) -> None:
    row = sides["to be moved", "if_today"]["RVW"]
    assert (row["transfer_on"], row["days_left_to_transfer"]) == (TODAY, 8)


def test_a_named_treating_trust_goes_before_the_receiver_and_the_trust_that_has_the_patient_sends(
    sides: Sides,
) -> None:
    of_wait = sides["third to treat", "if_today"]
    assert {org: row["role"] for org, row in of_wait.items()} == {"RTD": "investigating", "RTR": "treating"}
    assert of_wait["RTR"]["days_left_to_transfer"] == 8


def test_a_treatment_planned_at_another_trust_makes_the_wait_a_shared_one(sides: Sides) -> None:
    assert set(sides["planned elsewhere", "if_today"]) == {"RVW", "RTR"}


def test_a_patient_who_came_back_is_one_trusts_alone_and_needs_no_transfer(sides: Sides) -> None:
    of_wait = sides["came back", "if_today"]
    assert shares(of_wait) == {"RVW": ("both", WHOLE, WHOLE, NONE)}
    assert dates(of_wait["RVW"]) == (None, TODAY + timedelta(days=32), None)


def test_before_the_first_visit_the_trust_that_holds_the_patient_investigates(sides: Sides) -> None:
    roles = {org: row["role"] for org, row in sides["unseen", "if_today"].items()}
    assert roles == {"RVW": "investigating", "RTR": "treating"}


def test_an_upgraded_patient_is_timed_from_the_upgrade_and_investigated_by_the_trust_that_made_it(
    sides: Sides,
) -> None:
    of_wait = sides["upgraded", "if_today"]
    assert {org: row["role"] for org, row in of_wait.items()} == {"RTD": "investigating", "RVW": "treating"}
    assert of_wait["RTD"]["last_transfer_on"] == TODAY + timedelta(days=8)


TRUSTS = st.sampled_from(["RVW", "RTR", "RTD"])
drawn = st.lists(
    st.fixed_dictionaries(
        {
            "referred": st.integers(0, 150),
            "route": st.sampled_from(["USC", "BSYM", "UPGRADE"]),
            "upgraded": st.integers(0, 150),
            "seen": st.one_of(st.none(), TRUSTS),
            "holder": TRUSTS,
            "tracked": st.lists(TRUSTS, min_size=1, max_size=3, unique=True),
            "moves": st.lists(st.tuples(st.integers(-5, 160), TRUSTS, TRUSTS), max_size=3),
            "adjusted": st.sampled_from([0, 0, 7]),
            "paused": st.sampled_from([0, 0, 10]),
            "treating": st.one_of(st.none(), TRUSTS),
            "diagnosis": st.sampled_from([None, "C34.1"]),
            "treated": st.one_of(st.none(), st.integers(0, 60)),
        }
    ),
    min_size=40,
    max_size=80,
)


def pathway_of(name: str, case: dict[str, Any]) -> dict[str, Any]:
    moves = sorted((ago(days), sender, receiver) for days, sender, receiver in case["moves"])
    return wait(
        name, case["referred"], route=case["route"], upgraded_on=ago(case["upgraded"]), first_seen_org=case["seen"],
        upgrade_org=case["seen"], first_seen_on=ago(case["upgraded"]), holding_trust=case["holder"],
        tracked_by=", ".join(sorted(case["tracked"])), is_shared=len(case["tracked"]) > 1,
        first_seen_adjustment_days=case["adjusted"], diagnosis_icd10=case["diagnosis"], moves=moves,
    )  # fmt: skip


def treatment_of(name: str, case: dict[str, Any]) -> dict[str, Any]:
    on = None if case["treated"] is None else ago(case["treated"])
    return {
        "pathway_key": name, "decision_to_treat_on": on, "treatment_on": on, "treatment_org": case["treating"],
        "treatment_adjustment_days": case["paused"],
    }  # fmt: skip


def came_true(name: str, case: dict[str, Any], foretold: dict[str, Row]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The same patient, transferred today if that was foretold, and treated today by the trust that was."""
    one = next(iter(foretold.values()))
    pathway = pathway_of(name, case)
    pathway["diagnosis_icd10"] = case["diagnosis"] or "C34.1"
    pathway["first_seen_org"] = case["seen"] or case["holder"]
    if one["last_transfer_on"] is not None:
        start = max(pathway["upgraded_on"] if case["route"] == "UPGRADE" else pathway["referral_received_on"], date.min)
        so_far = [move for move in pathway["moves"] if start <= move[0] <= TODAY]
        has_patient = so_far[-1][2] if so_far and so_far[-1][2] != one["treating_trust"] else None
        sender = has_patient or one["investigating_trust"]
        pathway["moves"] = [*pathway["moves"], (TODAY, sender, one["treating_trust"])]
    treatment = {
        **treatment_of(name, case), "decision_to_treat_on": TODAY, "treatment_on": TODAY,
        "treatment_org": one["treating_trust"],
    }  # fmt: skip
    return pathway, treatment


@given(cases=drawn)
@hypothesis_settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happened_shares_make_one_patient_trusts_see_the_same_days_and_what_is_foretold_comes_true(
    spark: SparkSession, cases: list[dict[str, Any]]
) -> None:
    by_name = {f"{number}": case for number, case in enumerate(cases)}
    found = told(
        spark,
        [pathway_of(name, case) for name, case in by_name.items()],
        [treatment_of(name, case) for name, case in by_name.items()],
    )
    common = (
        "method", "scenario", "phase_38_days", "phase_24_days", "investigating_trust", "treating_trust", "transfer_on",
        "reporting_month", "last_transfer_on", "last_compliant_on", "prompt_until_on", "days_left_to_transfer",
        "days_left_to_treat",
    )  # fmt: skip
    for of_wait in found.values():
        assert sum(row["denominator_share"] for row in of_wait.values()) == 1
        assert sum(row["within_share"] + row["breach_share"] for row in of_wait.values()) == 1
        assert len({tuple(row[name] for name in common) for row in of_wait.values()}) == 1
    assert len({name for name, _ in found}) == len(found)
    foretold = {name: of_wait for (name, basis), of_wait in found.items() if basis == "if_today"}
    fulfilled = [came_true(name, by_name[name], of_wait) for name, of_wait in foretold.items()]
    if not fulfilled:
        return
    happened = told(spark, [pathway for pathway, _ in fulfilled], [treatment for _, treatment in fulfilled])
    compared = ("role", "method", "scenario", "phase_38_days", "phase_24_days", "denominator_share", "within_share",
                "breach_share", "investigating_trust", "treating_trust", "transfer_on")  # fmt: skip
    assert {
        (name, org): tuple(row[column] for column in compared)
        for name, of_wait in foretold.items()
        for org, row in of_wait.items()
    } == {
        (name, org): tuple(row[column] for column in compared)
        for (name, basis), of_wait in happened.items()
        for org, row in of_wait.items()
        if basis == "actual"
    }
