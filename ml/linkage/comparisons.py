"""How two records are compared, field by field: the levels of agreement, from the best down, and what they weigh.

The weights are where training begins and what it falls back on where a file is too small to learn from. `m` is the
share of true pairs at the level, `u` that of pairs of two people; they are our own judgement, not fitted to any file.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Level:
    """One degree of agreement: its SQL condition on `l` and `r`, and the column whose frequency adjusts its weight.

    `quick` is a condition that is quicker to tell, and without which the level's own can't hold.
    """

    name: str
    condition: str
    m: float
    u: float
    frequency_of: str | None = None
    quick: str | None = None


@dataclass(frozen=True)
class Comparison:
    """A field: when nothing can be said of it, and its levels; what none of them takes is `differs`."""

    name: str
    is_null: str
    levels: tuple[Level, ...]
    m_differs: float
    u_differs: float

    def level_names(self) -> tuple[str, ...]:
        """The levels as Splink numbers them: from `differs`, 0, upwards."""
        return ("differs", *(level.name for level in reversed(self.levels)))


def _one_off(name: str) -> str:
    """One character is another one, is missing, or changed places with its neighbour."""
    # Levenshtein's distance is quick, and a pair at which it is greater can't be so near by the slow one.
    sides = f"{name}_l, {name}_r"
    return f"(levenshtein({sides}) <= 2 and damerau_levenshtein({sides}) = 1)"


def _two_off(name: str) -> str:
    return f"levenshtein({name}_l, {name}_r) <= 2"


_GIVEN_CLOSE = (
    "jaro_winkler_similarity(given_l, given_r) >= 0.88"
    f" or (least(length(given_l), length(given_r)) >= 4 and {_one_off('given')})"
)
# Anne and Anne-Marie, Bill and William, J and John, Mary Anne whose middle name is what the other calls her.
GIVEN_FITS = (
    "first_given_l = first_given_r or list_has_any(given_roots_l, given_roots_r)"
    " or (least(length(given_l), length(given_r)) = 1 and left(given_l, 1) = left(given_r, 1)"
    " and left(given_l, 1) between 'A' and 'Z')"
    " or list_contains(forenames_l, given_r) or list_contains(forenames_r, given_l)"
)
_GIVEN_COMPATIBLE = f"{GIVEN_FITS} or {_GIVEN_CLOSE}"
_FAMILY_CLOSE = (
    "jaro_winkler_similarity(family_l, family_r) >= 0.88"
    f" or (least(length(family_l), length(family_r)) >= 4 and {_one_off('family')})"
    " or list_has_any(family_parts_l, family_parts_r)"
)
_MAY_BE_SWAPPED = "(family_l = given_r or jaro_winkler_similarity(family_l, given_r) >= 0.92)"
_SWAPPED_TOO = "(given_l = family_r or jaro_winkler_similarity(given_l, family_r) >= 0.92)"
_HAS_NO_GIVEN, _HAS_NO_FAMILY = "(given_l is null or given_r is null)", "(family_l is null or family_r is null)"

NAMES = Comparison(
    "names",
    f"{_HAS_NO_GIVEN} and {_HAS_NO_FAMILY}",
    (
        Level("same", "family_l = family_r and given_l = given_r", 0.82, 1e-5, "full_name"),
        Level(
            "given name like", f"family_l = family_r and ({_GIVEN_COMPATIBLE})", 0.05, 3e-5, quick="family_l = family_r"
        ),
        Level("exchanged", f"{_MAY_BE_SWAPPED} and {_SWAPPED_TOO}", 0.005, 1e-6, quick=_MAY_BE_SWAPPED),
        Level("family name like", f"given_l = given_r and ({_FAMILY_CLOSE})", 0.03, 5e-5, quick="given_l = given_r"),
        Level("both like", f"({_GIVEN_COMPATIBLE}) and ({_FAMILY_CLOSE})", 0.01, 1e-4, quick="true"),
        Level("given name only, the other missing", f"given_l = given_r and {_HAS_NO_FAMILY}", 0.002, 2e-5, "given"),
        Level("family name only, the other missing", f"family_l = family_r and {_HAS_NO_GIVEN}", 0.002, 3e-6, "family"),
        Level("given name only", "given_l = given_r", 0.02, 8e-3, "given"),
        Level("given name like only", _GIVEN_COMPATIBLE, 0.006, 0.02, quick="true"),
        Level("family name only", "family_l = family_r", 0.03, 1.5e-3, "family"),
        Level("family name like only", _FAMILY_CLOSE, 0.005, 0.01, quick="true"),
    ),
    m_differs=0.02,
    u_differs=0.96,
)
BIRTH = Comparison(
    "birth_date",
    "birth_l is null or birth_r is null",
    (
        Level("same", "birth_l = birth_r", 0.94, 4e-5),
        Level("day and month exchanged", "birth_l = birth_exchanged_r", 0.008, 4e-5),
        Level("one digit", _one_off("birth"), 0.03, 1.2e-3, quick=_two_off("birth")),
        Level("two digits", _two_off("birth"), 0.008, 0.015),
    ),
    m_differs=0.014,
    u_differs=0.98,
)
SEX = Comparison("sex", "sex_l is null or sex_r is null", (Level("same", "sex_l = sex_r", 0.99, 0.5),), 0.01, 0.5)
POSTCODE = Comparison(
    "postcode",
    "place_l is null or place_r is null",
    (
        Level("same", "place_l = place_r", 0.82, 3e-4),
        Level("one character", _one_off("place"), 0.02, 2e-3, quick=_two_off("place")),
        Level("same district", "district_l = district_r", 0.04, 0.02),
    ),
    m_differs=0.12,
    u_differs=0.9777,
)
ADDRESS = Comparison(
    "address",
    "address_l is null or address_r is null",
    (
        Level("same", "address_l = address_r", 0.55, 1e-4),
        Level("close", "jaro_winkler_similarity(address_l, address_r) >= 0.92", 0.2, 3e-4, quick="true"),
        Level(
            "like",
            "jaro_winkler_similarity(address_l, address_r) >= 0.85"
            " or len(list_intersect(address_words_l, address_words_r)) >= 3",
            0.08,
            5e-3,
            quick="true",
        ),
        Level("two words", "len(list_intersect(address_words_l, address_words_r)) >= 2", 0.03, 0.02),
    ),
    m_differs=0.14,
    u_differs=0.975,
)
PHONE = Comparison(
    "phone",
    "phone_l is null or phone_r is null",
    (
        Level("same", "phone_l = phone_r", 0.85, 1e-4),
        Level("one digit", _one_off("phone"), 0.02, 1e-4, quick=_two_off("phone")),
    ),
    m_differs=0.13,
    u_differs=0.9998,
)
LOCAL_ID = Comparison(
    "local_id",
    "local_l is null or local_r is null",
    (
        Level("same", "local_l = local_r", 0.93, 1e-5),
        Level("one character", _one_off("local"), 0.04, 1e-4, quick=_two_off("local")),
        Level("two characters", _two_off("local"), 0.01, 1e-3),
    ),
    m_differs=0.02,
    u_differs=0.9989,
)
NHS_NUMBER = Comparison(
    "nhs_number",
    "number_l is null or number_r is null",
    (
        Level("same", "number_l = number_r", 0.97, 1e-7),
        Level("one digit", _one_off("number"), 0.01, 1e-6, quick=_two_off("number")),
    ),
    m_differs=0.02,
    u_differs=0.9999989,
)
COMPARISONS = (NAMES, BIRTH, SEX, POSTCODE, ADDRESS, PHONE, LOCAL_ID, NHS_NUMBER)
# The comparable columns whose values' frequencies adjust a weight: agreeing on a rare name says more.
FREQUENCIES_OF = tuple(
    sorted({level.frequency_of for each in COMPARISONS for level in each.levels if level.frequency_of})
)


def on_sides(sql: str) -> str:
    """A condition on a pair's columns, `family_l`, as one on two records `l` and `r`: `l.family`."""
    return re.sub(r"\b(\w+)_([lr])\b", r"\2.\1", sql)
