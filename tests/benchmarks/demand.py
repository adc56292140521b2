"""`python -m tests.benchmarks.demand`: how far forecasts of national referrals were off, beside plain rivals.

Origins roll month by month, horizons are one to six months, and every method is measured in the same run.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from ml.demand.calendar import Array, Calendar, calendar
from ml.demand.candidates import History, outlook
from ml.demand.engine import forecast_series

HORIZON = 6
DATA = Path(__file__).parents[3] / "shared/data/published"
# Origins whose six months end before the pandemic, and those after it; the first, the last.
WINDOWS = {"origins 2015-19": ("2015-01", "2019-06"), "origins from March 2023": ("2023-03", "2025-02")}


def seasonal_naive(values: Array, periods: Calendar) -> Array:
    return np.resize(values[-12:], HORIZON)


def seasonal_naive_per_working_day(values: Array, periods: Calendar) -> Array:
    return np.resize((values / periods.working_days[:-HORIZON])[-12:], HORIZON) * periods.working_days[-HORIZON:]


def damped_ets_per_working_day(values: Array, periods: Calendar) -> Array:
    past, future = periods.part(slice(None, -HORIZON)), periods.part(slice(-HORIZON, None))
    history = History(np.log1p(values / past.working_days), past, "monthly", seasons=len(values) // 12)
    expected = outlook("damped_ets_per_working_day", history, future)
    assert expected is not None
    return np.expm1(expected.centre) * future.working_days


RIVALS: dict[str, Callable[[Array, Calendar], Array]] = {
    "naive": lambda values, periods: np.repeat(values[-1], HORIZON),
    "seasonal naive": seasonal_naive,
    "seasonal naive per working day": seasonal_naive_per_working_day,
    "damped ETS per working day": damped_ets_per_working_day,
}


def main() -> None:
    """Measure both windows, or say that the published figures are not here."""
    files = sorted(DATA.glob("usc_referrals_seen_england_*.csv"))
    if not files:
        say(f"The published figures are not here ({DATA}): nothing measured.")
        return
    published = pd.read_csv(files[-1], parse_dates=["period"])
    series = published.set_index("period")["usc_referrals_seen"]
    for name, (first, last) in WINDOWS.items():
        began = time.monotonic()
        report(name, measured(series, first, last))
        say(f"  {time.monotonic() - began:.0f} s")


def measured(series: "pd.Series[float]", first: str, last: str) -> pd.DataFrame:
    """One row for each method, origin and month ahead whose outcome is known: forecast, bounds and actual."""
    rows = []
    for origin in pd.date_range(first, last, freq="MS"):
        known, after = series[:origin], series[origin:].iloc[1 : HORIZON + 1]
        periods = calendar(known.index[0], len(known) + HORIZON, frequency="monthly")
        history = known.rename("value").rename_axis("period").reset_index()
        chosen = forecast_series(history, horizon=HORIZON, frequency="monthly").head(len(after))
        rows.append(chosen.assign(name="forecast-file", actual=after.to_numpy()))
        for name, rival in RIVALS.items():
            mean = rival(known.to_numpy(), periods)[: len(after)]
            rows.append(pd.DataFrame({"name": name, "mean": mean, "actual": after.to_numpy()}))
    return pd.concat(rows, ignore_index=True)


def report(name: str, rows: pd.DataFrame) -> None:
    """Print MAPE by method, and bias, coverage and choices of what forecast-file gives."""
    say(f"\n{name}: MAPE over one to six months ahead")
    error = (rows["mean"] / rows["actual"] - 1).abs() * 100
    for method, mape in error.groupby(rows["name"], sort=False).mean().items():
        say(f"  {method}: {mape:.2f} %")
    ours = rows[rows["name"] == "forecast-file"]
    bias = 100 * (ours["mean"].sum() / ours["actual"].sum() - 1)
    inside = {level: ours["actual"].between(ours[f"lo{level}"], ours[f"hi{level}"]).mean() for level in (80, 95)}
    say(f"  forecast-file: bias {bias:+.1f} %, in the 80 % interval {inside[80]:.0%}, in the 95 % {inside[95]:.0%}")
    shares = ours["method"].value_counts(normalize=True)
    say("  chosen: " + ", ".join(f"{method} {share:.0%}" for method, share in shares.items()))


def say(line: str) -> None:
    """Print a line of the report."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
