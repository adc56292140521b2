"""People out of pairs: joined along what is accepted, never across what is known to be different."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.linkage.clusters import Clusters, Pairs, clusters

PAIRS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda pair: pair[0] < pair[1]), unique=True)


def pairs(*given_pairs: tuple[int, int]) -> Pairs:
    sides = np.array(given_pairs, dtype=np.int64).reshape(-1, 2)
    return Pairs(sides[:, 0], sides[:, 1])


def made(
    count: int,
    accepted: list[tuple[int, int]],
    *,
    apart: list[tuple[int, int]] | None = None,
    identity: list[int] | None = None,
    source: list[int] | None = None,
    strength: list[float] | None = None,
) -> Clusters:
    return clusters(
        count,
        pairs(*accepted),
        np.arange(len(accepted), 0, -1) * 10.0 if strength is None else np.array(strength),
        apart=pairs(*(apart or [])),
        identity=np.array(identity or [-1] * count, dtype=np.int64),
        source=None if source is None else np.array(source),
    )


def test_records_that_hang_together_are_one_person_named_after_the_first() -> None:
    assert list(made(5, [(3, 4), (1, 3)]).person) == [0, 1, 2, 1, 1]


def test_no_record_and_no_pair_make_no_person_of_many() -> None:
    assert list(made(0, []).person) == []
    assert list(made(2, []).person) == [0, 1]


def test_a_record_between_two_verified_numbers_goes_with_the_better_pair() -> None:
    found = made(3, [(1, 2), (0, 1)], identity=[7, -1, 8])
    assert list(found.person) == [0, 1, 1]
    assert found.broken == (1,)


def test_two_records_that_contradict_each_other_are_not_joined_by_a_third() -> None:
    found = made(3, [(0, 2), (1, 2)], apart=[(0, 1)])
    assert list(found.person) == [0, 1, 0]
    assert found.broken == (1,)


def test_two_files_without_duplicates_are_matched_one_to_one() -> None:
    found = made(4, [(1, 2), (0, 2), (0, 3)], source=[0, 0, 1, 1])
    assert list(found.person) == [0, 1, 1, 0]
    assert found.broken == (1,)


def test_two_records_of_one_file_may_be_one_person_where_they_say_so_themselves() -> None:
    found = made(3, [(0, 2), (1, 2), (0, 1)], source=[0, 0, 1])
    assert list(found.person) == [0, 0, 0]


def test_a_record_that_fits_two_people_equally_well_goes_with_neither() -> None:
    found = made(3, [(0, 2), (1, 2)], identity=[7, 8, -1], strength=[20.0, 19.0])
    assert list(found.person) == [0, 1, 2]
    assert found.undecided == (0, 1)


@settings(deadline=None)
@given(
    accepted=PAIRS,
    apart=PAIRS,
    identity=st.lists(st.integers(-1, 3), min_size=10, max_size=10),
    source=st.none() | st.lists(st.integers(0, 1), min_size=10, max_size=10),
)
def test_no_person_holds_two_who_are_known_to_be_different(
    accepted: list[tuple[int, int]], apart: list[tuple[int, int]], identity: list[int], source: list[int] | None
) -> None:
    found = made(10, accepted, apart=apart, identity=identity, source=source)
    person = found.person
    for one in range(10):
        for other in range(one + 1, 10):
            if person[one] != person[other]:
                continue
            assert (one, other) not in apart
            assert -1 in (identity[one], identity[other]) or identity[one] == identity[other]
            assert source is None or source[one] != source[other] or (one, other) in accepted
    for place, (one, other) in enumerate(accepted):
        assert (person[one] == person[other]) == (place not in found.broken)


@settings(deadline=None)
@given(accepted=PAIRS, apart=PAIRS, shuffle=st.permutations(range(10)))
def test_what_the_records_are_called_changes_nobody(
    accepted: list[tuple[int, int]], apart: list[tuple[int, int]], shuffle: list[int]
) -> None:
    def renamed(given_pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
        return [tuple(sorted((shuffle[one], shuffle[other]))) for one, other in given_pairs]  # type: ignore[misc]

    before, after = made(10, accepted, apart=apart).person, made(10, renamed(accepted), apart=renamed(apart)).person
    for one in range(10):
        for other in range(10):
            assert (before[one] == before[other]) == (after[shuffle[one]] == after[shuffle[other]])
