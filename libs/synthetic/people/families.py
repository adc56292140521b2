"""People who are easily taken for one another: twins, and parents and children of one name at one address."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from libs.synthetic.draws import Array, only_where, share
from libs.synthetic.people.names import given_pool
from libs.synthetic.people.naming import Families, Naming

_DAY, _YEAR = 1, 365.25
# Two births so close are made one, of twins; parents are so many years older than their children.
_TWINS_WITHIN = 12
_GAP_YEARS, _GAP_SPREAD, _GAP_LEAST, _GAP_MOST = 28.0, 5.5, 18.0, 44.0
_BY_TRUST = 10_000_000


def draw_families(rng: np.random.Generator, families: Families, demography: pd.DataFrame) -> pd.DataFrame:
    """Pairs of people, each person in at most one: first and other (rows) and kind, `twin` or `parent` (the first is).

    `demography`: sex, born_on, home_trust, first_referral_on.
    """
    trust = pd.factorize(demography["home_trust"], sort=True)[0].astype(np.int64)
    born = demography["born_on"].to_numpy().astype("datetime64[D]").astype(np.int64)
    first, other = _twins(rng, families, demography, trust * _BY_TRUST + born)
    twins = pd.DataFrame({"first": first, "other": other, "kind": "twin"})
    is_free = np.ones(len(demography), dtype=bool)
    is_free[twins[["first", "other"]].to_numpy().ravel()] = False
    sexed = (trust * 2 + (demography["sex"].to_numpy() == "2")) * _BY_TRUST + born
    first, other = _parents(rng, families, sexed, is_free)
    return pd.concat([twins, pd.DataFrame({"first": first, "other": other, "kind": "parent"})], ignore_index=True)


def _twins(rng: np.random.Generator, families: Families, demography: pd.DataFrame, key: Array) -> tuple[Array, Array]:
    order = np.argsort(key, kind="stable")
    first, other = order[:-1], order[1:]
    referred = demography["first_referral_on"].to_numpy().astype("datetime64[D]")
    age = (referred - demography["born_on"].to_numpy().astype("datetime64[D]")).astype(np.int64)[other] / _YEAR
    fits = key[other] - key[first] <= _TWINS_WITHIN * _DAY
    # The other's birth moves some days back: that must not make a child somebody who is no longer one.
    fits &= (age < 15.9) | (age >= 16)
    is_same = demography["sex"].to_numpy()[first] == demography["sex"].to_numpy()[other]
    fits &= share(rng, len(first), np.where(is_same, families.twin_same_sex, 1 - families.twin_same_sex))
    return _few(rng, np.flatnonzero(fits), first, other, round(len(key) * families.twin / 2))


def _few(rng: np.random.Generator, fitting: Array, first: Array, other: Array, wanted: int) -> tuple[Array, Array]:
    """So many of the fitting pairs at random, no person in two of them."""
    drawn = np.sort(rng.permutation(fitting)[: int(wanted * 1.1) + 1])
    kept = drawn[np.concatenate([[True], np.diff(drawn) > 1])] if len(drawn) else drawn
    kept = np.sort(rng.permutation(kept)[:wanted])
    return first[kept], other[kept]


def _parents(rng: np.random.Generator, families: Families, key: Array, is_free: Array) -> tuple[Array, Array]:
    """Pairs of one trust and sex, one person about 28 years older than the other."""
    order = np.argsort(key, kind="stable")
    wanted = round(len(key) * families.parent / 2)
    parents = rng.permutation(np.flatnonzero(is_free))[: 4 * wanted]
    gap = np.clip(rng.normal(_GAP_YEARS, _GAP_SPREAD, len(parents)), _GAP_LEAST + 1, _GAP_MOST - 1) * _YEAR
    at = np.searchsorted(key[order], key[parents] + gap.astype(np.int64)).clip(0, len(key) - 1)
    children = order[at]
    years = (key[children] - key[parents]) / _YEAR
    fits = (years >= _GAP_LEAST) & (years <= _GAP_MOST) & is_free[children] & ~np.isin(children, parents[:wanted])
    pairs = pd.DataFrame({"first": parents, "other": children})[fits].drop_duplicates("other")
    pairs = pairs[~pairs["first"].isin(pairs["other"])].head(wanted)
    return pairs["first"].to_numpy(), pairs["other"].to_numpy()


def like_given_names(
    rng: np.random.Generator, naming: Naming, people: pd.DataFrame, pairs: pd.DataFrame
) -> pd.DataFrame:
    """The given and middle names that make families alike: per pair given_name and middle_name of the other one.

    `people`: culture, sex, born_on, given_name, middle_name by row.
    """
    first, other = people.iloc[pairs["first"].to_numpy()], people.iloc[pairs["other"].to_numpy()]
    draw, is_twin = rng.random(len(pairs)), (pairs["kind"] == "twin").to_numpy()
    same_sex = first["sex"].to_numpy() == other["sex"].to_numpy()
    rates = naming.families
    same = ~is_twin & (draw < rates.same_given_name)
    like = ~is_twin & ~same & (draw < rates.same_given_name + rates.like_given_name)
    like |= is_twin & same_sex & (draw < rates.twin_like_name)
    # Twins of one name there are not.
    another = is_twin & same_sex & ~like & (first["given_name"].to_numpy() == other["given_name"].to_numpy())
    given = np.where(same, first["given_name"].to_numpy(), other["given_name"].to_numpy())
    given = _others(rng, naming, (first, other), given, like | another, lambda name, one: name[0] == one[0] or not one)
    after_parent = ~is_twin & ~same & share(rng, len(pairs), 0.4) & (given != first["given_name"].to_numpy())
    both = same & share(rng, len(pairs), 0.35)
    middle = np.where(after_parent, first["given_name"].to_numpy(), other["middle_name"].to_numpy())
    middle = np.where(both, first["middle_name"].to_numpy(), middle)
    is_double = np.array([one == two for one, two in zip(given, middle, strict=True)], dtype=bool)
    return pd.DataFrame({"given_name": given, "middle_name": only_where(~is_double, middle)}, dtype=object)


def _others(
    rng: np.random.Generator, naming: Naming, pair: tuple[pd.DataFrame, pd.DataFrame], given: Array, rows: Array,
    is_like: Callable[[str, str], bool],
) -> Array:  # fmt: skip
    """In these rows another name of the time: one like the first one's if there is such a name, else any other."""
    first, other = pair
    named = given.copy()
    draws = rng.random(len(given))
    years = other["born_on"].to_numpy().astype("datetime64[Y]").astype(int) + 1970
    cultures: list[str] = other["culture"].tolist()
    ones: list[str] = first["given_name"].tolist()
    for row in np.flatnonzero(rows).tolist():
        culture = naming.cultures[cultures[row]]
        is_woman = other["sex"].iat[row] == "2"
        starts = sorted(culture.female if is_woman else culture.male)
        start = max([each for each in starts if each <= years[row]], default=starts[0])
        known = given_pool(naming, culture, is_woman, start).man.tolist()
        one = ones[row]
        options = [name for name in known if is_like(name, one) and name != one] or [
            name for name in known if name != one
        ]
        named[row] = options[int(draws[row] ** 2 * len(options))]
    return named
