"""`forecast-file`: the forecast of the series in a CSV file, without Spark."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from libs.errors import Terminal
from ml.demand.calendar import Frequency
from ml.demand.engine import forecast_series
from ml.demand.periods import detect_frequency, is_month_ends, read_period, written

INPUT = ("series_id", "period", "value")
OUTPUT = ("series_id", "period", "mean", "lo80", "hi80", "lo95", "hi95", "method")
# Of a series with more holes than this, the filling would be forecast, not the series.
_MOST_MISSING = 0.25


class SeriesFileError(Terminal):
    """A file of series can't be forecast as it is; the message names the line, never what stands there."""


@dataclass(frozen=True)
class _Row:
    series_id: str
    period: date
    value: float | None
    line: int


def forecast_file(input: Path, output: Path, *, horizon: int) -> int:
    """Forecast every series of `input`, write `output`, and return how many series that were.

    `input` has the columns series_id, period and value (others are passed over), weekly or monthly: dates, months
    such as 2025-03 or ISO weeks such as 2025-W10. A missing period or an empty value is filled from its neighbours
    and stated in `method`. `output` has series_id, period, mean, lo80, hi80, lo95, hi95, method.
    Raises SeriesFileError for a file that is not so.
    """
    if horizon < 1:
        raise SeriesFileError("the horizon is less than one period", do="Give a whole number from 1.")
    rows, form = _read(input)
    series = _by_series(rows, input)
    every_period = [[row.period for row in rows_of] for rows_of in series.values()]
    frequency = detect_frequency(every_period, form)
    if frequency is None:
        raise SeriesFileError(
            "periods are neither all weekly nor all monthly",
            do="Put weekly and monthly series into files of their own; a week is a date each 7 days, a month its first "
            "or last day.",
            file=input.name,
        )
    at_month_ends = frequency == "monthly" and is_month_ends([row.period for row in rows])
    forecasts = []
    for series_id, rows_of in series.items():
        found = forecast_series(_history(rows_of, frequency, input), horizon=horizon, frequency=frequency)
        found["period"] = written(found["period"], form, at_month_ends=at_month_ends)
        forecasts.append(found.assign(series_id=series_id)[[*OUTPUT]])
    _write(pd.concat(forecasts), output)
    return len(series)


def _read(path: Path) -> tuple[list[_Row], str]:
    """Every row, and the form in which the file writes periods."""
    rows: list[_Row] = []
    forms: set[str] = set()
    for line, cells in _cells(path):
        read = read_period(cells["period"] or "")
        if read is None:
            raise _at_line("the period is not a date, month or ISO week", "Write for example 2025-03-01.", path, line)
        forms.add(read[1])
        if len(forms) > 1:
            raise _at_line("the period is written unlike those above", "Write all periods in one form.", path, line)
        value = _value(cells["value"] or "")
        if value is not None and not (np.isfinite(value) and value >= 0):
            raise _at_line("the value is not a number from 0", "Write a plain number, or leave it empty.", path, line)
        rows.append(_Row(cells["series_id"] or "", read[0], value, line))
    if not rows:
        raise SeriesFileError("the file has no rows", do="Give at least one period of one series.", file=path.name)
    return rows, forms.pop()


def _cells(path: Path) -> Iterator[tuple[int, dict[str, str | None]]]:
    """Each row's cells by column, and the line on which it stands."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            missing = [name for name in INPUT if name not in (reader.fieldnames or ())]
            if missing:
                raise SeriesFileError(
                    f"the file lacks the {'column' if len(missing) == 1 else 'columns'} {', '.join(missing)}",
                    do=f"Its first line must name {', '.join(INPUT)}, with commas between.",
                    file=path.name,
                )
            for cells in reader:
                yield reader.line_num, cells
    except OSError:
        raise SeriesFileError("the file can't be read", do="Look at its path and rights.", file=str(path)) from None
    except (UnicodeDecodeError, csv.Error):
        raise SeriesFileError("the file is not CSV in UTF-8", do="Save it as CSV, UTF-8.", file=path.name) from None


def _value(text: str) -> float | None:
    """A number, None for an empty cell, NaN for what is neither."""
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _by_series(rows: list[_Row], path: Path) -> dict[str, list[_Row]]:
    """The rows of each series in the order of their periods."""
    series: dict[str, list[_Row]] = {}
    for row in rows:
        series.setdefault(row.series_id, []).append(row)
    for rows_of in series.values():
        rows_of.sort(key=lambda row: (row.period, row.line))
        for earlier, later in pairwise(rows_of):
            if earlier.period == later.period:
                raise _at_line("the series has this period already", "Leave one line for each.", path, later.line)
    return series


def _history(rows: list[_Row], frequency: Frequency, path: Path) -> pd.DataFrame:
    """A series' known values by the first day of each period."""
    known = [row for row in rows if row.value is not None]
    if not known:
        raise _at_line("the series has no value", "Give it at least one.", path, rows[0].line)
    first, last = known[0].period, known[-1].period
    months = (last.year - first.year) * 12 + last.month - first.month
    span = 1 + (months if frequency == "monthly" else (last - first).days // 7)
    if span - len(known) > _MOST_MISSING * span:
        raise _at_line(
            f"the series that starts here lacks {span - len(known)} of {span} {frequency} values",
            "Add them (a zero where nothing happened), or leave the series out.",
            path,
            rows[0].line,
        )
    days = [row.period.replace(day=1) if frequency == "monthly" else row.period for row in known]
    return pd.DataFrame({"period": pd.to_datetime(days), "value": [row.value for row in known]})


def _at_line(what: str, do: str, path: Path, line: int) -> SeriesFileError:
    return SeriesFileError(what, do=do, file=path.name, line=line)


def _write(forecasts: pd.DataFrame, output: Path) -> None:
    """Write beside the target, then move: a reader never meets half a file."""
    beside = output.with_name(f".{output.name}.part")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        forecasts.to_csv(beside, index=False, float_format="%.10g")
        beside.replace(output)
    except OSError:
        raise SeriesFileError("the output can't be written", do="Look at its path.", file=str(output)) from None
