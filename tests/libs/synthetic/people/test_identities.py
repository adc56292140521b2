import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.synthetic.figures import Figures
from libs.synthetic.people.identities import GROUPS, HELD, draw_identities, entries_of
from libs.synthetic.people.misrecorded_names import folded, misspelt, variants
from libs.synthetic.people.misrecording import Entries
from libs.synthetic.people.population import draw_people
from tests.libs.synthetic.people.society import demography, registrations

SIZE = 60_000
FAULTS = {fault.name: fault for group in GROUPS for fault in group}
Drawn = tuple[pd.DataFrame, pd.DataFrame]


@pytest.fixture(scope="module")
def people(figures: Figures) -> pd.DataFrame:
    return draw_people(np.random.default_rng(5), figures, demography(SIZE))


@pytest.fixture(scope="module")
def registered() -> pd.DataFrame:
    return registrations(demography(SIZE))


@pytest.fixture(scope="module")
def drawn(figures: Figures, people: pd.DataFrame, registered: pd.DataFrame) -> Drawn:
    return draw_identities(np.random.default_rng(7), figures, people, registered)


@pytest.fixture(scope="module")
def entries(figures: Figures, people: pd.DataFrame, registered: pd.DataFrame) -> Entries:
    return entries_of(figures, people, registered.sort_values(["trust", "person_id"], ignore_index=True))


def as_at(identities: pd.DataFrame, moment: str) -> pd.DataFrame:
    """The version of each entry that holds at a moment."""
    holds = identities["valid_from"].isna() | (identities["valid_from"] <= pd.Timestamp(moment))
    return identities[holds].groupby(["trust", "person_id"]).tail(1).set_index(["trust", "person_id"])


def is_valid(number: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(number[:9], range(10, 1, -1), strict=True))
    return len(number) == 10 and (11 - total % 11) % 11 == int(number[9])


def test_the_file_of_rates_names_every_fault_and_no_other(figures: Figures) -> None:
    assert set(figures.identity_faults) == set(FAULTS) | {"mended"}


def test_every_fault_comes_at_its_rate_within_sampling_error(figures: Figures, entries: Entries, drawn: Drawn) -> None:
    _, faults = drawn
    befallen = faults.drop_duplicates(["trust", "person_id", "fault"])["fault"].value_counts()
    for name, fault in FAULTS.items():
        among = len(entries.people) if fault.among is None else fault.among(entries).sum()
        rate = figures.identity_faults[name]
        # Five standard errors: forty faults are looked at. A fault that would change nothing is none.
        error = 5 * np.sqrt(among * rate * (1 - rate)) + 1
        assert abs(befallen.get(name, 0) - among * rate) < error + 0.03 * among * rate, name


def test_a_rate_of_0_gives_none_and_a_clean_index_holds_the_truth(
    figures: Figures, people: pd.DataFrame, registered: pd.DataFrame
) -> None:
    clean = figures.model_copy(update={"identity_faults": dict.fromkeys(figures.identity_faults, 0.0)})
    identities, faults = draw_identities(np.random.default_rng(7), clean, people, registered)
    assert faults.empty
    latest = identities.drop_duplicates(["trust", "person_id"], keep="last")
    right = people.iloc[latest["person_id"].to_numpy()].assign(nhs_number_status="01")
    for column in HELD:
        np.testing.assert_array_equal(latest[column].to_numpy(), right[column].to_numpy(), err_msg=column)


@pytest.mark.parametrize("name", ["nhs_number_missing", "names_swapped", "birth_date_swapped", "postcode_old"])
def test_one_fault_alone_can_be_switched_on(
    figures: Figures, people: pd.DataFrame, registered: pd.DataFrame, name: str
) -> None:
    rates = dict.fromkeys(figures.identity_faults, 0.0) | {name: 0.2}
    alone = figures.model_copy(update={"identity_faults": rates})
    _, faults = draw_identities(np.random.default_rng(7), alone, people, registered)
    assert set(faults["fault"]) == {name}
    assert faults["until_at"].isna().all()


def test_every_wrong_cell_is_told_and_every_fault_that_is_told_shows(
    people: pd.DataFrame, registered: pd.DataFrame, drawn: Drawn
) -> None:
    identities, faults = drawn
    moment = pd.Timestamp("2024-09-02 12:00:00")
    known = registered[registered["registered_at"] <= moment].set_index(["trust", "person_id"]).index
    held = as_at(identities, str(moment)).reindex(known)
    right = people.iloc[known.get_level_values("person_id")].assign(nhs_number_status="01").set_index(known)
    has_moved = ~(right["moved_on"] > moment)
    right["postcode"] = right["postcode"].where(has_moved, right["previous_postcode"])
    told = faults[(faults["from_at"] <= moment) & ~(faults["until_at"] <= moment)]
    for column in HELD:
        wrong = (held[column] != right[column]) & ~(held[column].isna() & right[column].isna())
        listed = told.loc[told["column"] == column, ["trust", "person_id"]]
        assert set(known[wrong]) == set(listed.itertuples(index=False, name=None)), column


def test_a_mended_fault_is_right_from_its_end_on(people: pd.DataFrame, drawn: Drawn) -> None:
    identities, faults = drawn
    mended = faults[faults["until_at"].notna() & (faults["column"] != "postcode")]
    lasting = faults["fault"].map(lambda name: FAULTS[name].is_lasting)
    assert 0.27 < faults.loc[~lasting & (faults["fault"] != "postcode_old"), "until_at"].notna().mean() < 0.33
    after = identities.merge(
        mended, left_on=["trust", "person_id", "valid_from"], right_on=["trust", "person_id", "until_at"]
    )
    assert len(after) == len(mended)
    truth = people.assign(nhs_number_status="01")
    for column, rows in after.groupby("column"):
        held, right = rows[str(column)], truth[str(column)].iloc[rows["person_id"].to_numpy()]
        np.testing.assert_array_equal(held.to_numpy(), right.to_numpy())


def test_an_index_has_a_first_version_of_everybody_and_later_ones_in_order(
    drawn: Drawn, registered: pd.DataFrame
) -> None:
    identities, _ = drawn
    first = identities[identities["valid_from"].isna()]
    assert len(first) == len(registered)
    assert not first.duplicated(["trust", "person_id"]).any()
    later = identities[identities["valid_from"].notna()].merge(registered, on=["trust", "person_id"])
    assert (later["valid_from"] > later["registered_at"]).all()
    steps = identities.groupby(["trust", "person_id"])["valid_from"].diff()
    assert not (steps <= pd.Timedelta(0)).any()


def test_numbers_are_wrong_in_the_way_that_their_fault_says(people: pd.DataFrame, drawn: Drawn) -> None:
    identities, faults = drawn
    first = identities[identities["valid_from"].isna()].set_index(["trust", "person_id"])["nhs_number"]
    number = {
        name: first.reindex(pd.MultiIndex.from_frame(of[["trust", "person_id"]]))
        for name, of in faults[faults["column"] == "nhs_number"].groupby("fault")
    }
    assert number["nhs_number_missing"].isna().all()
    assert not number["nhs_number_invalid"].map(is_valid).any()
    assert number["nhs_number_invalid"].str.fullmatch("9[0-9]{9}").all()
    assert number["nhs_number_repeated_digits"].map(lambda each: len(set(each)) == 1).all()
    assert number["nhs_number_damaged"].str.fullmatch(r"9\.[0-9]{2}E\+09|[0-9]{9}|1\.00E\+10").all()
    owner = people.set_index("nhs_number")["family_name"]
    relatives = number["nhs_number_of_relative"]
    bearers = people["family_name"].iloc[relatives.index.get_level_values("person_id")]
    assert (owner.reindex(relatives).to_numpy() == bearers.to_numpy()).mean() > 0.9


def test_about_3_per_cent_of_the_numbers_are_not_verified(drawn: Drawn) -> None:
    identities, _ = drawn
    first = identities[identities["valid_from"].isna()]
    assert 0.026 < (first["nhs_number_status"] != "01").mean() < 0.034
    assert (first.loc[first["nhs_number"].isna(), "nhs_number_status"] != "01").all()


def test_every_identity_can_be_written_in_windows_1252(drawn: Drawn) -> None:
    for column in ("family_name", "given_name", "middle_name", "title"):
        "".join(drawn[0][column].dropna().unique()).encode("windows-1252")


def test_the_same_seed_makes_the_same_indexes(
    figures: Figures, people: pd.DataFrame, registered: pd.DataFrame, drawn: Drawn
) -> None:
    shuffled = registered.sample(frac=1, random_state=1)
    again = draw_identities(np.random.default_rng(7), figures, people, shuffled)
    for one, other in zip(drawn, again, strict=True):
        pd.testing.assert_frame_equal(one, other)


@settings(deadline=None)
@given(name=st.from_regex(r"[A-Z][a-zé' -]{1,14}[a-z]", fullmatch=True), draw=st.tuples(*[st.floats(0, 0.999)] * 3))
def test_a_misspelt_name_keeps_its_first_letter_and_changes_little(name: str, draw: tuple[float, float, float]) -> None:
    wrong = misspelt(name, draw)
    assert wrong[0] == name[0]
    assert abs(len(wrong) - len(name)) <= 1


@pytest.mark.parametrize(
    ("name", "other"),
    [("O'Brien", "OBrien"), ("O'Brien", "O Brien"), ("Ward-Smith", "Smith"), ("Zoë", "Zoe"), ("McGrath", "MacGrath"),
     ("MacDonald", "Macdonald"), ("De Silva", "DeSilva")],
)  # fmt: skip
def test_names_with_marks_have_other_spellings(name: str, other: str) -> None:
    assert other in variants(name)
    assert name not in variants(name)


def test_a_plain_name_has_no_other_spelling() -> None:
    assert variants("Smith") == ()
    assert folded("Møller") == "Moller"
