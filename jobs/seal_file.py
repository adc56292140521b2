"""What a trust runs to seal an extract: it is held against its contract first; what would be refused is not sealed."""

import csv
import io
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.screens.sealed import refused
from libs.errors import SettingsError, Terminal
from libs.feeds import Dialect, FeedContract, load_contracts
from libs.intake.claims import KINDS, Claims, sealed_name
from libs.intake.drift import Drift, csv_rows
from libs.intake.envelope import seal
from libs.intake.keys import RingKey, read_key
from libs.intake.parsing import ParsedExtract, read_extract
from libs.intake.reasons import Refusal
from libs.intake.secrets import read_jwk
from libs.settings import Settings, conf_folder

_MIB = 1024 * 1024


@dataclass(frozen=True)
class Asked:
    """What to seal, as the trust says; `extracted_at` is in epoch seconds, None for when the input was written."""

    source: Path
    trust: str
    system: str
    kind: str
    sequence: int
    extracted_at: int | None
    audience: str


@dataclass(frozen=True)
class Sealed:
    """What was written: its name, data rows, size in bytes, and where its header differs from the contract."""

    name: str
    rows: int
    size: int
    drift: Drift


def seal_file(asked: Asked, settings: Settings, *, signing_key: Path, platform_key: Path, folder: Path) -> Sealed:
    """Seal an extract into a folder.

    Raises RefusedExtractError for one that intake would refuse, SettingsError for a kind or a system that is none,
    KeyRingError for a key that can't be used, Terminal for a file that can't be read or written.
    """
    contract = _contract(asked.system, asked.kind)
    keys = {"signing_key": read_jwk(signing_key), "platform_key": read_jwk(platform_key)}
    extract, written_at = _read(asked.source)
    parsed, rows = _parse(extract, contract)
    claims = Claims(
        iss=asked.trust, aud=asked.audience, sys=asked.system, feed=contract.version, seq=asked.sequence,
        iat=written_at if asked.extracted_at is None else asked.extracted_at, kind=asked.kind, rows=rows,
    )  # fmt: skip
    _stop_if(_refusal_of(claims, settings, size=len(extract), **keys))
    sealed = seal(extract, claims, **keys)
    _stop_if(_too_large(len(sealed), settings.intake.max_sealed_mib, "TOO_LARGE"))
    _write(folder, sealed_name(claims), sealed)
    return Sealed(sealed_name(claims), rows, len(sealed), parsed.drift)


def _contract(system: str, kind: str) -> FeedContract:
    if kind not in KINDS:
        raise SettingsError("--kind is not known", do=f"Use one of: {', '.join(KINDS)}.")
    contracts = load_contracts(conf_folder())
    if system not in contracts:
        raise SettingsError("--system names no feed contract", do=f"Use one of: {', '.join(contracts)}.")
    return contracts[system]


def _read(source: Path) -> tuple[bytes, int]:
    """The extract, and when it was written, in epoch seconds."""
    try:
        return source.read_bytes(), int(source.stat().st_mtime)
    except OSError as fault:
        # The name may be anything, a patient's too: the option says which file it is
        raise Terminal(
            f"the extract can't be read ({type(fault).__name__})", do="Look at its path and rights.", option="--input"
        ) from None


def _parse(extract: bytes, contract: FeedContract) -> tuple[ParsedExtract, int]:
    """The extract as intake will read it, and its data rows. Raises RefusedExtractError for one that it won't take."""
    rows = _count_rows(extract, contract.dialect)
    parsed = read_extract(extract, contract=contract, rows=rows)
    if isinstance(parsed, Refusal):
        raise refused(parsed)
    return parsed, rows


def _count_rows(extract: bytes, dialect: Dialect) -> int:
    """The data rows as a plain reader of CSV counts them: that intake counts as many is seen when it is parsed."""
    csv.field_size_limit(sys.maxsize)  # a tracking note may be long
    lines = io.StringIO(extract.decode(dialect.encoding, errors="replace"), newline="")
    return max(0, sum(1 for row in csv_rows(lines, dialect) if row) - 1)


def _refusal_of(
    claims: Claims, settings: Settings, *, size: int, signing_key: dict[str, Any], platform_key: dict[str, Any]
) -> Refusal | None:
    """Why the platform would refuse what these keys and claims make of an extract of so many bytes."""
    signer = read_key(signing_key, ring="signing key")
    recipient = read_key(platform_key, ring="platform key")
    if claims.iss in settings.trusts and settings.trusts[claims.iss].system != claims.sys:
        return Refusal("CONTRACT_UNKNOWN")
    if signer.iss not in (None, claims.iss):
        return Refusal("SENDER_WRONG")
    return (
        _key_refusal(signer, claims.iat, "SENDER_KEY")
        or _key_refusal(recipient, claims.iat, "PLATFORM_KEY")
        or _too_large(size, settings.intake.max_extract_mib, "EXTRACT_TOO_LARGE")
    )


def _key_refusal(key: RingKey, iat: int, of: str) -> Refusal | None:
    if key.revoked is not None:
        return Refusal(f"{of}_REVOKED")
    return None if key.is_valid_at(iat) else Refusal(f"{of}_EXPIRED")


def _too_large(size: int, limit_mib: int, reason: str) -> Refusal | None:
    return Refusal(reason) if size > limit_mib * _MIB else None


def _stop_if(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise refused(refusal)


def _write(folder: Path, name: str, sealed: bytes) -> None:
    """The file appears when it is whole: whatever sends files passes over one whose name begins with a dot."""
    target, beside = folder / name, folder / f".{name}.part"
    if target.exists():
        raise Terminal("a sealed file of this name stands there already", do="Give the next --sequence.", file=name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(sealed)
        beside.replace(target)
    except OSError as fault:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise Terminal(
            f"the sealed file can't be written ({type(fault).__name__})", do="Look at the folder.", option="--output"
        ) from None
