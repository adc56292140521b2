"""People out of pairs: what hangs together is one person, unless that would join two who are known to be different."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

# In bits: eight times as likely.
_CLEARLY_BETTER = 3.0
_MOST_RIVALS = 50
_MOST_TOGETHER = 200
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Pairs:
    """Pairs of records by their places, each once."""

    left: Integers
    right: Integers

    def __len__(self) -> int:
        return len(self.left)


@dataclass(frozen=True)
class Clusters:
    """`person`: each record's person, the place of its first record. Of the accepted pairs, by their places: `broken`
    would join two who are known to be different; `undecided` are those of a record that fits two such equally well.
    """

    person: Integers
    broken: tuple[int, ...]
    undecided: tuple[int, ...]


def clusters(
    count: int,
    accepted: Pairs,
    strength: npt.NDArray[np.float64],
    *,
    apart: Pairs,
    identity: Integers,
    source: Integers | None = None,
) -> Clusters:
    """Join `count` records along the accepted pairs, which come best first; a person is named by the first place.

    Two records are never of one person whose `identity` (a verified number's code, -1 for none) differs, or of which
    a pair stands in `apart`, or that are of one `source` and no accepted pair themselves. What hangs together without
    any of these is joined whole; elsewhere the best pairs are taken first, and one that would join such two is broken.
    Where a record's pairs with two such are about equally strong (`strength` in bits), neither is taken.
    """
    hanging = hanging_groups(count, accepted)
    doubtful = _doubtful(hanging, accepted, apart, identity, source)
    if not doubtful.any():
        return Clusters(_named_by_first(hanging), (), ())
    in_doubt = doubtful[hanging[accepted.left]]
    kept = ~in_doubt
    known = _Known(apart, identity, source, pair_set(accepted) if source is not None else frozenset())
    places = [int(place) for place in np.flatnonzero(in_doubt)]
    undecided = _undecided(accepted, strength, places, known)
    joined, broken = _one_by_one(accepted, [place for place in places if place not in undecided], known)
    kept[joined] = True
    person = hanging_groups(count, Pairs(accepted.left[kept], accepted.right[kept]))
    return Clusters(_named_by_first(person), tuple(broken), tuple(sorted(undecided)))


def hanging_groups(count: int, pairs: Pairs) -> Integers:
    """The group of each place: those that hang together along the pairs."""
    ones = np.ones(len(pairs), dtype=np.int8)
    _, label = connected_components(coo_matrix((ones, (pairs.left, pairs.right)), shape=(count, count)), directed=False)
    return np.asarray(label, dtype=np.int64)


def hanging_pairs(count: int, accepted: Pairs) -> Iterator[tuple[int, int]]:
    """Every two of three or more records that hang together, the lesser place first; a group of many is passed over."""
    group = hanging_groups(count, accepted)
    sizes = np.bincount(group)
    several = np.flatnonzero((sizes[group] > 2) & (sizes[group] <= _MOST_TOGETHER))
    order = several[np.argsort(group[several], kind="stable")]
    for places in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
        yield from combinations(places.tolist(), 2)


def _named_by_first(label: Integers) -> Integers:
    first = np.full(int(label.max(initial=-1)) + 1, len(label), dtype=np.int64)
    np.minimum.at(first, label, np.arange(len(label)))
    return first[label]


def _doubtful(
    hanging: Integers, accepted: Pairs, apart: Pairs, identity: Integers, source: Integers | None
) -> npt.NDArray[np.bool_]:
    """Of each group that hangs together, whether two in it are known to be different."""
    doubtful = np.zeros(int(hanging.max(initial=-1)) + 1, dtype=bool)
    together = hanging[apart.left] == hanging[apart.right]
    doubtful[hanging[apart.left][together]] = True
    known = np.flatnonzero(identity >= 0)
    numbers = np.unique(np.stack([hanging[known], identity[known]]), axis=1)[0]
    doubtful[numbers[1:][numbers[1:] == numbers[:-1]]] = True
    if source is not None:
        # A group's records of one source must all be accepted pairs of one another.
        groups = np.unique(np.stack([hanging, source]), axis=1, return_counts=True)
        wanted = np.bincount(groups[0][0], weights=groups[1] * (groups[1] - 1) // 2, minlength=len(doubtful))
        inside = source[accepted.left] == source[accepted.right]
        found = np.bincount(hanging[accepted.left][inside], minlength=len(doubtful))
        doubtful |= found < wanted
    return doubtful


class _Known:
    """What is known of single records and pairs."""

    def __init__(
        self, apart: Pairs, identity: Integers, source: Integers | None, accepted: frozenset[tuple[int, int]]
    ) -> None:
        self._apart = pair_set(apart)
        self._identity, self._source, self._accepted = identity, source, accepted

    def are_two_people(self, one: int, other: int) -> bool:
        pair = (min(one, other), max(one, other))
        mine, theirs = self._identity[one], self._identity[other]
        if pair in self._apart or (mine >= 0 and theirs >= 0 and mine != theirs):
            return True
        return self._source is not None and self._source[one] == self._source[other] and pair not in self._accepted


def pair_set(pairs: Pairs) -> frozenset[tuple[int, int]]:
    """The pairs, the lesser place of each first, whichever way they were told."""
    low, high = np.minimum(pairs.left, pairs.right), np.maximum(pairs.left, pairs.right)
    return frozenset(zip(low.tolist(), high.tolist(), strict=True))


def _undecided(
    accepted: Pairs, strength: npt.NDArray[np.float64], places: Iterable[int], known: _Known
) -> frozenset[int]:
    """The pairs of records that fit two different people, none of them clearly better."""
    pairs_of: dict[int, list[tuple[int, int]]] = {}
    for place in places:
        one, other = int(accepted.left[place]), int(accepted.right[place])
        pairs_of.setdefault(one, []).append((place, other))
        pairs_of.setdefault(other, []).append((place, one))
    found: set[int] = set()
    for of_record in pairs_of.values():
        for (place, one), (rival, other) in combinations(of_record[:_MOST_RIVALS], 2):
            if abs(strength[place] - strength[rival]) < _CLEARLY_BETTER and known.are_two_people(one, other):
                found |= {place, rival}
    return frozenset(found)


def _one_by_one(accepted: Pairs, places: Iterable[int], known: _Known) -> tuple[list[int], list[int]]:
    """Take the pairs at these places in turn: those that were joined, and those that were broken."""
    group: dict[int, list[int]] = {}
    joined, broken = [], []
    for place in places:
        one, other = int(accepted.left[place]), int(accepted.right[place])
        mine, theirs = group.setdefault(one, [one]), group.setdefault(other, [other])
        if mine is theirs:
            joined.append(int(place))
        elif any(known.are_two_people(each, another) for each in mine for another in theirs):
            broken.append(int(place))
        else:
            mine.extend(theirs)
            for each in theirs:
                group[each] = mine
            joined.append(int(place))
    return joined, broken
