"""Sealed extracts open to what was sealed; whatever else comes is refused with the reason of the check that saw it."""

import gzip
import hashlib
import hmac
import json
import pickle
import tracemalloc
import zlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.errors import KeyRingError, Terminal
from libs.intake.claims import Claims
from libs.intake.envelope import OpenedExtract, open_sealed, parse_name, seal, sealed_name
from libs.intake.keys import KeyRing
from libs.intake.reasons import REASONS, Refusal
from tests.libs.intake.conftest import CLAIMS, EXTRACT, World, b64, flip, unb64

NAME = sealed_name(CLAIMS)


def reason_of(world: World, sealed: bytes, name: str = NAME) -> str:
    opened = open_sealed(sealed, file_name=name, opener=world.opener)
    assert isinstance(opened, Refusal), "it was opened"
    return opened.reason


@pytest.mark.parametrize("platform", ["ec", "rsa"])
@pytest.mark.parametrize("signer", ["rvw", "rvw-es", "rvw-ps"])
def test_what_is_sealed_opens_with_every_pair_of_algorithms(world: World, platform: str, signer: str) -> None:
    sealed = world.seal(signer=signer, platform=platform)
    assert open_sealed(sealed, file_name=NAME, opener=world.opener) == OpenedExtract(CLAIMS, EXTRACT)


def test_an_edwards_key_serves_under_both_of_its_names(world: World) -> None:
    for key_name, header_name in (("EdDSA", "Ed25519"), ("Ed25519", "EdDSA")):
        public = {**world.keys["rvw"][1], "alg": key_name, "iss": "RVW"}
        opener = replace(world.opener, trust_keys=KeyRing([public]))
        opened = open_sealed(world.forge(alg=header_name), file_name=NAME, opener=opener)
        assert isinstance(opened, OpenedExtract)


@given(st.binary(max_size=3000))
@settings(max_examples=60, deadline=None)
def test_any_bytes_come_back_as_they_were(world: World, extract: bytes) -> None:
    opened = open_sealed(world.seal(extract), file_name=NAME, opener=world.opener)
    assert isinstance(opened, OpenedExtract)
    assert opened.extract == extract


def test_the_opener_opens_after_it_was_pickled(world: World) -> None:
    opener = pickle.loads(pickle.dumps(world.opener))  # noqa: S301
    assert isinstance(open_sealed(world.seal(platform="rsa"), file_name=NAME, opener=opener), OpenedExtract)


def test_an_opened_extract_does_not_show_its_rows(world: World) -> None:
    opened = open_sealed(world.seal(b"SMITH"), file_name=NAME, opener=world.opener)
    assert "SMITH" not in repr(opened)


# What a stranger, or a faulty line, may do to a sealed file without any key.


@pytest.mark.parametrize("segment", [1, 2, 3, 4])
@pytest.mark.parametrize("platform", ["ec", "rsa"])
def test_one_changed_bit_of_the_ciphertext_its_key_vector_or_tag_is_damage(
    world: World, platform: str, segment: int
) -> None:
    assert reason_of(world, flip(world.seal(platform=platform), segment)) == "DAMAGED"


def test_any_changed_bit_of_the_outer_header_is_refused(world: World) -> None:
    header, rest = world.seal().split(b".", 1)
    size = len(header) * 3 // 4
    reasons = set()
    for position in range(size):
        data = bytearray(unb64(header))
        data[position] ^= 1
        reasons.add(reason_of(world, b64(bytes(data)) + b"." + rest))
    assert {"NOT_SEALED", "PLATFORM_KEY_UNKNOWN", "ALGORITHM_REFUSED", "DAMAGED"} >= reasons


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_file_cut_short_is_refused(world: World, data: st.DataObject) -> None:
    sealed = world.seal()
    kept = data.draw(st.integers(0, len(sealed) - 1))
    assert reason_of(world, sealed[:kept]) in {"EMPTY", "NOT_SEALED", "DAMAGED"}


@pytest.mark.parametrize(("one", "other"), [(1, 2), (1, 3), (2, 3), (2, 4), (3, 4)])
def test_swapped_segments_are_damage(world: World, one: int, other: int) -> None:
    segments = world.seal().split(b".")
    segments[one], segments[other] = segments[other], segments[one]
    assert reason_of(world, b".".join(segments)) == "DAMAGED"


@pytest.mark.parametrize("segment", [1, 2, 3, 4])
def test_a_segment_of_another_sealed_file_is_damage(world: World, segment: int) -> None:
    segments, others = world.seal().split(b"."), world.seal(b"another extract").split(b".")
    segments[segment] = others[segment]
    assert reason_of(world, b".".join(segments)) == "DAMAGED"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "EMPTY"),
        (b"NHS_NUMBER,SURNAME\n9990000018,SMITH\n", "NOT_SEALED"),
        (b"....", "NOT_SEALED"),
        (b"e30....", "PLATFORM_KEY_UNKNOWN"),
        (b"W10....", "NOT_SEALED"),
        (b"\x1f\x8b\x08\x00", "NOT_SEALED"),
        (b64(b"[" * 3000) + b"....", "NOT_SEALED"),
        (b64(b'{"kid":' + b"9" * 2900 + b"}") + b"....", "PLATFORM_KEY_UNKNOWN"),
    ],
)
def test_what_is_not_sealed_is_refused(world: World, content: bytes, reason: str) -> None:
    assert reason_of(world, content) == reason


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_arbitrary_bytes_are_refused_and_raise_nothing(world: World, content: bytes) -> None:
    assert reason_of(world, content) in REASONS


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
OUTER = st.sampled_from(["alg", "enc", "kid", "cty", "epk", "apu", "apv", "zip", "crit", "jwk", "jku", "x5c"])


@given(st.dictionaries(OUTER, JSON, max_size=6), st.binary(max_size=20))
@settings(max_examples=200, deadline=None)
def test_any_outer_header_is_refused_and_raises_nothing(world: World, changes: dict[str, Any], data: bytes) -> None:
    header = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM", "kid": "ec", **changes}
    assert reason_of(world, b".".join([b64(json.dumps(header).encode()), *[b64(data)] * 4])) in REASONS


# What somebody may do who seals files but has no key of the trust.


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"alg": "RSA-OAEP"}, "ALGORITHM_REFUSED"),
        ({"enc": "A128GCM"}, "ALGORITHM_REFUSED"),
        ({"enc": "A256CBC-HS512"}, "ALGORITHM_REFUSED"),
        ({"zip": "DEF"}, "ALGORITHM_REFUSED"),
        ({"kid": "rsa-2019"}, "PLATFORM_KEY_UNKNOWN"),
        ({"kid": "ec"}, "ALGORITHM_REFUSED"),
    ],
)
def test_the_outer_header_uses_a_platform_key_as_that_key_says(
    world: World, changes: dict[str, Any], reason: str
) -> None:
    signed = world.sign(world.header())
    assert reason_of(world, world.encrypt(signed, platform="rsa", **changes)) == reason


def test_a_file_sealed_to_another_key_under_our_key_id_is_damage(world: World) -> None:
    signed = world.sign(world.header())
    assert reason_of(world, world.encrypt(signed, platform="stranger-ec", kid="ec")) == "DAMAGED"


@pytest.mark.parametrize("content", [b"", b"A|B\n1|2\n", b"..", b"W10..", gzip.compress(EXTRACT)])
def test_what_is_encrypted_but_not_signed_is_refused(world: World, content: bytes) -> None:
    assert reason_of(world, world.encrypt(content)) == "NOT_SIGNED"


def test_a_file_without_a_signature_is_refused(world: World) -> None:
    header, payload, _ = world.sign(world.header(alg="none")).split(b".")
    assert reason_of(world, world.encrypt(header + b"." + payload + b".")) == "ALGORITHM_REFUSED"


@pytest.mark.parametrize("material", ["x", "n"])
def test_a_public_key_does_not_serve_as_a_shared_secret(world: World, material: str) -> None:
    kid = {"x": "rvw", "n": "rvw-ps"}[material]
    signing_input = world.sign(world.header(alg="HS256", kid=kid)).rpartition(b".")[0]
    secret = unb64(world.keys[kid][1][material].encode())
    signature = b64(hmac.new(secret, signing_input, hashlib.sha256).digest())
    assert reason_of(world, world.encrypt(signing_input + b"." + signature)) == "ALGORITHM_REFUSED"


@pytest.mark.parametrize(
    ("signer", "algorithm"),
    [("rvw-ps", "RS256"), ("rvw-ps", "PS512"), ("rvw-ps", "EdDSA"), ("rvw-es", "ES384"), ("rvw", "ES256")],
)
def test_a_signing_key_serves_only_for_its_own_algorithm(world: World, signer: str, algorithm: str) -> None:
    signed = world.sign(world.header(alg=algorithm, kid=signer), signer=signer)
    assert reason_of(world, world.encrypt(signed)) == "ALGORITHM_REFUSED"


@pytest.mark.parametrize("changes", [{"b64": False, "crit": ["b64"]}, {"b64": False}, {"crit": ["exp"]}, {"crit": 3}])
def test_a_signed_header_may_not_change_how_it_is_read(world: World, changes: dict[str, Any]) -> None:
    assert reason_of(world, world.forge(**changes)) == "ALGORITHM_REFUSED"


@pytest.mark.parametrize(
    ("signer", "changes", "reason"),
    [
        ("stranger", {"kid": "stranger"}, "SENDER_KEY_UNKNOWN"),
        ("stranger", {"kid": "rvw"}, "SIGNATURE_WRONG"),
        ("rtr", {"kid": "rvw"}, "SIGNATURE_WRONG"),
        ("rtr", {"kid": "rtr"}, "SENDER_WRONG"),
        ("nobody", {"kid": "nobody"}, "SENDER_WRONG"),
        ("rvw-old", {"kid": "rvw-old"}, "SENDER_KEY_EXPIRED"),
        ("rvw-next", {"kid": "rvw-next"}, "SENDER_KEY_EXPIRED"),
        ("rvw", {"kid": None}, "SENDER_KEY_UNKNOWN"),
    ],
)
def test_only_a_trusts_own_valid_key_signs_for_it(
    world: World, signer: str, changes: dict[str, Any], reason: str
) -> None:
    signed = world.sign(world.header(**changes), signer=signer)
    assert reason_of(world, world.encrypt(signed)) == reason


def test_keys_that_the_header_brings_along_do_not_count(world: World) -> None:
    header = world.header(jwk=world.keys["stranger"][1], jku="https://example.org/keys")
    assert reason_of(world, world.encrypt(world.sign(header, signer="stranger"))) == "SIGNATURE_WRONG"


def test_rotation_leaves_both_keys_in_use(world: World) -> None:
    moment = CLAIMS.iat - 1
    claims = replace(CLAIMS, iat=moment)
    for signer in ("rvw", "rvw-old"):
        sealed = world.seal(signer=signer, iat=moment)
        assert isinstance(open_sealed(sealed, file_name=sealed_name(claims), opener=world.opener), OpenedExtract)


@pytest.mark.parametrize("segment", [1, 2])
def test_a_bit_changed_between_signing_and_sealing_breaks_the_signature(world: World, segment: int) -> None:
    assert reason_of(world, world.encrypt(flip(world.sign(world.header()), segment))) == "SIGNATURE_WRONG"


def test_claims_changed_after_signing_break_the_signature(world: World) -> None:
    _, payload, signature = world.sign(world.header()).split(b".")
    header = b64(json.dumps(world.header(rows=3)).encode())
    assert reason_of(world, world.encrypt(b".".join([header, payload, signature]))) == "SIGNATURE_WRONG"


# What a trust with a valid key may get wrong.


def test_a_file_for_another_environment_is_refused(world: World) -> None:
    assert reason_of(world, world.seal(aud="cancollaborate-prod")) == "AUDIENCE_WRONG"


@pytest.mark.parametrize("claim", ["iss", "aud", "sys", "feed", "seq", "iat", "kind", "rows", "sha256"])
def test_a_missing_claim_is_refused(world: World, claim: str) -> None:
    assert reason_of(world, world.forge(**{claim: None})) == "CLAIMS_MISSING"


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": "2"},
        {"rows": 2.0},
        {"rows": -1},
        {"rows": 2**63},
        {"feed": True},
        {"feed": 2**31},
        {"seq": 1_000_000},
        {"iat": 10**14},
        {"iat": "2025"},
        {"kind": "snapshot"},
        {"kind": ["full"]},
        {"sha256": "abc"},
        {"sys": 7},
    ],
)
def test_a_claim_of_the_wrong_form_is_refused(world: World, changes: dict[str, Any]) -> None:
    assert reason_of(world, world.forge(**changes)) == "CLAIMS_MISSING"


@pytest.mark.parametrize(
    "change", [{"iss": "RTR"}, {"sys": "scr"}, {"seq": 43}, {"iat": CLAIMS.iat + 1}, {"iat": CLAIMS.iat - 3600}]
)
def test_a_file_named_for_other_claims_is_refused(world: World, change: dict[str, Any]) -> None:
    assert reason_of(world, world.seal(), sealed_name(replace(CLAIMS, **change))) == "CLAIMS_DISAGREE"


@given(st.dictionaries(st.sampled_from(["iss", "aud", "sys", "feed", "seq", "iat", "kind", "rows", "sha256"]), JSON))
@settings(max_examples=100, deadline=None)
def test_any_signed_claims_raise_nothing(world: World, changes: dict[str, Any]) -> None:
    opened = open_sealed(world.forge(**changes), file_name=NAME, opener=world.opener)
    assert isinstance(opened, OpenedExtract | Refusal)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        EXTRACT,
        zlib.compress(EXTRACT),
        gzip.compress(EXTRACT)[:-1],
        gzip.compress(EXTRACT) + b"x",
        gzip.compress(b"another extract"),
    ],
)
def test_an_extract_that_is_not_the_one_hashed_is_refused(world: World, payload: bytes) -> None:
    assert reason_of(world, world.forge(payload)) == "EXTRACT_DAMAGED"


def test_a_bomb_is_refused_before_it_is_expanded(world: World) -> None:
    bomb = b"\0" * 64_000_000
    sealed = world.forge(gzip.compress(bomb), sha256=hashlib.sha256(bomb).hexdigest())
    assert len(sealed) < world.opener.max_sealed_bytes
    tracemalloc.start()
    assert reason_of(world, sealed) == "EXTRACT_TOO_LARGE"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000


def test_the_limits_are_the_largest_sizes_that_pass(world: World) -> None:
    sealed = world.seal()
    for sealed_limit, extract_limit, expected in [
        (len(sealed), len(EXTRACT), None),
        (len(sealed) - 1, len(EXTRACT), "TOO_LARGE"),
        (len(sealed), len(EXTRACT) - 1, "EXTRACT_TOO_LARGE"),
    ]:
        opener = replace(world.opener, max_sealed_bytes=sealed_limit, max_extract_bytes=extract_limit)
        opened = open_sealed(sealed, file_name=NAME, opener=opener)
        assert (opened.reason if isinstance(opened, Refusal) else None) == expected


def test_a_file_beyond_the_librarys_own_limits_opens(world: World) -> None:
    noise = hashlib.shake_256(b"seed").digest(90_000)
    assert isinstance(open_sealed(world.seal(noise), file_name=NAME, opener=world.opener), OpenedExtract)


# Sealing, and names.


@pytest.mark.parametrize(
    "change",
    [{"iss": "rvw"}, {"sys": "S_C_R"}, {"kind": "weekly"}, {"seq": 10**6}, {"seq": -1}, {"iat": 0}, {"rows": -1}],
)
def test_claims_that_no_platform_takes_are_not_sealed(world: World, change: dict[str, Any]) -> None:
    with pytest.raises(Terminal):
        world.seal(**change)


@pytest.mark.parametrize(("signer", "platform"), [("ec", "ec"), ("rvw", "rvw")])
def test_a_key_is_not_used_for_the_other_purpose(world: World, signer: str, platform: str) -> None:
    with pytest.raises(KeyRingError):
        world.seal(signer=signer, platform=platform)


def test_a_public_key_does_not_sign(world: World) -> None:
    with pytest.raises(KeyRingError, match="private"):
        seal(EXTRACT, CLAIMS, signing_key=world.keys["rvw"][1], platform_key=world.keys["ec"][1])


def test_a_sealed_file_holds_nothing_readable(world: World) -> None:
    sealed = world.seal(b"A|B\nSMITH|9990000018\n" * 50)
    assert sealed.count(b".") == 4
    for segment in sealed.split(b"."):
        assert b"SMITH" not in segment
        assert b"SMITH" not in unb64(segment)


@given(
    st.builds(
        Claims,
        iss=st.from_regex(r"[A-Z0-9]{3,6}", fullmatch=True),
        aud=st.just("a"),
        sys=st.sampled_from(["scr", "infoflex", "opt-out"]),
        feed=st.just(1),
        seq=st.integers(0, 999_999),
        iat=st.integers(946_684_800, 4_102_444_799),
        kind=st.just("full"),
        rows=st.just(0),
    )
)
def test_a_name_says_what_the_claims_say(claims: Claims) -> None:
    said = parse_name(sealed_name(claims))
    assert said is not None
    assert (said.trust, said.system, said.sequence) == (claims.iss, claims.sys, claims.seq)
    assert said.extracted_at.timestamp() == claims.iat


def test_a_name_is_spelt_as_the_contract_says() -> None:
    assert NAME == "RVW_infoflex_20251101T120000Z_000042.jwe"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "extract.csv",
        "RVW_scr_20250101T000000Z_000001.jwe.tmp",
        "../RVW_scr_20250101T000000Z_000001.jwe",
        "rvw_scr_20250101T000000Z_000001.jwe",
        "RVW_scr_20250101T000000Z_1.jwe",
        "RVW_scr_20250101T000000Z_1000000.jwe",
        "RVW_scr_20250631T000000Z_000001.jwe",
        "RVW_scr_20250101T250000Z_000001.jwe",
        "RVW_scr_00010101T000000Z_000001.jwe",
        "RVW_scr_20250101T000000_000001.jwe",
        "RVW_a_b_20250101T000000Z_000001.jwe",
        "RVW_scr_20250101T000000Z_00000\u0661.jwe",
        "RVW_scr_20250101T000000Z_000001.jwe\n",
    ],
)
def test_a_name_of_another_form_is_refused(world: World, name: str) -> None:
    assert parse_name(name) is None
    assert reason_of(world, world.seal(), name) == "NAME_INVALID"


def test_every_reason_is_one_sentence_that_says_what_to_do() -> None:
    for code, sentence in REASONS.items():
        assert code.replace("_", "").isupper()
        assert sentence.count(": ") == 1
        assert sentence.endswith(".")
        assert sentence.count(".") == 1 + sentence.count(".jwe")


def test_a_reason_that_nobody_wrote_down_is_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match="REASONS"):
        Refusal("SOMETHING_ELSE")
