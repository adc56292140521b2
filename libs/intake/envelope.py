"""Seal and open an extract: gzip, then a signed JWS (RFC 7515), then an encrypted JWE (RFC 7516).

Nothing decrypted is written to disk. What is wrong with a file is a Refusal with a reason, never an exception.
"""

import gzip
import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwe, jws

from libs.errors import KeyRingError, Terminal
from libs.intake import jose
from libs.intake.claims import Claims, SealedName, differing_parts, parse_name, sealed_name
from libs.intake.keys import KeyRing, RingKey, read_key
from libs.intake.reasons import Refusal
from libs.intake.unwrapping import VAULT_ALGORITHM, Unwrapper, open_wrapped

__all__ = ["Claims", "OpenedExtract", "Opener", "SealedName", "open_sealed", "parse_name", "seal", "sealed_name"]


@dataclass(frozen=True)
class Opener:
    """Who opens sealed files: the platform's name and keys, the trusts' keys, and the limits in bytes.

    `systems` maps a trust's ODS code to its source system.
    `ahead_seconds`: how far an extract's time may lie after its arrival. `key_grace_seconds`: how long after a key's
    end what was made with it may arrive. `unwrapper` is the vault that keeps the private part of a platform key of
    which the ring holds the public part only. Picklable, and its repr shows no key. Raises KeyRingError for a platform
    key without a private part that no vault can keep.
    """

    platform_name: str
    platform_keys: KeyRing
    trust_keys: KeyRing
    systems: Mapping[str, str]
    max_sealed_bytes: int
    max_extract_bytes: int
    ahead_seconds: int = 900
    key_grace_seconds: int = 172_800
    unwrapper: Unwrapper | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for key in self.platform_keys:
            is_kept = self.unwrapper is not None and key.algorithm == VAULT_ALGORITHM
            if key.use == "enc" and not key.imported.is_private and not is_kept:
                raise KeyRingError(
                    "a platform key stands without its private part",
                    do=f"Add the private part, or name the key vault that keeps it ({VAULT_ALGORITHM} only).",
                    ring=self.platform_keys.name,
                )


@dataclass(frozen=True)
class OpenedExtract:
    """An extract that passed every check, as the source system wrote it; `extract_sha256` (hex) is the signed one."""

    claims: Claims
    extract: bytes = field(repr=False)
    extract_sha256: str


@dataclass(frozen=True)
class _Decrypted:
    key: RingKey
    signed: bytes = field(repr=False)


@dataclass(frozen=True)
class _Signed:
    header: Mapping[str, Any]
    packed: bytes = field(repr=False)


def seal(extract: bytes, claims: Claims, *, signing_key: Mapping[str, Any], platform_key: Mapping[str, Any]) -> bytes:
    """Compress, sign and encrypt an extract; the keys are JWKs that carry `kid` and `alg`.

    Raises KeyRingError for a key that does not fit its purpose, Terminal for claims that no platform would accept.
    """
    signer, recipient = read_key(signing_key, ring="signing key"), read_key(platform_key, ring="platform key")
    if signer.use != "sig" or not signer.imported.is_private:
        raise KeyRingError("not a private signing key", do="Use the trust's own private key.", ring="signing key")
    if recipient.use != "enc":
        raise KeyRingError("not an encryption key", do="Use the platform's public key.", ring="platform key")
    header = claims.as_header(sha256=hashlib.sha256(extract).hexdigest())
    if Claims.from_header(header) is None or parse_name(sealed_name(claims)) is None:
        raise Terminal("the claims are not those of a sealed extract", do="See design, section 4.1, for their form.")
    packed = gzip.compress(extract, compresslevel=6, mtime=0)
    signed = jws.serialize_compact(
        {"alg": signer.algorithm, "kid": signer.kid, **header},
        packed,
        signer.imported,
        registry=jose.signatures(limit=0),
    )
    sealing = {"alg": recipient.algorithm, "enc": jose.CONTENT_ENCRYPTION, "kid": recipient.kid, "cty": "jose"}
    return jwe.encrypt_compact(sealing, signed, recipient.imported, registry=jose.encryption(limit=0)).encode("ascii")


def open_sealed(
    sealed: bytes, *, file_name: str, opener: Opener, arrived_at: int | None = None
) -> OpenedExtract | Refusal:
    """Decrypt, verify, check and expand a sealed extract; a Refusal names the first check that failed.

    Knows the file by its name only: that the name's trust is the folder's is for the caller to see. `arrived_at` (epoch
    seconds) is when it landed; where it is not known, whatever depends on it is not checked, but that a revoked key
    counts as revoked before. Raises KeyVaultError when a vault keeps the key and can't be asked.
    """
    said = parse_name(file_name)
    if said is None:
        return Refusal("NAME_INVALID")
    decrypted = _decrypt(sealed, opener, arrived_at)
    if isinstance(decrypted, Refusal):
        return decrypted
    verified = _verify(decrypted.signed, opener, arrived_at)
    if isinstance(verified, Refusal):
        return verified
    claims = _check_claims(verified.header, said=said, platform_name=opener.platform_name)
    if isinstance(claims, Refusal):
        return claims
    untimely = _check_times(claims, decrypted.key, opener, arrived_at)
    if untimely is not None:
        return untimely
    sha256 = verified.header["sha256"]
    extract = _expand(verified.packed, limit=opener.max_extract_bytes, sha256=sha256)
    return extract if isinstance(extract, Refusal) else OpenedExtract(claims, extract, sha256)


def _decrypt(sealed: bytes, opener: Opener, arrived_at: int | None) -> _Decrypted | Refusal:
    if not sealed or len(sealed) > opener.max_sealed_bytes:
        return Refusal("TOO_LARGE" if sealed else "EMPTY")
    header = jose.read_header(sealed, segments=5)
    if header is None:
        return Refusal("NOT_SEALED")
    key = opener.platform_keys.find(header.get("kid"), use="enc")
    if key is None:
        return Refusal("PLATFORM_KEY_UNKNOWN")
    registry = jose.encryption(limit=opener.max_sealed_bytes)
    if not key.fits(header.get("alg")) or not jose.is_allowed(registry, header):
        return Refusal("ALGORITHM_REFUSED")
    if key.is_revoked_at(arrived_at):
        return Refusal("PLATFORM_KEY_REVOKED")
    # One reason for every failure from here: which of them it was would help only who forges files
    signed = _decipher(sealed, key, opener.unwrapper, registry)
    return Refusal("DAMAGED") if signed is None else _Decrypted(key, signed)


def _decipher(sealed: bytes, key: RingKey, unwrapper: Unwrapper | None, registry: jwe.JWERegistry) -> bytes | None:
    if unwrapper is not None and not key.imported.is_private:
        return open_wrapped(sealed, key, unwrapper)
    try:
        return jwe.decrypt_compact(sealed, key.imported, registry=registry).plaintext or b""
    except Exception:
        return None


def _verify(signed: bytes, opener: Opener, arrived_at: int | None) -> _Signed | Refusal:
    header = jose.read_header(signed, segments=3)
    if header is None:
        return Refusal("NOT_SIGNED")
    registry = jose.signatures(limit=opener.max_sealed_bytes)
    key = _find_signer(header, opener, arrived_at, registry=registry)
    if isinstance(key, Refusal):
        return key
    try:
        found = jws.extract_compact(signed, registry=registry)
        is_theirs = jws.validate_compact(found, key.imported, registry=registry)
    except Exception:
        is_theirs = False
    if not is_theirs:
        return Refusal("SIGNATURE_WRONG")
    # A key that names no owner in the ring signs for nobody; an absent `iss` is for the claims to report
    is_own = key.iss is not None and header.get("iss", key.iss) == key.iss
    return _Signed(header, found.payload) if is_own else Refusal("SENDER_WRONG")


def _find_signer(
    header: dict[str, Any], opener: Opener, arrived_at: int | None, *, registry: jws.JWSRegistry
) -> RingKey | Refusal:
    key = opener.trust_keys.find(header.get("kid"), use="sig")
    if key is None:
        return Refusal("SENDER_KEY_UNKNOWN")
    if not key.fits(header.get("alg")) or not jose.is_allowed(registry, header):
        return Refusal("ALGORITHM_REFUSED")
    if key.is_revoked_at(arrived_at):
        return Refusal("SENDER_KEY_REVOKED")
    is_timely = _is_timely(key, header.get("iat"), arrived_at, grace=opener.key_grace_seconds)
    return key if is_timely else Refusal("SENDER_KEY_EXPIRED")


def _is_timely(key: RingKey, issued_at: object, arrived_at: int | None, *, grace: int) -> bool:
    """Whether a key was valid at the extract's time, and the file came no later than `grace` seconds after its end.

    The second since whoever stole a key that has ended writes an older time. A time that is none is for the claims to
    report.
    """
    if type(issued_at) is int and not key.is_valid_at(issued_at):
        return False
    return key.expires is None or arrived_at is None or arrived_at <= key.expires + grace


def _check_claims(header: Mapping[str, Any], *, said: SealedName, platform_name: str) -> Claims | Refusal:
    if header.get("aud", platform_name) != platform_name:
        return Refusal("AUDIENCE_WRONG")
    claims = Claims.from_header(header)
    if claims is None:
        return Refusal("CLAIMS_MISSING")
    differing = differing_parts(claims, said)
    return Refusal("CLAIMS_DISAGREE", f"name and claims differ in: {', '.join(differing)}") if differing else claims


def _check_times(claims: Claims, platform_key: RingKey, opener: Opener, arrived_at: int | None) -> Refusal | None:
    if not _is_timely(platform_key, claims.iat, arrived_at, grace=opener.key_grace_seconds):
        return Refusal("PLATFORM_KEY_EXPIRED")
    # Every later extract would look old beside one that comes from the future
    is_ahead = arrived_at is not None and claims.iat > arrived_at + opener.ahead_seconds
    return Refusal("EXTRACT_IN_FUTURE") if is_ahead else None


def _expand(packed: bytes, *, limit: int, sha256: str) -> bytes | Refusal:
    """Gunzip one member; one byte beyond `limit` is asked for and never more, so that a bomb stays small."""
    stream = zlib.decompressobj(wbits=31)
    try:
        extract = stream.decompress(packed, limit + 1)
    except zlib.error:
        return Refusal("EXTRACT_DAMAGED")
    if len(extract) > limit:
        return Refusal("EXTRACT_TOO_LARGE")
    is_whole = stream.eof and not stream.unused_data and hashlib.sha256(extract).hexdigest() == sha256
    return extract if is_whole else Refusal("EXTRACT_DAMAGED")
