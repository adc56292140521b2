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
from libs.intake.claims import Claims, SealedName, parse_name, sealed_name
from libs.intake.keys import ENCRYPTION_ALGORITHMS, SIGNATURE_ALGORITHMS, KeyRing, RingKey, read_key
from libs.intake.reasons import Refusal

__all__ = ["Claims", "OpenedExtract", "Opener", "SealedName", "open_sealed", "parse_name", "seal", "sealed_name"]


@dataclass(frozen=True)
class Opener:
    """Who opens sealed files: the platform's name and keys, the trusts' keys, and the limits in bytes.

    `systems` maps a trust's ODS code to its source system; `landing` is the folder whose subfolders are trusts.
    Picklable, and its repr shows no key.
    """

    platform_name: str
    platform_keys: KeyRing
    trust_keys: KeyRing
    systems: Mapping[str, str]
    max_sealed_bytes: int
    max_extract_bytes: int
    landing: str


@dataclass(frozen=True)
class OpenedExtract:
    """An extract that passed every check, as the source system wrote it."""

    claims: Claims
    extract: bytes = field(repr=False)


@dataclass(frozen=True)
class _Signed:
    header: Mapping[str, Any]
    packed: bytes = field(repr=False)


def seal(extract: bytes, claims: Claims, *, signing_key: Mapping[str, Any], platform_key: Mapping[str, Any]) -> bytes:
    """Compress, sign and encrypt an extract; the keys are JWKs that carry `kid` and `alg`.

    Raises KeyRingError for a key that does not fit its purpose, Terminal for claims that no platform would accept.
    """
    signer, recipient = read_key(signing_key, ring="signing key"), read_key(platform_key, ring="platform key")
    if signer.algorithm not in SIGNATURE_ALGORITHMS or not signer.imported.is_private:
        raise KeyRingError("not a private signing key", do="Use the trust's own private key.", ring="signing key")
    if recipient.algorithm not in ENCRYPTION_ALGORITHMS:
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


def open_sealed(sealed: bytes, *, file_name: str, opener: Opener) -> OpenedExtract | Refusal:
    """Decrypt, verify, check and expand a sealed extract; a Refusal names the first check that failed.

    Knows the file by its name only: that the name's trust is the folder's is for the caller to see.
    """
    if parse_name(file_name) is None:
        return Refusal("NAME_INVALID")
    signed = _decrypt(sealed, opener)
    if isinstance(signed, Refusal):
        return signed
    verified = _verify(signed, opener)
    if isinstance(verified, Refusal):
        return verified
    claims = _check_claims(verified.header, file_name=file_name, platform_name=opener.platform_name)
    if isinstance(claims, Refusal):
        return claims
    extract = _expand(verified.packed, limit=opener.max_extract_bytes, sha256=verified.header["sha256"])
    return extract if isinstance(extract, Refusal) else OpenedExtract(claims, extract)


def _decrypt(sealed: bytes, opener: Opener) -> bytes | Refusal:
    if not sealed or len(sealed) > opener.max_sealed_bytes:
        return Refusal("TOO_LARGE" if sealed else "EMPTY")
    header = jose.read_header(sealed, segments=5)
    if header is None:
        return Refusal("NOT_SEALED")
    key = opener.platform_keys.find(header.get("kid"))
    if key is None:
        return Refusal("PLATFORM_KEY_UNKNOWN")
    registry = jose.encryption(limit=opener.max_sealed_bytes)
    if not key.fits(header.get("alg")) or not jose.is_allowed(registry, header):
        return Refusal("ALGORITHM_REFUSED")
    try:
        # One reason for every failure from here: which of them it was would help only who forges files
        return jwe.decrypt_compact(sealed, key.imported, registry=registry).plaintext or b""
    except Exception:
        return Refusal("DAMAGED")


def _verify(signed: bytes, opener: Opener) -> _Signed | Refusal:
    header = jose.read_header(signed, segments=3)
    if header is None:
        return Refusal("NOT_SIGNED")
    registry = jose.signatures(limit=opener.max_sealed_bytes)
    key = _find_signer(header, registry=registry, ring=opener.trust_keys)
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


def _find_signer(header: dict[str, Any], *, registry: jws.JWSRegistry, ring: KeyRing) -> RingKey | Refusal:
    key = ring.find(header.get("kid"))
    if key is None:
        return Refusal("SENDER_KEY_UNKNOWN")
    if not key.fits(header.get("alg")) or not jose.is_allowed(registry, header):
        return Refusal("ALGORITHM_REFUSED")
    moment = header.get("iat")
    if isinstance(moment, int) and not key.is_valid_at(moment):
        return Refusal("SENDER_KEY_EXPIRED")
    return key


def _check_claims(header: Mapping[str, Any], *, file_name: str, platform_name: str) -> Claims | Refusal:
    if header.get("aud", platform_name) != platform_name:
        return Refusal("AUDIENCE_WRONG")
    claims = Claims.from_header(header)
    if claims is None:
        return Refusal("CLAIMS_MISSING")
    return claims if sealed_name(claims) == file_name else Refusal("CLAIMS_DISAGREE")


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
