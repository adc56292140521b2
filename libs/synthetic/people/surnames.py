"""Surnames as they are spread: a list of common ones and a long tail put together from parts that real ones have."""

from dataclasses import dataclass

import numpy as np

from libs.synthetic.draws import Array, share
from libs.synthetic.people.naming import Culture, Form, Frequency, Naming

# Where two parts meet so that nobody would say it.
_VOWELS = frozenset("aeiou")


@dataclass(frozen=True)
class Pool:
    """Names with the running total of their weights; `woman` is what a woman of that name is called."""

    man: Array
    woman: Array
    totals: Array

    def draw(self, rng: np.random.Generator, size: int) -> Array:
        """So many positions in the pool."""
        return np.asarray(np.searchsorted(self.totals, rng.random(size), side="right").clip(0, len(self.man) - 1))

    def called(self, at: Array, is_woman: Array) -> Array:
        """The names at these positions."""
        return np.asarray(np.where(is_woman, self.woman[at], self.man[at]))


def pool_of(names: list[str], weights: Array) -> Pool:
    """A pool of names, some written `man's/woman's`."""
    parts = [name.partition("/") for name in names]
    man = np.array([part[0] for part in parts], dtype=object)
    woman = np.array([part[2] or part[0] for part in parts], dtype=object)
    totals = np.cumsum(weights)
    return Pool(man, woman, totals / totals[-1])


def falling(count: int, frequency: Frequency) -> Array:
    """Weights of a list in order of frequency; they sum to 1."""
    weights = 1.0 / (np.arange(1, count + 1) + frequency.start) ** frequency.fall
    return np.asarray(weights / weights.sum())


def surname_pool(naming: Naming, culture: Culture) -> Pool:
    """All surnames of a culture with their weights."""
    names = list(culture.surnames)
    weights = culture.listed * falling(len(names), naming.surname_frequency)
    known = set(names)
    whole = sum(form.weight for form in culture.forms) or 1.0
    for place, form in enumerate(culture.forms):
        formed = [name for name in formed_names(form) if name not in known]
        known.update(formed)
        # A fixed shuffle: which of the formed names are common must not follow from the alphabet.
        order = np.random.default_rng(place + 1).permutation(len(formed))
        part = (1 - culture.listed) * form.weight / whole * falling(len(formed), naming.formed_frequency)
        names += [formed[at] for at in order]
        weights = np.concatenate([weights, part])
    return pool_of(names, weights)


def formed_names(form: Form) -> list[str]:
    """Every first part with every last part that it can carry, each once, in order."""
    pairs = [(first, last) for first in dict.fromkeys(form.first) for last in dict.fromkeys(form.last)]
    return list(dict.fromkeys(_joined(first, last) for first, last in pairs if _fits(first, last.partition("/")[0])))


def _joined(first: str, last: str) -> str:
    return "/".join(first + part for part in last.split("/"))


def _fits(first: str, last: str) -> bool:
    """Not two of the same letter where the parts meet, no two vowels, nor more than three consonants."""
    if not last[0].islower():
        return True
    meets = first[-1].lower() == last[0] or (first[-1] in _VOWELS and last[0] in _VOWELS)
    consonants = [letter not in _VOWELS for letter in first[-2:] + last[:2]]
    repeats = last.startswith(first[-3:].lower())
    return not (meets or repeats or (all(consonants) and len(consonants) == 4))


def draw_surnames(
    rng: np.random.Generator, naming: Naming, culture: Culture, people: dict[str, Array]
) -> tuple[Array, Array]:
    """Family name and family name at birth of people of one culture; `people`: is_woman, born_year, is_married."""
    pool, is_woman = surname_pool(naming, culture), people["is_woman"]
    size = len(is_woman)
    at_birth = pool.called(pool.draw(rng, size), is_woman)
    own = is_woman & share(rng, size, culture.female_share)
    if culture.surnames_female:
        women = pool_of(list(culture.surnames_female), falling(len(culture.surnames_female), naming.given_frequency))
        at_birth = np.where(own, women.woman[women.draw(rng, size)], at_birth)
    at_birth = _double_barrelled(rng, naming, at_birth, people["born_year"])
    takes = is_woman & people["is_married"] & ~own & share(rng, size, 1 - culture.keeps_name)
    husbands = _double_barrelled(rng, naming, pool.called(pool.draw(rng, size), is_woman), people["born_year"] + 30)
    return np.where(takes, husbands, at_birth), at_birth


def _double_barrelled(rng: np.random.Generator, naming: Naming, names: Array, born_year: Array) -> Array:
    """The names, a small share of them joined with another one."""
    chances = by_threshold(born_year, naming.double_barrelled)
    rows = np.flatnonzero(share(rng, len(names), chances))
    other = names[rng.integers(0, len(names), len(rows))] if len(rows) else names[rows]
    plain = np.array(
        [_is_plain(one) and _is_plain(two) and one != two for one, two in zip(names[rows], other, strict=True)],
        dtype=bool,
    )
    joined = names.copy()
    joined[rows[plain]] = names[rows[plain]] + "-" + other[plain]
    return joined


def _is_plain(name: str) -> bool:
    return name.isalpha() and len(name) < 11


def by_threshold(values: Array, table: dict[int, float]) -> Array:
    """The figure of the highest threshold that each value reaches; the first one below all of them."""
    edges = np.array(sorted(table))
    figures = np.array([table[edge] for edge in edges.tolist()])
    return np.asarray(figures[(np.searchsorted(edges, values, side="right") - 1).clip(0)])
