"""The answer to a file: what became of it and of its rows, for the trust that sent it.

An answer is one JSON object. It holds no value of any column but those of the contract's row key:

    version            1
    platform           the `aud` that the extract named
    answered_at        the moment of the run that answered, ISO with its zone
    file_id            the file's number in the ledger
    file_name          null where the name is not of the agreed form: such a name may say anything
    sha256             of the sealed file: tells which one it was, whatever its name
    arrived_at         ISO, UTC
    status             accepted, quarantined or duplicate
    reason, sentence   why it was not accepted: the code, and what happened and what to do; null if it was
    detail             the difference spelled out, or null
    extract_time, kind, sequence   as the extract says; null where it could not be opened that far
    rows               received = unchanged + taken + refused; all but `received` null where no row was looked at
      unchanged          they stand as an earlier extract brought them, and what was said of them then holds
      with_emptied_values  those of `taken` of which a value was not understood
    refused            a list: refused rows first, then values that were left empty, then warnings of what was taken
                       as it stands, each by row number
      row_number         of the data row in the extract, from 1
      row_key            {column: value} for the columns of the contract's row key
      rule_code, sentence, and `severity`: reject, null the field or warn
      field              the canonical column that was left empty or is warned of, and `columns`, the register's own
                         that it is read from; null and [] where the whole row was refused
    refused_not_listed how many more there are than the list holds
    duplicates         a list, in the answer to the last file of those that were taken in together: pathways of this
                       register that were then found to stand under another number too
      pathway, counted   the number that is not counted, and the one that stands for it, each {column: value}
    duplicates_not_listed  how many more there are than the list holds
    drift              {extra_columns, missing_columns}, each names in a line or null: columns that the contract does
                       not know (they are kept), and optional ones of the contract that the file lacks
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from joserfc import jwe

from libs.feeds import FeedContract
from libs.intake import jose
from libs.intake.changes import KEY_SEPARATOR
from libs.intake.claims import agreed_name
from libs.intake.keys import RingKey
from libs.intake.ledger import ACCEPTED, DUPLICATE
from libs.intake.reasons import REASONS, told_drift
from libs.pathways.row_rules import ROW_RULES

VERSION = 1
_HASH_LENGTH = 12  # of a file's hash: enough to tell files apart


@dataclass(frozen=True)
class JudgedFile:
    """A file as its row in the ledger tells of it; times carry their zone."""

    file_id: int
    file_name: str
    sha256: str | None
    trust: str
    system: str | None
    status: str
    reason: str | None
    detail: str | None
    kind: str | None
    sequence: int | None
    extracted_at: datetime | None
    arrived_at: datetime | None
    row_count: int | None
    extra_columns: str | None
    missing_columns: str | None


@dataclass(frozen=True)
class RowCounts:
    """Of one file: rows that are new or `changed`, rows `refused`, rows with `emptied` values, and all `faults`; and
    pathways of its register that were found to be `duplicates`.

    A row of which two values were emptied is one row and two faults.
    """

    changed: int = 0
    refused: int = 0
    emptied: int = 0
    faults: int = 0
    duplicates: int = 0


@dataclass(frozen=True)
class RowFault:
    """A refused row, or with `field` (a canonical column) a value left empty or warned of; `row_key` is bronze's."""

    row_number: int
    row_key: str = field(repr=False)
    rule_code: str
    field: str | None


@dataclass(frozen=True)
class FoundTwice:
    """A pathway number that is not counted, and the number of the same register that stands for it."""

    pathway_id: str = field(repr=False)
    survivor_pathway_id: str = field(repr=False)


@dataclass(frozen=True)
class Listed:
    """What an answer names one by one, in order."""

    faults: Sequence[RowFault] = ()
    duplicates: Sequence[FoundTwice] = ()


def build_answer(
    file: JudgedFile,
    counts: RowCounts,
    named: Listed,
    *,
    contract: FeedContract | None,
    answered_at: datetime,
    platform: str,
) -> dict[str, Any]:
    """The answer to a file in the form that this module describes; `named` is what is to be listed of it.

    `contract` is that of the file's system, None where there is no such contract (and so no row was read).
    """
    listed = [_told_fault(fault, contract) for fault in named.faults] if contract is not None else []
    twice = [_told_twice(found, contract) for found in named.duplicates] if contract is not None else []
    return {
        "version": VERSION,
        "platform": platform,
        "answered_at": answered_at.isoformat(),
        "file_id": file.file_id,
        "file_name": agreed_name(file.file_name),
        "sha256": file.sha256,
        "arrived_at": _utc(file.arrived_at),
        "status": file.status,
        "reason": file.reason,
        "sentence": REASONS.get(file.reason or ""),
        "detail": file.detail,
        "extract_time": _utc(file.extracted_at),
        "kind": file.kind,
        "sequence": file.sequence,
        "rows": _rows(file, counts),
        "refused": listed,
        "refused_not_listed": max(counts.faults - len(listed), 0),
        "duplicates": twice,
        "duplicates_not_listed": max(counts.duplicates - len(twice), 0),
        "drift": {
            "extra_columns": file.extra_columns,
            "missing_columns": file.missing_columns,
        },
    }


def answer_line(answer: Mapping[str, Any]) -> str:
    """An answer in one line of plain English: counts, the reason and names of columns, nothing of any row."""
    if answer["status"] == ACCEPTED:
        became = "taken. " + "; ".join(
            [_told_rows(answer["rows"]), *_told_duplicates(answer), *told_drift(**answer["drift"])]
        )
    else:
        became = "seen before. " if answer["status"] == DUPLICATE else "not taken. "
        became += ": ".join(filter(None, [answer["reason"], answer["sentence"]]))
        became += f" ({answer['detail']})" if answer["detail"] else ""
    line = f"{_called(answer)}: {became.rstrip('.')}."
    # What the ledger holds is fit to be shown; a terminal must not obey it even if it were not.
    return "".join(character for character in line if character.isprintable())


def seal_answer(answer: bytes, recipient: RingKey) -> bytes:
    """Encrypt an answer to a trust's public key, as a compact JWE that the same tools open as seal an extract."""
    header = {"alg": recipient.algorithm, "enc": jose.CONTENT_ENCRYPTION, "kid": recipient.kid, "cty": "json"}
    return jwe.encrypt_compact(header, answer, recipient.imported, registry=jose.encryption(limit=0)).encode("ascii")


def answer_stem(file: JudgedFile) -> str:
    """What the names of an answer's files begin with: the file's number, and its name where that is agreed on."""
    return "_".join(filter(None, [f"{file.file_id:08d}", agreed_name(file.file_name)]))


def _told_fault(fault: RowFault, contract: FeedContract) -> dict[str, Any]:
    rule = ROW_RULES.get(fault.rule_code)
    parts = zip(contract.row_key, fault.row_key.split(KEY_SEPARATOR), strict=False)
    columns = [source.column for _, name, source in contract.sources() if name == fault.field and source.column]
    return {
        "row_number": fault.row_number,
        "row_key": dict(parts),
        "rule_code": fault.rule_code,
        "severity": rule.severity if rule is not None else None,
        "sentence": rule.sentence if rule is not None else None,
        "field": fault.field,
        "columns": list(dict.fromkeys(columns)),
    }


def _told_twice(found: FoundTwice, contract: FeedContract) -> dict[str, dict[str, str]]:
    numbers = {"pathway": found.pathway_id, "counted": found.survivor_pathway_id}
    return {name: {contract.pathway_key: number} for name, number in numbers.items()}


def _rows(file: JudgedFile, counts: RowCounts) -> dict[str, int | None]:
    if file.status != ACCEPTED or file.row_count is None:
        nothing = dict.fromkeys(("unchanged", "taken", "refused", "with_emptied_values"))
        return {"received": file.row_count, **nothing}
    return {
        "received": file.row_count,
        "unchanged": file.row_count - counts.changed,
        "taken": counts.changed - counts.refused,
        "refused": counts.refused,
        "with_emptied_values": counts.emptied,
    }


def _called(answer: Mapping[str, Any]) -> str:
    if answer["file_name"]:
        return str(answer["file_name"])
    arrived = f", arrived {answer['arrived_at']}" if answer["arrived_at"] else ""
    content = f", sha256 {answer['sha256'][:_HASH_LENGTH]}…" if answer["sha256"] else ""
    return f"File {answer['file_id']} (its name is not of the agreed form{arrived}{content})"


def _told_duplicates(answer: Mapping[str, Any]) -> list[str]:
    count = len(answer["duplicates"]) + answer["duplicates_not_listed"]
    return [f"{_so_many(count, 'pathway')} found to stand under another number too"] if count else []


def _told_rows(rows: Mapping[str, int | None]) -> str:
    if rows["received"] is None:
        return "Its rows were not counted"
    counted = {name: rows[name] or 0 for name in ("taken", "refused", "unchanged", "with_emptied_values")}
    parts = [f"{counted['taken']:,} taken", f"{counted['refused']:,} refused"]
    if counted["unchanged"]:
        parts.append(f"{counted['unchanged']:,} as before")
    told = f"{_so_many(rows['received'], 'row')}: {', '.join(parts)}"
    if counted["with_emptied_values"]:
        told += f"; {_so_many(counted['with_emptied_values'], 'row')} taken with a value left empty"
    return told


def _so_many(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _utc(moment: datetime | None) -> str | None:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if moment is not None else None
