"""The people: who they are, how they are written to, and which of them have two pathways."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from libs.synthetic.draws import Array, choose_by, look_up, share
from libs.synthetic.figures import Figures
from libs.synthetic.people.addresses import (
    deprivation_deciles,
    distances,
    draw_homes,
    draw_phones,
    draw_practices,
)
from libs.synthetic.people.families import draw_families, like_given_names
from libs.synthetic.people.names import draw_cultures, draw_names, draw_titles
from libs.synthetic.people.naming import Naming
from libs.synthetic.people.nhs_numbers import draw_nhs_numbers
from libs.synthetic.people.surnames import by_threshold

COLUMNS = (
    "person_id", "sex", "born_on", "died_on", "home_trust", "nhs_number", "family_name", "given_name", "middle_name",
    "title", "ethnic_category", "postcode", "phone", "gp_practice", "synthetic_deprivation_decile", "distance_km",
    "frailty", "birth_family_name", "previous_postcode", "moved_on", "family_id", "relation",
)  # fmt: skip
# Days around the first referral within which a move still shows in somebody's index.
_MOVES_WITHIN = 540


def draw_ages_and_sexes(rng: np.random.Generator, figures: Figures, referrals: pd.DataFrame) -> pd.DataFrame:
    """Age at referral in days and sex ('1' male, '2' female) of each pathway, as its route and site have them."""
    size = len(referrals)
    suspected, route = referrals["suspected"].to_numpy(), referrals["route"].to_numpy()
    ages = look_up(suspected, {key: line.age for key, line in figures.suspected.items()}).astype(float)
    ages[route == "BSYM"] = figures.breast_symptomatic.age
    for site, programme in figures.screening.items():
        ages[(route == "SCREEN") & (suspected == site)] = programme.age
    mean, spread, least, most = ages.T
    years = rng.normal(mean, spread)
    outside = (years < least) | (years >= most + 1)
    years = np.where(outside, least + rng.random(size) * (most + 1 - least), years)
    female = look_up(suspected, {key: line.female for key, line in figures.suspected.items()})
    female = np.where((route == "SCREEN") & (suspected == "breast"), 1.0, female)
    days = np.floor(years * 365.25).clip(least * 365.25 + 1, (most + 1) * 365.25 - 2).astype(int)
    return pd.DataFrame({"age_days": days, "sex": np.where(rng.random(size) < female, "2", "1")})


def pair_second_pathways(rng: np.random.Generator, referrals: pd.DataFrame, *, share_of_pathways: float) -> Array:
    """The index of the person behind each pathway; a small share of pathways belong to somebody who has another one.

    Two pathways are only given to one person if sex and age fit, and, at the same site, if months lie between them.
    """
    person = np.arange(len(referrals))
    eligible = ~referrals["route"].isin(["SCREEN"]) & ~referrals["suspected"].isin(["children", "testicular"])
    eligible &= referrals["lives_on"]
    drawn = np.flatnonzero(eligible.to_numpy() & share(rng, len(referrals), 2.4 * share_of_pathways))
    pool = referrals.iloc[drawn][["received", "tumour_site", "sex", "age_days"]].assign(at=drawn)
    pool["cohort"] = ((pool["received"].astype("int64") // 86_400 - pool["age_days"]) // (2 * 365)).astype(int)
    pool = pool.iloc[rng.permutation(len(pool))].sort_values(["sex", "cohort"], kind="stable").reset_index(drop=True)
    first, second = pool.iloc[0 : len(pool) // 2 * 2 : 2], pool.iloc[1::2]
    gap = np.abs((first["received"].to_numpy() - second["received"].to_numpy()).astype("timedelta64[D]").astype(int))
    fits = (first["sex"].to_numpy() == second["sex"].to_numpy()) & (
        first["cohort"].to_numpy() == second["cohort"].to_numpy()
    )
    fits &= (first["tumour_site"].to_numpy() != second["tumour_site"].to_numpy()) | (gap > 200)
    person[second["at"].to_numpy()[fits]] = first["at"].to_numpy()[fits]
    return person


def draw_people(rng: np.random.Generator, figures: Figures, demography: pd.DataFrame) -> pd.DataFrame:
    """One row per person, the truth: identity, names, address, family, and what makes a pathway slow (PEOPLE).

    `demography`: person_id (row position), sex, born_on, died_on, home_trust, first_referral_on. A twin's birth date
    moves by some days to that of the other. postcode is the last one; whoever moves within about 18 months of the first
    referral has previous_postcode and moved_on. synthetic_deprivation_decile: 1 most deprived. frailty: 0 to 1.
    """
    naming, areas = figures.naming, {code: provider.postcode_areas for code, provider in figures.providers.items()}
    people = demography.reset_index(drop=True)
    home_trust = people["home_trust"].to_numpy()
    pairs = draw_families(rng, naming.families, people)
    people["born_on"] = _born(people, pairs)
    homes = draw_homes(rng, naming, areas, home_trust)
    year = people["born_on"].to_numpy().astype("datetime64[Y]").astype(int) + 1970
    people["culture"] = draw_cultures(rng, naming, homes.areas, year)
    _same(people, pairs, ["culture"])
    people = _named(rng, naming, people, year)
    people = people.assign(
        nhs_number=draw_nhs_numbers(rng, len(people)).astype(object),
        postcode=homes.postcode,
        phone=draw_phones(rng, naming, homes, year),
        gp_practice=draw_practices(rng, figures.practices, homes),
        synthetic_deprivation_decile=deprivation_deciles(naming, homes),
        distance_km=distances(areas, homes, home_trust),
    )
    _related(rng, naming, people, pairs)
    people["frailty"] = _frailty(rng, people)
    moved = _moves(rng, naming, people, areas)
    for column, values in moved.items():
        people[column] = values
    return people[list(COLUMNS)]


def _named(rng: np.random.Generator, naming: Naming, people: pd.DataFrame, year: Array) -> pd.DataFrame:
    is_woman, age = (people["sex"] == "2").to_numpy(), _age(people)
    is_married = share(rng, len(people), naming.married * np.clip((age - 19) / 20, 0, 1))
    of = {
        "culture": people["culture"].to_numpy(),
        "is_woman": is_woman,
        "born_year": year,
        "is_married": is_married,
        "age": age,
    }
    names = draw_names(rng, naming, of)
    ethnic = choose_by(rng, {key: each.ethnic for key, each in naming.cultures.items()}, of["culture"])
    return people.assign(**names, title=draw_titles(rng, naming, of), ethnic_category=ethnic, is_married=is_married)


def _age(people: pd.DataFrame) -> Array:
    """Years at the first referral."""
    return np.asarray((people["first_referral_on"] - people["born_on"]).dt.days.to_numpy() / 365.25)


def _born(people: pd.DataFrame, pairs: pd.DataFrame) -> Array:
    born = people["born_on"].to_numpy().astype("datetime64[s]").copy()
    twins = pairs[pairs["kind"] == "twin"]
    born[twins["other"]] = born[twins["first"]]
    return np.asarray(born)


def _same(people: pd.DataFrame, pairs: pd.DataFrame, columns: list[str]) -> None:
    """The other one of each pair has what the first one has."""
    for column in columns:
        values = people[column].to_numpy().copy()
        values[pairs["other"]] = values[pairs["first"]]
        people[column] = values


def _related(rng: np.random.Generator, naming: Naming, people: pd.DataFrame, pairs: pd.DataFrame) -> None:
    """Give the pairs one address and like names, and write down that they belong together."""
    first, other = pairs["first"].to_numpy(), pairs["other"].to_numpy()
    alike = like_given_names(rng, naming, people, pairs)
    _same(people, pairs, ["ethnic_category", "postcode", "gp_practice", "synthetic_deprivation_decile", "distance_km"])
    _same(people, pairs[share(rng, len(pairs), 0.6)], ["phone"])
    # Twins at one address have the name they were born with, and a child the name of the parent it lives with.
    is_twin = (pairs["kind"] == "twin").to_numpy()
    family, at_birth = people["family_name"].to_numpy().copy(), people["birth_family_name"].to_numpy().copy()
    family[first[is_twin]] = at_birth[first[is_twin]]
    family[other] = family[first]
    at_birth[other] = family[first]
    sets: dict[str, Array] = {"family_name": family, "birth_family_name": at_birth}
    title = people["title"].to_numpy().copy()
    unmarried = np.concatenate([other, first[is_twin]])
    title[unmarried] = np.where(title[unmarried] == "Mrs", "Miss", title[unmarried])
    for column in ("given_name", "middle_name"):
        sets[column] = people[column].to_numpy().copy()
        sets[column][other] = alike[column].to_numpy()
    relation, family_id = np.full(len(people), "", dtype=object), np.full(len(people), -1)
    relation[first], relation[other] = np.where(is_twin, "twin", "parent"), np.where(is_twin, "twin", "child")
    family_id[first] = family_id[other] = np.arange(len(pairs))
    for column, values in {**sets, "title": title, "relation": relation, "family_id": family_id}.items():
        people[column] = values


def _frailty(rng: np.random.Generator, people: pd.DataFrame) -> Array:
    """A share from 0 to 1 that rises with age and deprivation and varies much between people of one age (ours)."""
    deprived = 5.5 - people["synthetic_deprivation_decile"].to_numpy()
    score = -1.2 + 0.034 * (_age(people) - 62) + 0.05 * deprived + rng.normal(0, 0.75, len(people))
    return np.asarray(np.round(1 / (1 + np.exp(-score)), 4))


def _moves(
    rng: np.random.Generator, naming: Naming, people: pd.DataFrame, areas: Mapping[str, Mapping[str, float]]
) -> dict[str, Array]:
    """Who moved house when, and from where; nobody moves before birth or after death, and families stay."""
    size = len(people)
    moves = share(rng, size, by_threshold(_age(people), naming.moves)) & (people["family_id"].to_numpy() < 0)
    days = rng.integers(-_MOVES_WITHIN, _MOVES_WITHIN, size).astype("timedelta64[D]")
    moved_on = people["first_referral_on"].to_numpy().astype("datetime64[D]") + days
    died = people["died_on"].to_numpy().astype("datetime64[D]")
    moves &= (moved_on > people["born_on"].to_numpy()) & ~(moved_on >= died)
    rows = np.flatnonzero(moves)
    before = np.full(size, None, dtype=object)
    before[rows] = draw_homes(rng, naming, areas, people["home_trust"].to_numpy()[rows]).postcode
    moved = np.where(moves, moved_on.astype("datetime64[s]"), np.datetime64("NaT", "s"))
    return {"previous_postcode": before, "moved_on": moved}
