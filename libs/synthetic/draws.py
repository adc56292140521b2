"""Drawing from weights and bands, whole columns at a time."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

# The bands in which NHS England publishes waits; the last one is open and thins out.
TOLD_BANDS = ((1, 14), (15, 28), (29, 42), (43, 62), (63, 140))
TREATED_BANDS = ((4, 31), (32, 38), (39, 48), (49, 62), (63, 76), (77, 90), (91, 104), (105, 260))


def only_where(rows: Array, values: Any) -> Array:
    """The values in the rows named, nothing (None) elsewhere."""
    kept = np.full(len(rows), None, dtype=object)
    kept[rows] = values if isinstance(values, str) else np.asarray(values, dtype=object)[rows]
    return kept


def is_given(values: Array) -> Array:
    """True where an object column holds something."""
    return np.array([value is not None for value in values.tolist()], dtype=bool)


def share(rng: np.random.Generator, size: int, chance: float | Array) -> Array:
    """True with the given chance, per row."""
    return rng.random(size) < chance


def choose(rng: np.random.Generator, weights: Array, kind: Array) -> Array:
    """A column index per row, drawn by the weights in the row `kind` of a matrix; weights need not sum to 1."""
    totals = weights.cumsum(axis=1)
    totals = totals / totals[:, -1:]
    return np.asarray((rng.random(len(kind))[:, None] >= totals[kind]).sum(axis=1))


def choose_one(rng: np.random.Generator, weights: Mapping[str, float], size: int) -> Array:
    """One of the mapping's keys per row, drawn by its weights."""
    chances = np.array(list(weights.values()), dtype=float)
    return np.array(list(weights), dtype=object)[rng.choice(len(chances), size, p=chances / chances.sum())]


def choose_by(rng: np.random.Generator, weights: Mapping[str, Mapping[str, float]], kind: Array) -> Array:
    """One of the inner mapping's keys per row, drawn by the weights of the row's kind."""
    options = sorted({option for inner in weights.values() for option in inner})
    matrix = np.array([[inner.get(option, 0.0) for option in options] for inner in weights.values()])
    return np.array(options, dtype=object)[choose(rng, matrix, position(kind, list(weights)))]


def position(values: Array, known: Sequence[str]) -> Array:
    """Where each value stands among the known ones."""
    order = np.argsort(np.array(known, dtype=str))
    found = np.searchsorted(np.array(known, dtype=str)[order], values.astype(str))
    return np.asarray(order[found])


def look_up(values: Array, table: Mapping[str, Any]) -> Array:
    """The table's value for each row."""
    return np.array(list(table.values()))[position(values, list(table))]


def days_in_band(rng: np.random.Generator, bands: Sequence[tuple[int, int]], band: Array) -> Array:
    """Whole days inside each row's band: rising in the first, even in the others, ever rarer in the open last one."""
    low, high = (np.array(edge)[band] for edge in zip(*bands, strict=True))
    last = band == len(bands) - 1
    even = rng.random(len(band))
    even = np.where(band == 0, np.sqrt(even), even)
    thinning = np.minimum(rng.exponential(0.22, len(band)), 0.999)
    return np.asarray(low + np.floor(np.where(last, thinning, even) * (high - low + 1)).astype(int))


def between(rng: np.random.Generator, low: Array | int, high: Array | int, size: int) -> Array:
    """A whole number between two bounds, both included, per row; the low one where they cross."""
    span = np.maximum(np.asarray(high) - np.asarray(low), 0)
    return np.asarray(low + np.floor(rng.random(size) * (span + 1)).astype(int))
