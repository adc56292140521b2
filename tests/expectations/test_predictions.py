"""The suites of scores and forecasts: each way in which one can be wrong is found, and clean rows pass."""

from datetime import date
from math import inf, nan

from pyspark.sql import SparkSession

from expectations import predictions
from tests.expectations.measuring import Row, failures, frame

SCORES = (
    "pathway_key string, standard string, scored_on date, p_breach double, baseline_p double, risk_band string"
)  # fmt: skip
SCORE: Row = {
    "pathway_key": "k", "standard": "62", "scored_on": date(2025, 6, 2), "p_breach": 0.7, "baseline_p": 0.4,
    "risk_band": "high",
}  # fmt: skip
FORECASTS = (
    "org string, tumour_site string, stage string, period date, origin date, lo95 double, lo80 double, mean double, "
    "hi80 double, hi95 double"
)
FORECAST: Row = {
    "org": "RTR", "tumour_site": "lung", "stage": "referral", "period": date(2025, 6, 2), "origin": date(2025, 5, 26),
    "lo95": 0.0, "lo80": 2.0, "mean": 5.0, "hi80": 8.0, "hi95": 10.0,
}  # fmt: skip


def test_each_way_in_which_a_score_can_be_wrong_is_found(spark: SparkSession) -> None:
    rows: list[Row] = [
        {},
        {"pathway_key": "a", "p_breach": nan},
        {"pathway_key": "b", "baseline_p": None},
        {"pathway_key": "c", "p_breach": 1.01},
        {"pathway_key": "d", "standard": "31"},
        {"pathway_key": "e", "risk_band": None},
        {"pathway_key": "f"},
        {"pathway_key": "f"},
    ]
    assert failures(predictions.risk_score(), frame(spark, SCORES, SCORE, rows)) == {
        "PROBABILITY_WRONG": 3,
        "STANDARD_UNKNOWN": 1,
        "BAND_UNKNOWN": 1,
        "KEY_REPEATED": 2,
    }


def test_each_way_in_which_a_forecast_can_be_wrong_is_found(spark: SparkSession) -> None:
    rows: list[Row] = [
        {},
        {"org": "a", "lo95": -1.0},
        {"org": "b", "mean": nan},
        {"org": "c", "hi95": inf},
        {"org": "d", "lo80": 6.0},
        {"org": "e", "hi80": None},
    ]
    found = failures(predictions.demand_forecast(), frame(spark, FORECASTS, FORECAST, rows))
    assert found == {"INTERVAL_WRONG": 5}
