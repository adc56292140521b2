"""Drawing from weights and bands, whole columns at a time."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[Any]


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
    # All rows' cumulative weights in one rising line, each on a step of its own, so that one search serves all.
    line = (np.arange(len(totals))[:, None] + totals).ravel()
    found = np.searchsorted(line, kind + rng.random(len(kind)), side="right") - kind * totals.shape[1]
    return np.asarray(found.clip(0, totals.shape[1] - 1))


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
    """Where each value stands among the known ones. Raises ValueError for one that is not known."""
    found = pd.Index(list(known), dtype=object).get_indexer(pd.Index(np.asarray(values, dtype=object)))
    if (found < 0).any():
        raise ValueError("a value is not among the known ones")
    return np.asarray(found)


def look_up(values: Array, table: Mapping[str, Any]) -> Array:
    """The table's value for each row."""
    return np.array(list(table.values()))[position(values, list(table))]


def between(rng: np.random.Generator, low: Array | int, high: Array | int, size: int) -> Array:
    """A whole number between two bounds, both included, per row; the low one where they cross."""
    span = np.maximum(np.asarray(high) - np.asarray(low), 0)
    return np.asarray(low + np.floor(rng.random(size) * (span + 1)).astype(int))
