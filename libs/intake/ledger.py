"""What the ledger says of each file of a run: taken, seen before, or refused; and in which round it is taken.

Pure decisions on a few rows in the driver: whoever calls reads and writes `bronze.extract_file`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

ACCEPTED = "accepted"
DUPLICATE = "duplicate"
QUARANTINED = "quarantined"
HISTORY = "history"

Feed = tuple[str | None, str | None]


@dataclass(frozen=True)
class Candidate:
    """A file of this run as it was opened; `reason` is its refusal, or None. Times carry their zone.

    What a refused file does not say of itself is None.
    """

    path: str
    file_name: str
    sha256: str | None
    trust: str | None
    system: str | None
    kind: str | None
    sequence: int | None
    extracted_at: datetime | None
    reason: str | None = None

    def __post_init__(self) -> None:
        _check_zone(self.extracted_at)


@dataclass(frozen=True)
class LedgerEntry:
    """A file of an earlier run, as its row in the ledger says."""

    file_id: int
    file_name: str
    sha256: str | None
    trust: str | None
    system: str | None
    kind: str | None
    sequence: int | None
    extracted_at: datetime | None
    status: str

    def __post_init__(self) -> None:
        _check_zone(self.extracted_at)


@dataclass(frozen=True)
class Decision:
    """What becomes of a file; `round` counts from 1 and is None unless the file is accepted."""

    candidate: Candidate
    file_id: int
    status: str
    reason: str | None
    round: int | None


@dataclass
class _Taken:
    """What has been accepted up to now, and the last round of each feed of this run."""

    contents: set[str | None] = field(default_factory=set)
    sequences: set[tuple[Feed, int | None]] = field(default_factory=set)
    newest: dict[Feed, datetime] = field(default_factory=dict)
    rounds: dict[Feed, tuple[int, str | None]] = field(default_factory=dict)

    def note(self, file: Candidate | LedgerEntry) -> None:
        feed = _feed(file)
        self.contents.add(file.sha256)
        self.sequences.add((feed, file.sequence))
        if file.kind != HISTORY and file.extracted_at is not None:
            self.newest[feed] = max(file.extracted_at, self.newest.get(feed, file.extracted_at))

    def next_round(self, file: Candidate) -> int:
        """Files of history that follow each other share a round; any other file has one of its own in its feed."""
        last, kind = self.rounds.get(_feed(file), (0, None))
        number = last if kind == HISTORY == file.kind else last + 1
        self.rounds[_feed(file)] = (number, file.kind)
        return number


def decide(candidates: Sequence[Candidate], ledger: Sequence[LedgerEntry]) -> list[Decision]:
    """One decision per candidate, in the order of their new file ids; the order of the candidates does not matter.

    A round holds at most one file of a feed that is not history, so a later state never meets an earlier one in it;
    in each feed rounds follow (extracted_at, sequence).
    """
    taken = _Taken()
    for entry in ledger:
        if entry.status == ACCEPTED:
            taken.note(entry)
    first_id = max((entry.file_id for entry in ledger), default=0) + 1
    judged = [_decide_one(file, taken) for file in _in_order(candidates)]
    # A later round gets higher ids than an earlier one, so that "beyond the ledger's last id" means "not taken yet".
    by_round = sorted(judged, key=lambda decision: decision.round or 1)
    return [replace(decision, file_id=file_id) for file_id, decision in enumerate(by_round, start=first_id)]


def _decide_one(file: Candidate, taken: _Taken) -> Decision:
    status, reason = _judge(file, taken)
    if status != ACCEPTED:
        return Decision(file, 0, status, reason, None)
    taken.note(file)
    return Decision(file, 0, status, None, taken.next_round(file))


def _judge(file: Candidate, taken: _Taken) -> tuple[str, str | None]:
    if file.reason is not None:
        return QUARANTINED, file.reason
    if file.sha256 in taken.contents:
        return DUPLICATE, "DUPLICATE"
    if (_feed(file), file.sequence) in taken.sequences:
        return QUARANTINED, "SEQUENCE_REUSED"
    newest = taken.newest.get(_feed(file))
    is_late = newest is not None and file.extracted_at is not None and file.extracted_at <= newest
    if is_late and file.kind != HISTORY:
        return QUARANTINED, "OUT_OF_ORDER"
    return ACCEPTED, None


def _in_order(candidates: Iterable[Candidate]) -> list[Candidate]:
    """By (extracted_at, trust, sequence, file name); files that could not be read to that point come last."""

    def place(file: Candidate) -> tuple[bool, float, str, int, str, str, str]:
        moment = file.extracted_at
        return (
            moment is None,
            moment.timestamp() if moment is not None else 0.0,
            file.trust or "",
            file.sequence if file.sequence is not None else -1,
            file.file_name,
            file.sha256 or "",
            file.path,
        )

    return sorted(candidates, key=place)


def _feed(file: Candidate | LedgerEntry) -> Feed:
    return file.trust, file.system


def _check_zone(moment: datetime | None) -> None:
    if moment is not None and moment.tzinfo is None:
        raise ValueError("extracted_at needs a time zone: clock times repeat for an hour each autumn")
