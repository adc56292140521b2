"""What each trust's patient index holds for each person, errors included, and how that changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from libs.synthetic.calendar import working_calendar, working_days_later, working_minute
from libs.synthetic.draws import Array, between, share
from libs.synthetic.figures import Figures
from libs.synthetic.people.misrecorded_details import (
    BIRTH_FAULTS,
    ETHNIC_FAULTS,
    PHONE_FAULTS,
    POSTCODE_FAULTS,
    PRACTICE_FAULTS,
    SEX_FAULTS,
)
from libs.synthetic.people.misrecorded_names import MIDDLE_NAME_FAULTS, NAME_FAULTS, TITLE_FAULTS
from libs.synthetic.people.misrecorded_numbers import NUMBER_FAULTS, namesakes, numbers_of_others, relatives
from libs.synthetic.people.misrecording import Entries, Fault, Hit, draw_hits

# Faults of one group exclude one another on an entry.
GROUPS: tuple[tuple[Fault, ...], ...] = (
    NUMBER_FAULTS, NAME_FAULTS, MIDDLE_NAME_FAULTS, TITLE_FAULTS, BIRTH_FAULTS, SEX_FAULTS, ETHNIC_FAULTS,
    POSTCODE_FAULTS, PHONE_FAULTS, PRACTICE_FAULTS,
)  # fmt: skip
HELD = (
    "nhs_number", "nhs_number_status", "family_name", "given_name", "middle_name", "title", "born_on", "sex",
    "ethnic_category", "postcode", "phone", "gp_practice",
)  # fmt: skip
_HINTS = ("birth_family_name", "previous_postcode", "moved_on", "family_id")
_NEVER = np.datetime64("NaT", "s")
_HOURS = (8, 18)
# Working days until a trust hears of a move that it hears of late, and until an error is found.
_LATE_DAYS, _FOUND_DAYS = (3, 64), (3, 90)
# Faults that begin with a move; the others begin with the registration.
_MOVE_FAULTS = ("postcode_old", "postcode_late")


@dataclass(frozen=True)
class _Moments:
    """When each entry is mended, and from when it holds the new address (NaT: never); who held the old one first."""

    mended_at: Array
    told_at: Array
    held_old: Array


def draw_identities(
    rng: np.random.Generator, figures: Figures, people: pd.DataFrame, registrations: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What the trusts' indexes hold, and every error in it.

    `registrations`: trust, person_id, registered_at (when the trust first held the person). The first frame has a row
    a trust, person and version: valid_from is NaT for the first, else the minute from which the row holds. The second
    has the rows of `World.faults`, one a fault and column, record_id -1.
    """
    registered = registrations.sort_values(["trust", "person_id", "registered_at"], kind="stable")
    registered = registered.drop_duplicates(["trust", "person_id"], ignore_index=True)
    entries = entries_of(figures, people, registered)
    hits = [hit for group in GROUPS for hit in draw_hits(rng, group, figures.identity_faults, entries)]
    moments = _moments(rng, figures, entries, hits)
    return _versions(registered, entries, hits, moments), _faults(registered, entries, hits, moments)


def entries_of(figures: Figures, people: pd.DataFrame, registered: pd.DataFrame) -> Entries:
    """The index entries as they should be, by registration."""
    at = registered["person_id"].to_numpy()
    known = people[[column for column in (*HELD, *_HINTS) if column != "nhs_number_status"]]
    right = known.iloc[at].reset_index(drop=True)
    right = right.assign(nhs_number_status="01", registered_at=registered["registered_at"].to_numpy())
    relative, namesake = numbers_of_others(people, relatives(people)), numbers_of_others(people, namesakes(people))
    return Entries(right, relative[at], namesake[at], figures.naming, figures.practices)


def _moments(rng: np.random.Generator, figures: Figures, entries: Entries, hits: Sequence[Hit]) -> _Moments:
    size = len(entries.people)
    registered, moved = (entries.column(name).astype("datetime64[s]") for name in ("registered_at", "moved_on"))
    is_old, is_late = (_befallen(hits, size, partial(_is_named, name)) for name in _MOVE_FAULTS)
    can_mend = _befallen(hits, size, lambda hit: not hit.fault.is_lasting)
    is_mended = can_mend & share(rng, size, figures.identity_faults.get("mended", 0.0))
    moved_since = moved > registered
    calendar = working_calendar(figures.bank_holidays)
    # An old address can only be found out after the move.
    wrong_from = np.where(is_old & moved_since, moved, registered)
    mended_at = _later(rng, wrong_from, between(rng, *_FOUND_DAYS, size), calendar)
    heard_at = _later(rng, np.where(moved_since, moved, registered), between(rng, *_LATE_DAYS, size), calendar)
    mended_at = np.where(is_mended, mended_at, _NEVER)
    # Whoever is not late has the new address from the nightly trace on.
    told_at = np.where(moved_since, np.where(is_late, heard_at, moved), _NEVER)
    return _Moments(mended_at, np.where(is_old, mended_at, told_at), moved_since | is_old)


def _later(rng: np.random.Generator, moments: Array, days: Array, calendar: np.busdaycalendar) -> Array:
    """A minute in working hours, so many working days on."""
    day = working_days_later(moments.astype("datetime64[D]"), days, calendar)
    return np.asarray(working_minute(rng, day, _HOURS).astype("datetime64[s]"))


def _is_named(name: str, hit: Hit) -> bool:
    return hit.fault.name == name


def _befallen(hits: Sequence[Hit], size: int, is_wanted: Callable[[Hit], bool]) -> Array:
    """True for every entry that one of the wanted hits befalls."""
    found = np.zeros(size, dtype=bool)
    for hit in hits:
        if is_wanted(hit):
            found[hit.rows] = True
    return found


def _versions(registered: pd.DataFrame, entries: Entries, hits: Sequence[Hit], moments: _Moments) -> pd.DataFrame:
    """One row an entry and version, in order."""
    size = len(registered)
    mends, tells = (np.flatnonzero(~np.isnat(at)) for at in (moments.mended_at, moments.told_at))
    tells = tells[moments.told_at[tells] != moments.mended_at[tells]]
    of = np.concatenate([np.arange(size), mends, tells])
    valid_from = np.concatenate([np.full(size, _NEVER), moments.mended_at[mends], moments.told_at[tells]])
    # NaT sorts as the smallest whole number: the first version comes first.
    order = np.lexsort((valid_from.astype("datetime64[s]").astype(np.int64), of))
    of, valid_from = of[order], valid_from[order]
    is_mended = valid_from >= moments.mended_at[of]
    columns = {name: _column(name, entries, hits, of, is_mended) for name in HELD}
    holds_old = moments.held_old[of] & ~(valid_from >= moments.told_at[of])
    columns["postcode"] = np.where(holds_old, entries.column("previous_postcode")[of], columns["postcode"])
    head = {"trust": registered["trust"].to_numpy()[of], "person_id": registered["person_id"].to_numpy()[of]}
    return pd.DataFrame({**head, "valid_from": valid_from, **columns})


def _column(name: str, entries: Entries, hits: Sequence[Hit], of: Array, is_mended: Array) -> Array:
    """A column of the versions: wrong where it was hit and is not mended."""
    right = entries.column(name)
    first, later = right.copy(), right.copy()
    for hit in hits:
        if name in hit.values and hit.fault.name not in _MOVE_FAULTS:
            first[hit.rows] = hit.values[name]
            if hit.fault.is_lasting:
                later[hit.rows] = hit.values[name]
    return np.asarray(np.where(is_mended, later[of], first[of]))


def _faults(registered: pd.DataFrame, entries: Entries, hits: Sequence[Hit], moments: _Moments) -> pd.DataFrame:
    """One row a fault and column that it changed."""
    frames = [_listed(hit, column, entries, moments) for hit in hits for column in hit.values]
    rows = np.concatenate([frame[0] for frame in frames]) if frames else np.zeros(0, dtype=np.int64)
    times = {
        name: np.concatenate([frame[place] for frame in frames]) if frames else np.zeros(0, dtype="datetime64[s]")
        for place, name in enumerate(("from_at", "until_at"), start=1)
    }
    told = [(hit.fault.name, column) for hit in hits for column in hit.values]
    sizes = [len(frame[0]) for frame in frames]
    return pd.DataFrame(
        {
            "trust": registered["trust"].to_numpy()[rows],
            "person_id": registered["person_id"].to_numpy()[rows],
            "record_id": np.full(len(rows), -1),
            "treatment_number": np.zeros(len(rows), dtype=np.int64),
            "fault": np.repeat(np.array([name for name, _ in told], dtype=object), sizes),
            "column": np.repeat(np.array([column for _, column in told], dtype=object), sizes),
            **times,
        }
    )


def _listed(hit: Hit, column: str, entries: Entries, moments: _Moments) -> tuple[Array, Array, Array]:
    """The rows in which a fault changed a column, from when, and until when."""
    right, wrong = entries.column(column)[hit.rows], hit.values[column]
    kept = np.asarray((wrong != right) & ~(pd.isna(wrong) & pd.isna(right)))
    rows = hit.rows[kept]
    from_at = entries.column("registered_at")[rows].astype("datetime64[s]")
    until_at = np.full(len(rows), _NEVER) if hit.fault.is_lasting else moments.mended_at[rows]
    if hit.fault.name in _MOVE_FAULTS:
        from_at = np.maximum(from_at, entries.column("moved_on")[rows].astype("datetime64[s]"))
        until_at = moments.told_at[rows]
    return rows, from_at, until_at
