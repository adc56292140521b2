"""What a fault makes of a cell: the register's rows as they ought to read become the rows that it shows."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from libs.synthetic.draws import Array, only_where
from libs.synthetic.faults import organisation_words
from libs.synthetic.faults.codes import NEIGHBOURS
from libs.synthetic.faults.habits import FAULTS as HABITS
from libs.synthetic.mixing import pick, stirred

# The bit of each habit in the column `habits` of the rows: how something is spelled is for the register to say.
HABIT_BITS: Mapping[str, int] = {name: 1 << place for place, name in enumerate(HABITS)}
_DAY = np.timedelta64(86_400, "s")
_SOURCES = np.array(["03", "04", "05", "92", "97"], dtype=object)
_OUTCOMES = np.array(["01", "02", "03", "04"], dtype=object)
_MODALITIES = np.array(["23", "02", "05", "03", "15"], dtype=object)
_SLIPS = np.array([1, 2, 7, 10, 10, 20, 30, 365])  # days by which a mistyped date is too early


@dataclass(frozen=True)
class Cells:
    """The cells of one column that one fault befalls: their values, a number drawn for each, and their rows."""

    column: str
    values: Array
    draw: Array
    rows: pd.DataFrame
    at: Array

    def beside(self, column: str) -> Array:
        """Another column of the same rows."""
        return np.asarray(self.rows[column].to_numpy()[self.at])


def corrupt(rows: pd.DataFrame, active: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """The rows with every active fault shown, and the column `habits`, a set of HABIT_BITS.

    `rows` are in order of record_id; `active` are the rows of `World.faults` that show at the moment.
    """
    columns: dict[str, Array] = {}
    habits = np.zeros(len(rows), dtype=np.int64)
    places = _Places(rows)
    for fault, of_fault in active.groupby("fault", observed=True, sort=True):
        if fault in HABIT_BITS:
            at, _ = places.find(of_fault)
            np.bitwise_or.at(habits, at, HABIT_BITS[str(fault)])
        elif fault in _CHANGES:
            for column, listed in of_fault.groupby("column", observed=True, sort=True):
                name = str(column)
                changed = columns.setdefault(name, rows[name].to_numpy().copy())
                _change(changed, (str(fault), name), rows, places.find(listed), seed)
    return rows.assign(**columns, habits=habits)


class _Places:
    """Finds the rows of faults by record, and by treatment where a fault names one."""

    def __init__(self, rows: pd.DataFrame) -> None:
        self._record = rows["record_id"].to_numpy()
        number = rows["treatment_number"].fillna(0).to_numpy(dtype=np.int64)
        self._key = self._record * 16 + number

    def find(self, faults: pd.DataFrame) -> tuple[Array, Array]:
        """Row numbers, and the record of each."""
        record, number = faults["record_id"].to_numpy(), faults["treatment_number"].to_numpy()
        starts = np.searchsorted(self._record, record, side="left")
        counts = np.searchsorted(self._record, record, side="right") - starts
        of_treatment = number > 0
        key = record[of_treatment] * 16 + number[of_treatment]
        starts[of_treatment] = np.searchsorted(self._key, key, side="left")
        counts[of_treatment] = np.searchsorted(self._key, key, side="right") - starts[of_treatment]
        step = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return np.repeat(starts, counts) + step, np.repeat(record, counts)


def _change(changed: Array, what: tuple[str, str], rows: pd.DataFrame, found: tuple[Array, Array], seed: int) -> None:
    fault, column = what
    at, record = found
    is_there = ~pd.isna(changed[at]) if fault not in _FILLS else pd.isna(changed[at])
    at, record = at[is_there], record[is_there]
    draw = stirred(record, zlib.crc32(fault.encode()), seed)
    changed[at] = _CHANGES[fault](Cells(column, changed[at], draw, rows, at))


def _default(cells: Cells) -> Array:
    is_late = (pick(cells.draw, 10) < 3) & (cells.beside("system") == "infoflex")  # SCR knows no date after 2079
    return np.where(is_late, np.datetime64("2099-12-31", "s"), np.datetime64("1900-01-01", "s"))


def _swapped(cells: Cells) -> Array:
    days = cells.values.astype("datetime64[D]")
    years, months = days.astype("datetime64[Y]"), days.astype("datetime64[M]")
    month, of_month = (months - years).astype(int), (days - months).astype(int)
    other = (years.astype("datetime64[M]") + np.minimum(of_month, 11)).astype("datetime64[D]") + month
    return np.asarray(np.where(of_month < 12, other, days)).astype("datetime64[s]")


def _mistyped(cells: Cells) -> Array:
    return np.asarray(cells.values - _SLIPS[pick(cells.draw, len(_SLIPS))] * _DAY)


def _empty_date(cells: Cells) -> Array:
    return np.full(len(cells.values), np.datetime64("NaT", "s"))


def _empty(cells: Cells) -> Array:
    return np.full(len(cells.values), None, dtype=object)


def _told_too_early(cells: Cells) -> Array:
    return np.asarray(cells.beside("referral_received_on") - (1 + pick(cells.draw, 21)) * _DAY)


def _treated_too_early(cells: Cells) -> Array:
    return np.asarray(cells.beside("decision_to_treat_on") - (1 + pick(cells.draw, 14)) * _DAY)


def _other_receipt(cells: Cells) -> Array:
    """Mostly 1 to 3 days later, as a referral goes round; sometimes earlier."""
    days = 1 + pick(cells.draw, 3)
    return np.asarray(cells.values + np.where(pick(cells.draw, 5, turn=1) > 0, days, -days) * _DAY)


def _other_identifier(cells: Cells) -> Array:
    """Half are numbers of the trust's own, half have two neighbouring digits in each other's place."""
    own = [
        f"{trust}{number}"
        for trust, number in zip(cells.beside("trust"), 10**10 + pick(cells.draw, 10**10), strict=True)
    ]
    typed = [
        _transposed(each, place) for each, place in zip(cells.values, pick(cells.draw, 8, turn=2).tolist(), strict=True)
    ]
    return np.where(pick(cells.draw, 2, turn=1) == 1, np.array(own, dtype=object), np.array(typed, dtype=object))


def _transposed(text: str, place: int) -> str:
    """Two neighbouring characters swapped, from a place near the end on to the left until they differ."""
    for left in [*range(len(text) - 2 - place, 2, -1), *range(len(text) - 2, 2, -1)]:
        if text[left] != text[left + 1]:
            return text[:left] + text[left + 1] + text[left] + text[left + 2 :]
    return text[:-1] + ("0" if text[-1] != "0" else "1")


def _no_valid_type(cells: Cells) -> Array:
    return only_where(pick(cells.draw, 8) == 0, "15")


def _neighbouring_site(cells: Cells) -> Array:
    return np.array([NEIGHBOURS.get(each, each) for each in cells.values.tolist()], dtype=object)


def _another(known: Array) -> Callable[[Cells], Array]:
    """Another of the known codes than the one that is right."""

    def change(cells: Cells) -> Array:
        first = pick(cells.draw, len(known))
        code, following = known[first], known[(first + 1) % len(known)]
        return np.where(code == cells.values, following, code)

    return change


def _three_characters(cells: Cells) -> Array:
    """A diagnosis without its fourth character, a site as its trust."""
    return np.array([each[:3] for each in cells.values.tolist()], dtype=object)


def _as_old_code(cells: Cells) -> Array:
    return organisation_words.old_codes(cells.values, cells.draw)


def _as_name(cells: Cells) -> Array:
    return organisation_words.names(cells.values)


def _planned(cells: Cells) -> Array:
    return cells.beside("planned_treatment_on")


def _planned_otherwise(cells: Cells) -> Array:
    """An earlier day, never a Saturday or Sunday: theatres and suites do not plan for these."""
    earlier = (cells.values - (2 + pick(cells.draw, 20)) * _DAY).astype("datetime64[D]")
    weekday = np.busday_offset(earlier, 0, roll="backward").astype("datetime64[s]")
    return np.asarray(np.maximum(weekday, cells.beside("decision_to_treat_on")))


_TOLD_TOO_MUCH = (
    "rang pt on {phone}, {note}",
    "{note}, pt mobile {phone}",
    "{note} - spoke to {title} {family}",
    "left message {phone}. {note}",
    "{title} {family} rang back, {note}",
    "{note}. NOK on {phone}",
)


def _telling_too_much(cells: Cells) -> Array:
    """A telephone number or the patient's name in the note, after its date and before the initials."""
    notes = []
    parts = (
        cells.values,
        pick(cells.draw, len(_TOLD_TOO_MUCH)),
        *(cells.beside(each) for each in ("phone", "title", "family_name")),
    )
    for note, form, phone, title, family in zip(*parts, strict=True):
        day, _, rest = note.partition(" ")
        text, _, initials = rest.rpartition(" - ")
        words = _TOLD_TOO_MUCH[form].format(
            phone=phone or "07700 900461", title=title or "pt", family=family or "", note=text
        )
        notes.append(f"{day} {words} - {initials}")
    return np.array(notes, dtype=object)


# Faults that show where a cell would else be empty.
_FILLS = frozenset({"planned_as_treatment_date"})
_CHANGES: Mapping[str, Callable[[Cells], Array]] = {
    "duplicate_differs": _other_receipt,
    "receipt_date_differs": _other_receipt,
    "pathway_identifier_missing": _empty,
    "pathway_identifier_differs": _other_identifier,
    "transfer_date_missing": _empty_date,
    "screening_type_invalid": _no_valid_type,
    "date_default": _default,
    "date_swapped": _swapped,
    "date_mistyped": _mistyped,
    "date_filled_late": _empty_date,
    "told_before_referral": _told_too_early,
    "treatment_before_decision": _treated_too_early,
    "planned_as_treatment_date": _planned,
    "planned_date_moved": _planned_otherwise,
    "site_mistyped": _neighbouring_site,
    "source_mistyped": _another(_SOURCES),
    "outcome_mistyped": _another(_OUTCOMES),
    "treatment_mistyped": _another(_MODALITIES),
    "diagnosis_provisional": _three_characters,
    "organisation_as_trust": _three_characters,
    "organisation_as_old_code": _as_old_code,
    "organisation_as_name": _as_name,
    "note_with_identifiers": _telling_too_much,
}
