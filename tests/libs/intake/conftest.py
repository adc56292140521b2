"""A platform and two trusts with keys of their own, and a way to seal what no honest trust would."""

import base64
import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwe, jws
from joserfc.jwk import JWKRegistry

from libs.feeds import FeedContract, load_contracts
from libs.intake.envelope import Claims, Opener, seal, sealed_name
from libs.intake.keys import KeyRing, make_key_pair
from tests.libs.intake.vault import running_vault

CLAIMS = Claims("RVW", "cancollaborate-test", "infoflex", feed=1, seq=42, iat=1_761_998_400, kind="full", rows=2)
EXTRACT = b"A|B\n1|2\n3|4\n"
NAME = sealed_name(CLAIMS)
ARRIVED = CLAIMS.iat + 60


def b64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def unb64(segment: bytes) -> bytes:
    return base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))


def flip(sealed: bytes, segment: int) -> bytes:
    """Change one bit in the middle of one segment of a compact serialisation."""
    return flip_at(sealed, segment, len(unb64(sealed.split(b".")[segment])) // 2)


def flip_at(sealed: bytes, segment: int, place: int | bytes) -> bytes:
    """Change one bit of the byte at a place of a segment, or of the first byte of a text that stands there."""
    segments = sealed.split(b".")
    data = bytearray(unb64(segments[segment]))
    data[place if isinstance(place, int) else data.index(place)] ^= 1
    segments[segment] = b64(bytes(data))
    return b".".join(segments)


@dataclass(frozen=True)
class World:
    """Keys by name: (private, public). Files are sealed to the key `platform`, unless another is asked for."""

    opener: Opener
    keys: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = field(repr=False)
    platform: str = "ec"

    def seal(self, extract: bytes = EXTRACT, signer: str = "rvw", platform: str | None = None, **claims: Any) -> bytes:
        return seal(
            extract,
            replace(CLAIMS, **claims),
            signing_key=self.keys[signer][0],
            platform_key=self.keys[platform or self.platform][1],
        )

    def header(self, extract: bytes = EXTRACT, **changes: Any) -> dict[str, Any]:
        """The header that a trust signs; a change to None leaves the parameter out."""
        sha256 = hashlib.sha256(extract).hexdigest()
        full = {"alg": "EdDSA", "kid": "rvw", **CLAIMS.as_header(sha256=sha256), **changes}
        return {name: value for name, value in full.items() if value is not None}

    def sign(self, header: Mapping[str, Any], payload: bytes | None = None, signer: str = "rvw") -> bytes:
        """A JWS whose header holds anything at all, signed with a key of the world."""
        return self.sign_text(json.dumps(header).encode(), payload, signer)

    def sign_text(self, header: bytes, payload: bytes | None = None, signer: str = "rvw") -> bytes:
        """A JWS whose header is any text at all."""
        signing_input = b64(header) + b"." + b64(gzip.compress(EXTRACT) if payload is None else payload)
        key = self.keys[signer][0]
        algorithm = jws.JWSRegistry.algorithms[key["alg"]]
        return signing_input + b"." + b64(algorithm.sign(signing_input, JWKRegistry.import_key(key)))

    def encrypt(self, signed: bytes, platform: str | None = None, **changes: Any) -> bytes:
        key = self.keys[platform or self.platform][1]
        header = {"alg": key["alg"], "enc": "A256GCM", "kid": key["kid"], "cty": "jose", **changes}
        allowed = [header["alg"], header["enc"], *([header["zip"]] if "zip" in header else [])]
        unnamed = {name: value for name, value in key.items() if name != "alg"}
        sealed = jwe.encrypt_compact(header, signed, JWKRegistry.import_key(unnamed), algorithms=allowed)
        return sealed.encode("ascii")

    def forge(self, payload: bytes | None = None, **changes: Any) -> bytes:
        return self.encrypt(self.sign(self.header(**changes), payload))


def with_dates(keys: dict[str, tuple[dict[str, Any], dict[str, Any]]], kid: str) -> None:
    """Add a key of the same material for each state in which a key may be at the time of the extract."""
    states = {
        "old": {"exp": CLAIMS.iat},
        "next": {"nbf": CLAIMS.iat + 1},
        "ending": {"nbf": CLAIMS.iat, "exp": CLAIMS.iat + 1},
        "revoked": {"revoked": ARRIVED},
    }
    for state, dates in states.items():
        private, public = ({**part, "kid": f"{kid}-{state}", **dates} for part in keys[kid])
        keys[f"{kid}-{state}"] = (private, public)


@pytest.fixture(scope="session")
def world() -> World:
    """RVW signs with EdDSA, ES256 and PS256 keys, RTR with EdDSA; both rings hold keys of every state."""
    keys = {
        "ec": make_key_pair("ec", algorithm="ECDH-ES+A256KW"),
        "rsa": make_key_pair("rsa", algorithm="RSA-OAEP-256"),
        "platform-sig": make_key_pair("platform-sig", algorithm="EdDSA"),
        "rvw": make_key_pair("rvw", algorithm="EdDSA"),
        "rvw-es": make_key_pair("rvw-es", algorithm="ES256"),
        "rvw-ps": make_key_pair("rvw-ps", algorithm="PS256"),
        "rvw-enc": make_key_pair("rvw-enc", algorithm="ECDH-ES+A256KW"),
        "rtr": make_key_pair("rtr", algorithm="EdDSA"),
        "nobody": make_key_pair("nobody", algorithm="EdDSA"),
        "stranger": make_key_pair("stranger", algorithm="EdDSA"),
        "stranger-ec": make_key_pair("stranger-ec", algorithm="ECDH-ES+A256KW"),
    }
    for kid in ("ec", "rsa", "rvw"):
        with_dates(keys, kid)
    ours = [keys[kid][0] for kid in keys if kid.startswith(("ec", "rsa", "platform"))]
    trusts = [{**keys[kid][1], "iss": kid[:3].upper()} for kid in keys if kid.startswith(("rvw", "rtr"))]
    opener = Opener(
        platform_name=CLAIMS.aud,
        platform_keys=KeyRing(ours, name="platform"),
        trust_keys=KeyRing([*trusts, keys["nobody"][1]], name="trusts"),
        systems={"RVW": "infoflex", "RTR": "scr"},
        max_sealed_bytes=1_000_000,
        max_extract_bytes=100_000,
    )
    return World(opener, keys)


@pytest.fixture(scope="session")
def vault_world(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The same with an RSA key whose private part only a vault in another process holds."""
    with running_vault(tmp_path_factory.mktemp("vault"), "rsa") as (client, public):
        keys = {**world.keys, "rsa": ({}, public)}
        with_dates(keys, "rsa")
        kept = [keys[kid][1] for kid in keys if kid.startswith("rsa")]
        ring = KeyRing([keys["ec"][0], keys["platform-sig"][0], *kept], name="platform")
        yield World(replace(world.opener, platform_keys=ring, unwrapper=client), keys, platform="rsa")


@pytest.fixture(scope="session")
def contracts() -> dict[str, FeedContract]:
    return load_contracts(Path(__file__).parents[3] / "conf")
