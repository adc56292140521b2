"""How names are misheard, mistyped and put into the wrong field."""

import unicodedata
from collections.abc import Callable

import numpy as np

from libs.synthetic.draws import Array, is_given
from libs.synthetic.people.misrecording import Entries, Fault, constant, has, over_distinct

# Letters beside one another on a British keyboard, and pairs that sound alike.
_BESIDE = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk",
    "k": "jl", "l": "k", "m": "n", "n": "mb", "o": "ip", "p": "o", "q": "w", "r": "et", "s": "ad", "t": "ry",
    "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip
_SOUNDS = (
    ("ey", "y"), ("y", "ie"), ("ie", "ei"), ("ck", "k"), ("ph", "f"), ("tt", "t"), ("t", "tt"), ("nn", "n"),
    ("n", "nn"), ("ll", "l"), ("l", "ll"), ("ss", "s"), ("ea", "ee"), ("ou", "ow"), ("ai", "ay"), ("c", "k"),
    ("i", "y"), ("rr", "r"),
)  # fmt: skip
_FOLDED = str.maketrans({"ø": "o", "Ø": "O", "ß": "ss", "æ": "ae", "ð": "d"})


def misspelt(name: str, draw: tuple[float, float, float]) -> str:
    """The name as somebody mistyped or misheard it; the same name only if it has no letter to change.

    `draw`: three even numbers from 0 to 1, for the kind, the place and the choice.
    """
    kind, place, choice = draw
    heard = [(old, new, at) for old, new in _SOUNDS if (at := name.lower().find(old, 1)) > 0]
    if kind < 0.35 and heard:
        old, new, at = heard[int(choice * len(heard))]
        return name[:at] + new + name[at + len(old) :]
    letters = [at for at in range(1, len(name)) if name[at].isalpha()] or [0]
    at = letters[int(place * len(letters))]
    pair = name[at : at + 2]
    if kind < 0.55 and len(pair) == 2 and pair.isalpha() and pair[0] != pair[1]:
        return name[:at] + pair[1] + pair[0] + name[at + 2 :]
    if kind < 0.75 and len(name) > 3:
        return name[:at] + name[at + 1 :]
    if kind < 0.88:
        return name[: at + 1] + name[at:]
    beside = _BESIDE.get(name[at].lower(), "e")
    return name[:at] + beside[int(choice * len(beside))] + name[at + 1 :]


def folded(name: str) -> str:
    """The name without accents."""
    apart = unicodedata.normalize("NFD", name.translate(_FOLDED))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def variants(name: str) -> tuple[str, ...]:
    """Other ways in which registers write a name with an apostrophe, hyphen, space, accent, Mc or Mac."""
    found = {folded(name)}
    for mark in ("'", "-", " "):
        if mark in name:
            found |= {name.replace(mark, ""), name.replace(mark, " ")}
    if "-" in name:
        found |= {name.partition("-")[0], name.rpartition("-")[2]}
    if name.startswith("Mac") and name[3:4].isupper():
        found |= {"Mc" + name[3:], "Mac" + name[3:].lower()}
    elif name.startswith("Mc"):
        found |= {"Mac" + name[2:], "Mc " + name[2:]}
    return tuple(sorted(found - {name}))


def _typo(column: str) -> Callable[[np.random.Generator, Entries], dict[str, Array]]:
    def change(rng: np.random.Generator, entries: Entries) -> dict[str, Array]:
        names = entries.column(column).tolist()
        draws = rng.random((len(names), 3)).tolist()
        wrong = [misspelt(name, (draw[0], draw[1], draw[2])) for name, draw in zip(names, draws, strict=True)]
        return {column: np.array(wrong, dtype=object)}

    return change


def _one_of(
    column: str, options: Callable[[str], tuple[str, ...]]
) -> Callable[[np.random.Generator, Entries], dict[str, Array]]:
    def change(rng: np.random.Generator, entries: Entries) -> dict[str, Array]:
        names = entries.column(column)
        draws = rng.random(len(names)).tolist()
        found = over_distinct(names, options).tolist()
        return {
            column: np.array([each[int(at * len(each))] for each, at in zip(found, draws, strict=True)], dtype=object)
        }

    return change


def _has_variant(column: str) -> Callable[[Entries], Array]:
    return lambda entries: over_distinct(entries.column(column), lambda name: bool(variants(name))).astype(bool)


def _nicknames(entries: Entries) -> Array:
    """The usual short forms of each given name, by sex; an empty tuple if there is none."""
    is_woman = entries.column("sex") == "2"
    known = entries.naming.nicknames
    women = over_distinct(entries.column("given_name"), lambda name: known["female"].get(name, ()))
    men = over_distinct(entries.column("given_name"), lambda name: known["male"].get(name, ()))
    return np.where(is_woman, women, men)


def _nickname(rng: np.random.Generator, entries: Entries) -> dict[str, Array]:
    draws = rng.random(len(entries.people)).tolist()
    # The first of the short forms is the commonest.
    found = [each[int(at * at * len(each))] for each, at in zip(_nicknames(entries).tolist(), draws, strict=True)]
    return {"given_name": np.array(found, dtype=object)}


def _has_nickname(entries: Entries) -> Array:
    return np.array([bool(each) for each in _nicknames(entries).tolist()], dtype=bool)


def _initials(column: str) -> Callable[[np.random.Generator, Entries], dict[str, Array]]:
    return lambda _, entries: {column: over_distinct(entries.column(column), lambda name: name[0])}


def _first_middle(entries: Entries) -> Array:
    return over_distinct(entries.column("middle_name"), lambda name: name.split()[0])


def _swapped(_: np.random.Generator, entries: Entries) -> dict[str, Array]:
    return {"family_name": entries.column("given_name"), "given_name": entries.column("family_name")}


def _joined(_: np.random.Generator, entries: Entries) -> dict[str, Array]:
    return {"given_name": entries.column("given_name") + " " + _first_middle(entries)}


def _is_renamed(entries: Entries) -> Array:
    return np.asarray(entries.column("family_name") != entries.column("birth_family_name"))


_TITLES = {"Mrs": ("Miss", "Ms"), "Miss": ("Ms", "Mrs"), "Ms": ("Miss", "Mrs")}

NAME_FAULTS = (
    Fault("family_name_typo", _typo("family_name")),
    Fault("family_name_variant", _one_of("family_name", variants), _has_variant("family_name")),
    Fault("family_name_maiden", lambda _, e: {"family_name": e.column("birth_family_name")}, _is_renamed),
    Fault("given_name_typo", _typo("given_name")),
    Fault("given_name_variant", _one_of("given_name", variants), _has_variant("given_name")),
    Fault("given_name_nickname", _nickname, _has_nickname),
    Fault("given_name_initial", _initials("given_name")),
    Fault("given_name_joined", _joined, has("middle_name")),
    Fault("names_swapped", _swapped),
    Fault("middle_name_as_given", lambda _, e: {"given_name": _first_middle(e)}, has("middle_name")),
)
MIDDLE_NAME_FAULTS = (
    Fault("middle_name_missing", constant("middle_name", None), has("middle_name"), is_lasting=True),
    Fault("middle_name_initial", _initials("middle_name"), has("middle_name"), is_lasting=True),
)
TITLE_FAULTS = (
    Fault("title_missing", constant("title", None), has("title"), is_lasting=True),
    Fault(
        "title_other",
        _one_of("title", lambda title: _TITLES[title]),
        lambda entries: np.isin(entries.column("title").astype(str), list(_TITLES)) & is_given(entries.column("title")),
        is_lasting=True,
    ),
)
