"""The look-up table that a model must beat: breach rates by trust, route and site, small groups drawn to larger."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

# From the coarsest to the finest: each rate is drawn to that of the level before it.
LEVELS: tuple[tuple[str, ...], ...] = (
    ("day_band",),
    ("day_band", "route"),
    ("day_band", "route", "tumour_site"),
    ("day_band", "route", "tumour_site", "first_trust"),
)
STRENGTH = 20.0  # a group's parent weighs as much as so many past pathways
# Smaller groups take the rate of the level before: from the rate of one patient, what became of them can be read back.
FEWEST = 10
_JOIN = "|"


@dataclass(frozen=True)
class Lookup:
    """Breach rates: one for all, then one table a level by the level's words; `days` are where day bands begin."""

    days: tuple[int, ...]
    overall: float
    rates: tuple[Mapping[str, float], ...]

    def predict(self, rows: pd.DataFrame) -> npt.NDArray[np.float64]:
        """The rate of the finest group known for each row (`days_waited`, route, tumour_site, first_trust)."""
        keys = _keys(rows, self.days)
        found = np.full(len(rows), self.overall)
        for level, rates in zip(LEVELS, self.rates, strict=True):
            rate = _joined(keys, level).map(rates).to_numpy(dtype=float)
            found = np.where(np.isnan(rate), found, rate)
        return found

    def to_json(self) -> str:
        """The table as text: rates alone, without the counts behind them, and none of a group below `FEWEST`."""
        return json.dumps({"days": self.days, "overall": self.overall, "rates": [dict(each) for each in self.rates]})

    @staticmethod
    def from_json(text: str) -> "Lookup":
        """The table that `to_json` wrote."""
        held = json.loads(text)
        return Lookup(tuple(held["days"]), float(held["overall"]), tuple(held["rates"]))


def fit_lookup(rows: pd.DataFrame, *, days: Sequence[int], strength: float = STRENGTH) -> Lookup:
    """The shrunk rates of past rows (as `Lookup.predict` takes them, with `is_breach`)."""
    keys = _keys(rows, days)
    breaches = rows["is_breach"].to_numpy(dtype=float)
    overall = float(breaches.mean())
    parents = np.full(len(rows), overall)
    rates = []
    for level in LEVELS:
        groups = pd.DataFrame({"key": _joined(keys, level), "breach": breaches, "parent": parents}).groupby("key")
        sums, counts, parent = groups["breach"].sum(), groups["breach"].size(), groups["parent"].first()
        shrunk = ((sums + strength * parent) / (counts + strength))[counts >= FEWEST].to_dict()
        rates.append({str(key): float(rate) for key, rate in shrunk.items()})
        found = _joined(keys, level).map(shrunk).to_numpy(dtype=float)
        parents = np.where(np.isnan(found), parents, found)
    return Lookup(tuple(int(day) for day in days), overall, tuple(rates))


def _keys(rows: pd.DataFrame, days: Sequence[int]) -> pd.DataFrame:
    waited = rows["days_waited"].to_numpy(dtype=float)
    place = np.clip(np.searchsorted(np.asarray(days), waited, side="right") - 1, 0, len(days) - 1)
    bands = np.asarray(days).astype(str)[place]
    words = rows[["route", "tumour_site", "first_trust"]].astype(str)
    return words.assign(day_band=bands)


def _joined(keys: pd.DataFrame, level: Sequence[str]) -> "pd.Series[str]":
    joined = keys[level[0]]
    for name in level[1:]:
        joined = joined + _JOIN + keys[name]
    return joined
