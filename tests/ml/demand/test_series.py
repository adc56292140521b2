"""Weekly series from linked pathways: whose they are, which weeks count, and that Spark forecasts as pandas does."""

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession

from ml.demand.engine import forecast_series
from ml.demand.series import demand_events, demand_forecast, last_complete_week, weekly_counts
from tests.libs.pathways.linked_rows import linked_pathways, linked_treatments

TRUSTS = ["RTR", "RVW"]
LAST_WEEK = date(2025, 5, 26)
EVENTS = "org string, tumour_site string, stage string, happened_on date"


def events(spark: SparkSession, *rows: tuple[str | None, str | None, str, date | None]) -> DataFrame:
    return spark.createDataFrame([*rows], EVENTS)


def counted(rows: DataFrame, *, weeks: int = 156) -> dict[tuple[str, str, str], list[tuple[date, float]]]:
    found = weekly_counts(rows, trusts=TRUSTS, last_week=LAST_WEEK, weeks=weeks)
    series: dict[tuple[str, str, str], list[tuple[date, float]]] = {}
    for row in found.orderBy("period").collect():
        series.setdefault((row["org"], row["tumour_site"], row["stage"]), []).append((row["period"], row["value"]))
    return series


@given(st.dates(date(2000, 1, 1), date(2050, 1, 1)))
def test_the_last_complete_week_is_a_monday_and_has_just_passed(today: date) -> None:
    monday = last_complete_week(today)
    assert monday.weekday() == 0
    assert 7 <= (today - monday).days <= 13


REFERRALS: list[tuple[dict[str, Any], str]] = [
    ({"first_seen_org": "RTR", "holding_trust": "RVW"}, "RTR"),
    ({"first_seen_org": "RVWAE", "holding_trust": "RTR"}, "RVW"),
    ({"first_seen_org": None, "holding_trust": "RVW"}, "RVW"),
]


def test_a_referral_counts_for_the_trust_of_first_sight_before_that_for_the_holder(spark: SparkSession) -> None:
    usual = {"referral_received_on": date(2025, 5, 1)}
    pathways = linked_pathways(
        spark, *({**usual, **row, "pathway_key": str(place), "tumour_site": f"site_{place}"}
                 for place, (row, _) in enumerate(REFERRALS))
    )  # fmt: skip
    found = {row["tumour_site"]: row["org"] for row in demand_events(pathways, linked_treatments(spark)).collect()}
    assert found == {f"site_{place}": org for place, (_, org) in enumerate(REFERRALS)}


def test_a_treatment_counts_for_the_trust_that_gave_it_and_each_once(spark: SparkSession) -> None:
    pathways = linked_pathways(
        spark,
        {"pathway_key": "a", "tumour_site": "lung", "first_seen_org": "RVW", "referral_received_on": date(2025, 3, 3)},
    )
    treatments = linked_treatments(
        spark,
        {"pathway_key": "a", "treatment_number": 1, "treatment_on": date(2025, 4, 7), "treatment_org": "RTRAT"},
        {"pathway_key": "a", "treatment_number": 2, "treatment_on": date(2025, 5, 6), "treatment_org": "RTR"},
    )
    found = sorted(tuple(row) for row in demand_events(pathways, treatments).collect())
    assert found == [
        ("RTR", "lung", "treatment", date(2025, 4, 7)),
        ("RTR", "lung", "treatment", date(2025, 5, 6)),
        ("RVW", "lung", "referral", date(2025, 3, 3)),
    ]


def test_a_week_without_an_event_is_a_zero_and_only_full_weeks_count(spark: SparkSession) -> None:
    found = counted(
        events(
            spark,
            ("RVW", "skin", "referral", date(2025, 4, 30)),  # the week in which the trust's rows begin is cut off
            ("RVW", "lung", "referral", date(2025, 5, 5)),
            ("RVW", "lung", "referral", date(2025, 5, 11)),
            ("RVW", "lung", "treatment", date(2025, 5, 12)),
            ("RVW", "lung", "referral", date(2025, 6, 1)),
            ("RVW", "lung", "referral", date(2025, 6, 2)),  # this week goes on
            ("RVW", "lung", "treatment", date(2025, 7, 9)),  # a plan, or a slip of the keyboard
        )
    )
    weeks = [LAST_WEEK - timedelta(weeks=3 - place) for place in range(4)]
    assert found == {
        ("RVW", "lung", "referral"): list(zip(weeks, [2, 0, 0, 1], strict=True)),
        ("RVW", "lung", "treatment"): list(zip(weeks, [0, 1, 0, 0], strict=True)),
    }


def test_history_goes_back_so_many_weeks_and_no_further(spark: SparkSession) -> None:
    rows = events(
        spark,
        ("RTR", "lung", "referral", date(2019, 1, 1)),
        ("RTR", "lung", "referral", date(2025, 5, 26)),
        ("RTR", "lung", "referral", date(2025, 5, 20)),
    )
    assert counted(rows, weeks=3) == {
        ("RTR", "lung", "referral"): [(date(2025, 5, 12), 0), (date(2025, 5, 19), 1), (date(2025, 5, 26), 1)]
    }


def test_other_providers_and_what_has_no_site_or_date_make_no_series(spark: SparkSession) -> None:
    rows = events(
        spark,
        ("RTR", "lung", "referral", date(2025, 5, 1)),
        ("RX1", "lung", "referral", date(2025, 5, 20)),
        (None, "lung", "referral", date(2025, 5, 20)),
        ("RTR", None, "referral", date(2025, 5, 20)),
        ("RTR", "lung", "treatment", None),
        ("RTR", "lung", "referral", date(2025, 5, 20)),
    )
    assert set(counted(rows)) == {("RTR", "lung", "referral")}


def test_spark_forecasts_each_series_as_the_engine_does(spark: SparkSession) -> None:
    series = {("RTR", "lung", "referral"): [4, 6, 5, 7, 6, 5], ("RVW", "skin", "treatment"): [0, 2, 0, 1]}
    rows = [
        (*name, LAST_WEEK - timedelta(weeks=len(values) - 1 - place), float(value))
        for name, values in series.items()
        for place, value in enumerate(values)
    ]
    counts = spark.createDataFrame(rows, "org string, tumour_site string, stage string, period date, value double")
    found = demand_forecast(counts, horizon=5).toPandas()
    for name, values in series.items():
        of_series = found[(found[["org", "tumour_site", "stage"]] == name).all(axis=1)].sort_values("week_ahead")
        periods = pd.to_datetime([row[3] for row in rows if row[:3] == name])
        alone = forecast_series(pd.DataFrame({"period": periods, "value": values}), horizon=5, frequency="weekly")
        for column in ("mean", "lo80", "hi80", "lo95", "hi95"):
            assert of_series[column].to_numpy() == pytest.approx(alone[column].to_numpy())
        assert list(of_series["method"]) == list(alone["method"])
        assert set(of_series["origin"]) == {LAST_WEEK}
        assert list(of_series["period"]) == [LAST_WEEK + timedelta(weeks=ahead) for ahead in range(1, 6)]
        assert list(of_series["week_ahead"]) == [1, 2, 3, 4, 5]
    assert found["row_hash"].nunique() == len(found)
