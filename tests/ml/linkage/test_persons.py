"""Persons: named after the record that came first, whatever the order in which records and pairs are given."""

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.linkage.decisions import with_decisions
from ml.linkage.persons import MERGED, PARTED, events, persons
from ml.linkage.review import FIELDS

FACTS = {
    "has_two_numbers": False, "given_contradicts": False, "birth_contradicts": False, "numbers_differ": False,
    **dict.fromkeys(FIELDS, -1),
}  # fmt: skip
PAIR_COLUMNS = ["left", "right", "match_weight", "probability", "rule", "is_accepted", "is_apart"]
RULES = st.sampled_from(["nhs_number", "model"])
DRAWN_PAIRS = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 7), st.integers(1, 30), RULES, st.booleans()).filter(
        lambda pair: pair[0] < pair[1]
    ),
    unique_by=lambda pair: pair[:2],
)


def records(
    *ordinals: int, numbers: dict[int, str] | None = None, sources: dict[int, str] | None = None
) -> pd.DataFrame:
    """Records that came in the order in which they are named, each of a register of its own."""
    return pd.DataFrame(
        {
            "ordinal": ordinals,
            "arrived_at": range(len(ordinals)),
            "source": [(sources or {}).get(ordinal, f"register {ordinal}") for ordinal in ordinals],
            "identity": [(numbers or {}).get(ordinal) for ordinal in ordinals],
        }
    )


def pairs(*given_pairs: tuple[int, int, float, str]) -> pd.DataFrame:
    rows = [(left, right, weight, 0.99, rule, True, False) for left, right, weight, rule in given_pairs]
    return pd.DataFrame(rows, columns=PAIR_COLUMNS).assign(**FACTS)


def people(records: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    return persons(records, pairs).of_records


def person_of(found: pd.DataFrame) -> dict[int, int]:
    return dict(zip(found["ordinal"], found["person"], strict=True))


def test_a_person_is_named_after_the_record_that_came_first() -> None:
    found = people(records(50, 10, 30), pairs((10, 50, 20.0, "model")))
    assert person_of(found) == {50: 50, 10: 50, 30: 30}
    assert dict(zip(found["ordinal"], found["tier"], strict=True)) == {50: 3, 10: 3, 30: 0}


def test_a_record_that_comes_later_renames_nobody() -> None:
    before = person_of(people(records(50, 10), pairs((10, 50, 20.0, "model"))))
    after = person_of(people(records(50, 10, 1), pairs((10, 50, 20.0, "model"), (1, 50, 20.0, "nhs_number"))))
    assert {ordinal: after[ordinal] for ordinal in before} == before
    assert after[1] == 50


def test_two_records_of_one_register_are_not_joined_by_one_of_another() -> None:
    found = people(
        records(1, 2, 3, sources={1: "RVW", 2: "RVW"}), pairs((1, 3, 30.0, "nhs_number"), (2, 3, 20.0, "model"))
    )
    assert person_of(found) == {1: 1, 2: 2, 3: 1}


def test_two_verified_numbers_are_never_one_person() -> None:
    found = people(records(1, 2, 3, numbers={1: "a", 2: "b"}), pairs((1, 3, 30.0, "nhs_number"), (2, 3, 20.0, "model")))
    assert person_of(found) == {1: 1, 2: 2, 3: 1}


@settings(deadline=None)
@given(drawn=DRAWN_PAIRS, arrival=st.permutations(range(8)), shuffle=st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(
    drawn: list[tuple[int, int, int, str, bool]], arrival: list[int], shuffle: "object"
) -> None:
    rows = pd.DataFrame(
        [(left, right, weight, 0.99, rule, ok, not ok) for left, right, weight, rule, ok in drawn], columns=PAIR_COLUMNS
    ).astype({"is_accepted": bool, "is_apart": bool})
    rows = rows.assign(**FACTS)
    known = records(*arrival)
    order = list(range(len(rows)))
    shuffle.shuffle(order)  # type: ignore[attr-defined]
    first = people(known, rows)
    second = people(known.sample(frac=1, random_state=1), rows.iloc[order])
    pd.testing.assert_frame_equal(first, second)


def decided(left: int, right: int, *, is_same: bool) -> pd.DataFrame:
    return pd.DataFrame([(left, right, is_same)], columns=["left", "right", "is_same"])


def test_what_people_decided_goes_before_the_model_and_is_not_asked_again() -> None:
    known, scored = records(1, 2, 3), pairs((1, 2, 20.0, "model")).assign(is_accepted=False)
    assert len(persons(known, scored).review) == 1
    same = persons(known, with_decisions(scored, decided(1, 2, is_same=True)))
    assert person_of(same.of_records) == {1: 1, 2: 1, 3: 3}
    assert same.review.empty
    different = persons(known, with_decisions(scored.assign(is_accepted=True), decided(1, 2, is_same=False)))
    assert person_of(different.of_records) == {1: 1, 2: 2, 3: 3}
    assert different.review.empty


def test_a_decision_on_a_pair_that_the_model_no_longer_looks_at_holds() -> None:
    found = people(records(1, 2, 3), with_decisions(pairs((1, 2, 20.0, "model")), decided(2, 3, is_same=True)))
    assert person_of(found) == {1: 1, 2: 1, 3: 1}
    assert dict(zip(found["ordinal"], found["tier"], strict=True)) == {1: 3, 2: 4, 3: 4}


def test_a_decision_never_joins_two_verified_numbers_and_is_counted() -> None:
    known = records(1, 2, numbers={1: "a", 2: "b"})
    found = persons(known, with_decisions(pairs((1, 2, 20.0, "model")), decided(1, 2, is_same=True)))
    assert person_of(found.of_records) == {1: 1, 2: 2}
    assert (len(found.review), found.unkept_decisions) == (0, 1)


def test_what_hangs_together_with_two_birth_dates_that_nobody_compared_is_not_one_person() -> None:
    born = {1: "19490101", 2: None, 3: "19740612"}
    known = records(1, 2, 3).assign(birth_date=list(born.values()))
    found = people(known, pairs((1, 2, 30.0, "model"), (2, 3, 20.0, "model")))
    assert person_of(found) == {1: 1, 2: 1, 3: 3}
    slip = known.assign(birth_date=["19490101", None, "19490107"])
    assert person_of(people(slip, pairs((1, 2, 30.0, "model"), (2, 3, 20.0, "model")))) == {1: 1, 2: 1, 3: 1}


def test_birth_dates_of_a_pair_that_was_compared_are_not_judged_again_whichever_record_came_first() -> None:
    scored = pairs((1, 2, 30.0, "model"), (1, 3, 20.0, "model"), (2, 3, 20.0, "model"))
    for order in ((1, 2, 3), (3, 2, 1)):
        born = {1: "19510309", 2: None, 3: "19510390"}
        known = records(*order).assign(birth_date=[born[ordinal] for ordinal in order])
        assert set(person_of(people(known, scored)).values()) == {order[0]}


def told(before: dict[int, int], after: dict[int, int]) -> list[tuple[str, int, int]]:
    frames = [pd.DataFrame({"ordinal": list(each), "person": list(each.values())}) for each in (before, after)]
    return [tuple(row) for row in events(*frames).itertuples(index=False)]


def test_who_is_no_more_was_merged_and_who_loses_records_was_split() -> None:
    assert told({1: 1, 2: 2}, {1: 1, 2: 1}) == [(MERGED, 1, 2)]
    assert told({1: 1, 2: 1}, {1: 1, 2: 2}) == [(PARTED, 1, 2)]
    assert told({1: 1, 2: 1, 3: 3}, {1: 1, 2: 3, 3: 3}) == [(PARTED, 1, 3)]


def test_a_person_whose_records_go_several_ways_was_split_also_where_the_record_that_named_it_is_among_them() -> None:
    assert told({0: 0, 1: 1, 2: 1}, {0: 0, 1: 0, 2: 2}) == [(PARTED, 1, 0), (PARTED, 1, 2)]


def test_who_is_new_or_stays_makes_no_event() -> None:
    assert told({1: 1}, {1: 1, 2: 2, 3: 1}) == []


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), min_size=6, max_size=6), st.lists(st.integers(0, 3), min_size=6, max_size=6))
def test_without_a_change_of_persons_there_is_no_event_and_with_one_there_is(left: list[int], right: list[int]) -> None:
    before, after = dict(enumerate(left)), dict(enumerate(right))
    assert (told(before, after) == []) == (before == after)
