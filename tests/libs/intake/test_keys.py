"""Key rings: who holds which key, when, and that no key is ever shown."""

import json
import pickle
from typing import Any

import pytest

from libs.errors import KeyRingError
from libs.intake.keys import ENCRYPTION_ALGORITHMS, KeyRing, make_key_pair
from tests.libs.intake.conftest import World

PRIVATE_PARTS = ("d", "p", "q", "dp", "dq", "qi")


@pytest.mark.parametrize("algorithm", ["RSA-OAEP-256", "ECDH-ES+A256KW", "EdDSA", "ES256", "PS256"])
def test_a_key_pair_names_its_id_use_and_algorithm(algorithm: str) -> None:
    private, public = make_key_pair("rvw-2026", algorithm=algorithm)
    use = "enc" if algorithm in ENCRYPTION_ALGORITHMS else "sig"
    for key in (private, public):
        assert (key["kid"], key["use"], key["alg"]) == ("rvw-2026", use, algorithm)
    assert private["d"]
    assert not set(PRIVATE_PARTS) & set(public)


def test_two_key_pairs_differ() -> None:
    assert make_key_pair("a", algorithm="EdDSA")[0]["d"] != make_key_pair("a", algorithm="EdDSA")[0]["d"]


def test_a_key_pair_for_another_algorithm_is_an_error() -> None:
    with pytest.raises(KeyRingError, match="HS256"):
        make_key_pair("a", algorithm="HS256")


def test_a_ring_survives_its_json_and_pickle(world: World) -> None:
    ring = world.opener.platform_keys
    for copy in (KeyRing.from_json(ring.to_json()), pickle.loads(pickle.dumps(ring))):  # noqa: S301
        assert copy.find("rsa").jwk == ring.find("rsa").jwk
        assert copy.find("rsa").imported.is_private


def test_a_key_is_valid_from_its_first_second_until_before_its_last(world: World) -> None:
    ring = KeyRing([{**world.keys["rtr"][1], "nbf": 100, "exp": 200}])
    assert [moment for moment in (99, 100, 199, 200) if ring.find("rtr", at=moment)] == [100, 199]
    assert ring.find("rtr") is not None


def test_a_key_without_dates_is_always_valid(world: World) -> None:
    assert KeyRing([world.keys["rtr"][1]]).find("rtr", at=0) is not None


@pytest.mark.parametrize("kid", ["RTR", "", None, 7, ["rtr"], {}])
def test_what_is_no_known_id_finds_no_key(world: World, kid: Any) -> None:
    assert world.opener.trust_keys.find(kid) is None


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
    shown = repr(world.opener) + str(world.opener.platform_keys) + repr(world.opener.platform_keys.find("rsa"))
    for name in ("rsa", "ec"):
        private = world.keys[name][0]
        for part in (*PRIVATE_PARTS, "n", "x", "y"):
            assert private.get(part, "absent") not in shown
