"""A world's referrals by month, held against the published ones: trust by trust, and England's months."""

from datetime import date, datetime

import numpy as np
import pandas as pd

from libs.synthetic.calendar import london_minute
from libs.synthetic.draws import Array

LEAST_EXPECTED = 1.0  # a cell of fewer says nothing about the spread


def month_counts(pathways: pd.DataFrame, period: tuple[np.datetime64, np.datetime64]) -> pd.DataFrame:
    """Urgent and breast-symptom referrals, received and first_seen, by provider, suspected (`bsym`) and month.

    `period` are the days after the first and up to the last one within which both are counted.
    """
    urgent = pathways[pathways["route"].isin(["USC", "BSYM"])]
    suspected = urgent["suspected"].where(urgent["route"] == "USC", "bsym")
    counts = []
    for name, column in (("received", "referral_received_on"), ("first_seen", "first_seen_on")):
        day = urgent[column].to_numpy().astype("datetime64[D]")
        inside = (day > period[0]) & (day <= period[1])
        month = pd.Series(day.astype("datetime64[M]").astype("datetime64[s]"), urgent.index, name="month")[inside]
        key = [urgent["trust"][inside].rename("provider"), suspected[inside].rename("suspected"), month]
        counts.append(month.groupby(key).size().rename(name))
    return pd.concat(counts, axis=1).fillna(0.0).astype(float).reset_index()


def whole_months(starts_on: date, ends_at: datetime) -> tuple[np.datetime64, np.datetime64]:
    """The whole months of a period without its first two months, in which clinics only fill up."""
    first = np.datetime64(starts_on, "M") + 2 + (starts_on.day > 1)
    last = (london_minute(ends_at).astype("datetime64[D]") + 1).astype("datetime64[M]")
    return first.astype("datetime64[D]") - 1, last.astype("datetime64[D]") - 1


def against_published(counts: pd.DataFrame, referrals: pd.DataFrame) -> pd.DataFrame:
    """Every published cell of the world's providers and months: expected, received, first_seen and their Poisson z.

    Expected is the published count, scaled so that all cells together come to as many as were received. The month in
    which a referral is received is held against that in which people were first seen: only the latter is published.
    """
    months, providers = counts["month"].unique(), counts["provider"].unique()
    known = referrals[referrals["month"].isin(months) & referrals["provider"].isin(providers)]
    both = known.merge(counts, "left", on=["provider", "suspected", "month"])
    both = both.fillna({"received": 0.0, "first_seen": 0.0})
    expected = both["seen"] * both["received"].sum() / max(both["seen"].sum(), 1.0)
    scaled = both["first_seen"] * both["received"].sum() / max(both["first_seen"].sum(), 1.0)
    root = np.sqrt(expected.where(expected > 0))
    return both.assign(
        expected=expected, z_received=(both["received"] - expected) / root, z_first_seen=(scaled - expected) / root
    )


def dispersion(z: "pd.Series[float]", expected: "pd.Series[float]") -> tuple[float, int]:
    """Mean squared Poisson z of the cells large enough to tell, and how many those are: 1 is pure noise."""
    told = z[expected >= LEAST_EXPECTED]
    return (float((told**2).mean()) if len(told) else float("nan")), len(told)


def most_dispersion(expected: "pd.Series[float]") -> float:
    """What the dispersion of pure Poisson noise stays below in all but one of a thousand worlds of such cells.

    The square of one z has mean 1 and variance 2 + 1 / expected.
    """
    told = expected[expected >= LEAST_EXPECTED]
    return 1 + 3.1 * float(np.sqrt((2 + 1 / told).sum())) / max(len(told), 1)


def month_index(cells: pd.DataFrame, calendar: np.busdaycalendar) -> pd.DataFrame:
    """By month: working days, expected and received, and each one's index (mean 1) in all and per working day."""
    by_month = cells.groupby("month")[["expected", "received", "first_seen"]].sum().reset_index()
    start: Array = by_month["month"].to_numpy().astype("datetime64[M]")
    days = np.busday_count(start.astype("datetime64[D]"), (start + 1).astype("datetime64[D]"), busdaycal=calendar)
    by_month["working_days"] = days
    for name in ("expected", "received", "first_seen"):
        by_month[f"{name}_index"] = by_month[name] / by_month[name].mean()
        per_day = by_month[name] / days
        by_month[f"{name}_per_working_day"] = per_day / per_day.mean()
    return by_month
