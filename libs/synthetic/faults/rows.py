"""How a fault is drawn: from what happened, at a rate, into rows of record, column and minutes."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from libs.synthetic.calendar import working_days_later, working_minute
from libs.synthetic.draws import Array, between, share

NEVER = np.datetime64("NaT", "s")
_HOURS = (8, 17)


@dataclass(frozen=True)
class Happened:
    """What faults are drawn from: frames of a World. `shown` are its treatment records; ids are row positions."""

    records: pd.DataFrame
    pathways: pd.DataFrame
    treatments: pd.DataFrame
    shown: pd.DataFrame


@dataclass(frozen=True)
class Draw:
    """One fault to be drawn: its name, the seed of all faults, all rates, and what happened."""

    name: str
    seed: int
    rates: Mapping[str, float]
    happened: Happened
    calendar: np.busdaycalendar

    @cached_property
    def rng(self) -> np.random.Generator:
        """The fault's own random numbers."""
        return self.stream(self.name)

    def stream(self, name: str) -> np.random.Generator:
        """Random numbers of a name: the same each time it is asked, for faults that must agree with each other."""
        return np.random.default_rng([self.seed, zlib.crc32(name.encode())])

    @property
    def rate(self) -> float:
        """The rate of this fault; one that no file names does not occur."""
        return self.rates.get(self.name, 0.0)

    def of_pathway(self, column: str) -> Array:
        """A column of the pathway behind each record."""
        return np.asarray(self.happened.pathways[column].to_numpy()[self.happened.records["pathway_id"].to_numpy()])

    def of_shown(self, column: str) -> Array:
        """A column of the treatment behind each treatment record."""
        return np.asarray(self.happened.treatments[column].to_numpy()[self.happened.shown["treatment"].to_numpy()])


@dataclass(frozen=True)
class Listed:
    """Faults as columns of equal length; `column` is a position in `columns`."""

    record: Array
    from_at: Array
    until_at: Array
    column: Array
    columns: Sequence[str]
    treatment_number: Array


def listed(
    record: Array, column: str | tuple[Array, Sequence[str]], *, from_at: Array, until_at: Array | None = None,
    treatment_number: Array | None = None,
) -> Listed:  # fmt: skip
    """Faults of these records in one column (or in several: a position per row, and their names)."""
    size = len(record)
    place, names = (np.zeros(size, dtype=int), [column]) if isinstance(column, str) else column
    return Listed(
        record=np.asarray(record),
        from_at=np.asarray(from_at).astype("datetime64[s]"),
        until_at=np.full(size, NEVER) if until_at is None else np.asarray(until_at).astype("datetime64[s]"),
        column=place,
        columns=names,
        treatment_number=np.zeros(size, dtype=int) if treatment_number is None else treatment_number,
    )


def drawn(draw: Draw, among: Array, rate: float | Array | None = None) -> Array:
    """Positions of the rows that the fault befalls, among those marked."""
    wanted = draw.rate if rate is None else rate
    return np.flatnonzero(among & share(draw.rng, len(among), wanted))


def of_all(draw: Draw, among: Array) -> Array:
    """As `drawn`, but the rate is a share of all rows: those that can be befallen make up for those that can't."""
    possible = among.mean() if len(among) else 0.0
    return drawn(draw, among, min(draw.rate / possible, 1.0) if possible else 0.0)


def some_days_later(draw: Draw, from_at: Array, days: tuple[int, int]) -> Array:
    """A minute in working hours, so many working days on; none where there is no minute to count from."""
    known = ~np.isnat(from_at)
    day = np.where(known, from_at, np.datetime64("2000-01-03", "s")).astype("datetime64[D]")
    later = working_days_later(day, between(draw.rng, *days, len(day)), draw.calendar)
    return np.where(known, working_minute(draw.rng, later, _HOURS).astype("datetime64[s]"), NEVER)


def perhaps_mended(draw: Draw, from_at: Array) -> Array:
    """When an error is put right: 2 to 40 working days on for the share `mended`, else never."""
    is_mended = share(draw.rng, len(from_at), draw.rates.get("mended", 0.0))
    return np.where(is_mended, some_days_later(draw, from_at, (2, 40)), NEVER)
