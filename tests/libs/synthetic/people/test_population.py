import re

import numpy as np
import pandas as pd
import pytest

from libs.synthetic.figures import Figures
from libs.synthetic.people.nhs_numbers import draw_nhs_numbers
from libs.synthetic.people.population import COLUMNS, draw_people
from tests.libs.synthetic.people.society import demography

POSTCODE = re.compile(r"[A-Z]{1,2}[0-9]{1,2} [0-9][ABD-HJLNP-UW-Z]{2}")
# Ofcom's numbers for drama (https://www.ofcom.org.uk): nobody has them.
PHONE = re.compile(r"(07700 900|01632 960|0191 498 0|0(113|114|115|116|117|118|121|151|161) 496 0|020 7946 0)[0-9]{3}")


@pytest.fixture(scope="module")
def people(figures: Figures) -> pd.DataFrame:
    return draw_people(np.random.default_rng(5), figures, demography(60_000))


def families(people: pd.DataFrame, relation: str) -> pd.DataFrame:
    """One row a family: its first member's columns, and those of the other with `_other`."""
    related = people[people["relation"].isin([relation, "child"]) & (people["family_id"] >= 0)]
    first = related[related["relation"] == relation].drop_duplicates("family_id")
    other = people[(people["family_id"] >= 0) & ~people["person_id"].isin(first["person_id"])]
    return first.merge(other, on="family_id", suffixes=("", "_other"))


def test_a_person_has_the_columns_of_the_world(people: pd.DataFrame) -> None:
    assert tuple(people.columns) == COLUMNS
    assert people["person_id"].tolist() == list(range(60_000))
    known = people.drop(columns=["died_on", "middle_name", "previous_postcode", "moved_on"])
    assert known.notna().all().all()


def test_the_same_seed_makes_the_same_people_and_another_seed_others(figures: Figures) -> None:
    one, same, other = (draw_people(np.random.default_rng(seed), figures, demography(2_000)) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, same)
    assert (one["family_name"] != other["family_name"]).mean() > 0.9


def test_a_few_surnames_are_very_common_and_many_are_rare(people: pd.DataFrame) -> None:
    counts = people["family_name"].value_counts()
    assert 0.008 < counts.iloc[0] / len(people) < 0.015
    assert counts.index[0] == "Smith"
    assert (counts == 1).sum() > 2_000
    assert len(people[["family_name", "given_name"]].drop_duplicates()) > 40_000


def test_given_names_follow_sex_and_time_of_birth(people: pd.DataFrame) -> None:
    year = people["born_on"].dt.year
    old, young = people[year < 1945], people[year > 1990]
    assert (old["given_name"] == "Margaret").mean() > 20 * (young["given_name"] == "Margaret").mean()
    assert set(people[people["given_name"] == "Dorothy"]["sex"]) == {"2"}
    assert set(people[people["given_name"] == "Stephen"]["sex"]) == {"1"}


def test_every_name_can_be_written_in_windows_1252(figures: Figures) -> None:
    for culture in figures.naming.cultures.values():
        names = [*culture.surnames, *culture.surnames_female, *culture.female_any, *culture.male_any]
        names += [name for each in (culture.female, culture.male) for listed in each.values() for name in listed]
        names += [part for form in culture.forms for part in (*form.first, *form.last)]
        "".join(names).encode("windows-1252")


def test_titles_fit_sex_and_age(people: pd.DataFrame) -> None:
    assert set(people[people["sex"] == "1"]["title"]).isdisjoint({"Mrs", "Miss", "Ms", "Lady", "Sister"})
    assert set(people[people["sex"] == "2"]["title"]).isdisjoint({"Mr", "Master", "Sir"})
    children = people[people["born_on"] > "2011-01-01"]
    assert set(children["title"]) <= {"Master", "Miss"}


def test_only_women_have_another_name_than_at_birth_and_most_older_ones_have(people: pd.DataFrame) -> None:
    renamed = people["family_name"] != people["birth_family_name"]
    assert not renamed[people["sex"] == "1"].any()
    older = (people["sex"] == "2") & (people["born_on"] < "1960-01-01")
    assert 0.6 < renamed[older].mean() < 0.85


def test_addresses_are_of_the_home_trusts_areas_and_nobody_can_be_reached(
    people: pd.DataFrame, figures: Figures
) -> None:
    assert people["postcode"].map(lambda each: bool(POSTCODE.fullmatch(each))).all()
    assert people["phone"].map(lambda each: bool(PHONE.fullmatch(each))).all()
    for trust, of in people.groupby("home_trust"):
        areas = of["postcode"].str.extract(r"^([A-Z]+)")[0]
        weights = figures.providers[str(trust)].postcode_areas
        assert set(areas) <= set(weights)
        main = max(weights, key=lambda area: weights[area])
        assert abs((areas == main).mean() - weights[main] / sum(weights.values())) < 0.02


def test_a_postcode_sector_has_one_deprivation_decile(people: pd.DataFrame) -> None:
    sector = people["postcode"].str[:-2]
    assert people.groupby(sector)["synthetic_deprivation_decile"].nunique().max() == 1
    assert set(people["synthetic_deprivation_decile"]) == set(range(1, 11))


def test_the_old_and_the_deprived_are_frailer(people: pd.DataFrame) -> None:
    assert people["frailty"].between(0, 1).all()
    old = people["born_on"] < "1945-01-01"
    assert people["frailty"][old].mean() > people["frailty"][~old].mean() + 0.08
    deprived = people["synthetic_deprivation_decile"] <= 2
    affluent = people["synthetic_deprivation_decile"] >= 9
    assert people["frailty"][deprived].mean() > people["frailty"][affluent].mean() + 0.02


def test_twins_share_birth_date_surname_and_address_but_not_the_given_name(
    people: pd.DataFrame, figures: Figures
) -> None:
    twins = families(people[people["relation"] == "twin"], "twin")
    assert abs(2 * len(twins) / len(people) - figures.naming.families.twin) < 0.001
    for column in ("born_on", "birth_family_name", "postcode", "ethnic_category"):
        assert (twins[column] == twins[f"{column}_other"]).all(), column
    assert (twins["given_name"] != twins["given_name_other"]).all()
    alike = twins["given_name"].str[0] == twins["given_name_other"].str[0]
    assert alike[twins["sex"] == twins["sex_other"]].mean() > 0.4


def test_parents_and_children_of_one_sex_live_together_and_often_have_one_name(people: pd.DataFrame) -> None:
    pairs = families(people[people["relation"].isin(["parent", "child"])], "parent")
    assert len(pairs) > 200
    for column in ("sex", "family_name", "postcode"):
        assert (pairs[column] == pairs[f"{column}_other"]).all(), column
    years = (pairs["born_on_other"] - pairs["born_on"]).dt.days / 365.25
    assert years.between(17.9, 44.1).all()
    assert 0.38 < (pairs["given_name"] == pairs["given_name_other"]).mean() < 0.56


def test_whoever_moved_has_a_former_postcode_and_moved_in_their_lifetime(people: pd.DataFrame) -> None:
    moved = people["moved_on"].notna()
    assert 0.04 < moved.mean() < 0.14
    assert (people["previous_postcode"].notna() == moved).all()
    assert (people["moved_on"] > people["born_on"])[moved].all()
    assert not (people["moved_on"] >= people["died_on"]).any()


def test_there_are_not_more_nhs_numbers_than_the_range_holds() -> None:
    with pytest.raises(ValueError, match="NHS numbers"):
        draw_nhs_numbers(np.random.default_rng(1), 200_000_000)
