"""Which days of which past pathways a model learns from, and when such a pathway has breached."""

from datetime import timedelta
from typing import Any

import pytest
from pyspark.sql import Row, SparkSession

from libs.rules import load_rules
from ml.breach_risk.features import FEATURES, with_features
from ml.breach_risk.snapshots import SNAPSHOT_DAYS, training_rows
from tests.ml.breach_risk.pathway_rows import LIST_ON, day, pathways

CANCER = {"diagnosed_on": day(20), "diagnosis_icd10": "C34.1", "informed_on": day(24), "fds_end_reason": "01"}


def pathway(name: str, **said: Any) -> dict[str, Any]:
    return {"pathway_key": name, "referral_received_on": day(0), **said}


def treated(on: int, **said: Any) -> dict[str, Any]:
    return {**CANCER, "decision_to_treat_on": day(30), "treatment_on": day(on), "treatment_event": "01", **said}


def ruled_out(on: int) -> dict[str, Any]:
    return {"informed_on": day(on), "fds_end_reason": "02", "closed_on": day(on + 3), "closed_reason": "NOT_CANCER"}


PAST = [
    pathway("treated on day 62", **treated(62)),
    pathway("treated on day 63", **treated(63)),
    pathway("treated on day 66 after a pause of 5", **treated(66, treatment_adjustment_days=5)),
    pathway("seen late after a missed appointment", **treated(66), first_seen_on=day(20), first_seen_adjustment_days=5),
    pathway("ruled out on day 21", **ruled_out(21)),
    pathway("ruled out on day 70", **ruled_out(70)),
    pathway("never ended"),
    pathway("died on day 40", closed_on=day(40), closed_reason="DIED"),
    pathway("not a cancer of the standard", diagnosed_on=day(24), diagnosis_icd10="D12.6", informed_on=day(80)),
    pathway("departed", is_departed=True),
    pathway("closed nobody knows when", closed_reason="DIED"),
    pathway("ruled out nobody knows when", fds_end_reason="02"),
    pathway("of another route", priority_type="1", route="OTHER"),
    pathway("too young", referral_received_on=LIST_ON - timedelta(days=62)),
    pathway("just old enough", referral_received_on=LIST_ON - timedelta(days=63)),
]


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> dict[str, dict[str, list[Row]]]:
    """The rows of each pathway, by standard."""
    rows = pathways(spark, *PAST)
    by_standard: dict[str, dict[str, list[Row]]] = {}
    for standard in SNAPSHOT_DAYS:
        held = by_standard.setdefault(standard, {})
        for row in training_rows(rows, load_rules(), standard=standard).orderBy("snapshot_day").collect():
            held.setdefault(row["pathway_key"], []).append(row)
    return by_standard


@pytest.mark.parametrize(
    ("name", "is_breach"),
    [
        ("treated on day 62", False),
        ("treated on day 63", True),
        ("treated on day 66 after a pause of 5", False),
        ("seen late after a missed appointment", False),
        ("ruled out on day 21", False),
        ("ruled out on day 70", True),
        ("never ended", True),
        ("died on day 40", False),
        ("not a cancer of the standard", False),
    ],
)
def test_a_pathway_breaches_when_its_clock_runs_past_the_last_compliant_day(
    found: dict[str, dict[str, list[Row]]], name: str, is_breach: bool
) -> None:
    assert {row["is_breach"] for row in found["62"][name]} == {is_breach}


@pytest.mark.parametrize(("told_on", "is_breach"), [(28, False), (29, True)])
def test_the_28_days_are_kept_by_being_told(spark: SparkSession, told_on: int, is_breach: bool) -> None:
    rows = training_rows(pathways(spark, pathway("x", **ruled_out(told_on))), load_rules(), standard="28").collect()
    assert {row["is_breach"] for row in rows} == {is_breach}


def test_a_pathway_is_seen_on_each_day_of_the_grid_on_which_its_clock_ran(
    found: dict[str, dict[str, list[Row]]],
) -> None:
    days = {name: [row["snapshot_day"] for row in rows] for name, rows in found["62"].items()}
    assert days["never ended"] == list(SNAPSHOT_DAYS["62"])
    assert days["ruled out on day 21"] == [0, 7, 14]
    assert days["died on day 40"] == [0, 7, 14, 21, 28, 38]
    assert days["not a cancer of the standard"] == [0, 7, 14, 21]
    assert [row["snapshot_day"] for row in found["28"]["never ended"]] == list(SNAPSHOT_DAYS["28"])
    assert [row["days_waited"] for row in found["62"]["died on day 40"]] == days["died on day 40"]


@pytest.mark.parametrize(
    "name", ["departed", "closed nobody knows when", "ruled out nobody knows when", "of another route", "too young"]
)
def test_a_pathway_whose_end_is_not_known_teaches_nothing(found: dict[str, dict[str, list[Row]]], name: str) -> None:
    assert name not in found["62"]
    assert "just old enough" in found["62"]


@pytest.mark.parametrize("standard", ["28", "62"])
def test_a_training_row_holds_what_scoring_would_have_told_the_model_that_day(
    spark: SparkSession, found: dict[str, dict[str, list[Row]]], standard: str
) -> None:
    old = [row for row in PAST if row["referral_received_on"] == day(0)]
    asked = [{**row, "as_at_on": day(number)} for row in old for number in SNAPSHOT_DAYS[standard]]
    told = with_features(pathways(spark, *asked), load_rules(), standard=standard).collect()
    scored = {(row["pathway_key"], row["as_at_on"]): [row[name] for name in FEATURES] for row in told}
    trained = [row for rows in found[standard].values() for row in rows if row["started_on"] == day(0)]
    assert trained
    for row in trained:
        assert [row[name] for name in FEATURES] == scored[row["pathway_key"], day(row["snapshot_day"])]
