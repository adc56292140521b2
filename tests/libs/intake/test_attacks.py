"""Every way that we know of to get a file past the checks: each is refused, for the reason that the table names.

Each attack is made on a file sealed to an elliptic curve key, to an RSA key, and to an RSA key that a vault keeps.
"""

import gzip
import hashlib
import hmac
import json
import re
import tracemalloc
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import JWKRegistry

from libs.intake import envelope
from libs.intake.claims import sealed_name
from libs.intake.envelope import OpenedExtract, open_sealed
from libs.intake.reasons import Refusal
from tests.libs.intake.conftest import ARRIVED, CLAIMS, EXTRACT, NAME, World, b64, flip, flip_at, unb64

GRACE = 172_800
PACKED = gzip.compress(EXTRACT)
BOMB = b"\0" * 64_000_000


@dataclass(frozen=True)
class Attack:
    """What is done, how the file is made, and the reason for which it is refused."""

    what: str
    make: Callable[[World], bytes]
    reason: str
    file_name: str = NAME
    arrived_at: int | None = ARRIVED

    def __str__(self) -> str:
        return self.what


def reheaded(sealed: bytes, **changes: Any) -> bytes:
    """Another header over the same segments; a change to None leaves the parameter out."""
    header, rest = sealed.split(b".", 1)
    changed = {**json.loads(unb64(header)), **changes}
    return b64(json.dumps({name: value for name, value in changed.items() if value is not None}).encode()) + b"." + rest


def outer_text(world: World, text: bytes) -> bytes:
    """A sealed file whose header is any text."""
    return b64(text) + b"." + world.seal().split(b".", 1)[1]


def swapped(compact: bytes, one: int, other: int) -> bytes:
    segments = compact.split(b".")
    segments[one], segments[other] = segments[other], segments[one]
    return b".".join(segments)


def grafted(compact: bytes, segment: int, other: bytes) -> bytes:
    segments = compact.split(b".")
    segments[segment] = other.split(b".")[segment]
    return b".".join(segments)


def without_tail(compact: bytes, segments: int) -> bytes:
    return b".".join(compact.split(b".")[:segments])


def signed(world: World, signer: str = "rvw", **changes: Any) -> bytes:
    return world.sign(world.header(**changes), signer=signer)


def another(world: World) -> bytes:
    return world.sign(world.header(b"another"), gzip.compress(b"another"))


def keyed_hash(world: World, kid: str, secret: Callable[[dict[str, Any]], bytes]) -> bytes:
    """A signature that whoever has the public key can make, if that is taken for a shared secret."""
    signing_input = signed(world, alg="HS256", kid=kid).rpartition(b".")[0]
    signature = hmac.new(secret(world.keys[kid][1]), signing_input, hashlib.sha256).digest()
    return world.encrypt(signing_input + b"." + b64(signature))


def pem(jwk: dict[str, Any]) -> bytes:
    key = JWKRegistry.import_key({name: value for name, value in jwk.items() if name != "alg"})
    return key.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def member(*names: str) -> Callable[[dict[str, Any]], bytes]:
    return lambda jwk: b"".join(unb64(jwk[name].encode()) for name in names)


def repeated_member(world: World) -> bytes:
    """A header that says twice how many rows there are."""
    text = json.dumps(world.header()).encode().replace(b"{", b'{"rows": 1000, ', 1)
    return world.encrypt(world.sign_text(text))


def other_algorithm(world: World) -> str:
    return {"ec": "RSA-OAEP-256", "rsa": "ECDH-ES+A256KW"}[world.platform]


LINE = [
    *(
        Attack(f"a bit of the {name} flipped on the way", lambda w, n=n: flip(w.seal(), n), "DAMAGED")
        for n, name in ((1, "encrypted key"), (2, "initialisation vector"), (3, "ciphertext"), (4, "tag"))
    ),
    Attack("a bit of the outer content type flipped", lambda w: flip_at(w.seal(), 0, b"jose"), "DAMAGED"),
    Attack("a bit of the outer algorithm flipped", lambda w: flip_at(w.seal(), 0, b"A256GCM"), "ALGORITHM_REFUSED"),
    Attack(
        "a bit of the outer key id flipped",
        lambda w: flip_at(w.seal(), 0, b'ec"' if w.platform == "ec" else b'rsa"'),
        "PLATFORM_KEY_UNKNOWN",
    ),
    Attack("a bit of the outer brace flipped", lambda w: flip_at(w.seal(), 0, 0), "NOT_SEALED"),
    Attack("nothing at all", lambda w: b"", "EMPTY"),
    *(
        Attack(f"cut off after {n} of 5 segments", lambda w, n=n: without_tail(w.seal(), n), "NOT_SEALED")
        for n in (1, 2, 3, 4)
    ),
    Attack("cut off within the header", lambda w: w.seal()[:20], "NOT_SEALED"),
    Attack("cut off before the tag", lambda w: without_tail(w.seal(), 4) + b".", "DAMAGED"),
    *(Attack(f"cut short by {n}", lambda w, n=n: w.seal()[:-n], "DAMAGED") for n in (1, 2, 4, 8)),
    Attack("a line feed at the end", lambda w: w.seal() + b"\n", "DAMAGED"),
    Attack("padding at the end", lambda w: w.seal() + b"==", "DAMAGED"),
    Attack("a sixth segment", lambda w: w.seal() + b".", "NOT_SEALED"),
    *(
        Attack(f"the header and segment {n} swapped", lambda w, n=n: swapped(w.seal(), 0, n), "NOT_SEALED")
        for n in (1, 4)
    ),
    *(
        Attack(
            f"segments {one} and {other} swapped",
            lambda w, one=one, other=other: swapped(w.seal(), one, other),
            "DAMAGED",
        )
        for one, other in ((1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4))
    ),
    *(
        Attack(f"segment {n} of another file", lambda w, n=n: grafted(w.seal(), n, w.seal(b"another")), "DAMAGED")
        for n in (1, 2, 3, 4)
    ),
    Attack("a sealed file's five empty segments", lambda w: b"....", "NOT_SEALED"),
    Attack("an extract that nobody sealed", lambda w: b"NHS_NUMBER,SURNAME\n9990000018,SMITH\n", "NOT_SEALED"),
    Attack("an extract compressed only", lambda w: PACKED, "NOT_SEALED"),
    Attack("an extract signed only", signed, "NOT_SEALED"),
    Attack("a file beyond the limit", lambda w: b"A" * (w.opener.max_sealed_bytes + 1), "TOO_LARGE"),
]

OUTER = [
    *(
        Attack(f"the outer algorithm {value}", lambda w, v=value: reheaded(w.seal(), alg=v), "ALGORITHM_REFUSED")
        for value in (
            "none",
            "dir",
            "RSA1_5",
            "RSA-OAEP",
            "A256KW",
            "ECDH-ES",
            "PBES2-HS256+A128KW",
            ["RSA-OAEP-256"],
            7,
        )
    ),
    Attack(
        "the algorithm of another kind of key",
        lambda w: reheaded(w.seal(), alg=other_algorithm(w)),
        "ALGORITHM_REFUSED",
    ),
    *(
        Attack(f"the content encryption {value}", lambda w, v=value: reheaded(w.seal(), enc=v), "ALGORITHM_REFUSED")
        for value in ("A128GCM", "A192GCM", "A256CBC-HS512", "none", ["A256GCM"])
    ),
    *(
        Attack(f"no outer {name}", lambda w, n=name: reheaded(w.seal(), **{n: None}), "ALGORITHM_REFUSED")
        for name in ("alg", "enc")
    ),
    *(
        Attack(
            f"{name} {value} in the outer header",
            lambda w, n=name, v=value: reheaded(w.seal(), **{n: v}),
            "ALGORITHM_REFUSED",
        )
        for name, value in (
            ("crit", ["exp"]),
            ("crit", []),
            ("crit", 3),
            ("zip", "DEF"),
            ("b64", False),
            ("jku", "https://example.org/k"),
            ("jwk", {"kty": "EC"}),
            ("x5u", "https://example.org/c"),
            ("x5c", ["MIIB"]),
            ("p2c", 10**9),
            ("other", 1),
        )
    ),
    *(
        Attack(f"the outer key id {value}", lambda w, v=value: reheaded(w.seal(), kid=v), "PLATFORM_KEY_UNKNOWN")
        for value in ("rsa-2019", "rvw", "platform-sig", None, ["ec"], 7, "")
    ),
    Attack(
        "sealed to a stranger's key under ours",
        lambda w: w.encrypt(signed(w), platform="stranger-ec", kid="ec"),
        "DAMAGED",
    ),
    Attack(
        "an outer header that says a thing twice",
        lambda w: outer_text(w, b'{"alg":"dir","alg":"RSA-OAEP-256"}'),
        "NOT_SEALED",
    ),
    Attack("an outer header in UTF-16", lambda w: outer_text(w, '{"kid":"ec"}'.encode("utf-16")), "NOT_SEALED"),
    Attack("an outer header with NaN", lambda w: outer_text(w, b'{"kid":NaN}'), "NOT_SEALED"),
    Attack("an outer header that nests without end", lambda w: outer_text(w, b"[" * 3000), "NOT_SEALED"),
    Attack("an outer header with a list", lambda w: outer_text(w, b"[]"), "NOT_SEALED"),
    Attack(
        "an outer header beyond the limit", lambda w: outer_text(w, b'{"kid":"' + b"k" * 4096 + b'"}'), "NOT_SEALED"
    ),
]

KEYS = [
    Attack("sealed to a key that had ended", lambda w: w.seal(platform=f"{w.platform}-old"), "PLATFORM_KEY_EXPIRED"),
    Attack(
        "sealed to a key that had not begun", lambda w: w.seal(platform=f"{w.platform}-next"), "PLATFORM_KEY_EXPIRED"
    ),
    Attack(
        "sealed to a key that ended long before the file came",
        lambda w: w.seal(platform=f"{w.platform}-ending"),
        "PLATFORM_KEY_EXPIRED",
        arrived_at=CLAIMS.iat + 1 + GRACE + 1,
    ),
    *(
        Attack(
            f"sealed to a withdrawn key, come {when}",
            lambda w: w.seal(platform=f"{w.platform}-revoked"),
            "PLATFORM_KEY_REVOKED",
            arrived_at=at,
        )
        for when, at in (("that second", ARRIVED), ("later", ARRIVED + 10**6), ("nobody knows when", None))
    ),
    Attack("signed with a key that had ended", lambda w: w.seal(signer="rvw-old"), "SENDER_KEY_EXPIRED"),
    Attack("signed with a key that had not begun", lambda w: w.seal(signer="rvw-next"), "SENDER_KEY_EXPIRED"),
    Attack(
        "a stolen key's file with an older time",
        lambda w: w.seal(signer="rvw-ending"),
        "SENDER_KEY_EXPIRED",
        arrived_at=CLAIMS.iat + 1 + GRACE + 1,
    ),
    *(
        Attack(
            f"signed with a withdrawn key, come {when}",
            lambda w: w.seal(signer="rvw-revoked"),
            "SENDER_KEY_REVOKED",
            arrived_at=at,
        )
        for when, at in (("that second", ARRIVED), ("later", ARRIVED + 10**6), ("nobody knows when", None))
    ),
    *(
        Attack(f"the inner key id {value}", lambda w, v=value: w.forge(kid=v), "SENDER_KEY_UNKNOWN")
        for value in ("stranger", "ec", "rvw-enc", None, "")
    ),
    Attack("a stranger's signature", lambda w: w.encrypt(signed(w, "stranger", kid="stranger")), "SENDER_KEY_UNKNOWN"),
    Attack(
        "a stranger's signature under a trust's key id", lambda w: w.encrypt(signed(w, "stranger")), "SIGNATURE_WRONG"
    ),
    Attack(
        "another trust's signature under this one's key id", lambda w: w.encrypt(signed(w, "rtr")), "SIGNATURE_WRONG"
    ),
    Attack("another trust's signature over this one's name", lambda w: w.seal(signer="rtr"), "SENDER_WRONG"),
    Attack("a trust's signature over another one's name", lambda w: w.forge(iss="RTR"), "SENDER_WRONG"),
    Attack(
        "the signature of a key without an owner, over no name",
        lambda w: w.encrypt(signed(w, "nobody", kid="nobody", iss=None)),
        "SENDER_WRONG",
    ),
    Attack("the signature of a key without an owner", lambda w: w.seal(signer="nobody"), "SENDER_WRONG"),
]

INNER = [
    Attack(
        "a bit of the signed header flipped", lambda w: w.encrypt(flip_at(signed(w), 0, b"infoflex")), "SIGNATURE_WRONG"
    ),
    *(
        Attack(
            f"a bit of the {name} flipped before sealing",
            lambda w, n=n: w.encrypt(flip(signed(w), n)),
            "SIGNATURE_WRONG",
        )
        for n, name in ((1, "payload"), (2, "signature"))
    ),
    Attack(
        "more rows written into the signed header",
        lambda w: w.encrypt(grafted(signed(w), 0, signed(w, rows=3))),
        "SIGNATURE_WRONG",
    ),
    *(
        Attack(
            f"the inner segment {n} of another file",
            lambda w, n=n: w.encrypt(grafted(signed(w), n, another(w))),
            "SIGNATURE_WRONG",
        )
        for n in (0, 1, 2)
    ),
    *(
        Attack(f"cut to {n} inner segments", lambda w, n=n: w.encrypt(without_tail(signed(w), n)), "NOT_SIGNED")
        for n in (1, 2)
    ),
    Attack("nothing inside", lambda w: w.encrypt(b""), "NOT_SIGNED"),
    Attack("the signature cut off", lambda w: w.encrypt(without_tail(signed(w), 2) + b"."), "SIGNATURE_WRONG"),
    Attack("the signature cut short", lambda w: w.encrypt(signed(w)[:-4]), "SIGNATURE_WRONG"),
    Attack("the payload left out", lambda w: w.encrypt(re.sub(rb"\..*\.", b"..", signed(w))), "SIGNATURE_WRONG"),
    Attack("a fourth inner segment", lambda w: w.encrypt(signed(w) + b"."), "NOT_SIGNED"),
    *(
        Attack(
            f"the inner header and segment {n} swapped",
            lambda w, n=n: w.encrypt(swapped(signed(w), 0, n)),
            "NOT_SIGNED",
        )
        for n in (1, 2)
    ),
    Attack("payload and signature swapped", lambda w: w.encrypt(swapped(signed(w), 1, 2)), "SIGNATURE_WRONG"),
    Attack("three empty inner segments", lambda w: w.encrypt(b".."), "NOT_SIGNED"),
    Attack("an extract encrypted only", lambda w: w.encrypt(EXTRACT), "NOT_SIGNED"),
    Attack("an extract compressed and encrypted only", lambda w: w.encrypt(PACKED), "NOT_SIGNED"),
    Attack("a sealed file sealed again", lambda w: w.encrypt(w.seal()), "NOT_SIGNED"),
    Attack(
        "no signature, and a header that says so",
        lambda w: w.encrypt(without_tail(signed(w, alg="none"), 2) + b"."),
        "ALGORITHM_REFUSED",
    ),
    Attack("a signature, and a header that says none", lambda w: w.forge(alg="none"), "ALGORITHM_REFUSED"),
    Attack(
        "an Edwards public key as a shared secret", lambda w: keyed_hash(w, "rvw", member("x")), "ALGORITHM_REFUSED"
    ),
    Attack(
        "an elliptic public key as a shared secret",
        lambda w: keyed_hash(w, "rvw-es", member("x", "y")),
        "ALGORITHM_REFUSED",
    ),
    Attack("an elliptic PEM as a shared secret", lambda w: keyed_hash(w, "rvw-es", pem), "ALGORITHM_REFUSED"),
    Attack("an RSA public key as a shared secret", lambda w: keyed_hash(w, "rvw-ps", member("n")), "ALGORITHM_REFUSED"),
    Attack("an RSA PEM as a shared secret", lambda w: keyed_hash(w, "rvw-ps", pem), "ALGORITHM_REFUSED"),
    *(
        Attack(
            f"{value} named over a key of {signer}",
            lambda w, s=signer, v=value: w.encrypt(signed(w, s, alg=v, kid=s)),
            "ALGORITHM_REFUSED",
        )
        for signer, value in (
            ("rvw-ps", "RS256"),
            ("rvw-ps", "PS512"),
            ("rvw-ps", "EdDSA"),
            ("rvw-es", "ES384"),
            ("rvw-es", "ES256K"),
            ("rvw", "ES256"),
            ("rvw", "Ed448"),
            ("rvw", ["EdDSA"]),
        )
    ),
    *(
        Attack(f"the inner header's {name}", lambda w, c=changes: w.forge(**c), "ALGORITHM_REFUSED")
        for name, changes in {
            "b64, critical": {"b64": False, "crit": ["b64"]},
            "b64": {"b64": False},
            "crit": {"crit": ["exp"]},
            "crit, empty": {"crit": []},
            "crit, a number": {"crit": 3},
            "zip": {"zip": "DEF"},
            "jku": {"jku": "https://example.org/k"},
            "x5u": {"x5u": "https://example.org/c"},
            "x5c": {"x5c": ["MIIB"]},
            "jwk": {"jwk": {"kty": "OKP"}},
            "own invention": {"other": 1},
        }.items()
    ),
    Attack(
        "a key that the header brings along",
        lambda w: w.encrypt(signed(w, "stranger", jwk=w.keys["stranger"][1])),
        "ALGORITHM_REFUSED",
    ),
    Attack("a signed header that says a thing twice", repeated_member, "NOT_SIGNED"),
    Attack("a signed header that nests without end", lambda w: w.encrypt(b64(b"[" * 3000) + b".."), "NOT_SIGNED"),
    Attack(
        "a signed number that no reader can hold",
        lambda w: w.encrypt(w.sign_text(b'{"rows":' + b"9" * 2900 + b"}")),
        "SENDER_KEY_UNKNOWN",
    ),
]

CLAIMED = [
    Attack("for another environment", lambda w: w.seal(aud="cancollaborate-prod"), "AUDIENCE_WRONG"),
    Attack("for a list of environments", lambda w: w.forge(aud=[CLAIMS.aud]), "AUDIENCE_WRONG"),
    *(
        Attack(f"no claim {name}", lambda w, n=name: w.forge(**{n: None}), "CLAIMS_MISSING")
        for name in ("iss", "aud", "sys", "feed", "seq", "iat", "kind", "rows", "sha256")
    ),
    *(
        Attack(f"a claim {next(iter(change.items()))}", lambda w, c=change: w.forge(**c), "CLAIMS_MISSING")
        for change in (
            {"rows": "2"},
            {"rows": 2.0},
            {"rows": True},
            {"rows": -1},
            {"rows": 2**63},
            {"rows": 10**300},
            {"feed": True},
            {"feed": 1.0},
            {"feed": -1},
            {"feed": 2**31},
            {"seq": 42.0},
            {"seq": -42},
            {"seq": 10**6},
            {"iat": float(CLAIMS.iat)},
            {"iat": True},
            {"iat": -1},
            {"iat": 10**14},
            {"iat": "2025"},
            {"kind": "snapshot"},
            {"kind": ["full"]},
            {"sha256": "abc"},
            {"sha256": "A" * 64},
            {"sys": 7},
        )
    ),
    *(
        Attack(
            f"named for another {part}", lambda w: w.seal(), "CLAIMS_DISAGREE", sealed_name(replace(CLAIMS, **change))
        )
        for part, change in (
            ("trust", {"iss": "RTR"}),
            ("system", {"sys": "scr"}),
            ("second", {"iat": CLAIMS.iat + 1}),
            ("hour", {"iat": CLAIMS.iat - 3600}),
            ("sequence", {"seq": 43}),
        )
    ),
    Attack("a claim of a system that no name can hold", lambda w: w.forge(sys="../etc"), "CLAIMS_DISAGREE"),
    Attack("named as no sealed file is", lambda w: w.seal(), "NAME_INVALID", "../extract.jwe"),
    Attack("a time beyond the arrival", lambda w: w.seal(), "EXTRACT_IN_FUTURE", arrived_at=CLAIMS.iat - 901),
    *(
        Attack(f"an extract {what}", lambda w, p=payload: w.forge(p), "EXTRACT_DAMAGED")
        for what, payload in (
            ("left out", b""),
            ("not compressed", EXTRACT),
            ("compressed as zlib does", zlib.compress(EXTRACT)),
            ("cut short", PACKED[:-1]),
            ("followed by a byte", PACKED + b"x"),
            ("in two members", gzip.compress(EXTRACT[:5]) + gzip.compress(EXTRACT[5:])),
            ("followed by an empty member", PACKED + gzip.compress(b"")),
            ("that is not the one hashed", gzip.compress(b"another")),
        )
    ),
    Attack(
        "an extract one byte beyond the limit",
        lambda w: w.seal(b"A" * (w.opener.max_extract_bytes + 1)),
        "EXTRACT_TOO_LARGE",
    ),
    Attack(
        "a small file that expands without end",
        lambda w: w.forge(gzip.compress(BOMB), sha256=hashlib.sha256(BOMB).hexdigest()),
        "EXTRACT_TOO_LARGE",
    ),
]

ATTACKS = [*LINE, *OUTER, *KEYS, *INNER, *CLAIMED]


@pytest.fixture(params=["ec", "rsa", "vault"])
def attacked(request: pytest.FixtureRequest, world: World, vault_world: World) -> World:
    """The world in which files are sealed to such a key."""
    return vault_world if request.param == "vault" else replace(world, platform=request.param)


def opened(world: World, attack: Attack) -> OpenedExtract | Refusal:
    return open_sealed(
        attack.make(world), file_name=attack.file_name, opener=world.opener, arrived_at=attack.arrived_at
    )


def test_the_file_that_is_attacked_opens(attacked: World) -> None:
    assert isinstance(opened(attacked, Attack("nothing", World.seal, "")), OpenedExtract)


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_an_attack_is_refused_for_its_reason(attacked: World, attack: Attack) -> None:
    found = opened(attacked, attack)
    assert isinstance(found, Refusal), "it was opened"
    assert found.reason == attack.reason


@pytest.mark.parametrize("attacked", ["rsa", "vault"], indirect=True)
@pytest.mark.parametrize("size", [16, 24, 32])
def test_a_content_key_that_is_shorter_than_its_algorithm_says_opens_nothing(attacked: World, size: int) -> None:
    key = JWKRegistry.import_key(attacked.keys["rsa"][1])
    content_key, vector, header = bytes(range(size)), bytes(12), attacked.seal().partition(b".")[0]
    sealed = AESGCM(content_key).encrypt(vector, signed(attacked), header)
    wrapped = key.public_key.encrypt(content_key, OAEP(MGF1(SHA256()), SHA256(), None))
    made = b".".join([header, *map(b64, (wrapped, vector, sealed[:-16], sealed[-16:]))])
    found = open_sealed(made, file_name=NAME, opener=attacked.opener, arrived_at=ARRIVED)
    assert isinstance(found, OpenedExtract) if size == 32 else found == Refusal("DAMAGED")


def test_every_reason_that_the_envelope_knows_is_met_by_an_attack() -> None:
    source = Path(envelope.__file__).read_text(encoding="utf-8")
    known = set(re.findall(r'"([A-Z]+_?[A-Z_]+)"', source))
    assert {"DAMAGED", "EMPTY", "TOO_LARGE"} <= known
    assert known == {attack.reason for attack in ATTACKS}


def test_no_two_attacks_are_the_same() -> None:
    assert len({attack.what for attack in ATTACKS}) == len(ATTACKS)


def test_a_bomb_is_refused_before_it_is_expanded(attacked: World) -> None:
    sealed = attacked.forge(gzip.compress(BOMB), sha256=hashlib.sha256(BOMB).hexdigest())
    assert len(sealed) < attacked.opener.max_sealed_bytes
    tracemalloc.start()
    found = open_sealed(sealed, file_name=NAME, opener=attacked.opener, arrived_at=ARRIVED)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == Refusal("EXTRACT_TOO_LARGE")
    assert peak < 4_000_000
