"""What a trust signs about an extract, and the file name that must say the same."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

KINDS = ("full", "delta", "history")

_NAME = re.compile(r"([A-Z0-9]{3,6})_([a-z][a-z0-9-]{0,31})_(20[0-9]{6}T[0-9]{6}Z)_([0-9]{6})\.jwe")
# The same for an engine that looks anywhere in a text.
AGREED_NAME, AGREED_TRUST = rf"\A{_NAME.pattern}\z", r"\A[A-Z0-9]{3,6}\z"
_NAME_TIME = "%Y%m%dT%H%M%SZ"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TEXTS = ("iss", "aud", "sys", "kind", "sha256")
# The limits keep every accepted number inside the file name and the ledger's columns.
_NUMBERS = {
    "feed": range(2**31),
    "seq": range(10**6),
    "iat": range(946_684_800, 4_102_444_800),  # the years 2000 to 2099
    "rows": range(2**63),
}


@dataclass(frozen=True)
class Claims:
    """The signed header of an extract: `iat` is the extract time in epoch seconds, `rows` counts data rows."""

    iss: str
    aud: str
    sys: str
    feed: int
    seq: int
    iat: int
    kind: str
    rows: int

    def as_header(self, *, sha256: str) -> dict[str, Any]:
        """The private parameters of the JWS header; `sha256` is of the extract, in hex."""
        return {**asdict(self), "sha256": sha256}

    @classmethod
    def from_header(cls, header: Mapping[str, Any]) -> "Claims | None":
        """The claims of a JWS header, or None where one is absent or of the wrong form."""
        if not all(isinstance(header.get(name), str) for name in _TEXTS):
            return None
        # bool is an int to Python, and JSON has floats: the type must be int itself
        if not all(type(header.get(name)) is int and header[name] in within for name, within in _NUMBERS.items()):
            return None
        if header["kind"] not in KINDS or not _SHA256.fullmatch(header["sha256"]):
            return None
        return cls(**{name: header[name] for name in cls.__dataclass_fields__})


CLAIM_NAMES = (*Claims.__dataclass_fields__, "sha256")


class SealedName(NamedTuple):
    """What a file name says of itself; `extracted_at` is in UTC."""

    trust: str
    system: str
    extracted_at: datetime
    sequence: int


def sealed_name(claims: Claims) -> str:
    """The file name for an extract: `<ODS>_<system>_<yyyymmddThhmmssZ>_<sequence>.jwe`."""
    extracted_at = datetime.fromtimestamp(claims.iat, UTC).strftime(_NAME_TIME)
    return f"{claims.iss}_{claims.sys}_{extracted_at}_{claims.seq:06d}.jwe"


def differing_parts(claims: Claims, said: SealedName) -> list[str]:
    """The parts of a file name that do not say what the claims say; names of parts, never what they hold."""
    pairs = {
        "trust": (claims.iss, said.trust),
        "system": (claims.sys, said.system),
        "time": (claims.iat, said.extracted_at.timestamp()),
        "sequence": (claims.seq, said.sequence),
    }
    return [part for part, (signed, named) in pairs.items() if signed != named]


def parse_name(name: str) -> SealedName | None:
    """Read a file name, or None where it has another form."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    trust, system, moment, sequence = found.groups()
    try:
        extracted_at = datetime.strptime(moment, _NAME_TIME).replace(tzinfo=UTC)
    except ValueError:  # a 31st of June
        return None
    return SealedName(trust, system, extracted_at, int(sequence))


def agreed_name(file_name: str | None) -> str | None:
    """A file's name where it has the agreed form; a file may bear any other name, a patient's too."""
    return file_name if file_name and parse_name(file_name) else None
