"""Given names, middle names and titles by culture, sex and time of birth, and the surnames that go with them."""

import numpy as np

from libs.synthetic.draws import Array, only_where, share
from libs.synthetic.people.naming import Culture, Naming
from libs.synthetic.people.surnames import Pool, by_threshold, draw_surnames, falling, pool_of

# Fashions in names have no sharp ends: years by which a birth is taken as earlier or later.
_BLUR_YEARS = 4.0
_GENERATION = 1950


def draw_cultures(rng: np.random.Generator, naming: Naming, areas: Array, born_year: Array) -> Array:
    """The culture of each person: by postcode area, and more than one generation ago fewer of them not British."""
    keys = [key for key, culture in naming.cultures.items() if culture.weight > 0]
    rest = next(key for key, culture in naming.cultures.items() if culture.weight == 0)
    found, at = np.unique(areas.astype(str), return_inverse=True)
    shares = np.array([naming.others.get(area, naming.others["default"]) for area in found.tolist()])[at]
    chances = np.clip(shares * np.clip(np.exp((born_year - _GENERATION) / 40), 0.4, 2.2), 0, 0.85)
    weights = np.array([naming.cultures[key].weight for key in keys])
    drawn = rng.choice(len(keys), len(areas), p=weights / weights.sum())
    return np.where(share(rng, len(areas), chances), np.array(keys, dtype=object)[drawn], rest)


def draw_names(rng: np.random.Generator, naming: Naming, people: dict[str, Array]) -> dict[str, Array]:
    """family_name, birth_family_name, given_name, middle_name (or None) of each person.

    `people`: culture, is_woman, born_year, is_married; all of one length.
    """
    size = len(people["culture"])
    names = {
        key: np.full(size, None, dtype=object)
        for key in ("family_name", "birth_family_name", "given_name", "middle_name")
    }
    for key, culture in naming.cultures.items():
        rows = np.flatnonzero(people["culture"] == key)
        if not len(rows):
            continue
        of = {column: values[rows] for column, values in people.items()}
        family, at_birth = draw_surnames(rng, naming, culture, of)
        names["family_name"][rows], names["birth_family_name"][rows] = family, at_birth
        given = draw_given(rng, naming, culture, of)
        names["given_name"][rows] = given
        names["middle_name"][rows] = _middle(rng, naming, culture, of, given)
    return names


def draw_given(rng: np.random.Generator, naming: Naming, culture: Culture, people: dict[str, Array]) -> Array:
    """A given name for each person of one culture, as it was given when and to whom they were born."""
    year = people["born_year"] + rng.normal(0, _BLUR_YEARS, len(people["born_year"]))
    given = np.full(len(year), None, dtype=object)
    for is_woman in (True, False):
        periods = culture.female if is_woman else culture.male
        starts = np.array(sorted(periods))
        period = (np.searchsorted(starts, year, side="right") - 1).clip(0)
        for place, start in enumerate(starts.tolist()):
            rows = np.flatnonzero((people["is_woman"] == is_woman) & (period == place))
            pool = given_pool(naming, culture, is_woman, start)
            given[rows] = pool.man[pool.draw(rng, len(rows))]
    return given


def given_pool(naming: Naming, culture: Culture, is_woman: bool, start: int) -> Pool:
    """The given names of one sex from a year of birth on, with those of no particular time."""
    named = (culture.female if is_woman else culture.male)[start]
    always = culture.female_any if is_woman else culture.male_any
    weights = falling(len(named), naming.given_frequency)
    if always:
        rare = np.full(len(always), naming.any_period / len(always))
        weights = np.concatenate([(1 - naming.any_period) * weights, rare])
    return pool_of([*named, *always], weights)


def _middle(
    rng: np.random.Generator, naming: Naming, culture: Culture, people: dict[str, Array], given: Array
) -> Array:
    size = len(given)
    has_one = share(rng, size, by_threshold(people["born_year"], culture.middle))
    first = draw_given(rng, naming, culture, people)
    if culture.middle_female:
        first = np.where(people["is_woman"], culture.middle_female, culture.middle_male).astype(object)
    second = draw_given(rng, naming, culture, people)
    has_two = share(rng, size, naming.second_middle) & (second != first) & (second != given)
    first[has_two] = first[has_two] + " " + second[has_two]
    # Nobody is called Carole Carol.
    alike = first.astype("U3") == given.astype("U3")
    return only_where(has_one & ~alike, first)


def draw_titles(rng: np.random.Generator, naming: Naming, people: dict[str, Array]) -> Array:
    """A title for each person; `people`: is_woman, age (years), is_married. Mrs are married, others may be."""
    titles = np.full(len(people["age"]), None, dtype=object)
    for sex, by_age in naming.titles.items():
        starts = np.array(sorted(by_age))
        band = (np.searchsorted(starts, people["age"], side="right") - 1).clip(0)
        for place, start in enumerate(starts.tolist()):
            rows = np.flatnonzero((people["is_woman"] == (sex == "female")) & (band == place))
            weights = np.array(list(by_age[start].values()))
            drawn = rng.choice(len(weights), len(rows), p=weights / weights.sum())
            titles[rows] = np.array(list(by_age[start]), dtype=object)[drawn]
    titles[(titles == "Mrs") & ~people["is_married"]] = "Miss"
    titles[(titles == "Miss") & people["is_married"] & (people["age"] >= 18)] = "Mrs"
    return titles
