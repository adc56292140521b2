"""What support staff run to look at one sealed file: what it says of itself and whether it would be taken."""

import os
import re
from pathlib import Path

from jobs.arrivals import make_opener
from libs.errors import Terminal
from libs.feeds import load_contracts
from libs.intake.envelope import OpenedExtract, open_sealed, parse_name
from libs.intake.parsing import ParsedExtract, read_extract
from libs.intake.reasons import Refusal
from libs.settings import Settings, conf_folder

# Archive and quarantine put the file's number in the ledger before its name
_NUMBERED = re.compile(r"^[0-9]+_")


def open_file(file: Path, settings: Settings, arrived_at: int | None) -> OpenedExtract | Refusal:
    """Open a file as intake would; `arrived_at` is in epoch seconds, and when it was written where it is None.

    Raises KeyRingError without the platform's keys, Terminal for a file that can't be read.
    """
    name = file.name if parse_name(file.name) else _NUMBERED.sub("", file.name)
    if parse_name(name) is None:
        return Refusal("NAME_INVALID")
    opener = make_opener(settings)
    try:
        facts = file.stat()
        if facts.st_size > opener.max_sealed_bytes:
            return Refusal("TOO_LARGE")
        sealed = file.read_bytes()
    except OSError as fault:
        raise Terminal(
            f"the sealed file can't be read ({type(fault).__name__})", do="Look at its path and rights.", file=name
        ) from None
    return open_sealed(
        sealed, file_name=name, opener=opener, arrived_at=int(facts.st_mtime) if arrived_at is None else arrived_at
    )


def judge(opened: OpenedExtract, settings: Settings) -> ParsedExtract | Refusal:
    """What intake would say of an extract once it is opened, but for the folder and the ledger."""
    claims = opened.claims
    contract = load_contracts(conf_folder()).get(claims.sys)
    if claims.iss not in settings.trusts:
        return Refusal("TRUST_UNKNOWN")
    if contract is None or contract.version != claims.feed or settings.trusts[claims.iss].system != claims.sys:
        return Refusal("CONTRACT_UNKNOWN")
    return read_extract(opened.extract, contract=contract, rows=claims.rows)


def write_extract(extract: bytes, target: Path) -> None:
    """Write a decrypted extract where only its owner may read it. Raises Terminal when it can't be written."""
    try:
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(extract)
    except OSError as fault:
        raise Terminal(
            f"the extract can't be written ({type(fault).__name__})", do="Look at the path.", option="--output"
        ) from None
