"""One pathway as it is explained: what happened when, and how each of its waits came out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pyspark.sql import Row

MEASURED = ("WITHIN", "BREACH")


@dataclass(frozen=True)
class Happening:
    """Something with a date, and the trust of which it is told."""

    on: date
    what: str
    trust: str | None = None


@dataclass(frozen=True)
class Sentence:
    """One rule of a trace: its id, what it looked at and what it found."""

    rule: str
    inputs: str
    result: str


@dataclass(frozen=True)
class Side:
    """A trust that took part in a wait, and the part of the patient for which it answers."""

    trust: str | None
    part: str  # investigating, treating or both
    share: float


@dataclass(frozen=True)
class Sharing:
    """Who answers for a wait; `is_if_today` of one that still runs, as if it ended on the date of the list."""

    sides: tuple[Side, ...] = ()
    method: str | None = None
    scenario: int | None = None
    is_if_today: bool = False


@dataclass(frozen=True)
class Wait:
    """A standard of a pathway as its clock came out; days are calendar days after adjustment."""

    standard: str
    outcome: str
    start_on: date | None = None
    stop_on: date | None = None
    adjustment_days: int | None = None
    days: int | None = None
    last_compliant_on: date | None = None
    first_breach_on: date | None = None
    month: str | None = None
    treatment_number: int = 1
    sharing: Sharing = Sharing()
    trace: tuple[Sentence, ...] = ()


@dataclass(frozen=True)
class Explained:
    """Everything that the screen of one pathway shows; `as_at_on` is the date of the list, None where none is known."""

    name: str
    route: str | None
    as_at_on: date | None
    happenings: tuple[Happening, ...]
    waits: tuple[Wait, ...]
    facts: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = field(default=())


def dated(
    row: Row | Mapping[str, Any], names: Mapping[str, tuple[str, str | None]], number: str = ""
) -> Iterator[Happening]:
    """What a row tells with a date; `names` has, by the date, what happened and the column of the trust that did it."""
    for column, (what, trust) in names.items():
        if row[column] is not None:
            yield Happening(row[column], f"{what}{number}", row[trust] if trust else None)


def facts(told: Mapping[str, str | None]) -> Iterator[str]:
    """What is known besides dates, as one line; none where nothing is."""
    said = [f"{name} {value}" for name, value in told.items() if value]
    if said:
        yield ", ".join(said)


def whole(trust: str | None, part: str, *, outcome: str) -> Sharing:
    """One trust answers for a wait of 28 or 31 days, once it is measured."""
    return Sharing((Side(trust, part, 1.0),)) if trust and outcome in MEASURED else Sharing()


def sentences(trace: Sequence[Mapping[str, str]] | None) -> tuple[Sentence, ...]:
    """The entries of a trace as they come out of a table; a part that is missing is empty."""
    return tuple(Sentence(*(entry[name] or "" for name in ("rule", "inputs", "result"))) for entry in trace or ())
