"""Sealed extracts open to what was sealed; whatever else comes is refused with the reason of the check that saw it."""

import hashlib
import json
import pickle
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.errors import KeyRingError, KeyVaultError, Terminal, Transient
from libs.intake.claims import Claims
from libs.intake.envelope import OpenedExtract, open_sealed, parse_name, seal, sealed_name
from libs.intake.keys import KeyRing
from libs.intake.reasons import REASONS, Refusal
from tests.libs.intake.conftest import ARRIVED, CLAIMS, EXTRACT, NAME, World, b64, unb64

GRACE = 172_800
SHA256 = hashlib.sha256(EXTRACT).hexdigest()


def reason_of(world: World, sealed: bytes, name: str = NAME) -> str:
    opened = open_sealed(sealed, file_name=name, opener=world.opener)
    assert isinstance(opened, Refusal), "it was opened"
    return opened.reason


@pytest.mark.parametrize("platform", ["ec", "rsa"])
@pytest.mark.parametrize("signer", ["rvw", "rvw-es", "rvw-ps"])
def test_what_is_sealed_opens_with_every_pair_of_algorithms(world: World, platform: str, signer: str) -> None:
    sealed = world.seal(signer=signer, platform=platform)
    assert open_sealed(sealed, file_name=NAME, opener=world.opener) == OpenedExtract(CLAIMS, EXTRACT, SHA256)


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


def test_the_opener_of_a_vault_opens_after_it_was_pickled_and_holds_no_private_part(vault_world: World) -> None:
    pickled = pickle.dumps(vault_world.opener)
    sealed = vault_world.seal()
    assert open_sealed(sealed, file_name=NAME, opener=pickle.loads(pickled), arrived_at=ARRIVED) == OpenedExtract(  # noqa: S301
        CLAIMS, EXTRACT, SHA256
    )
    kept = vault_world.opener.platform_keys.find("rsa", use="enc")
    assert kept is not None
    assert not kept.imported.is_private


class _Unreachable:
    def unwrap(self, kid: str, algorithm: str, encrypted_key: bytes) -> bytes | None:
        raise ConnectionError("token=hunter2")


def test_a_vault_that_can_not_be_asked_is_our_fault_and_its_words_go_no_further(vault_world: World) -> None:
    opener = replace(vault_world.opener, unwrapper=_Unreachable())
    with pytest.raises(KeyVaultError, match="ConnectionError") as raised:
        open_sealed(vault_world.seal(), file_name=NAME, opener=opener, arrived_at=ARRIVED)
    assert isinstance(raised.value, Transient)
    assert "hunter2" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_vault_is_not_asked_about_what_can_be_no_wrapped_key_or_is_refused_anyway(vault_world: World) -> None:
    opener = replace(vault_world.opener, unwrapper=_Unreachable())
    header, key, *rest = vault_world.seal().split(b".")
    damaged = b".".join([header, key[:-4], *rest])
    assert reason_of(replace(vault_world, opener=opener), damaged) == "DAMAGED"
    withdrawn = vault_world.seal(platform="rsa-revoked")
    assert reason_of(replace(vault_world, opener=opener), withdrawn) == "PLATFORM_KEY_REVOKED"


@pytest.mark.parametrize("kid", ["ec", "rsa"])
def test_a_platform_key_whose_private_part_nobody_holds_is_told_before_a_file_is_opened(world: World, kid: str) -> None:
    unwrapper = _Unreachable() if kid == "ec" else None  # no vault keeps a key of this kind
    with pytest.raises(KeyRingError, match="without its private part"):
        replace(world.opener, platform_keys=KeyRing([world.keys[kid][1]]), unwrapper=unwrapper)


def test_an_opened_extract_does_not_show_its_rows(world: World) -> None:
    opened = open_sealed(world.seal(b"SMITH"), file_name=NAME, opener=world.opener)
    assert "SMITH" not in repr(opened)


# What is refused is told by test_attacks.py, attack by attack; here any bytes, headers and claims at all.


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


@given(st.dictionaries(st.sampled_from(["iss", "aud", "sys", "feed", "seq", "iat", "kind", "rows", "sha256"]), JSON))
@settings(max_examples=100, deadline=None)
def test_any_signed_claims_raise_nothing(world: World, changes: dict[str, Any]) -> None:
    opened = open_sealed(world.forge(**changes), file_name=NAME, opener=world.opener)
    assert isinstance(opened, OpenedExtract | Refusal)


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


# When keys hold.


def is_taken(world: World, sealed: bytes, *, arrived_at: int | None, name: str = NAME) -> bool:
    opened = open_sealed(sealed, file_name=name, opener=world.opener, arrived_at=arrived_at)
    return isinstance(opened, OpenedExtract)


@pytest.mark.parametrize(("signer", "platform"), [("rvw-ending", "ec"), ("rvw", "ec-ending")])
def test_what_an_ended_key_made_in_its_time_is_taken_to_the_last_second_of_grace(
    world: World, signer: str, platform: str
) -> None:
    sealed, last = world.seal(signer=signer, platform=platform), CLAIMS.iat + 1 + GRACE
    assert [is_taken(world, sealed, arrived_at=at) for at in (ARRIVED, last, last + 1, None)] == [
        True, True, False, True,
    ]  # fmt: skip
    strict = replace(world, opener=replace(world.opener, key_grace_seconds=0))
    assert [is_taken(strict, sealed, arrived_at=at) for at in (CLAIMS.iat + 1, CLAIMS.iat + 2)] == [True, False]


@pytest.mark.parametrize(("signer", "platform"), [("rvw-revoked", "ec"), ("rvw", "ec-revoked")])
def test_what_came_before_a_key_was_withdrawn_is_taken_and_nothing_after_that(
    world: World, signer: str, platform: str
) -> None:
    sealed = world.seal(signer=signer, platform=platform)
    assert [is_taken(world, sealed, arrived_at=at) for at in (ARRIVED - 1, ARRIVED, None)] == [True, False, False]


def test_an_extract_may_be_ahead_of_its_arrival_by_as_much_as_clocks_differ(world: World) -> None:
    sealed = world.seal()
    assert [is_taken(world, sealed, arrived_at=at) for at in (CLAIMS.iat - 900, CLAIMS.iat - 901)] == [True, False]
    strict = replace(world, opener=replace(world.opener, ahead_seconds=0))
    assert [is_taken(strict, sealed, arrived_at=at) for at in (CLAIMS.iat, CLAIMS.iat - 1)] == [True, False]


@pytest.mark.parametrize(("old", "new"), [(("rvw-turn", "ec"), ("rvw", "ec")), (("rvw", "ec-turn"), ("rvw", "ec"))])
def test_a_key_is_replaced_on_either_side_without_a_file_lost(
    world: World, old: tuple[str, str], new: tuple[str, str]
) -> None:
    """Both serve while they overlap; from its end on the older one serves no more, what it made before still does."""
    end = CLAIMS.iat + 10
    keys = dict(world.keys)
    for kid in ("rvw", "ec"):
        keys[f"{kid}-turn"] = tuple({**part, "kid": f"{kid}-turn", "exp": end} for part in keys[kid])
    turning = World(
        replace(
            world.opener,
            platform_keys=world.opener.platform_keys.with_key(keys["ec-turn"][0]),
            trust_keys=world.opener.trust_keys.with_key({**keys["rvw-turn"][1], "iss": "RVW"}),
        ),
        keys,
    )
    taken = {}
    for which, (signer, platform) in {"old": old, "new": new}.items():
        for moment in (end - 1, end):
            name = sealed_name(replace(CLAIMS, iat=moment))
            sealed = turning.seal(signer=signer, platform=platform, iat=moment)
            taken[which, moment - end] = is_taken(turning, sealed, arrived_at=end + 60, name=name)
    assert taken == {("old", -1): True, ("old", 0): False, ("new", -1): True, ("new", 0): True}


@given(
    iat=st.integers(-20, 20), begins=st.none() | st.integers(-20, 20), ends=st.none() | st.integers(-20, 20),
    revoked=st.none() | st.integers(-20, 20), arrived=st.integers(-20, 20),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_a_file_is_taken_exactly_when_its_key_held_at_its_time_and_had_not_gone_when_it_came(
    world: World, iat: int, begins: int | None, ends: int | None, revoked: int | None, arrived: int
) -> None:
    start, grace, ahead = CLAIMS.iat, 5, 3
    dates = {"nbf": begins, "exp": ends, "revoked": revoked}
    key = {**world.keys["rvw"][1], "iss": "RVW", **{name: start + at for name, at in dates.items() if at is not None}}
    opener = replace(world.opener, trust_keys=KeyRing([key]), key_grace_seconds=grace, ahead_seconds=ahead)
    sealed, name = world.seal(iat=start + iat), sealed_name(replace(CLAIMS, iat=start + iat))
    held = (begins is None or begins <= iat) and (ends is None or (iat < ends and arrived <= ends + grace))
    expected = held and (revoked is None or arrived < revoked) and iat <= arrived + ahead
    assert is_taken(replace(world, opener=opener), sealed, arrived_at=start + arrived, name=name) == expected


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({"iss": "RTR"}, "trust"),
        ({"sys": "scr"}, "system"),
        ({"iat": CLAIMS.iat - 1}, "time"),
        ({"seq": 43}, "sequence"),
        ({"iss": "RTR", "sys": "scr", "iat": CLAIMS.iat + 1, "seq": 1}, "trust, system, time, sequence"),
    ],
)
def test_a_name_that_contradicts_its_claims_is_told_by_the_parts_that_differ(
    world: World, change: dict[str, Any], parts: str
) -> None:
    opened = open_sealed(world.seal(), file_name=sealed_name(replace(CLAIMS, **change)), opener=world.opener)
    assert opened == Refusal("CLAIMS_DISAGREE", f"name and claims differ in: {parts}")


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
