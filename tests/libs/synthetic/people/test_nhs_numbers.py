import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.synthetic.people.nhs_numbers import draw_nhs_numbers


def is_valid(number: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(number[:9], range(10, 1, -1), strict=True))
    return (11 - total % 11) % 11 == int(number[9]) and len(number) == 10


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32), size=st.integers(1, 300))
def test_every_number_is_valid_different_and_in_the_test_range(seed: int, size: int) -> None:
    numbers = draw_nhs_numbers(np.random.default_rng(seed), size).tolist()
    assert len(set(numbers)) == size
    assert all(is_valid(number) and number.startswith("999") for number in numbers)


def test_more_people_than_the_test_range_holds_still_get_valid_numbers_that_begin_with_9() -> None:
    numbers = draw_nhs_numbers(np.random.default_rng(1), 950_000)
    assert len(np.unique(numbers)) == 950_000
    assert {number[0] for number in numbers.tolist()} == {"9"}
    assert all(is_valid(number) for number in numbers[-500:].tolist())
    assert not numbers[-1].startswith("999")


def test_the_examples_of_the_rules_are_what_the_check_in_this_test_accepts() -> None:
    assert all(is_valid(number) for number in ("9990000018", "9990000123", "9995554445", "9998887771"))
    assert not is_valid("9990000019")
