"""How birth dates, sex, ethnic category, address and practice are recorded wrongly."""

import numpy as np

from libs.synthetic.draws import Array, choose_one, is_given
from libs.synthetic.people.misrecording import Entries, Fault, constant

_DEFAULT_BIRTHS = {"1900-01-01": 0.8, "1899-12-30": 0.12, "2099-12-31": 0.05, "1753-01-01": 0.03}
# cwt-rules 6.2: not known, no fixed abode, England not otherwise specified.
_NO_GEOGRAPHY = {"ZZ99 3WZ": 0.5, "ZZ99 3VZ": 0.35, "ZZ99 3CZ": 0.15}
_NEAR_CATEGORIES = {"A": "C", "B": "A", "C": "A", "H": "J", "J": "H", "K": "J", "L": "H", "M": "N", "N": "M"}
_UNITS = np.array(list("ABDEFGHJLNPQRSTUWXYZ"), dtype=object)


def _parts(days: Array) -> tuple[Array, Array, Array]:
    """Year, month and day of the month (numbers)."""
    day, month = days.astype("datetime64[D]"), days.astype("datetime64[M]")
    return days.astype("datetime64[Y]").astype(int) + 1970, month.astype(int) % 12 + 1, (day - month).astype(int) + 1


def _date(year: Array, month: Array, day: Array) -> Array:
    """The dates; a day that the month has not is its last one."""
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    length = ((months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")).astype(int)
    return np.asarray((months.astype("datetime64[D]") + np.minimum(day, length) - 1).astype("datetime64[s]"))


def _can_swap(entries: Entries) -> Array:
    year, month, day = _parts(entries.column("born_on"))
    possible = (day <= 12) & (day != month)
    swapped = _date(year, np.where(possible, day, month), np.where(possible, month, day))
    return np.asarray(possible & (swapped < entries.column("registered_at")))


def _swapped(_: np.random.Generator, entries: Entries) -> dict[str, Array]:
    year, month, day = _parts(entries.column("born_on"))
    return {"born_on": _date(year, day, month)}


def _digit(rng: np.random.Generator, entries: Entries) -> dict[str, Array]:
    """The day's last digit wrong, never beyond the month."""
    year, month, day = _parts(entries.column("born_on"))
    other = day // 10 * 10 + (day % 10 + rng.integers(1, 10, len(day))) % 10
    other = np.where((other < 1) | (other > 28) | (other == day), np.where(day > 14, day - 7, day + 7), other)
    return _before_registration(entries, _date(year, month, other), _date(year - 1, month, day))


def _year(rng: np.random.Generator, entries: Entries) -> dict[str, Array]:
    year, month, day = _parts(entries.column("born_on"))
    off = np.array([-1, 1, -10, 10])[rng.choice(4, len(year), p=[0.35, 0.35, 0.15, 0.15])]
    return _before_registration(entries, _date(year + off, month, day), _date(year - 1, month, day))


def _before_registration(entries: Entries, born: Array, otherwise: Array) -> dict[str, Array]:
    """Nobody is registered before the birth date that was typed: then it was another error."""
    return {"born_on": np.where(born < entries.column("registered_at"), born, otherwise)}


def _default(rng: np.random.Generator, entries: Entries) -> dict[str, Array]:
    return {"born_on": choose_one(rng, _DEFAULT_BIRTHS, len(entries.people)).astype("datetime64[s]")}


def _no_birth_date(_: np.random.Generator, entries: Entries) -> dict[str, Array]:
    return {"born_on": np.full(len(entries.people), np.datetime64("NaT", "s"))}


def _other_sex(_: np.random.Generator, entries: Entries) -> dict[str, Array]:
    return {"sex": np.where(entries.column("sex") == "1", "2", "1").astype(object)}


def _other_category(_: np.random.Generator, entries: Entries) -> dict[str, Array]:
    right = entries.column("ethnic_category").tolist()
    return {"ethnic_category": np.array([_NEAR_CATEGORIES.get(code, "A") for code in right], dtype=object)}


def _moved(entries: Entries) -> Array:
    return ~np.isnat(entries.column("moved_on"))


def _moved_since(entries: Entries) -> Array:
    return np.asarray(entries.column("moved_on") > entries.column("registered_at"))


def _stays(entries: Entries) -> Array:
    return ~_moved_since(entries)


def _old(_: np.random.Generator, entries: Entries) -> dict[str, Array]:
    return {"postcode": entries.column("previous_postcode")}


def _postcode_typo(rng: np.random.Generator, entries: Entries) -> dict[str, Array]:
    """Another last letter, the last two exchanged, another sector, or the space forgotten and a letter lost."""
    right = entries.column("postcode").tolist()
    kind, letter = rng.integers(0, 4, len(right)).tolist(), _UNITS[rng.integers(0, len(_UNITS), len(right))].tolist()
    wrong = [_mistyped(*each) for each in zip(right, kind, letter, strict=True)]
    return {"postcode": np.array(wrong, dtype=object)}


def _mistyped(postcode: str, kind: int, letter: str) -> str:
    if kind == 0 and postcode[-1] != postcode[-2]:
        return postcode[:-2] + postcode[-1] + postcode[-2]
    if kind == 1:
        return postcode[:-3] + str((int(postcode[-3]) + 1 + ord(letter) % 8) % 10) + postcode[-2:]
    if kind == 2:
        return postcode[:-1]
    return postcode[:-1] + (letter if letter != postcode[-1] else "B" if letter != "B" else "D")


def _other_phone(rng: np.random.Generator, entries: Entries) -> dict[str, Array]:
    """A number that somebody else has in this world: so it is one of Ofcom's for drama, too."""
    prefix = entries.naming.mobile_range
    last = np.char.zfill(rng.integers(0, 1000, len(entries.people)).astype(str), 3).astype(object)
    return {"phone": prefix + last}


def _no_practice(rng: np.random.Generator, entries: Entries) -> dict[str, Array]:
    size = len(entries.people)
    return {"gp_practice": np.where(rng.random(size) < 0.5, np.full(size, None, dtype=object), "V81999")}


def _other_practice(rng: np.random.Generator, entries: Entries) -> dict[str, Array]:
    area_of = {code: area for area, codes in entries.practices.items() for code in codes}
    draws, right = rng.random(len(entries.people)).tolist(), entries.column("gp_practice").tolist()
    wrong = []
    for code, at in zip(right, draws, strict=True):
        near = [each for each in entries.practices.get(area_of.get(code, ""), ()) if each != code] or ["V81999"]
        wrong.append(near[int(at * len(near))])
    return {"gp_practice": np.array(wrong, dtype=object)}


BIRTH_FAULTS = (
    Fault("birth_date_missing", _no_birth_date),
    Fault("birth_date_default", _default),
    Fault("birth_date_swapped", _swapped, _can_swap),
    Fault("birth_date_digit", _digit),
    Fault("birth_date_year", _year),
)
SEX_FAULTS = (Fault("sex_wrong", _other_sex), Fault("sex_unknown", constant("sex", "9")))
ETHNIC_FAULTS = (
    Fault("ethnic_category_not_stated", constant("ethnic_category", "Z"), is_lasting=True),
    Fault("ethnic_category_unknown", constant("ethnic_category", "99"), is_lasting=True),
    Fault("ethnic_category_missing", constant("ethnic_category", None), is_lasting=True),
    Fault("ethnic_category_wrong", _other_category, is_lasting=True),
)
# postcode_old and postcode_late begin with the move, not with the registration: identities.py times them.
POSTCODE_FAULTS = (
    Fault("postcode_old", _old, _moved),
    Fault("postcode_late", _old, _moved_since, is_lasting=True),
    Fault("postcode_missing", constant("postcode", None), _stays),
    Fault("postcode_unknown", lambda rng, e: {"postcode": choose_one(rng, _NO_GEOGRAPHY, len(e.people))}, _stays),
    Fault("postcode_typo", _postcode_typo, _stays),
)
PHONE_FAULTS = (
    Fault("phone_missing", constant("phone", None), is_lasting=True),
    Fault("phone_other", _other_phone, lambda entries: is_given(entries.column("phone")), is_lasting=True),
)
PRACTICE_FAULTS = (Fault("gp_practice_missing", _no_practice), Fault("gp_practice_other", _other_practice))
