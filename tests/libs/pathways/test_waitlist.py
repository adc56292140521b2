"""The open list counted: what a row is counted as, and that a shared pathway is not counted twice in ALL."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from libs.pathways.waitlist import waitlist_summary

AS_AT = date(2025, 6, 30)
COLUMNS = {
    "tracked_by": "string",
    "is_shared": "boolean",
    "tumour_site": "string",
    "route": "string",
    "day_band": "string",
    "decision_to_treat_on": "date",
    "days_28": "int",
    "days_31": "int",
    "days_62": "int",
    "outcome_28": "string",
    "outcome_62": "string",
    "next_action": "string",
    "last_tracked_on": "date",
}


def summary(spark: SparkSession, *rows: dict[str, Any]) -> DataFrame:
    """Summed up from list rows; what a row does not say: breast at RVW, on day 10, tracked today."""
    usual = {
        "tracked_by": "RVW",
        "is_shared": False,
        "tumour_site": "breast",
        "route": "USC",
        "day_band": "0-28",
        "days_62": 10,
        "last_tracked_on": AS_AT,
    }
    schema = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    ptl = spark.createDataFrame([tuple({**usual, **row}.get(name) for name in COLUMNS) for row in rows], schema)
    return waitlist_summary(ptl, as_at_on=F.lit(AS_AT))


# The tumour site names the case, so that each is counted by itself.
ROWS: list[dict[str, Any]] = [
    {"tumour_site": "lung", "tracked_by": "RTR, RVW", "is_shared": True},
    {"tumour_site": "lung", "tracked_by": "RTR"},
    *({"tumour_site": "skin", "days_62": days} for days in (28, 29, 62, 63, 104, 105)),
    {"tumour_site": "brain", "days_62": None, "days_28": 29},
    {"tumour_site": "brain", "days_62": None, "days_31": 63},
    {"tumour_site": "urology", "last_tracked_on": AS_AT - timedelta(days=7)},
    {"tumour_site": "urology", "last_tracked_on": AS_AT - timedelta(days=8)},
    {"tumour_site": "urology", "last_tracked_on": None},
    {"tumour_site": "sarcoma", "outcome_28": "OPEN_BREACHED", "outcome_62": "OPEN", "next_action": "biopsy"},
    {"tumour_site": "sarcoma", "outcome_28": "BREACH", "outcome_62": "OPEN_BREACHED"},
    {"tumour_site": "sarcoma", "outcome_28": "OPEN_BREACHED", "outcome_62": "NOT_APPLICABLE"},
    {"tumour_site": None, "day_band": None, "days_62": None},
    {"tumour_site": "haematology"},
    {"tumour_site": "haematology", "decision_to_treat_on": AS_AT},
]


@pytest.fixture(scope="module")
def summed(spark: SparkSession) -> list[Row]:
    return summary(spark, *ROWS).collect()


def at(summed: list[Row], site: str, org: str = "ALL") -> Row:
    (row,) = [row for row in summed if (row["org"], row["tumour_site"]) == (org, site)]
    return row


def test_a_shared_pathway_counts_once_for_each_trust_and_once_in_all(summed: list[Row]) -> None:
    counts = {org: (at(summed, "lung", org)["on_list"], at(summed, "lung", org)["tracked_by_2_trusts"])
              for org in ("RTR", "RVW", "ALL")}  # fmt: skip
    assert counts == {"RTR": (2, 1), "RVW": (1, 1), "ALL": (2, 1)}


def test_a_wait_is_past_a_limit_from_the_day_after_it(summed: list[Row]) -> None:
    row = at(summed, "skin")
    assert (row["past_28"], row["past_62"], row["past_104"]) == (5, 3, 1)


def test_where_no_62_day_clock_runs_the_days_of_the_other_clocks_count(summed: list[Row]) -> None:
    row = at(summed, "brain")
    assert (row["past_28"], row["past_62"]) == (2, 1)


def test_a_pathway_not_tracked_for_more_than_seven_days_or_never_is_untracked(summed: list[Row]) -> None:
    assert (at(summed, "urology")["on_list"], at(summed, "urology")["untracked_7d"]) == (3, 2)


def test_only_clocks_that_still_run_are_counted_as_breached(summed: list[Row]) -> None:
    row = at(summed, "sarcoma")
    assert (row["breached_28"], row["breached_62"]) == (2, 1)
    assert (row["with_next_action"], row["no_next_action"]) == (1, 2)


def test_a_pathway_without_site_or_clock_is_counted_under_a_name(summed: list[Row]) -> None:
    row = at(summed, "other")
    assert (row["day_band"], row["on_list"], row["past_28"], row["snapshot_on"]) == ("no clock", 1, 0, AS_AT)


def test_pathways_with_a_decision_to_treat_are_counted_apart(summed: list[Row]) -> None:
    rows = [row for row in summed if (row["org"], row["tumour_site"]) == ("ALL", "haematology")]
    assert sorted((row["has_decision_to_treat"], row["on_list"]) for row in rows) == [(False, 1), (True, 1)]


listed = st.lists(
    st.fixed_dictionaries(
        {
            "tracked_by": st.sampled_from(["RTR", "RVW", "RTR, RVW", "RTD, RTR, RVW"]),
            "tumour_site": st.sampled_from([None, "lung", "skin"]),
            "route": st.sampled_from(["USC", "UPGRADE"]),
            "day_band": st.sampled_from([None, "0-28", "29-62"]),
            "next_action": st.sampled_from([None, "scan"]),
        }
    ),
    min_size=1,
    max_size=60,
)


@given(listed=listed)
@hypothesis_settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_all_counts_the_list_once_and_each_trust_counts_its_own(
    spark: SparkSession, listed: list[dict[str, Any]]
) -> None:
    rows = summary(spark, *listed).collect()
    for org in ("ALL", "RTR", "RVW", "RTD"):
        of_org = [row for row in rows if row["org"] == org]
        own = listed if org == "ALL" else [one for one in listed if org in one["tracked_by"]]
        assert sum(row["on_list"] for row in of_org) == len(own)
        assert sum(row["with_next_action"] for row in of_org) == sum(one["next_action"] is not None for one in own)
        assert all(row["on_list"] == row["with_next_action"] + row["no_next_action"] for row in of_org)
