"""`forecast-file`: a CSV of series in, a CSV of forecasts out; what it refuses, it says in one line without a value."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.forecast_file import SeriesFileError, forecast_file

OUTPUT = ["series_id", "period", "mean", "lo80", "hi80", "lo95", "hi95", "method"]
HEADER = "series_id,period,value\n"


def months(series_id: str, count: int, *, first: str = "2024-01-01", level: int = 40) -> str:
    periods = pd.date_range(first, periods=count, freq="MS")
    return "".join(f"{series_id},{period:%Y-%m-%d},{level + place % 5}\n" for place, period in enumerate(periods))


def forecast(folder: Path, content: str, *, horizon: int = 3) -> pd.DataFrame:
    source, target = folder / "series.csv", folder / "out" / "forecast.csv"
    source.write_text(content, encoding="utf-8")
    count = forecast_file(source, target, horizon=horizon)
    found = pd.read_csv(target)
    assert count == found["series_id"].nunique()
    assert [path.name for path in target.parent.iterdir()] == ["forecast.csv"]
    return found


def test_each_series_goes_on_from_its_own_end(tmp_path: Path) -> None:
    found = forecast(tmp_path, HEADER + months("lung", 8) + months("breast", 6))
    assert list(found.columns) == OUTPUT
    assert list(found["series_id"]) == ["lung"] * 3 + ["breast"] * 3
    assert list(found["period"]) == [
        "2024-09-01", "2024-10-01", "2024-11-01", "2024-07-01", "2024-08-01", "2024-09-01",
    ]  # fmt: skip
    assert found["mean"].between(30, 60).all()


def test_weeks_are_seen_to_be_weeks(tmp_path: Path) -> None:
    rows = "".join(f"a,{day:%Y-%m-%d},{7 + day.day % 2}\n" for day in pd.date_range("2025-01-05", periods=9, freq="7D"))
    assert list(forecast(tmp_path, HEADER + rows, horizon=2)["period"]) == ["2025-03-09", "2025-03-16"]


@pytest.mark.parametrize(
    ("periods", "continued"),
    [
        (["2024-10", "2024-11", "2024-12"], ["2025-01", "2025-02", "2025-03"]),
        (["2024-11-30", "2024-12-31"], ["2025-01-31", "2025-02-28", "2025-03-31"]),
        (["2024-W51", "2024-W52"], ["2025-W01", "2025-W02", "2025-W03"]),
        (["2024-12-01 00:00:00"], ["2025-01-01", "2025-02-01", "2025-03-01"]),
    ],
)
def test_periods_are_continued_in_the_form_of_the_file(
    tmp_path: Path, periods: list[str], continued: list[str]
) -> None:
    rows = "".join(f"a,{period},{place + 4}\n" for place, period in enumerate(periods))
    assert list(forecast(tmp_path, HEADER + rows)["period"]) == continued


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(["a", "b", "c", "d"]))
def test_the_order_of_series_in_the_file_changes_no_forecast(tmp_path: Path, order: list[str]) -> None:
    levels = {"a": 3, "b": 900, "c": 50, "d": 50}
    content = HEADER + "".join(months(name, 7, level=levels[name]) for name in order)
    found = forecast(tmp_path, content).sort_values(["series_id", "period"], ignore_index=True)
    alone = [forecast(tmp_path, HEADER + months(name, 7, level=levels[name])) for name in sorted(order)]
    pd.testing.assert_frame_equal(found, pd.concat(alone, ignore_index=True))


def test_columns_may_stand_in_any_order_beside_others_and_after_a_byte_order_mark(tmp_path: Path) -> None:
    content = "\ufeffvalue,note,period,series_id\n5,x,2024-01-01,a\n6,,2024-02-01,a\n"
    assert list(forecast(tmp_path, content)["period"]) == ["2024-03-01", "2024-04-01", "2024-05-01"]


def test_a_missing_period_and_an_empty_value_are_filled_and_stated(tmp_path: Path) -> None:
    lines = months("a", 10).splitlines(keepends=True)
    lines[4] = lines[4].rsplit(",", 1)[0] + ",\n"
    found = forecast(tmp_path, HEADER + "".join(lines[:2] + lines[3:]))
    assert found["method"].str.endswith("; 2 missing periods filled)").all()
    assert found["period"].iloc[0] == "2024-11-01"


def test_a_long_monthly_series_is_forecast_by_the_winner_of_the_hold_out(tmp_path: Path) -> None:
    periods = pd.date_range("2018-01-01", periods=72, freq="MS")
    values = 1000 + 200 * np.sin(2 * np.pi * periods.month / 12) + np.random.default_rng(4).normal(0, 20, 72)
    rows = "".join(f"a,{period:%Y-%m},{value:.1f}\n" for period, value in zip(periods, values, strict=True))
    found = forecast(tmp_path, HEADER + rows, horizon=6)
    assert found["method"].iloc[0] in {
        "seasonal_naive_per_working_day", "damped_ets_per_working_day", "auto_arima_working_days",
    }  # fmt: skip
    assert found["mean"].to_numpy() == pytest.approx(1000 + 200 * np.sin(2 * np.pi * np.arange(1, 7) / 12), rel=0.12)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("period,value\n2024-01-01,5\n", "the file lacks the column series_id (file=series.csv)."),
        ("a;b\n1;2\n", "the file lacks the columns series_id, period, value (file=series.csv)."),
        ("", "the file lacks the columns series_id, period, value (file=series.csv)."),
        (HEADER, "the file has no rows (file=series.csv)."),
        (HEADER + months("a", 3) + "a,2024-04-01,7x\n", "the value is not a number from 0 (file=series.csv, line=5)."),
        (HEADER + "a,2024-04-01,-71\n", "the value is not a number from 0 (file=series.csv, line=2)."),
        (HEADER + "a,2024-04-01,nan\n", "the value is not a number from 0 (file=series.csv, line=2)."),
        (HEADER + "a,2024-04-01,inf\n", "the value is not a number from 0 (file=series.csv, line=2)."),
        (HEADER + "a,71/04/2024,5\n", "the period is not a date, month or ISO week (file=series.csv, line=2)."),
        (
            HEADER + "a,2024-04-01,5\na,2024-05,6\n",
            "the period is written unlike those above (file=series.csv, line=3).",
        ),
        (HEADER + months("a", 2) + months("a", 1), "the series has this period already (file=series.csv, line=4)."),
        (HEADER + "a,2024-04-01,\n", "the series has no value (file=series.csv, line=2)."),
        (
            HEADER + "a,2024-04-01,71\na,2024-04-08,71\na,2024-05-01,71\n",
            "periods are neither all weekly nor all monthly (file=series.csv).",
        ),
        (
            HEADER + "a,2024-04-01,71\na,2024-12-01,71\n",
            "the series that starts here lacks 7 of 9 monthly values (file=series.csv, line=2).",
        ),
    ],
)
def test_a_file_that_cannot_be_forecast_is_refused_by_line_and_without_a_value(
    tmp_path: Path, content: str, message: str
) -> None:
    with pytest.raises(SeriesFileError) as fault:
        forecast(tmp_path, content)
    assert str(fault.value).startswith(message)
    assert "7x" not in str(fault.value)
    assert "71" not in str(fault.value)
    assert "\n" not in str(fault.value)
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_not_there_or_not_text_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SeriesFileError, match="can't be read"):
        forecast_file(tmp_path / "none.csv", tmp_path / "out.csv", horizon=3)
    (tmp_path / "binary.csv").write_bytes(b"series_id,period,value\na,2024-01-01,\xff\xfe\n")
    with pytest.raises(SeriesFileError, match="not CSV in UTF-8"):
        forecast_file(tmp_path / "binary.csv", tmp_path / "out.csv", horizon=3)


def test_a_horizon_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SeriesFileError, match="less than one period"):
        forecast(tmp_path, HEADER + months("a", 4), horizon=0)
