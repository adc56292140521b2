"""Gold's suites: what would mislead is found, row by row, and clean rows pass."""

from datetime import date, datetime
from decimal import Decimal

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from expectations import gold
from expectations.runner import run_suites
from libs.pathways import weekly_list
from libs.pathways.performance import BANDS, bands_by_standard
from libs.rules import load_rules
from tests.expectations.measuring import Row, failures, findings, frame

AS_AT = datetime(2025, 6, 2, 9)
CLOCKS = (
    "pathway_key string, standard string, treatment_number int, investigating_share decimal(3,1), "
    "treating_share decimal(3,1), clock_start_on date, clock_stop_on date, adjustment_days int, days_waited int, "
    "last_compliant_on date, first_breach_on date, outcome string, reporting_month string, as_at timestamp"
)
# Started on 1 April with 2 days of adjustment, stopped after 30 days: 28 days waited, just within.
CLOCK: Row = {
    "pathway_key": "k",
    "standard": "28",
    "treatment_number": 0,
    "investigating_share": Decimal("1.0"),
    "treating_share": Decimal("0.0"),
    "clock_start_on": date(2025, 4, 1),
    "clock_stop_on": date(2025, 5, 1),
    "adjustment_days": 2,
    "days_waited": 28,
    "last_compliant_on": date(2025, 5, 1),
    "first_breach_on": date(2025, 5, 2),
    "outcome": "WITHIN",
    "reporting_month": "2025-05",
    "as_at": AS_AT,
}
OPEN_CLOCK: Row = {
    "clock_stop_on": None,
    "days_waited": 60,  # 1 April to 2 June, less 2
    "outcome": "OPEN_BREACHED",
    "investigating_share": None,
    "treating_share": None,
    "reporting_month": None,
}
NO_CLOCK: Row = {
    name: None
    for name in CLOCK
    if name not in ("pathway_key", "standard", "treatment_number", "as_at")
} | {"outcome": "NOT_APPLICABLE"}  # fmt: skip


@pytest.mark.parametrize("clock", [{}, OPEN_CLOCK, NO_CLOCK], ids=["stopped", "open", "none"])
def test_a_clock_that_is_right_passes(spark: SparkSession, clock: Row) -> None:
    assert failures(gold.pathway_standard(load_rules()), frame(spark, CLOCKS, CLOCK, [clock])) == {}


def test_each_way_in_which_a_clock_can_be_wrong_is_found(spark: SparkSession) -> None:
    wrong: list[Row] = [
        {"pathway_key": None},
        {"pathway_key": "twice"},
        {"pathway_key": "twice"},
        {"pathway_key": "a", "standard": "29"},
        {"pathway_key": "b", "outcome": "PERHAPS"},
        {"pathway_key": "c", "outcome": None},
        {"pathway_key": "d", "days_waited": 27},
        {**NO_CLOCK, "pathway_key": "e", "clock_start_on": date(2025, 4, 1)},
        {"pathway_key": "f", **OPEN_CLOCK, "days_waited": 59},
        {"pathway_key": "g", "outcome": "BREACH"},
        {"pathway_key": "h", **OPEN_CLOCK, "outcome": "WITHIN", "investigating_share": Decimal("1.0"),
         "treating_share": Decimal("0.0"), "reporting_month": "2025-05"},
        {"pathway_key": "i", "first_breach_on": date(2025, 5, 1)},
        {"pathway_key": "j", "treating_share": Decimal("0.5")},
        {"pathway_key": "k", "reporting_month": None},
        {"pathway_key": "l", "investigating_share": Decimal("0.0")},
        {"pathway_key": "m", "outcome": "INVALID_NEGATIVE"},
    ]  # fmt: skip
    assert failures(gold.pathway_standard(load_rules()), frame(spark, CLOCKS, CLOCK, wrong)) == {
        "KEY_MISSING": 1,
        "KEY_REPEATED": 2,
        "STANDARD_UNKNOWN": 1,
        "OUTCOME_UNKNOWN": 2,
        "DAYS_WRONG": 3,
        "OUTCOME_WRONG": 3,  # no outcome and no breach date is right for a standard that does not exist
        "BREACH_DATE_WRONG": 3,
        "SHARES_WRONG": 1,
        "MONTH_MISSING": 1,
        "PROVIDER_MISSING": 1,
        "CLOCK_INVALID": 1,
    }


LISTED = (
    "pathway_key string, tracked_by string, days_28 int, days_31 int, days_62 int, outcome_28 string, "
    "outcome_31 string, outcome_62 string, day_band string, next_breach_on date, days_to_breach int, "
    "last_tracked_on date, next_action string, as_at timestamp"
)
PATHWAY: Row = {
    "pathway_key": "k",
    "tracked_by": "RTR",
    "days_28": 12,
    "days_31": None,
    "days_62": 12,
    "outcome_28": "OPEN",
    "outcome_31": "NOT_APPLICABLE",
    "outcome_62": "OPEN",
    "day_band": "0-28",
    "next_breach_on": date(2025, 6, 19),
    "days_to_breach": 17,
    "last_tracked_on": date(2025, 5, 26),
    "next_action": "ring the clinic",
    "as_at": AS_AT,
}


def test_a_list_that_is_right_passes(spark: SparkSession) -> None:
    no_clock = {"pathway_key": "n", "days_28": None, "days_62": None, "day_band": None, "next_breach_on": None,
                "days_to_breach": None}  # fmt: skip
    last_of_band = {"pathway_key": "b", "days_62": 62, "day_band": "29-62"}
    longest = {"pathway_key": "l", "days_62": 105, "day_band": ">104"}
    rows = frame(spark, LISTED, PATHWAY, [{}, no_clock, last_of_band, longest])
    assert failures(gold.ptl_current(), rows) == {}


def test_each_way_in_which_a_listed_pathway_can_be_wrong_is_found(spark: SparkSession) -> None:
    wrong: list[Row] = [
        {"pathway_key": None},
        {"pathway_key": "twice"},
        {"pathway_key": "twice"},
        {"pathway_key": "a", "outcome_62": "PERHAPS"},
        {"pathway_key": "b", "outcome_28": None},
        {"pathway_key": "c", "days_62": 29},
        {"pathway_key": "d", "day_band": None},
        {"pathway_key": "e", "days_to_breach": 16},
        {"pathway_key": "f", "tracked_by": ""},
        {"pathway_key": "g", "last_tracked_on": date(2025, 5, 25)},
        {"pathway_key": "h", "last_tracked_on": None},
        {"pathway_key": "i", "next_action": None},
    ]
    assert failures(gold.ptl_current(), frame(spark, LISTED, PATHWAY, wrong)) == {
        "KEY_MISSING": 1,
        "KEY_REPEATED": 2,
        "OUTCOME_UNKNOWN": 2,
        "BAND_WRONG": 2,
        "DAYS_TO_BREACH_WRONG": 1,
        "TRACKER_MISSING": 1,
        "UNTRACKED": 2,
        "NEXT_ACTION_MISSING": 1,
    }


def test_untracked_pathways_are_a_warning_only_when_they_are_many(spark: SparkSession) -> None:
    untracked: Row = {"last_tracked_on": None}
    few = [{"pathway_key": str(number), **(untracked if number < 2 else {})} for number in range(10)]
    many = [{"pathway_key": str(number), **(untracked if number < 3 else {})} for number in range(10)]
    found = [findings(gold.ptl_current(), frame(spark, LISTED, PATHWAY, rows))["UNTRACKED"] for rows in (few, many)]
    assert [(finding.severity, finding.failed, finding.status) for finding in found] == [
        ("warning", 2, "passed"),
        ("warning", 3, "failed"),
    ]


@pytest.mark.parametrize(("rows_now", "status"), [(40, "passed"), (20, "passed"), (19, "failed"), (0, "failed")])
def test_a_list_that_lost_most_of_its_rows_is_critical(rows_now: int, status: str) -> None:
    size = pd.DataFrame({"row_count": [rows_now]})
    found = run_suites([(gold.ptl_size(40, smallest_share=0.5), size)], run_id="run", run_time=AS_AT)
    assert [(finding.table_name, finding.severity, finding.status) for finding in found] == [
        ("gold.ptl_current", "critical", status)
    ]


def test_a_list_that_shrank_rightly_passes_once_a_person_says_so_and_the_finding_says_how() -> None:
    suite = gold.ptl_size(40, smallest_share=0.1)
    (found,) = run_suites([(suite, pd.DataFrame({"row_count": [4]}))], run_id="run", run_time=AS_AT)
    assert found.status == "passed"
    assert "at least 10%" in found.sentence
    assert "--set gate.smallest_list_share" in found.sentence
    assert len(found.sentence) <= 255  # the published column


MONTHS = (
    "month string, org string, standard string, route string, tumour_group string, stage string, "
    "modality_group string, denominator_share decimal(12,2), within_share decimal(12,2), breach_share decimal(12,2), "
    + ", ".join(f"{band} decimal(12,2)" for band in BANDS)
)
# Of the 62-day standard: one within, half a patient at most 31 days, one after 104.
MONTH: Row = {
    **dict.fromkeys(BANDS),
    **dict.fromkeys(bands_by_standard(load_rules())["62"], Decimal("0.00")),
    "days_0_31": Decimal("0.50"),
    "days_49_62": Decimal("1.00"),
    "days_over_104": Decimal("1.00"),
    "month": "2025-05",
    "org": "RTR",
    "standard": "62",
    "route": "USC",
    "tumour_group": "Lung",
    "stage": "first",
    "modality_group": "Surgery",
    "denominator_share": Decimal("2.50"),
    "within_share": Decimal("1.50"),
    "breach_share": Decimal("1.00"),
}


def test_each_way_in_which_a_month_can_be_wrong_is_found(spark: SparkSession) -> None:
    rows: list[Row] = [
        {},
        {"org": None},
        {"org": "a"},
        {"org": "a"},
        {"org": "b", "within_share": Decimal("2.00")},
        {"org": "c", "within_share": Decimal("-1.50"), "denominator_share": Decimal("-0.50"),
         "days_0_31": Decimal("-2.50")},
        {"org": "d", "month": "2025-13"},
        {"org": "e", "standard": "63"},
        {"org": "f", "days_0_31": Decimal("1.00")},
        {"org": "g", "days_32_38": None},
        {"org": "h", "days_0_14": Decimal("0.00")},
        {"org": "i", "days_0_31": Decimal("-0.50"), "days_32_38": Decimal("1.00")},
    ]  # fmt: skip
    assert failures(gold.performance_month(load_rules()), frame(spark, MONTHS, MONTH, rows)) == {
        "KEY_MISSING": 1,
        "KEY_REPEATED": 2,
        "DENOMINATOR_WRONG": 1,
        "BANDS_WRONG": 3,
        "SHARE_NEGATIVE": 2,
        "MONTH_WRONG": 1,
        "STANDARD_UNKNOWN": 1,
    }


SIDES = (
    "pathway_key string, standard string, basis string, org string, role string, method string, scenario int, "
    "phase_38_days int, phase_24_days int, denominator_share decimal(3,1), within_share decimal(3,1), "
    "breach_share decimal(3,1), investigating_trust string, treating_trust string, reporting_month string, "
    "last_compliant_on date, days_left_to_treat int, as_at timestamp"
)
SIDE: Row = {
    "pathway_key": "k",
    "standard": "62",
    "basis": "if_today",
    "org": "RVW",
    "role": "investigating",
    "method": "6SCENARIO",
    "scenario": 1,
    "phase_38_days": 30,
    "phase_24_days": 0,
    "denominator_share": Decimal("0.5"),
    "within_share": Decimal("0.5"),
    "breach_share": Decimal("0.0"),
    "investigating_trust": "RVW",
    "treating_trust": "RTR",
    "reporting_month": None,
    "last_compliant_on": date(2025, 6, 12),
    "days_left_to_treat": 10,
    "as_at": AS_AT,
}
OTHER_SIDE: Row = {"org": "RTR", "role": "treating"}
ENDED: Row = {"basis": "actual", "reporting_month": "2025-05", "last_compliant_on": None, "days_left_to_treat": None}
WHOLE: Row = {"denominator_share": Decimal("1.0"), "within_share": Decimal("1.0")}
ALONE: Row = {"role": "both", "method": "SOLO", "scenario": None, "phase_38_days": None, "phase_24_days": None, **WHOLE}


def test_sides_that_are_right_pass(spark: SparkSession) -> None:
    none = {"denominator_share": Decimal("0.0"), "within_share": Decimal("0.0")}
    rows: list[Row] = [
        {},
        OTHER_SIDE,
        {"pathway_key": "late", "scenario": 3, **none},
        {"pathway_key": "late", "scenario": 3, **OTHER_SIDE, **WHOLE},
        {"pathway_key": "alone", **ALONE, **ENDED},
    ]
    assert failures(gold.breach_allocation(), frame(spark, SIDES, SIDE, rows)) == {}


def test_each_way_in_which_a_side_can_be_wrong_is_found(spark: SparkSession) -> None:
    wrong: list[Row] = [
        {"pathway_key": "a", "org": None, **ALONE},
        {"pathway_key": "b"},
        {"pathway_key": "b"},
        {"pathway_key": "c"},
        {"pathway_key": "d", **ALONE, "within_share": Decimal("0.5")},
        {"pathway_key": "e", **ALONE, "basis": "tomorrow"},
        {"pathway_key": "f", **ALONE, "role": "watching"},
        {"pathway_key": "g", **ALONE, "method": "6040"},
        {"pathway_key": "h", **ALONE, "org": "RTD"},
        {"pathway_key": "i", **ALONE, "phase_38_days": 30, "scenario": 2, "phase_24_days": 1},
        {"pathway_key": "j", **ALONE, "reporting_month": "2025-06"},
        {"pathway_key": "k", **ALONE, "basis": "actual"},
        {"pathway_key": "l", **ALONE, "days_left_to_treat": 11},
    ]
    assert failures(gold.breach_allocation(), frame(spark, SIDES, SIDE, wrong)) == {
        "KEY_MISSING": 1,
        "KEY_REPEATED": 2,
        "SHARES_WRONG": 1,
        "PARTS_WRONG": 1,
        "BASIS_UNKNOWN": 1,
        "WORD_UNKNOWN": 2,
        "SIDE_WRONG": 2,
        "PHASES_WRONG": 1,
        "MONTH_WRONG": 2,
        "DAYS_LEFT_WRONG": 1,
    }


MEASURES = dict.fromkeys(weekly_list.MEASURES, 0)
WEEKS = (
    "week_ending_on date, org string, section int, row_type string, tumour_group string, month string, "
    "listed_on date, " + ", ".join(f"{name} int" for name in MEASURES)
)
LINE: Row = {
    "week_ending_on": date(2025, 6, 8),
    "org": "RTR",
    "section": 1,
    "row_type": "USC",
    "tumour_group": "Lung",
    "month": "2025-06",
    "listed_on": date(2025, 6, 2),
    **MEASURES,
    "day_29_62": 3,
    "passed_28": 3,
    "referrals_seen": 2,
    "referrals_seen_0_33": 1,
    "referrals_seen_34_62": 1,
}


def test_each_way_in_which_a_week_can_be_wrong_is_found(spark: SparkSession) -> None:
    rows: list[Row] = [
        {},
        {"org": "RVW", "listed_on": date(2025, 6, 8)},
        {"org": None},
        {"org": "a"},
        {"org": "a"},
        {"org": "b", "treated_by_62": -1},
        {"org": "c", "treated_by_62": None},
        {"org": "d", "passed_62": 1},
        {"org": "e", "referrals_seen_34_62": 2},
        {"org": "f", "section": 3},
        {"org": "g", "row_type": "OTHER"},
        {"org": "h", "week_ending_on": date(2025, 6, 7)},
        {"org": "i", "listed_on": date(2025, 6, 1)},
        {"org": "j", "listed_on": date(2025, 6, 9)},
        {"org": "k", "month": "2025-6"},
    ]
    assert failures(gold.canptl62_week(), frame(spark, WEEKS, LINE, rows)) == {
        "KEY_MISSING": 1,
        "KEY_REPEATED": 2,
        "COUNT_NEGATIVE": 2,
        "PART_WRONG": 2,
        "SECTION_UNKNOWN": 1,
        "ROUTE_UNKNOWN": 1,
        "WEEK_WRONG": 1,
        "LIST_OF_OTHER_WEEK": 2,
        "MONTH_WRONG": 1,
    }
