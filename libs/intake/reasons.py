"""Why a file was not taken, in codes that a trust's own staff can act on."""

from dataclasses import dataclass

# code -> what happened and what to do. Sent back to the trust: no sentence may depend on a cell value.
REASONS: dict[str, str] = {
    "NAME_INVALID": "The file name is not <ODS>_<system>_<yyyymmddThhmmssZ>_<sequence>.jwe: rename it"
    " and send it again.",
    "TRUST_UNKNOWN": "The file lies in the folder of no configured trust: move it below landing/<ODS>/ or configure the"
    " trust.",
    "TOO_LARGE": "The sealed file is larger than the configured limit: send a smaller extract or raise the limit.",
    "EMPTY": "The file has no content: check the transfer and send it again under a new sequence number.",
    "NOT_SEALED": "The file is not a compact JWE: seal the extract before sending it.",
    "ALGORITHM_REFUSED": "The file uses an algorithm or a header that the contract does not allow for its key: seal it"
    " with the algorithm that the key names.",
    "PLATFORM_KEY_UNKNOWN": "The file is sealed to a key that the platform does not hold: fetch the platform's current"
    " public key and seal it again.",
    "PLATFORM_KEY_REVOKED": "The file is sealed to a key that the platform has withdrawn: fetch the platform's current"
    " public key and seal it again.",
    "PLATFORM_KEY_EXPIRED": "The platform's key was not valid at the time of the extract, or ended long before the file"
    " arrived: fetch the platform's current public key and seal it again.",
    "DAMAGED": "The file can't be decrypted, so it was changed or cut short after sealing: transfer it again.",
    "NOT_SIGNED": "What was encrypted is not a signed extract: sign first, then encrypt.",
    "SENDER_KEY_UNKNOWN": "The file is signed with a key that is not in the ring of the trusts: register the public key"
    " first.",
    "SENDER_KEY_REVOKED": "The signing key was withdrawn, whatever time the file names: register a new key and sign"
    " with it.",
    "SENDER_KEY_EXPIRED": "The signing key was not valid at the time of the extract, or ended long before the file"
    " arrived: sign with the current key.",
    "SENDER_WRONG": "The signing key belongs to another trust than the one the file names: sign with your own key.",
    "SIGNATURE_WRONG": "The signature does not fit the content: seal the extract again with your own key.",
    "AUDIENCE_WRONG": "The file is meant for another platform or environment: seal it for this one.",
    "CLAIMS_MISSING": "The signed header lacks a claim or holds one of the wrong form: update the sealing tool.",
    "CLAIMS_DISAGREE": "File name, folder and signed claims do not say the same: name the file by its own claims.",
    "EXTRACT_IN_FUTURE": "The extract's time lies after its arrival: set the clock of the machine that makes extracts.",
    "EXTRACT_DAMAGED": "The extract inside is not what was hashed when it was sealed: make and seal it again.",
    "EXTRACT_TOO_LARGE": "The extract expands beyond the configured limit: split it or raise the limit.",
    "CONTRACT_UNKNOWN": "The file names a system or a contract version that the trust is not configured for: agree on"
    " the contract first.",
    "HEADER_WRONG": "The first line is not a header, or names a column twice: compare it with the feed contract.",
    "COLUMNS_MISSING": "The header lacks columns that the contract makes mandatory: put them back into the export, or"
    " agree on a new version of the contract.",
    "DELIMITER_WRONG": "The columns are not separated as the contract says: check the export's delimiter.",
    "CHARACTER_SET_WRONG": "The extract is not in the contract's character set: check the export settings.",
    "ROW_COUNT_WRONG": "The number of rows is not the one that was signed: make the extract again.",
    "ROWS_MALFORMED": "A row has more or fewer fields than the header, or a quote never closes: check the export's"
    " delimiter and quoting.",
    "UNREADABLE": "The file could not be read for a reason that nobody foresaw: tell the platform's support.",
    "DUPLICATE": "The same file was taken before: nothing to do.",
    "SEQUENCE_REUSED": "Another file with this sequence number was taken before: number the extracts increasingly.",
    "FULL_SHRANK": "The full extract has far fewer rows than the one before it and is held: send a complete one, or ask"
    " the platform's staff to run `cancollaborate release`.",
    "OUT_OF_ORDER": "Newer extracts of this feed were taken before, and they can't be read again beside this one: send"
    " the current one.",
}


@dataclass(frozen=True)
class Refusal:
    """A file is not taken; `reason` is a code of `REASONS`.

    `detail` spells out the difference in names that the contract, the name of the file or the key ring holds: never a
    cell value, since it goes into the ledger, to the trust and onto screens.
    """

    reason: str
    detail: str | None = None

    def __post_init__(self) -> None:
        if self.reason not in REASONS:
            raise ValueError(f"{self.reason!r} is not a code of REASONS")


def told_drift(extra_columns: str | None, missing_columns: str | None) -> list[str]:
    """What is to say of a file's columns, given as the ledger lists them: nothing, or one or two parts of a line."""
    told = {"new columns (kept)": extra_columns, "missing columns": missing_columns}
    return [f"{what}: {names}" for what, names in told.items() if names]
