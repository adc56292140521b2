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


def draw_referrals(
    rng: np.random.Generator, figures: Figures, *, pathways: int, trusts: Sequence[str], period: tuple[date, date]
) -> pd.DataFrame:
    """One row per pathway: trust, route, suspected site, codes and referral dates, in order of receipt.

    `period` is the first and the last day on which a referral can be received.
    """
    kinds = [
        (trust, route, suspected, volume)
        for trust in trusts
        for route, volumes in figures.trusts[trust].volumes.items()
        for suspected, volume in volumes.items()
    ]
    volumes = np.array([kind[3] for kind in kinds])
    drawn = rng.choice(len(kinds), pathways, p=volumes / volumes.sum())
    trust, route, suspected = (np.array([kind[part] for kind in kinds], dtype=object)[drawn] for part in range(3))
    received = np.sort(_days_of_receipt(rng, figures, pathways, period))
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
            "decided": received - np.where(share(rng, pathways, 0.55), 0, between(rng, 0, lag, pathways)),
        }
    )


def _days_of_receipt(rng: np.random.Generator, figures: Figures, pathways: int, period: tuple[date, date]) -> Array:
    days = np.arange(np.datetime64(period[0], "D"), np.datetime64(period[1], "D") + 1)
    weekday = (days.astype(int) + 3) % 7
    month = days.astype("datetime64[M]").astype(int) % 12
    weights = np.array(figures.weekday_index)[weekday] * np.array(figures.month_index)[month]
    holiday = np.isin(days, [np.datetime64(day, "D") for day in figures.bank_holidays])
    weights = np.where(holiday, weights * 0.05, weights)
    return np.asarray(days[rng.choice(len(days), pathways, p=weights / weights.sum())])


def _types(figures: Figures, route: Array, suspected: Array) -> Array:
    """The referral type code: 16 for breast symptoms, none where nobody suspected cancer at referral."""
    types = look_up(suspected, {key: line.type for key, line in figures.suspected.items()}).astype(object)
    types[route == "BSYM"] = "16"
    types[np.isin(route, ["UPGRADE", "OTHER"])] = None
    return types


def _source_kind(route: Array, suspected: Array) -> Array:
    return np.where((route == "USC") & (suspected == "head_neck"), "USC head_neck", route)
