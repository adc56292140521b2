"""The weekly 62-day list: which week closes a month, what a pathway is counted as, where, and that it counts once."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from libs.pathways.ptl import current_ptl
from libs.pathways.standards import pathway_standards, rows_of_treatments
from libs.pathways.weekly_list import KEY, MEASURES, week_of, weekly_list
from libs.rules import load_rules
from tests.libs.pathways.linked_rows import linked_pathways, linked_treatments

RULES = load_rules()
WEDNESDAY = date(2025, 6, 25)
SUNDAY = date(2025, 6, 29)


def ago(days: int) -> date:
    return WEDNESDAY - timedelta(days=days)


@pytest.mark.parametrize(
    ("day", "ending_on", "month", "is_month_end"),
    [
        (date(2025, 6, 23), SUNDAY, "2025-06", True),  # 30 June is a Monday: the Sunday before it
        (SUNDAY, SUNDAY, "2025-06", True),
        (date(2025, 6, 30), date(2025, 7, 6), "2025-07", False),
        (date(2025, 7, 31), date(2025, 8, 3), "2025-07", True),  # a Thursday: the Sunday after it
        (date(2025, 8, 4), date(2025, 8, 10), "2025-08", False),
        (date(2025, 8, 31), date(2025, 8, 31), "2025-08", True),
        (date(2024, 12, 31), date(2025, 1, 5), "2025-01", False),
        (date(2024, 2, 29), date(2024, 3, 3), "2024-02", True),
        (date(2022, 5, 29), date(2022, 5, 29), "2022-05", False),  # an exception: the Sunday nearest does not close it
        (date(2022, 5, 31), date(2022, 6, 5), "2022-05", True),
    ],
)
def test_a_month_closes_with_the_sunday_nearest_its_end_but_for_the_exceptions(
    day: date, ending_on: date, month: str, is_month_end: bool
) -> None:
    week = week_of(day, RULES)
    assert (week.ending_on, week.month, week.is_month_end) == (ending_on, month, is_month_end)


@given(day=st.dates(date(2019, 1, 1), date(2035, 12, 31)))
def test_every_day_lies_in_one_week_that_closes_a_month_or_leads_to_its_closing(day: date) -> None:
    week = week_of(day, RULES)
    assert week.ending_on.weekday() == 6
    assert 0 <= (week.ending_on - day).days <= 6
    later, before = week_of(week.ending_on + timedelta(days=1), RULES), week_of(day - timedelta(days=7), RULES)
    assert (later.month > week.month) is week.is_month_end
    assert before.month == week.month or before.is_month_end


CANCER = {"diagnosis_icd10": "C34.1", "suspected_cancer_type": "03"}


def wait(name: str, referred: int, **said: Any) -> dict[str, Any]:
    """Referred with suspected lung cancer so many days before the list's date, held by RVW; one name, one org."""
    usual = {"first_seen_org": "RVW", "holding_trust": "RVW", "suspected_cancer_type": "03"}
    return {"pathway_key": name, "referral_received_on": ago(referred), **usual, **said}


def treatment(name: str, decided: int, treated: int | None = None, **said: Any) -> dict[str, Any]:
    on = None if treated is None else ago(treated)
    return {"pathway_key": name, "decision_to_treat_on": ago(decided), "treatment_on": on, "treatment_org": "RTR",
            **said}  # fmt: skip


MOVED = {"transfer_on": ago(5), "transfer_from_org": "RVW", "transfer_to_org": "RTR", "holding_trust": "RTR",
         "tracked_by": "RTR, RVW", "is_shared": True}  # fmt: skip
PATHWAYS = [
    *(wait(f"day {day}", day) for day in (28, 29, 35, 36, 62, 63, 69, 70, 104, 105, 111, 112)),
    wait("moved", 40, **MOVED),
    wait("decided", 40, **CANCER),
    wait("to be decided", 40, **CANCER),
    wait("closed", 40, closed_on=ago(1), closed_reason="DIED"),
    wait("benign", 40, informed_on=ago(20), fds_end_reason="02"),
    wait("routine", 40, route="OTHER"),
    *(wait(f"treated on {day}", day, **CANCER, **MOVED) for day in (62, 63, 104, 105)),
    wait("treated six days ago", 60, **CANCER),
    wait("treated seven days ago", 60, **CANCER),
    wait("treated, not measured", 60, **CANCER, first_seen_adjustment_days=99),
    wait("new", 0, first_seen_org=None, holding_trust="RTD"),
    wait("new and ruled out", 6, first_seen_on=ago(4), informed_on=ago(4), fds_end_reason="02", first_seen_org="RTR"),
    wait("a week old", 7, first_seen_on=ago(7)),
    wait("upgraded", 50, route="UPGRADE", upgraded_on=ago(3), upgrade_org="RTD", first_seen_on=ago(3)),
    wait("upgraded and ended", 50, route="UPGRADE", upgraded_on=ago(3), upgrade_org="RTD", closed_on=ago(1),
         closed_reason="NO_TREATMENT"),
    wait("seen on 33", 36, first_seen_on=ago(3)),
    wait("seen on 34", 37, first_seen_on=ago(3)),
    wait("seen on 63", 66, first_seen_on=ago(3)),
    wait("to be seen", 20, first_seen_on=ago(-2)),
    wait("new routine", 2, route="OTHER", first_seen_on=ago(1)),
]  # fmt: skip
TREATMENTS = [
    treatment("decided", 0),
    treatment("to be decided", -1),
    *(treatment(f"treated on {day}", 20, 0) for day in (62, 63, 104, 105)),
    treatment("treated six days ago", 20, 6),
    treatment("treated seven days ago", 20, 7),
    treatment("treated, not measured", 20, 1),
]


@dataclass(frozen=True)
class Known:
    """The same pathways as the frames that the weekly list is counted from, and as timed."""

    listed: DataFrame
    timed: DataFrame
    recent: DataFrame

    def counted(self, standards: DataFrame) -> list[Row]:
        return weekly_list(self.listed, standards, self.recent, as_at_on=WEDNESDAY, rules=RULES).collect()


def known(spark: SparkSession, pathways: list[dict[str, Any]], treatments: list[dict[str, Any]]) -> Known:
    linked = linked_pathways(spark, *({"as_at_on": WEDNESDAY, **one} for one in pathways))
    treated = linked_treatments(spark, *treatments)
    timed = pathway_standards(linked, treated, RULES, traced=False).localCheckpoint()
    return Known(current_ptl(linked, treated, timed), timed, rows_of_treatments(linked, treated))


@pytest.fixture(scope="module")
def counted(spark: SparkSession) -> dict[str, list[Row]]:
    """The rows of each pathway: its name stands as its group, so that it can be told apart."""
    of_all = known(spark, PATHWAYS, TREATMENTS)
    found: dict[str, list[Row]] = {one["pathway_key"]: [] for one in PATHWAYS}
    for row in of_all.counted(of_all.timed.withColumn("tumour_group", F.col("pathway_key"))):
        found[row["tumour_group"]].append(row)
    return found


def counts(rows: list[Row]) -> set[tuple[str, int, str]]:
    """Where a pathway counts: organisation, section and measure."""
    assert all(row[name] in (0, 1) for row in rows for name in MEASURES)
    return {(row["org"], row["section"], name) for row in rows for name in MEASURES if row[name]}


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (28, {"day_0_28"}),
        (29, {"day_29_62", "passed_28"}),
        (35, {"day_29_62", "passed_28"}),
        (36, {"day_29_62"}),
        (62, {"day_29_62"}),
        (63, {"day_63_104", "passed_62"}),
        (69, {"day_63_104", "passed_62"}),
        (70, {"day_63_104"}),
        (104, {"day_63_104"}),
        (105, {"day_over_104", "passed_104"}),
        (111, {"day_over_104", "passed_104"}),
        (112, {"day_over_104"}),
    ],
)
def test_who_waits_stands_in_the_band_of_the_day_and_passes_a_limit_for_seven_days(
    counted: dict[str, list[Row]], day: int, expected: set[str]
) -> None:
    assert counts(counted[f"day {day}"]) == {("RVW", 1, name) for name in expected}


def test_a_shared_wait_counts_once_at_the_trust_that_holds_the_patient(counted: dict[str, list[Row]]) -> None:
    assert counts(counted["moved"]) == {("RTR", 1, "day_29_62")}


def test_a_decision_to_treat_moves_a_pathway_to_the_second_section_once_it_is_made(
    counted: dict[str, list[Row]],
) -> None:
    assert counts(counted["decided"]) == {("RVW", 2, "day_29_62")}
    assert counts(counted["to be decided"]) == {("RVW", 1, "day_29_62")}


@pytest.mark.parametrize("name", ["closed", "benign", "routine", "new routine", "to be seen"])
def test_who_is_not_on_a_62_day_clock_does_not_wait_on_this_list(counted: dict[str, list[Row]], name: str) -> None:
    assert counts(counted[name]) == ({("RVW", 1, "day_0_28")} if name == "to be seen" else set())


@pytest.mark.parametrize(
    ("day", "measure"),
    [(62, "treated_by_62"), (63, "treated_63_104"), (104, "treated_63_104"), (105, "treated_over_104")],
)
def test_a_treatment_counts_whole_at_the_trust_that_treats_by_the_days_waited(
    counted: dict[str, list[Row]], day: int, measure: str
) -> None:
    assert counts(counted[f"treated on {day}"]) == {("RTR", 2, measure)}


def test_treatments_count_for_seven_days_and_only_where_they_are_measured(counted: dict[str, list[Row]]) -> None:
    assert counts(counted["treated six days ago"]) == {("RTR", 2, "treated_by_62")}
    assert counts(counted["treated seven days ago"]) == set()
    assert counts(counted["treated, not measured"]) == set()


def test_a_referral_counts_where_the_patient_was_or_will_be_seen_whatever_came_of_it(
    counted: dict[str, list[Row]],
) -> None:
    assert counts(counted["new"]) == {("RTD", 1, "day_0_28"), ("RTD", 1, "referrals_made")}
    assert counts(counted["new and ruled out"]) == {
        ("RTR", 1, "referrals_made"), ("RTR", 1, "referrals_seen"), ("RTR", 1, "referrals_seen_0_33"),
    }  # fmt: skip
    assert counts(counted["a week old"]) == {("RVW", 1, "day_0_28")}


def test_an_upgrade_counts_where_it_was_made_and_is_no_referral(counted: dict[str, list[Row]]) -> None:
    assert counts(counted["upgraded"]) == {("RTD", 1, "upgrades_made"), ("RVW", 1, "day_0_28")}
    assert counts(counted["upgraded and ended"]) == {("RTD", 1, "upgrades_made")}


def test_first_visits_are_told_apart_by_the_days_since_the_referral(counted: dict[str, list[Row]]) -> None:
    seen = {
        day: {name for _, _, name in counts(counted[f"seen on {day}"]) if name.startswith("referrals")}
        for day in (33, 34, 63)
    }
    assert seen == {
        33: {"referrals_seen", "referrals_seen_0_33"},
        34: {"referrals_seen", "referrals_seen_34_62"},
        63: {"referrals_seen"},
    }


def test_a_row_says_of_which_week_list_and_month_it_is(counted: dict[str, list[Row]]) -> None:
    (row,) = counted["day 28"]
    assert (row["week_ending_on"], row["listed_on"], row["month"], row["is_month_end"]) == (
        SUNDAY, WEDNESDAY, "2025-06", True,
    )  # fmt: skip
    assert row["row_type"] == "USC"


def test_a_pathway_stands_under_its_diagnosis_and_before_one_under_what_is_suspected(spark: SparkSession) -> None:
    both = known(spark, [wait("suspected", 40), wait("diagnosed", 40, diagnosis_icd10="C43.5")], [])
    rows = both.counted(both.timed)
    assert {row["tumour_group"]: row["day_29_62"] for row in rows} == {"Suspected lung cancer": 1, "Skin": 1}


TRUSTS = st.sampled_from(["RVW", "RTR", None])
drawn = st.lists(
    st.fixed_dictionaries(
        {
            "referral_received_on": st.integers(0, 130).map(ago),
            "route": st.sampled_from(["USC", "BSYM", "SCREEN", "UPGRADE", "OTHER"]),
            "upgraded_on": st.integers(0, 60).map(ago),
            "upgrade_org": TRUSTS,
            "first_seen_org": TRUSTS,
            "first_seen_on": st.one_of(st.none(), st.integers(0, 40).map(ago)),
            "holding_trust": st.sampled_from(["RVW", "RTR"]),
            "closed_on": st.sampled_from([None, None, ago(2)]),
            "diagnosis_icd10": st.sampled_from([None, "C34.1", "C61"]),
            "treated": st.one_of(st.none(), st.integers(0, 20).map(ago)),
        }
    ),
    min_size=20,
    max_size=60,
)


@given(cases=drawn)
@hypothesis_settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_over_all_rows_every_pathway_counts_once_in_each_measure_that_is_its_own(
    spark: SparkSession, cases: list[dict[str, Any]]
) -> None:
    pathways = [
        {"pathway_key": str(number), **{name: value for name, value in case.items() if name != "treated"}}
        for number, case in enumerate(cases)
    ]
    treatments = [
        treatment(str(number), 30, None, treatment_on=case["treated"]) for number, case in enumerate(cases)
        if case["treated"]
    ]  # fmt: skip
    of_all = known(spark, pathways, treatments)
    rows = of_all.counted(of_all.timed)
    assert len({tuple(row[name] for name in KEY) for row in rows}) == len(rows)
    of_62 = {row["pathway_key"]: row for row in of_all.timed.where("standard = '62'").collect()}
    total = {name: sum(row[name] for row in rows) for name in MEASURES}
    is_open = [
        case["closed_on"] is None and of_62[str(number)]["outcome"] in ("OPEN", "OPEN_BREACHED")
        for number, case in enumerate(cases)
    ]
    assert sum(total[name] for name in MEASURES[:4]) == sum(is_open)
    ended = [row for row in of_62.values() if row["outcome"] in ("WITHIN", "BREACH") and row["clock_stop_on"] > ago(7)]
    assert sum(total[name] for name in MEASURES if name.startswith("treated")) == len(ended)
    is_referral = [case["route"] in ("USC", "BSYM", "SCREEN") for case in cases]
    made = [case["referral_received_on"] > ago(7) for case in cases]
    assert total["referrals_made"] == sum(map(all, zip(is_referral, made, strict=True)))
    seen = [case["first_seen_on"] is not None and case["first_seen_on"] > ago(7) for case in cases]
    assert total["referrals_seen"] == sum(map(all, zip(is_referral, seen, strict=True)))
    assert total["upgrades_made"] == sum(case["route"] == "UPGRADE" and case["upgraded_on"] > ago(7) for case in cases)
