"""Seeded draws for unrolled pathways: people of a unit, and codes that lead to a given route, label or group."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from libs.rules import Rules

Array = NDArray[Any]
Columns = dict[str, Array]
LONGEST = 400  # days of the longest wait of a band without end
NEVER = np.datetime64("NaT", "D")
TYPES = tuple(f"{code:02}" for code in range(1, 18))


@dataclass(frozen=True)
class People:
    """One row a person: the row of the unit each came from, the days waited, the day on which the month is counted."""

    unit: Array
    days: Array
    counted_on: Array


class Draws:
    """Seeded choices for so many rows."""

    def __init__(self, rng: np.random.Generator, size: int) -> None:
        self._rng, self.size = rng, size

    def among(self, *values: Any) -> Array:
        """One of the values for each row."""
        return np.array(values, dtype=object)[self._rng.integers(0, len(values), self.size)]

    def chance(self, part: float) -> Array:
        """True for about that part of the rows."""
        return self._rng.random(self.size) < part

    def days(self, first: Any, last: Any) -> Array:
        """Whole days from first to last, both ends often."""
        first, last = np.broadcast_to(first, self.size), np.broadcast_to(last, self.size)
        between = self._rng.integers(first, np.maximum(last, first) + 1)
        return np.select([self.chance(0.2), self.chance(0.25)], [first, last], between)

    def adjustment(self) -> Array:
        """Mostly nothing recorded or nothing taken off, sometimes up to 40 days."""
        return np.select([self.chance(0.5), self.chance(0.4)], [np.nan, 0.0], self.days(1, 40).astype(float))


def people_of(units: pd.DataFrame, counts: Array, rng: np.random.Generator) -> People:
    """`counts` people a unit: the first waits its band's first day, the second the last, the others any between."""
    unit = np.repeat(np.arange(len(units)), counts)
    number = np.arange(len(unit)) - np.repeat(np.cumsum(counts) - counts, counts)
    draws = Draws(rng, len(unit))
    first = units["wait_lo"].to_numpy(int)[unit]
    last = units["wait_hi"].fillna(LONGEST).to_numpy(int)[unit]
    place = np.where(counts[unit] == 1, rng.integers(0, 3, len(unit)), np.minimum(number, 2))
    days = np.choose(place, [first, last, draws.days(first, last)])
    begins = units["period"].to_numpy("datetime64[M]")[unit]
    length = ((begins + 1).astype("datetime64[D]") - begins.astype("datetime64[D]")).astype(int)
    return People(unit, days, begins.astype("datetime64[D]") + draws.days(0, length - 1))


def by_route(route: Array, suspected: Array, draws: Draws) -> Columns:
    """The codes that bring a row to its route; whether it was upgraded is told elsewhere."""
    is_screening = route == "SCREEN"
    return {
        "suspected_cancer_type": suspected,
        "priority_type": np.select(
            [np.isin(route, ["USC", "BSYM"]), is_screening, route == "UPGRADE"],
            [np.full(draws.size, "3", object), np.full(draws.size, "2", object), draws.among("1", "2", "3", None)],
            draws.among("1", "2", None),
        ),
        "referral_source": np.where(is_screening, "17", draws.among("03", "92", "05", "12", None)),
    }


def suspected_type(cancer: Array, route: Array, rules: Rules, draws: Draws) -> Array:
    """Any type on which the cancer can be found: a child's is published in the other group only."""
    drawn = draws.among(None, *TYPES)
    children = rules.diagnoses.other_group_suspected_types.newest
    is_wrong = np.isin(drawn, children) & (cancer != rules.diagnoses.other_group.newest)
    is_wrong |= (route == "USC") & (drawn == "16")
    return np.where(route == "BSYM", "16", np.where(is_wrong, None, drawn))


def diagnosis(cancer: Array, suspected: Array, rules: Rules, draws: Draws) -> Array:
    """A code of the published group, in one of the spellings of registers; of a child's cancer any."""
    codes = group_codes(rules)
    is_child = np.isin(suspected, rules.diagnoses.other_group_suspected_types.newest)
    chosen = draws.among(*np.concatenate(list(codes.values())))
    for group, of_group in codes.items():
        chosen = np.where((cancer == group) & ~is_child, draws.among(*of_group), chosen)
    return chosen


def group_codes(rules: Rules) -> Mapping[str, Array]:
    """Diagnosis codes in scope by published group, with and without a fourth place, each in several spellings."""
    ranges = [(one, group) for group, codes in rules.diagnoses.groups.newest.items() for one in codes]
    ranges.sort(key=lambda pair: -len(pair[0].partition("-")[0]))  # a longer code goes before the one it belongs to
    found: dict[str, list[str]] = {}
    for category in (*(f"C{number:02}" for number in range(98)), "D05"):
        for code in (category, *(f"{category}{place}" for place in range(10))):
            groups = [group for one, group in ranges if _is_in(code, one)]
            found.setdefault((*groups, rules.diagnoses.other_group.newest)[0], []).append(code)
    return {
        group: np.array([spelt for code in codes for spelt in _spelt(code)], dtype=object)
        for group, codes in found.items()
    }


def _spelt(code: str) -> tuple[str, ...]:
    return (code, f"{code[:3]}.{code[3:]}", code.lower()) if len(code) > 3 else (code,)


def _is_in(code: str, one: str) -> bool:
    first, _, last = one.partition("-")
    return first <= code[: len(first)] <= (last or first)
