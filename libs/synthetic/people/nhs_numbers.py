"""NHS numbers for made-up people: valid by modulus 11, and all beginning with 9, which no real English number does."""

import numpy as np

from libs.synthetic.draws import Array

# Without the check digit: the range kept for tests (999 000 0000 to 999 999 9999), then the rest that begins with 9.
_TEST_RANGE = (999_000_000, 999_999_999)
_NINE_RANGE = (900_000_000, 998_999_999)
# One base in eleven has no check digit: so many more bases are drawn than numbers are wanted.
_SPARE = 1.12


def draw_nhs_numbers(rng: np.random.Generator, size: int) -> Array:
    """So many different ten-digit NHS numbers: the 999 test range first, other numbers beginning with 9 after it.

    Raises ValueError if there are not so many.
    """
    test = _with_check_digit(rng.permutation(np.arange(_TEST_RANGE[0], _TEST_RANGE[1])))[:size]
    if len(test) == size:
        return test.astype(str)
    missing = size - len(test)
    if missing * _SPARE > _NINE_RANGE[1] - _NINE_RANGE[0]:
        raise ValueError(f"there are no {size:,} NHS numbers that begin with 9")
    # An even step through the range, so that the numbers beyond the test range are not all neighbours.
    step = int((_NINE_RANGE[1] - _NINE_RANGE[0]) / (missing * _SPARE + 20))
    more = _with_check_digit(_NINE_RANGE[0] + np.arange(int(missing * _SPARE) + 20) * step)
    return np.concatenate([test, rng.permutation(more)[:missing]]).astype(str)


def _with_check_digit(bases: Array) -> Array:
    """The bases that can carry a check digit, with it (cwt-rules 6.1)."""
    total = sum(((bases // 10**place) % 10) * (place + 2) for place in range(9))
    check = (11 - total % 11) % 11
    return np.asarray((bases * 10 + check)[check != 10])
