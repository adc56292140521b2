"""Key rings: who holds which key, when, and that no key is ever shown."""

import json
import pickle
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.errors import KeyRingError
from libs.intake.keys import ENCRYPTION_ALGORITHMS, PRIVATE_PARTS, KeyRing, RingKey, make_key_pair, public_part
from tests.libs.intake.conftest import World


@pytest.mark.parametrize("algorithm", ["RSA-OAEP-256", "ECDH-ES+A256KW", "EdDSA", "ES256", "PS256"])
def test_a_key_pair_names_its_id_use_and_algorithm(algorithm: str) -> None:
    private, public = make_key_pair("rvw-2026", algorithm=algorithm)
    use = "enc" if algorithm in ENCRYPTION_ALGORITHMS else "sig"
    for key in (private, public):
        assert (key["kid"], key["use"], key["alg"]) == ("rvw-2026", use, algorithm)
    assert private["d"]
    assert not PRIVATE_PARTS & set(public)


def test_two_key_pairs_differ() -> None:
    assert make_key_pair("a", algorithm="EdDSA")[0]["d"] != make_key_pair("a", algorithm="EdDSA")[0]["d"]


def test_a_key_pair_for_another_algorithm_is_an_error() -> None:
    with pytest.raises(KeyRingError, match="HS256"):
        make_key_pair("a", algorithm="HS256")


def test_a_ring_survives_its_json_and_pickle(world: World) -> None:
    ring = world.opener.platform_keys
    for copy in (KeyRing.from_json(ring.to_json()), pickle.loads(pickle.dumps(ring))):  # noqa: S301
        assert copy.find("rsa", use="enc").jwk == ring.find("rsa", use="enc").jwk
        assert copy.find("rsa", use="enc").imported.is_private


def only(world: World, **dates: int) -> RingKey:
    (key,) = KeyRing([{**world.keys["rtr"][1], **dates}])
    return key


def test_a_key_is_valid_from_its_first_second_until_before_its_last(world: World) -> None:
    key = only(world, nbf=100, exp=200)
    assert [moment for moment in (99, 100, 199, 200) if key.is_valid_at(moment)] == [100, 199]


def test_a_key_without_dates_is_always_valid(world: World) -> None:
    assert only(world).is_valid_at(0)
    assert not only(world).is_revoked_at(None)


def test_a_withdrawn_key_is_so_from_that_second_on_and_whenever_nobody_knows_when(world: World) -> None:
    key = only(world, revoked=100)
    assert [key.is_revoked_at(moment) for moment in (99, 100, 101, None)] == [False, True, True, True]


@given(dates=st.fixed_dictionaries({}, optional={name: st.integers(0, 9) for name in ("nbf", "exp", "revoked")}))
def test_a_key_is_in_one_state_at_a_time_and_never_comes_back_from_its_end(world: World, dates: dict[str, int]) -> None:
    key = only(world, **dates)
    states = [key.state_at(moment) for moment in range(-1, 11)]
    assert [state == "current" for state in states] == [
        key.is_valid_at(moment) and not key.is_revoked_at(moment) for moment in range(-1, 11)
    ]
    order = ["not yet", "current", "ended", "revoked"]
    assert states == sorted(states, key=order.index)


@pytest.mark.parametrize(("kid", "use"), [("rvw", "sig"), ("rvw-enc", "enc")])
def test_a_key_is_found_for_its_own_use_only(world: World, kid: str, use: Literal["enc", "sig"]) -> None:
    ring = world.opener.trust_keys
    assert ring.find(kid, use=use) is not None
    assert ring.find(kid, use="enc" if use == "sig" else "sig") is None


def test_an_answer_goes_to_the_newest_key_of_the_trust_that_is_in_use(world: World) -> None:
    public = {**world.keys["rvw-enc"][1], "iss": "RVW"}
    ring = KeyRing(
        [
            {**public, "kid": "first", "exp": 300},
            {**public, "kid": "second", "nbf": 100},
            {**public, "kid": "stolen", "nbf": 150, "revoked": 200},
            {**public, "kid": "theirs", "nbf": 250, "iss": "RTR"},
            {**world.keys["rvw"][1], "iss": "RVW", "kid": "signs", "nbf": 260},
        ]
    )
    found = {at: ring.recipient("RVW", at=at) for at in (99, 100, 150, 199, 200, 300)}
    assert {at: key.kid for at, key in found.items() if key} == {
        99: "first", 100: "second", 150: "stolen", 199: "stolen", 200: "second", 300: "second",
    }  # fmt: skip
    assert ring.recipient("RX1", at=100) is None
    assert world.opener.trust_keys.recipient("RTR", at=100) is None


def test_a_ring_takes_a_key_more_and_not_one_whose_id_stands_there(world: World) -> None:
    ring = KeyRing([world.keys["rtr"][1]], name="trusts")
    assert [key.kid for key in ring.with_key(world.keys["rvw"][1])] == ["rtr", "rvw"]
    assert [key.kid for key in ring] == ["rtr"]
    with pytest.raises(KeyRingError, match="share a kid"):
        ring.with_key({**world.keys["rvw"][1], "kid": "rtr"})


def test_a_retired_key_ends_then_and_its_end_is_not_put_off(world: World) -> None:
    ring = KeyRing([{**world.keys["rtr"][1], "nbf": 100}, world.keys["rvw"][1]])
    retired, other = ring.retire("rtr", at=200)
    assert (retired.expires, other.expires) == (200, None)
    assert [key.expires for key in ring.retire("rtr", at=200).retire("rtr", at=150)] == [150, None]
    with pytest.raises(KeyRingError, match="ends before"):
        ring.retire("rtr", at=200).retire("rtr", at=201)
    with pytest.raises(KeyRingError, match="before it begins"):
        ring.retire("rtr", at=100)


def test_a_withdrawn_key_stays_withdrawn_since_the_earliest_time(world: World) -> None:
    ring = KeyRing([world.keys["rtr"][1]])
    for times, expected in (((200,), 200), ((200, 300), 200), ((200, 100), 100)):
        withdrawn = ring
        for at in times:
            withdrawn = withdrawn.revoke("rtr", at=at)
        assert [key.revoked for key in KeyRing.from_json(withdrawn.to_json())] == [expected]


@pytest.mark.parametrize("change", ["retire", "revoke"])
def test_a_key_that_is_not_there_is_not_changed_nor_is_its_id_told(world: World, change: str) -> None:
    with pytest.raises(KeyRingError, match="no key has this kid") as raised:
        getattr(world.opener.trust_keys, change)("hunter2", at=1)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("algorithm", ["RSA-OAEP-256", "ES256", "EdDSA"])
def test_the_public_part_of_a_key_is_what_was_made_with_it(algorithm: str) -> None:
    private, public = make_key_pair("a", algorithm=algorithm)
    assert public_part(private) == public


@pytest.mark.parametrize("kid", ["RTR", "", None, 7, ["rtr"], {}])
def test_what_is_no_known_id_finds_no_key(world: World, kid: Any) -> None:
    assert world.opener.trust_keys.find(kid, use="sig") is None


@pytest.mark.parametrize("text", ["", "secret-text", "[]", "{}", '{"keys": {}}', '{"keys": 3}', "[" * 100_000])
def test_what_is_no_key_ring_is_an_error_that_names_the_ring_only(text: str) -> None:
    with pytest.raises(KeyRingError) as raised:
        KeyRing.from_json(text, name="trusts-public.jwks")
    assert "trusts-public.jwks" in str(raised.value)
    assert "secret-text" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


@pytest.mark.parametrize(
    "change",
    [
        {"kid": None},
        {"kid": ""},
        {"alg": None},
        {"alg": "HS256"},
        {"alg": "ES256"},
        {"alg": ["EdDSA"]},
        {"use": "enc"},
        {"kty": "oct"},
        {"crv": "Ed448"},
        {"x": "secret-material"},
        {"nbf": "2026"},
        {"exp": True},
        {"iss": 7},
        {"revoked": "now"},
        {"revoked": 1.5},
    ],
)
def test_an_unusable_key_is_an_error_that_names_ring_and_position_only(world: World, change: dict[str, Any]) -> None:
    spoilt = {name: value for name, value in {**world.keys["rtr"][1], **change}.items() if value is not None}
    with pytest.raises(KeyRingError) as raised:
        KeyRing.from_json(json.dumps({"keys": [world.keys["rvw"][1], spoilt]}), name="trusts")
    assert "ring=trusts, position=2" in str(raised.value)
    assert "secret-material" not in str(raised.value)
    assert world.keys["rtr"][1]["x"] not in str(raised.value)
    assert raised.value.__cause__ is None


def test_two_keys_with_one_id_are_an_error(world: World) -> None:
    with pytest.raises(KeyRingError, match="share a kid"):
        KeyRing([world.keys["rtr"][1], {**world.keys["rvw"][1], "kid": "rtr"}])


def test_no_representation_shows_a_key(world: World) -> None:
    shown = (
        repr(world.opener) + str(world.opener.platform_keys) + repr(world.opener.platform_keys.find("rsa", use="enc"))
    )
    for name in ("rsa", "ec"):
        private = world.keys[name][0]
        for part in (*PRIVATE_PARTS, "n", "x", "y"):
            assert private.get(part, "absent") not in shown
