"""A platform and two trusts with keys of their own, and a way to seal what no honest trust would."""

import base64
import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwe, jws
from joserfc.jwk import JWKRegistry

from libs.feeds import FeedContract, load_contracts
from libs.intake.envelope import Claims, Opener, seal
from libs.intake.keys import KeyRing, make_key_pair

CLAIMS = Claims("RVW", "cancollaborate-test", "infoflex", feed=1, seq=42, iat=1_761_998_400, kind="full", rows=2)
EXTRACT = b"A|B\n1|2\n3|4\n"


def b64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def unb64(segment: bytes) -> bytes:
    return base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))


def flip(sealed: bytes, segment: int) -> bytes:
    """Change one bit in the middle of one segment of a compact serialisation."""
    segments = sealed.split(b".")
    data = bytearray(unb64(segments[segment]))
    data[len(data) // 2] ^= 1
    segments[segment] = b64(bytes(data))
    return b".".join(segments)


@dataclass(frozen=True)
class World:
    """Keys by name: (private, public)."""

    opener: Opener
    keys: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = field(repr=False)

    def seal(self, extract: bytes = EXTRACT, signer: str = "rvw", platform: str = "ec", **claims: Any) -> bytes:
        return seal(
            extract,
            replace(CLAIMS, **claims),
            signing_key=self.keys[signer][0],
            platform_key=self.keys[platform][1],
        )

    def header(self, extract: bytes = EXTRACT, **changes: Any) -> dict[str, Any]:
        """The header that a trust signs; a change to None leaves the parameter out."""
        sha256 = hashlib.sha256(extract).hexdigest()
        full = {"alg": "EdDSA", "kid": "rvw", **CLAIMS.as_header(sha256=sha256), **changes}
        return {name: value for name, value in full.items() if value is not None}

    def sign(self, header: Mapping[str, Any], payload: bytes | None = None, signer: str = "rvw") -> bytes:
        """A JWS whose header holds anything at all, signed with a key of the world."""
        signing_input = _segment(header) + b"." + b64(gzip.compress(EXTRACT) if payload is None else payload)
        key = self.keys[signer][0]
        algorithm = jws.JWSRegistry.algorithms[key["alg"]]
        return signing_input + b"." + b64(algorithm.sign(signing_input, JWKRegistry.import_key(key)))

    def encrypt(self, signed: bytes, platform: str = "ec", **changes: Any) -> bytes:
        key = self.keys[platform][1]
        header = {"alg": key["alg"], "enc": "A256GCM", "kid": key["kid"], "cty": "jose", **changes}
        allowed = [header["alg"], header["enc"], *([header["zip"]] if "zip" in header else [])]
        unnamed = {name: value for name, value in key.items() if name != "alg"}
        sealed = jwe.encrypt_compact(header, signed, JWKRegistry.import_key(unnamed), algorithms=allowed)
        return sealed.encode("ascii")

    def forge(self, payload: bytes | None = None, **changes: Any) -> bytes:
        return self.encrypt(self.sign(self.header(**changes), payload))


def _segment(header: Mapping[str, Any]) -> bytes:
    return b64(json.dumps(header).encode("utf-8"))


@pytest.fixture(scope="session")
def world() -> World:
    """RVW signs with EdDSA, ES256 and PS256 keys, RTR with EdDSA; some keys of RVW are no longer or not yet valid."""
    keys = {
        "ec": make_key_pair("ec", algorithm="ECDH-ES+A256KW"),
        "rsa": make_key_pair("rsa", algorithm="RSA-OAEP-256"),
        "rvw": make_key_pair("rvw", algorithm="EdDSA"),
        "rvw-es": make_key_pair("rvw-es", algorithm="ES256"),
        "rvw-ps": make_key_pair("rvw-ps", algorithm="PS256"),
        "rvw-old": make_key_pair("rvw-old", algorithm="EdDSA"),
        "rvw-next": make_key_pair("rvw-next", algorithm="EdDSA"),
        "rtr": make_key_pair("rtr", algorithm="EdDSA"),
        "nobody": make_key_pair("nobody", algorithm="EdDSA"),
        "stranger": make_key_pair("stranger", algorithm="EdDSA"),
        "stranger-ec": make_key_pair("stranger-ec", algorithm="ECDH-ES+A256KW"),
    }
    trusts = [{**keys[kid][1], "iss": "RVW"} for kid in ("rvw", "rvw-es", "rvw-ps")]
    trusts += [
        {**keys["rvw-old"][1], "iss": "RVW", "exp": CLAIMS.iat},
        {**keys["rvw-next"][1], "iss": "RVW", "nbf": CLAIMS.iat + 1},
        {**keys["rtr"][1], "iss": "RTR"},
        keys["nobody"][1],
    ]
    opener = Opener(
        platform_name=CLAIMS.aud,
        platform_keys=KeyRing([keys["ec"][0], keys["rsa"][0]], name="platform"),
        trust_keys=KeyRing(trusts, name="trusts"),
        systems={"RVW": "infoflex", "RTR": "scr"},
        max_sealed_bytes=1_000_000,
        max_extract_bytes=100_000,
        landing="/nowhere/landing",
    )
    return World(opener, keys)


@pytest.fixture(scope="session")
def contracts() -> dict[str, FeedContract]:
    return load_contracts(Path(__file__).parents[3] / "conf")
