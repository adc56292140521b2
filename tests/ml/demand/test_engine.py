"""The forecast of one series: what holds for every series, and which method answers when."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.demand.calendar import SEASON, Array, Frequency, calendar
from ml.demand.engine import forecast_series

MONDAY = pd.Timestamp("2023-01-02")
NUMBERS = ["mean", "lo80", "hi80", "lo95", "hi95"]
FREQUENCIES = st.sampled_from(["weekly", "monthly"])
# Long fits cost a second each: rules are tried on series of up to two years, and long ones by example.
COUNTS = st.lists(st.integers(0, 400), min_size=1, max_size=70)


def history(
    values: list[float] | list[int] | Array, frequency: Frequency, first: pd.Timestamp | None = None
) -> pd.DataFrame:
    start = first or (MONDAY if frequency == "weekly" else pd.Timestamp("2019-01-01"))
    return pd.DataFrame({"period": calendar(start, len(values), frequency=frequency).starts, "value": values})


def per_working_day(rates: Array, frequency: Frequency, first: pd.Timestamp) -> pd.DataFrame:
    return history(rates * calendar(first, len(rates), frequency=frequency).working_days, frequency, first)


@settings(max_examples=25, deadline=None)
@given(COUNTS, FREQUENCIES, st.integers(1, 14))
def test_intervals_nest_around_the_mean_and_nothing_is_negative(
    values: list[int], frequency: Frequency, horizon: int
) -> None:
    found = forecast_series(history(values, frequency), horizon=horizon, frequency=frequency)
    assert len(found) == horizon
    assert np.isfinite(found[NUMBERS].to_numpy()).all()
    for lower, upper in zip(["lo95", "lo80", "mean", "hi80"], ["lo80", "mean", "hi80", "hi95"], strict=True):
        assert (found[lower] <= found[upper]).all(), f"{lower} above {upper}"
    assert (found["lo95"] >= 0).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 120), FREQUENCIES)
def test_a_constant_series_forecasts_itself(value: int, length: int, frequency: Frequency) -> None:
    found = forecast_series(history([value] * length, frequency), horizon=8, frequency=frequency)
    assert found["mean"].to_numpy() == pytest.approx(np.full(8, value), rel=1e-9)
    assert found["method"].str.startswith("constant").all()


@settings(max_examples=15, deadline=None)
@given(COUNTS, FREQUENCIES, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(values: list[int], frequency: Frequency, random) -> None:  # type: ignore[no-untyped-def]
    rows = history(values, frequency)
    order = list(rows.index)
    random.shuffle(order)
    found = forecast_series(rows.loc[order], horizon=4, frequency=frequency)
    pd.testing.assert_frame_equal(found, forecast_series(rows, horizon=4, frequency=frequency))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0.2, 80), min_size=2, max_size=23), st.integers(1, 4))
def test_a_shift_by_whole_years_of_weeks_changes_no_rate_per_working_day(rates: list[float], years: int) -> None:
    shifted_to = MONDAY + pd.Timedelta(weeks=52 * years)
    here = forecast_series(per_working_day(np.array(rates), "weekly", MONDAY), horizon=12, frequency="weekly")
    there = forecast_series(per_working_day(np.array(rates), "weekly", shifted_to), horizon=12, frequency="weekly")
    assert (there["period"] - here["period"] == pd.Timedelta(weeks=52 * years)).all()
    if not here["method"].str.startswith("constant").any() and not there["method"].str.startswith("constant").any():
        assert rate(there, "mean") == pytest.approx(rate(here, "mean"), rel=0.02)


def rate(found: pd.DataFrame, column: str) -> Array:
    days = calendar(found["period"].iloc[0], len(found), frequency="weekly").working_days
    return np.asarray(found[column].to_numpy() / days)


def test_the_periods_go_on_where_the_history_ends() -> None:
    weekly = forecast_series(history([3, 4, 5], "weekly"), horizon=2, frequency="weekly")
    assert list(weekly["period"]) == [MONDAY + pd.Timedelta(weeks=3), MONDAY + pd.Timedelta(weeks=4)]
    monthly = forecast_series(history([3, 4, 5], "monthly"), horizon=2, frequency="monthly")
    assert list(monthly["period"]) == [pd.Timestamp("2019-04-01"), pd.Timestamp("2019-05-01")]


@pytest.mark.parametrize(
    ("length", "method"),
    [
        (1, "constant (one value is known)"),
        (5, "mean_per_working_day (5 weeks are too few to compare methods)"),
        (23, "mean_per_working_day (23 weeks are too few to compare methods)"),
    ],
)
def test_a_series_too_short_to_compare_gets_an_answer_that_says_so(length: int, method: str) -> None:
    found = forecast_series(history([*range(3, 3 + length)], "weekly"), horizon=12, frequency="weekly")
    assert set(found["method"]) == {method}
    assert (found["mean"] > 0).all()
    assert found["holdout_error"].isna().all()


def test_a_series_shorter_than_a_season_is_answered_by_the_best_of_the_methods_that_need_none() -> None:
    values = np.random.default_rng(3).poisson(20, 45)
    found = forecast_series(history(values, "weekly"), horizon=12, frequency="weekly")
    assert set(found["method"]) <= {"mean_per_working_day", "damped_ets_per_working_day", "auto_arima_working_days"}
    assert found["mean"].between(14, 26).all()
    assert found["holdout_error"].notna().all()


@pytest.mark.parametrize("frequency", ["weekly", "monthly"])
def test_a_year_that_repeats_is_foreseen_and_beats_a_year_ago_where_working_days_move(frequency: Frequency) -> None:
    first = pd.Timestamp("2019-01-07") if frequency == "weekly" else pd.Timestamp("2019-01-01")
    season = SEASON[frequency]
    noise = np.random.default_rng(8).normal(0, 0.1, 5 * season)
    rates = 20 + 8 * np.sin(2 * np.pi * np.arange(5 * season) / season) + noise
    coming = calendar(first, 5 * season, frequency=frequency).working_days[-6:] * rates[-6:]
    past = per_working_day(rates, frequency, first).iloc[:-6]
    found = forecast_series(past, horizon=6, frequency=frequency)
    assert found["mean"].to_numpy() == pytest.approx(coming, rel=0.05)
    assert found["holdout_error"].iloc[0] < found["holdout_naive_error"].iloc[0]


def test_a_short_week_is_no_fall_in_demand() -> None:
    past = per_working_day(np.tile([10.0, 10.2, 9.8], 30), "weekly", MONDAY).iloc[:86]
    christmas = forecast_series(past, horizon=12, frequency="weekly")
    days = calendar(christmas["period"].iloc[0], 12, frequency="weekly").working_days
    assert set(days) == {4, 5}
    assert christmas["mean"].to_numpy() / days == pytest.approx(np.full(12, 10.0), rel=0.05)


def test_a_missing_period_is_filled_and_stated() -> None:
    rows = history([5, 9, 5, 9, 5, 9, 5, 9], "monthly")
    one = forecast_series(rows.drop(index=3), horizon=2, frequency="monthly")
    assert one["method"].str.endswith("; 1 missing period filled)").all()
    two = forecast_series(rows.drop(index=[3, 5]), horizon=2, frequency="monthly")
    assert two["method"].str.endswith("; 2 missing periods filled)").all()
    assert one["period"].iloc[0] == two["period"].iloc[0] == pd.Timestamp("2019-09-01")


def test_of_counts_by_chance_about_as_many_lie_in_the_intervals_as_they_say() -> None:
    rng = np.random.default_rng(12)
    days = calendar(MONDAY, 70, frequency="weekly").working_days
    inside = {80: 0, 95: 0}
    forecast_values, actual_values = [], []
    for _ in range(12):
        values = rng.poisson(days * 1.2)
        found = forecast_series(history(values[:58], "weekly"), horizon=12, frequency="weekly")
        for level in inside:
            low, high = found[f"lo{level}"].to_numpy(), found[f"hi{level}"].to_numpy()
            inside[level] += int(((values[58:] >= low) & (values[58:] <= high)).sum())
        forecast_values.append(found["mean"].sum())
        actual_values.append(values[58:].sum())
    assert 0.7 <= inside[80] / 144 <= 0.92
    assert inside[95] / 144 >= 0.88
    assert sum(forecast_values) == pytest.approx(sum(actual_values), rel=0.1)
