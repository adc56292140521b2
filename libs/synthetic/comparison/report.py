"""A world's comparison with the published figures, in whole: its tables, and a verdict on each limit."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from libs.synthetic.comparison.counted_waits import counted_waits, last_year
from libs.synthetic.comparison.month_counts import (
    against_published,
    dispersion,
    month_counts,
    month_index,
    most_dispersion,
    whole_months,
)
from libs.synthetic.comparison.shares import (
    NORTHERN,
    band_shares,
    conversion,
    distances,
    percentages,
    treatment_mix,
)
from libs.synthetic.providers import ENGLAND, PublishedFigures
from libs.synthetic.spec import WorldSpec

MOST_DISTANCE, MOST_DISTANCE_OF_GROUP = 0.05, 0.10  # of 62-day band shares, England and each cancer group
MOST_POINTS = 3.0  # between a trust's published and synthetic percentage
_ENOUGH_OF_ENGLAND = 0.9  # share of England's first seen from which a world is held against England's bands


class Happened(Protocol):
    """What a comparison looks at: a World, or one whose people have no names."""

    @property
    def spec(self) -> WorldSpec: ...
    @property
    def pathways(self) -> pd.DataFrame: ...
    @property
    def treatments(self) -> pd.DataFrame: ...


@dataclass(frozen=True)
class Report:
    """The tables of a comparison, each as its function in `shares` and `month_counts` makes it.

    verdicts: subject, measured, limit, by_chance (what sampling alone explains), n, and passed (missing where the
    limit is not meant for such a world).
    """

    bands: pd.DataFrame
    distances: pd.DataFrame
    percentages: pd.DataFrame
    treatments: pd.DataFrame
    conversion: pd.DataFrame
    referrals: pd.DataFrame
    months: pd.DataFrame
    verdicts: pd.DataFrame
    share_of_england: float


def compare(world: Happened, figures: PublishedFigures, calendar: np.busdaycalendar) -> Report:
    """Hold a world against the published figures: its last year for waits, its whole published months for referrals."""
    trusts, year = world.spec.systems, last_year(world.spec.ends_at)
    waits = counted_waits(world.pathways, world.treatments, figures.providers, year)
    shares = band_shares(waits, figures.published)
    counts = month_counts(world.pathways, whole_months(world.spec.starts_on, world.spec.ends_at))
    referrals = against_published(counts, figures.referrals)
    seen = figures.referrals.groupby("provider")["seen"].sum()
    of_england = float(seen.reindex(list(trusts)).sum() / seen.sum())
    told, cells = distances(shares), percentages(waits, figures.published)
    cells = cells[cells["provider"].isin([ENGLAND, *trusts])]
    verdicts = (
        _band_verdicts(told, is_england=of_england >= _ENOUGH_OF_ENGLAND),
        _trust_verdicts(cells),
        _referral_verdicts(referrals),
    )
    return Report(
        bands=shares,
        distances=told,
        percentages=cells,
        treatments=treatment_mix(waits, figures.published),
        conversion=conversion(waits, month_counts(world.pathways, year), figures, trusts),
        referrals=referrals,
        months=month_index(referrals, calendar),
        verdicts=pd.concat(verdicts, ignore_index=True)[_COLUMNS],
        share_of_england=of_england,
    )


_STANDARDS = {"fds": "28-day", "d31": "31-day", "d62": "62-day"}
_COLUMNS = ["subject", "measured", "limit", "by_chance", "n", "passed"]


def _band_verdicts(told: pd.DataFrame, *, is_england: bool) -> pd.DataFrame:
    waits = told[(told["standard"] == "d62") & (told["route_or_stage"] == "ALL")]
    limit = np.where(waits["breakdown"] == "all", MOST_DISTANCE, MOST_DISTANCE_OF_GROUP)
    passed = (waits["distance"] <= limit).astype("boolean").mask(waits["synthetic_n"] == 0)
    return pd.DataFrame(
        {
            "subject": "62-day bands: " + waits["breakdown"],
            "measured": waits["distance"],
            "limit": limit,
            "by_chance": waits["by_chance"],
            "n": waits["synthetic_n"],
            "passed": passed.mask(~pd.Series(is_england, passed.index)),
        }
    )


def _trust_verdicts(cells: pd.DataFrame) -> pd.DataFrame:
    whole = cells[(cells["route_or_stage"] == "ALL") & (cells["breakdown"] == "all")]
    whole = whole[whole["provider"].isin(NORTHERN)].sort_values(["standard", "provider"], key=_in_order)
    return pd.DataFrame(
        {
            "subject": whole["standard"].map(_STANDARDS) + ": " + whole["provider"],
            "measured": whole["difference"],
            "limit": MOST_POINTS,
            "by_chance": whole["standard_error"],
            "n": whole["synthetic_n"],
            "passed": (whole["difference"].abs() <= MOST_POINTS).astype("boolean").mask(whole["synthetic_n"] == 0),
        }
    )


def _in_order(column: "pd.Series[str]") -> "pd.Series[int]":
    """Standards by their days, trusts as the reference lists them."""
    return column.map({key: place for place, key in enumerate([*_STANDARDS, *NORTHERN])})


def _referral_verdicts(referrals: pd.DataFrame) -> pd.DataFrame:
    sums = referrals.groupby(["provider", "suspected"])[["expected", "received"]].sum()
    z = (sums["received"] - sums["expected"]) / np.sqrt(sums["expected"].where(sums["expected"] > 0))
    lines = []
    for name, each, expected in (
        ("referrals: trust x type x month", referrals["z_received"], referrals["expected"]),
        ("referrals: trust x type, all months", z, sums["expected"]),
    ):
        measured, cells = dispersion(each, expected)
        limit = most_dispersion(expected)
        lines.append((name, measured, limit, limit - 1, cells, measured <= limit if cells else pd.NA))
    return pd.DataFrame(lines, columns=_COLUMNS).astype({"passed": "boolean"})


def further(report: Report) -> pd.DataFrame:
    """What has no limit, in a few lines: subject, published, synthetic, distance (total variation), NaN where none."""
    told, waits = report.distances, report.percentages
    bands = told[(told["standard"] == "d62") & (told["route_or_stage"] != "ALL") & (told["breakdown"] == "all")]
    sites = told[(told["standard"] == "fds") & (told["breakdown"] != "all") & (told["synthetic_n"] > 0)]
    england = waits[(waits["provider"] == ENGLAND) & (waits["breakdown"] == "all")]
    parts = [
        _lines("62-day bands by route: " + bands["route_or_stage"], distance=bands["distance"]),
        pd.DataFrame(
            {
                "subject": ["28-day bands, mean over route and site"],
                "distance": [np.average(sites["distance"], weights=sites["published_n"]) if len(sites) else np.nan],
            }
        ),
        _lines(
            "per cent within, " + england["standard"].map(_STANDARDS) + " " + england["route_or_stage"],
            published=england["published"],
            synthetic=england["synthetic"],
        ),
        _lines(
            "treated per 100 first seen: " + report.conversion["site"],
            published=report.conversion["published"],
            synthetic=report.conversion["synthetic"],
        ),
    ]
    return pd.concat(parts, ignore_index=True).reindex(columns=["subject", "published", "synthetic", "distance"])


def _lines(subject: "pd.Series[str]", **columns: "pd.Series[float]") -> pd.DataFrame:
    return pd.DataFrame({"subject": subject, **columns})
