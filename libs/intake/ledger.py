"""What the ledger says of each file of a pass: taken, seen before, or refused.

Pure decisions on a few rows in the driver: whoever calls reads and writes `bronze.extract_file`.
"""

import bisect
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

ACCEPTED = "accepted"
DUPLICATE = "duplicate"
QUARANTINED = "quarantined"
FULL = "full"

Feed = tuple[str | None, str | None]
Moment = tuple[datetime, int]


@dataclass(frozen=True)
class Candidate:
    """A file of this pass as it was opened; `reason` is its refusal, or None. Times carry their zone.

    What a refused file does not say of itself is None. `extract_sha256` is of the extract inside.
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
    row_count: int | None = None
    extract_sha256: str | None = None

    def __post_init__(self) -> None:
        _check_zone(self.extracted_at)


@dataclass(frozen=True)
class LedgerEntry:
    """A file of an earlier pass, as its row in the ledger says."""

    file_id: int
    file_name: str
    sha256: str | None
    trust: str | None
    system: str | None
    kind: str | None
    sequence: int | None
    extracted_at: datetime | None
    status: str
    row_count: int | None = None
    extract_sha256: str | None = None

    def __post_init__(self) -> None:
        _check_zone(self.extracted_at)


@dataclass(frozen=True)
class Decision:
    """What becomes of a file; `detail` says more than the reason where there is more to say, never a value."""

    candidate: Candidate
    file_id: int
    status: str
    reason: str | None
    detail: str | None = None


@dataclass(frozen=True)
class Terms:
    """By what a pass decides.

    `smallest_full_share`: a full extract with less than this share of the rows of the one before it is held.
    `released`: the sealed hashes that a person wants taken, although they are held or were taken before.
    `readable`: the ids of earlier files that could be read again.
    """

    smallest_full_share: float = 0.0
    released: Collection[str] = ()
    readable: Collection[int] = ()


@dataclass
class _Taken:
    """What has been accepted up to now: contents, what stands under each number, and the full extracts of each feed."""

    contents: set[str | None] = field(default_factory=set)
    numbers: dict[tuple[Feed, int | None], Candidate | LedgerEntry] = field(default_factory=dict)
    fulls: dict[Feed, list[tuple[Moment, int]]] = field(default_factory=dict)

    def note(self, file: Candidate | LedgerEntry) -> None:
        self.contents.add(file.sha256)
        self.numbers[_feed(file), file.sequence] = file
        if file.kind == FULL and file.row_count is not None:
            bisect.insort(self.fulls.setdefault(_feed(file), []), (moment(file), file.row_count))

    def rows_before(self, file: Candidate) -> int | None:
        """The rows of the last full extract of the feed before a file's moment."""
        fulls = self.fulls.get(_feed(file), [])
        place = bisect.bisect_left(fulls, (moment(file), 0))
        return fulls[place - 1][1] if place else None


def decide(
    candidates: Sequence[Candidate], ledger: Sequence[LedgerEntry], terms: Terms | None = None
) -> list[Decision]:
    """One decision per candidate, in the order of their new file ids; the order of the candidates does not matter.

    `ledger` holds every accepted entry of the same content or number, each feed's last full one before the candidates,
    all of a feed that follow its earliest candidate, and the last entry of all. Ids go on from that one's.
    """
    terms = terms or Terms()
    taken = _Taken()
    for entry in ledger:
        if entry.status == ACCEPTED:
            taken.note(entry)
    first_id = max((entry.file_id for entry in ledger), default=0) + 1
    needed = to_read_again(candidates, ledger)
    decisions = []
    for file_id, file in enumerate(_in_order(candidates), start=first_id):
        is_told_later = all(entry.file_id in terms.readable for entry in needed.get(file.path, ()))
        status, reason = _judge(file, taken, terms, is_told_later=is_told_later)
        detail = _shrinking(file, taken) if reason == "FULL_SHRANK" else None
        decisions.append(Decision(file, file_id, status, reason, detail))
        if status == ACCEPTED:
            taken.note(file)
    return decisions


def to_read_again(candidates: Iterable[Candidate], ledger: Iterable[LedgerEntry]) -> dict[str, list[LedgerEntry]]:
    """For each late candidate, by path, the accepted files of its feed that follow it, up to the next full one.

    What they say is newer than what it says. Where none of them says a thing anew, bronze does not hold that they said
    it, so they have to be read again. A file that was taken twice counts once.
    """
    by_feed: dict[Feed, dict[Moment, LedgerEntry]] = {}
    for entry in sorted((one for one in ledger if one.status == ACCEPTED), key=lambda one: one.file_id):
        by_feed.setdefault(_feed(entry), {})[moment(entry)] = entry
    moments = {feed: sorted(entries) for feed, entries in by_feed.items()}
    needed: dict[str, list[LedgerEntry]] = {}
    for file in candidates:
        feed = _feed(file)
        if file.reason is not None or feed not in moments:
            continue
        following = [by_feed[feed][at] for at in moments[feed][bisect.bisect_right(moments[feed], moment(file)) :]]
        first_full = next((place for place, entry in enumerate(following) if entry.kind == FULL), len(following))
        if following:
            needed[file.path] = following[: first_full + 1]
    return needed


def moment(file: Candidate | LedgerEntry) -> Moment:
    """By what the extracts of a feed are ordered: their time, then their sequence. Only for files that tell both."""
    if file.extracted_at is None or file.sequence is None:
        raise ValueError("a file that does not tell its time and sequence has no moment")
    return file.extracted_at, file.sequence


def _judge(file: Candidate, taken: _Taken, terms: Terms, *, is_told_later: bool) -> tuple[str, str | None]:
    if file.reason is not None:
        return QUARANTINED, file.reason
    is_released = file.sha256 in terms.released
    if file.sha256 in taken.contents and not is_released:
        return DUPLICATE, "DUPLICATE"
    other = taken.numbers.get((_feed(file), file.sequence))
    if other is not None and not is_released:
        return (DUPLICATE, "DUPLICATE") if _is_sealed_again(file, other) else (QUARANTINED, "SEQUENCE_REUSED")
    if not is_released and _has_shrunk(file, taken.rows_before(file), terms.smallest_full_share):
        return QUARANTINED, "FULL_SHRANK"
    return (ACCEPTED, None) if is_told_later else (QUARANTINED, "OUT_OF_ORDER")


def _is_sealed_again(file: Candidate, other: Candidate | LedgerEntry) -> bool:
    """Whether another sealed file holds the same extract of the same moment: each sealing gives other bytes."""
    said = (file.extract_sha256, file.extracted_at, file.kind)
    return file.extract_sha256 is not None and said == (other.extract_sha256, other.extracted_at, other.kind)


def _has_shrunk(file: Candidate, rows_before: int | None, share: float) -> bool:
    if file.kind != FULL or rows_before is None or file.row_count is None:
        return False
    return file.row_count < share * rows_before


def _shrinking(file: Candidate, taken: _Taken) -> str:
    return f"it has {file.row_count:,} rows, the full extract before it had {taken.rows_before(file):,}"


def _in_order(candidates: Iterable[Candidate]) -> list[Candidate]:
    """By (extracted_at, trust, sequence, file name); files that could not be read to that point come last."""

    def place(file: Candidate) -> tuple[bool, float, str, int, str, str, str]:
        at = file.extracted_at
        return (
            at is None,
            at.timestamp() if at is not None else 0.0,
            file.trust or "",
            file.sequence if file.sequence is not None else -1,
            file.file_name,
            file.sha256 or "",
            file.path,
        )

    return sorted(candidates, key=place)


def _feed(file: Candidate | LedgerEntry) -> Feed:
    return file.trust, file.system


def _check_zone(at: datetime | None) -> None:
    if at is not None and at.tzinfo is None:
        raise ValueError("extracted_at needs a time zone: clock times repeat for an hour each autumn")
