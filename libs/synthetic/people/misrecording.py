"""How an index entry goes wrong: the form of a fault of identity, and which entries it befalls."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from libs.synthetic.draws import Array, is_given
from libs.synthetic.people.naming import Naming


@dataclass(frozen=True)
class Entries:
    """Index entries as they should be: people's columns by entry, whose number they could be given, and all names.

    people: the truth, one row an entry, with registered_at. relative, namesake: NHS numbers of others, or None.
    practices: GP practice codes by postcode area.
    """

    people: pd.DataFrame
    relative: Array
    namesake: Array
    naming: Naming
    practices: Mapping[str, tuple[str, ...]]

    def column(self, name: str) -> Array:
        """One column of the truth."""
        return self.people[name].to_numpy()

    def only(self, rows: Array) -> "Entries":
        """Some of the entries."""
        people = self.people.iloc[rows].reset_index(drop=True)
        return Entries(people, self.relative[rows], self.namesake[rows], self.naming, self.practices)


@dataclass(frozen=True)
class Fault:
    """A fault of identity: its name, what it makes of entries (by column), and whom it can befall."""

    name: str
    change: Callable[[np.random.Generator, Entries], dict[str, Array]]
    among: Callable[[Entries], Array] | None = None
    is_lasting: bool = False


@dataclass(frozen=True)
class Hit:
    """Entries (rows, rising) that a fault befalls, and what they hold instead, by column."""

    fault: Fault
    rows: Array
    values: dict[str, Array]


def draw_hits(
    rng: np.random.Generator, faults: Sequence[Fault], rates: Mapping[str, float], entries: Entries
) -> list[Hit]:
    """Whom each of these faults befalls, at most one of them an entry; what would change nothing is no fault."""
    draw, start, hits = rng.random(len(entries.people)), 0.0, []
    for fault in faults:
        rate = rates.get(fault.name, 0.0)
        if rate == 0:
            continue
        befalls = (draw >= start) & (draw < start + rate)
        start += rate
        if fault.among is not None:
            befalls &= fault.among(entries)
        rows = np.flatnonzero(befalls)
        if len(rows):
            hits.append(_changed(fault, rows, fault.change(rng, entries.only(rows)), entries))
    return hits


def _changed(fault: Fault, rows: Array, values: dict[str, Array], entries: Entries) -> Hit:
    differs = np.zeros(len(rows), dtype=bool)
    for column, wrong in values.items():
        right = entries.column(column)[rows]
        differs |= np.asarray((wrong != right) & ~(pd.isna(wrong) & pd.isna(right)))
    return Hit(fault, rows[differs], {column: wrong[differs] for column, wrong in values.items()})


def over_distinct(values: Array, function: Callable[[str], object]) -> Array:
    """The function of each value, computed once for each distinct one; None for none."""
    codes, distinct = pd.factorize(values)
    found = np.array([*map(function, distinct.tolist()), None], dtype=object)
    return np.asarray(found[codes])


def has(column: str) -> Callable[[Entries], Array]:
    """Entries that hold something in a column."""
    return lambda entries: is_given(entries.column(column))


def constant(column: str, value: object) -> Callable[[np.random.Generator, Entries], dict[str, Array]]:
    """A fault that leaves always the same in a column."""
    return lambda _, entries: {column: np.full(len(entries.people), value, dtype=object)}
