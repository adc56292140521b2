"""The sections on the forecast of demand: one series as a chart, and what stands."""

from collections.abc import Mapping
from datetime import date

from rich.console import Console
from sqlalchemy import Connection

from jobs.screens.layout import add_row, fixed, heading, line, number, plain_table, show
from jobs.screens.queries import outlook
from jobs.screens.wording import BANDS, MARK, count, day, interval_bar, site
from libs.settings import Trust

STAGE = "referral"
LEGEND = f"Bars: {MARK} the count to expect, {BANDS[1]} the range that holds 80 weeks of 100, {BANDS[-1]} up to it."
_RANGE = "80 of 100"
_NOTHING = "No forecast yet."
_SMALL = 10  # counts below this are shown with a decimal


def show_forecast(console: Console, connection: Connection, trusts: Mapping[str, Trust]) -> None:
    """The referrals of one site of one trust, week by week: the largest series, so that its shape can be seen."""
    origin = outlook.forecast_origin(connection)
    weeks = outlook.largest_forecast(connection, stage=STAGE)
    if origin is None or not weeks:
        heading(console, "Forecast of referrals")
        line(console, _NOTHING, style="dim")
        return
    first = weeks[0]
    trust = f"{first.org} {trusts[first.org].name}" if first.org in trusts else first.org
    heading(
        console,
        f"Forecast: {site(first.tumour_site)} referrals a week, {trust}",
        f"The largest of {count(origin.series)} series. Method: {first.method}. The last week known:"
        f" {_monday(first.origin)}.\n{LEGEND}",
    )
    longest = max(week.hi80 for week in weeks)
    digits = 0 if longest >= _SMALL else 1
    between = [f"{week.lo80:,.{digits}f} to {week.hi80:,.{digits}f}" for week in weeks]
    width = min(50, console.width - 27 - max(len(text) for text in (_RANGE, *between)))
    table = plain_table(fixed("Week of"), number("Expected"), number(_RANGE), fixed(""))
    for week, text in zip(weeks, between, strict=True):
        drawn = interval_bar(week.lo80, week.mean, week.hi80, longest=longest, width=width)
        add_row(table, day(week.period), f"{week.mean:,.{digits}f}", text, drawn)
    show(console, table)


def show_forecast_state(console: Console, connection: Connection) -> None:
    """From which week the newest forecast starts, and how much it tells."""
    heading(console, "Forecast")
    origin = outlook.forecast_origin(connection)
    if origin is None:
        line(console, _NOTHING, style="dim")
        return
    line(
        console,
        f"{count(origin.series)} series, {count(origin.weeks)} weeks ahead. The last week known:"
        f" {_monday(origin.origin)}.",
    )


def _monday(on: date) -> str:
    return f"{day(on)} {on:%Y}"
