"""What happens to NHS numbers in patient indexes, and whose number somebody may be given."""

import numpy as np
import pandas as pd

from libs.synthetic.draws import Array, choose_one, is_given
from libs.synthetic.people.misrecording import Entries, Fault

# cwt-rules 4.2: what a number is told to be that nobody has verified, or that is not there.
_UNVERIFIED = {"02": 0.6, "03": 0.3, "06": 0.06, "04": 0.03, "05": 0.01}
_ABSENT = {"07": 0.55, "03": 0.25, "04": 0.2}
_REPEATED = {"0000000000": 0.35, "9999999999": 0.4, "1111111111": 0.15, "5555555555": 0.1}
# A wrong number is seldom told to be verified.
_WRONG = {"03": 0.45, "02": 0.35, "04": 0.1, "01": 0.1}


def _missing(rng: np.random.Generator, entries: Entries) -> dict[str, Array]:
    size = len(entries.people)
    return {"nhs_number": np.full(size, None, dtype=object), "nhs_number_status": choose_one(rng, _ABSENT, size)}


def _invalid(rng: np.random.Generator, entries: Entries) -> dict[str, Array]:
    """One digit wrong, or two neighbours exchanged; either always fails modulus 11."""
    digits = _digits(entries)
    size = len(digits)
    # The first digit stays: a number that begins otherwise could be a real person's.
    place, row = rng.integers(1, 9, size), np.arange(size)
    here, after = digits[row, place], digits[row, place + 1]
    swaps = (rng.random(size) < 0.5) & (here != after)
    digits[row, place] = np.where(swaps, after, (here + rng.integers(1, 10, size)) % 10)
    digits[row, place + 1] = np.where(swaps, here, after)
    return {"nhs_number": _text(digits), "nhs_number_status": choose_one(rng, _WRONG, size)}


def _repeated(rng: np.random.Generator, entries: Entries) -> dict[str, Array]:
    size = len(entries.people)
    return {"nhs_number": choose_one(rng, _REPEATED, size), "nhs_number_status": choose_one(rng, _WRONG, size)}


def _damaged(rng: np.random.Generator, entries: Entries) -> dict[str, Array]:
    """As a spreadsheet shows it, in three figures, or without its first digit."""
    right = entries.column("nhs_number").tolist()
    is_rounded = (rng.random(len(right)) < 0.6).tolist()
    wrong = [f"{int(one):.2E}" if rounded else one[1:] for one, rounded in zip(right, is_rounded, strict=True)]
    return {"nhs_number": np.array(wrong, dtype=object), "nhs_number_status": choose_one(rng, _WRONG, len(right))}


def _unverified(rng: np.random.Generator, entries: Entries) -> dict[str, Array]:
    return {"nhs_number_status": choose_one(rng, _UNVERIFIED, len(entries.people))}


def _digits(entries: Entries) -> Array:
    numbers = entries.column("nhs_number").astype("U10")
    return np.asarray(numbers.view("U1").reshape(len(numbers), 10).astype(np.int64))


def _text(digits: Array) -> Array:
    return np.asarray(digits.astype("U1").reshape(len(digits), 10).view("U10").ravel().astype(object))


def relatives(people: pd.DataFrame) -> Array:
    """The row of each person's twin, parent or child, -1 if there is none."""
    family = people["family_id"].to_numpy()
    return _next_in_group(np.flatnonzero(family >= 0), family)


def namesakes(people: pd.DataFrame) -> Array:
    """The row of somebody of the same family and given name, -1 if there is none."""
    family, given = (pd.factorize(people[column])[0].astype(np.int64) for column in ("family_name", "given_name"))
    return _next_in_group(np.arange(len(people)), family * (given.max(initial=0) + 1) + given)


def _next_in_group(rows: Array, group: Array) -> Array:
    """The next row of the same group, the first one after the last; -1 for a row that is alone in its group."""
    ordered = rows[np.argsort(group[rows], kind="stable")]
    keys = group[ordered]
    found = np.full(len(group), -1, dtype=np.int64)
    if not len(keys):
        return found
    starts = np.concatenate([[True], keys[1:] != keys[:-1]])
    first = np.flatnonzero(starts)[np.cumsum(starts) - 1]
    is_last = np.concatenate([starts[1:], [True]])
    after = np.where(is_last, first, np.arange(1, len(keys) + 1))
    found[ordered] = np.where(after == np.arange(len(keys)), -1, ordered[after.clip(0, len(keys) - 1)])
    return found


def numbers_of_others(people: pd.DataFrame, rows: Array) -> Array:
    """The NHS number of the person in each row, None for -1."""
    found = np.full(len(rows), None, dtype=object)
    found[rows >= 0] = people["nhs_number"].to_numpy()[rows[rows >= 0]]
    return found


NUMBER_FAULTS = (
    Fault("nhs_number_missing", _missing),
    Fault("nhs_number_invalid", _invalid),
    Fault("nhs_number_repeated_digits", _repeated),
    Fault("nhs_number_damaged", _damaged),
    Fault(
        "nhs_number_of_relative", lambda _, entries: {"nhs_number": entries.relative}, lambda e: is_given(e.relative)
    ),
    Fault(
        "nhs_number_of_namesake", lambda _, entries: {"nhs_number": entries.namesake}, lambda e: is_given(e.namesake)
    ),
    Fault("nhs_number_unverified", _unverified),
)
