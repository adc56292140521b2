"""The people: who they are, how they are written to, and which of them have two pathways."""

import numpy as np
import pandas as pd

from libs.synthetic.draws import Array, choose_by, choose_one, look_up, only_where, share
from libs.synthetic.figures import Culture, Figures
from libs.synthetic.nhs_numbers import draw_nhs_numbers

# Postcode districts of Teesside, south Durham and the coast, with rough weights.
_DISTRICTS = {
    "TS": [1, 3, 4, 5, 6, 7, 8, 10, 12, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28],
    "DL": [1, 2, 3, 4, 5, 6, 7, 8, 10, 14, 16, 17],
    "SR": [7, 8],
}
_AREA_WEIGHTS = {"TS": 0.78, "DL": 0.16, "SR": 0.06}
_INWARD = np.array(list("ABDEFGHJLNPQRSTUWXYZ"), dtype=object)
_OTHER_STATUS = {"02": 0.55, "03": 0.25, "04": 0.12, "07": 0.08}


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
    """One row per person with identity, names and address; `demography` has person_id, sex, born_on and is_shared."""
    size = len(demography)
    number = draw_nhs_numbers(rng, size)
    status = np.where(share(rng, size, figures.habits.number_not_verified), choose_one(rng, _OTHER_STATUS, size), "01")
    status = np.where(demography["is_shared"], "01", status)
    missing = (status == "07") | ((status != "01") & share(rng, size, 0.35))
    area = choose_one(rng, _AREA_WEIGHTS, size)
    names = _names(rng, figures, demography)
    return demography.assign(
        nhs_number=only_where(~missing, number),
        nhs_number_status=status,
        **names,
        postcode=_postcodes(rng, area),
        phone=_phones(rng, size),
        gp_practice=_practices(rng, figures, area),
    ).drop(columns="is_shared")


def _names(rng: np.random.Generator, figures: Figures, demography: pd.DataFrame) -> dict[str, Array]:
    size = len(demography)
    culture = choose_one(rng, {key: each.weight for key, each in figures.cultures.items()}, size)
    born = demography["born_on"].to_numpy().astype("datetime64[Y]").astype(int) + 1970
    female = demography["sex"].to_numpy() == "2"
    names = {"family_name": np.empty(size, dtype=object), "given_name": np.empty(size, dtype=object)}
    for key, each in figures.cultures.items():
        of_culture = culture == key
        names["family_name"][of_culture] = rng.choice(np.array(each.surnames, dtype=object), of_culture.sum())
        for is_older in (True, False):
            for is_female in (True, False):
                rows = of_culture & ((born < 1964) == is_older) & (female == is_female)
                names["given_name"][rows] = rng.choice(_given(each, is_older, is_female), rows.sum())
    ethnic = choose_by(rng, {key: each.ethnic for key, each in figures.cultures.items()}, culture)
    return {**names, "title": _titles(rng, female, born), "ethnic_category": ethnic}


def _given(culture: Culture, is_older: bool, is_female: bool) -> Array:
    names: tuple[str, ...] = getattr(
        culture, f"{'older' if is_older else 'younger'}_{'female' if is_female else 'male'}"
    )
    return np.array(names, dtype=object)


def _titles(rng: np.random.Generator, female: Array, born: Array) -> Array:
    woman = np.where(rng.random(len(born)) < np.where(born < 1965, 0.85, 0.45), "Mrs", "Ms")
    man = np.where(born > 2007, "Master", "Mr")
    return np.where(female, np.where(born > 2000, "Miss", woman), man).astype(object)


def _postcodes(rng: np.random.Generator, area: Array) -> Array:
    size = len(area)
    district = np.zeros(size, dtype=int)
    for name, districts in _DISTRICTS.items():
        district[area == name] = rng.choice(districts, (area == name).sum())
    sector, first, last = rng.integers(1, 10, size), rng.choice(_INWARD, size), rng.choice(_INWARD, size)
    return np.asarray(
        area + district.astype(str).astype(object) + " " + sector.astype(str).astype(object) + first + last
    )


def _phones(rng: np.random.Generator, size: int) -> Array:
    """Numbers that Ofcom keeps for drama: nobody answers them."""
    landline = np.where(rng.random(size) < 0.4, "01632 960", "07700 900").astype(object)
    return np.asarray(landline + np.char.zfill(rng.integers(0, 1000, size).astype(str), 3).astype(object))


def _practices(rng: np.random.Generator, figures: Figures, area: Array) -> Array:
    practice = np.empty(len(area), dtype=object)
    for name, codes in figures.gp_practices.items():
        rows = area == name
        practice[rows] = rng.choice(np.array(codes.split(), dtype=object), rows.sum())
    return practice
