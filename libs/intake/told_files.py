"""The files that a pass tells: those it takes, and those it reads again because a late one came before them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from libs.intake.ledger import ACCEPTED, FULL, Decision, LedgerEntry, Moment, moment


@dataclass(frozen=True)
class ToldFile:
    """One file: where it lies, the id under which its rows are written, and its place among its trust's extracts.

    What a file says that is read again is written under the id of the late file for which it is.
    """

    path: str
    file_id: int
    trust: str
    moment: Moment
    is_full: bool


def told_files(
    decisions: Iterable[Decision], again: Mapping[str, Sequence[LedgerEntry]], paths: Mapping[int, str], *, system: str
) -> list[ToldFile]:
    """What a pass tells of a register: its accepted files, and of `again` (by the path of a late one) what follows.

    `paths` tells where the files to be read again lie, by their id in the ledger. Ordered by trust and moment.
    """
    told: dict[tuple[str, Moment], ToldFile] = {}
    for decision in decisions:
        file = decision.candidate
        if decision.status != ACCEPTED or file.system != system:
            continue
        for entry in again.get(file.path, ()):
            place = str(entry.trust), moment(entry)
            earlier = told.get(place)
            if earlier is None or earlier.path == paths[entry.file_id]:
                told[place] = ToldFile(paths[entry.file_id], decision.file_id, *place, entry.kind == FULL)
        place = str(file.trust), moment(file)
        told[place] = ToldFile(file.path, decision.file_id, *place, file.kind == FULL)
    return [told[place] for place in sorted(told)]


def file_rows(told: Sequence[ToldFile]) -> list[tuple[Any, ...]]:
    """The rows of `changes.FILES`: each file with the next full extract of its trust."""
    rows: list[tuple[Any, ...]] = []
    following: dict[str, tuple[Moment, int]] = {}
    for file in reversed(told):
        rows.append((file.path, file.file_id, file.trust, file.moment, file.is_full, following.get(file.trust)))
        if file.is_full:
            following[file.trust] = file.moment, file.file_id
    return rows


def full_rows(told: Sequence[ToldFile]) -> list[tuple[Any, ...]]:
    """The rows of `changes.FULLS`: of each trust that the files are of, its full extracts, oldest first."""
    fulls: dict[str, list[tuple[Moment, int]]] = {file.trust: [] for file in told}
    for file in told:
        if file.is_full:
            fulls[file.trust].append((file.moment, file.file_id))
    return list(fulls.items())
