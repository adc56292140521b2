"""Who is referred where, by which route, for what, and when."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from libs.synthetic.draws import Array, between, choose_by, look_up, share
from libs.synthetic.figures import Figures

# Referral sources by route: GP, dentist, emergency department, consultant, screening programme, other.
_SOURCES = {
    "USC": {"03": 0.94, "92": 0.01, "04": 0.03, "05": 0.02},
    "USC head_neck": {"03": 0.80, "92": 0.17, "05": 0.03},
    "BSYM": {"03": 1.0},
    "SCREEN": {"17": 1.0},
    "UPGRADE": {"03": 0.33, "04": 0.34, "05": 0.30, "97": 0.03},
    "OTHER": {"03": 0.60, "04": 0.12, "05": 0.25, "97": 0.03},
}
_PRIORITIES = {
    "USC": {"3": 1.0},
    "BSYM": {"3": 1.0},
    "SCREEN": {"2": 1.0},
    "UPGRADE": {"1": 0.45, "2": 0.55},
    "OTHER": {"1": 0.7, "2": 0.3},
    "EMERGENCY USC": {"3": 1.0},
    "EMERGENCY UPGRADE": {"2": 1.0},
    "EMERGENCY OTHER": {"2": 1.0},
}


# Where the people upgraded with each cancer were first referred.
_SITE_OF_GROUP = {
    "lymphoma": "haematology", "haematology_other": "haematology", "hepatobiliary": "upper_gi",
    "oesophagus_stomach": "upper_gi", "prostate": "urology", "urology_other": "urology", "other": "other",
}  # fmt: skip
# The middle of the year of which the volumes of screening and upgrades are published.
_MIDDLE = np.datetime64("2024-10", "M")


def draw_referrals(
    rng: np.random.Generator, figures: Figures, *, pathways: int, trusts: Sequence[str], period: tuple[date, date]
) -> pd.DataFrame:
    """One row per pathway: trust, route, suspected site, codes and referral dates, in order of receipt.

    `period` is the first and the last day on which a referral can be received.
    """
    expected = expected_referrals(figures, trusts=trusts, period=period)
    drawn = np.repeat(
        np.arange(len(expected)), rng.multinomial(pathways, expected["expected"] / expected["expected"].sum())
    )
    kind = expected.iloc[drawn]
    received = _days_of_receipt(rng, figures, kind["month"].to_numpy().astype("datetime64[M]"), period)
    order = np.argsort(received, kind="stable")
    trust, route, suspected = (kind[name].to_numpy()[order] for name in ("trust", "route", "suspected"))
    received = received[order]
    source = choose_by(rng, _SOURCES, _source_kind(route, suspected))
    lag = np.where(np.isin(route, ["USC", "BSYM"]), 1, 5)
    return pd.DataFrame(
        {
            "trust": trust,
            "route": route,
            "suspected": suspected,
            "tumour_site": look_up(suspected, {key: line.tumour_site for key, line in figures.suspected.items()}),
            "suspected_cancer_type": _types(figures, route, suspected),
            "priority_type": choose_by(rng, _PRIORITIES, np.where(source == "04", "EMERGENCY " + route, route)),
            "referral_source": source,
            "received": received,
            "decided": _on_a_weekday(
                received - np.where(share(rng, pathways, 0.55), 0, between(rng, 0, lag, pathways)), route
            ),
        }
    )


def _on_a_weekday(decided: Array, route: Array) -> Array:
    """Days of decision, those of a weekend on the Friday before; screening programmes write on any day."""
    weekday = (decided.astype("datetime64[D]").astype(int) + 3) % 7
    back = np.where(route == "SCREEN", 0, np.clip(weekday - 4, 0, 2))
    return np.asarray(decided - back)


def expected_referrals(figures: Figures, *, trusts: Sequence[str], period: tuple[date, date]) -> pd.DataFrame:
    """Referrals to expect in real life by trust, route, suspected site and month (its first day): column `expected`.

    Urgent and breast-symptom referrals are the published numbers first seen, month by month; months without one take
    the same month of another year and the growth between. A month that the period cuts counts in part.
    """
    first, last = (np.datetime64(day, "D") for day in period)
    months = np.arange(first.astype("datetime64[M]"), last.astype("datetime64[M]") + 1)
    seen = _seen_by_month(figures, trusts, months)
    yearly = _yearly(figures, trusts, seen)
    index = np.array(figures.month_index)[months.astype(int) % 12] / 12
    growth = (1 + figures.care.capacity.growth) ** ((months - _MIDDLE).astype(int) / 12)
    monthly = yearly["yearly"].to_numpy()[:, None] * (index * growth)[None, :]
    others = yearly.drop(columns="yearly").loc[np.repeat(yearly.index, len(months))].reset_index(drop=True)
    others = others.assign(month=np.tile(months.astype("datetime64[s]"), len(yearly)), expected=monthly.ravel())
    expected = pd.concat([seen, others], ignore_index=True)
    days, weights = _day_weights(figures, months)
    inside = (days >= first) & (days <= last)
    month_of = (days.astype("datetime64[M]") - months[0]).astype(int)
    part = np.bincount(month_of, weights * inside) / np.bincount(month_of, weights)
    of = (expected["month"].to_numpy().astype("datetime64[M]") - months[0]).astype(int)
    expected["expected"] *= part[of]
    order = ["trust", "route", "suspected", "month"]
    return expected[expected["expected"] > 0].sort_values(order, kind="stable", ignore_index=True)


def _seen_by_month(figures: Figures, trusts: Sequence[str], months: Array) -> pd.DataFrame:
    """The published numbers first seen, moved to the months asked for."""
    table = figures.referrals[figures.referrals["provider"].isin(list(trusts))]
    known = np.unique(table["month"].to_numpy().astype("datetime64[M]"))
    parts = []
    for month in months:
        years = (known - month).astype(int)
        same = known[years % 12 == 0]
        source = same[np.argmin(np.abs((same - month).astype(int)))]
        growth = (1 + figures.care.capacity.growth) ** ((month - source).astype(int) / 12)
        of_month = table[table["month"].to_numpy().astype("datetime64[M]") == source]
        parts.append(of_month.assign(month=np.datetime64(month, "s"), expected=of_month["seen"] * growth))
    moved = pd.concat(parts, ignore_index=True)
    is_symptoms = (moved["suspected"] == "bsym").to_numpy()
    return pd.DataFrame(
        {
            "trust": moved["provider"].to_numpy(),
            "route": np.where(is_symptoms, "BSYM", "USC").astype(object),
            "suspected": np.where(is_symptoms, "breast", moved["suspected"]),
            "month": moved["month"],
            "expected": moved["expected"],
        }
    )


def _yearly(figures: Figures, trusts: Sequence[str], seen: pd.DataFrame) -> pd.DataFrame:
    """Volumes a year of the routes that are not published by month: screening, upgrades and routine referrals."""
    rows = []
    for trust in trusts:
        provider = figures.providers[trust]
        for site, told in provider.screen.items():
            rows.append((trust, "SCREEN", "lower_gi" if site == "missing" else site, told))
        for group, treated in provider.upgrade_treated.items():
            site = _SITE_OF_GROUP.get(group, group)
            rows.append((trust, "UPGRADE", site, treated / figures.conversion["UPGRADE"]))
    urgent = seen[seen["route"] == "USC"].groupby(["trust", "suspected"], sort=True)["expected"].mean() * 12
    key = ["trust", "route", "suspected"]
    routine = urgent.mul(figures.routine).rename("yearly").reset_index().assign(route="OTHER")
    frame = pd.concat([pd.DataFrame(rows, columns=[*key, "yearly"]), routine])
    return frame.groupby(key, sort=True)["yearly"].sum().reset_index()


def _days_of_receipt(rng: np.random.Generator, figures: Figures, month: Array, period: tuple[date, date]) -> Array:
    """A day of each row's month, inside the period, by weekdays and bank holidays."""
    months = np.unique(month)
    days, weights = _day_weights(figures, months)
    weights = np.where((days >= np.datetime64(period[0])) & (days <= np.datetime64(period[1])), weights, 0.0)
    received = np.empty(len(month), dtype="datetime64[D]")
    for each in months:
        rows, candidates = month == each, days.astype("datetime64[M]") == each
        chances = weights[candidates] / weights[candidates].sum()
        received[rows] = rng.choice(days[candidates], int(rows.sum()), p=chances)
    return received


def _day_weights(figures: Figures, months: Array) -> tuple[Array, Array]:
    """All days of the months, and how many referrals each sees beside the others."""
    days = np.arange(months[0].astype("datetime64[D]"), (months[-1] + 1).astype("datetime64[D]"))
    days = days[np.isin(days.astype("datetime64[M]"), months)]
    weights = np.array(figures.weekday_index)[(days.astype(int) + 3) % 7]
    holiday = np.isin(days, np.array(figures.bank_holidays, dtype="datetime64[D]"))
    return days, np.where(holiday, weights * 0.05, weights)


def _types(figures: Figures, route: Array, suspected: Array) -> Array:
    """The referral type code: 16 for breast symptoms, none where nobody suspected cancer at referral."""
    types = look_up(suspected, {key: line.type for key, line in figures.suspected.items()}).astype(object)
    types[route == "BSYM"] = "16"
    types[np.isin(route, ["UPGRADE", "OTHER"])] = None
    return types


def _source_kind(route: Array, suspected: Array) -> Array:
    return np.where((route == "USC") & (suspected == "head_neck"), "USC head_neck", route)
