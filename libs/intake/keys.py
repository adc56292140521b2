"""Key rings (JWKS, RFC 7517): which key a `kid` names, for which algorithm, whose it is and when it is valid."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

from joserfc.jwk import ECKey, JWKRegistry, Key, OKPKey, RSAKey

from libs.errors import KeyRingError

ENCRYPTION_ALGORITHMS = ("RSA-OAEP-256", "ECDH-ES+A256KW")
SIGNATURE_ALGORITHMS = ("EdDSA", "Ed25519", "ES256", "PS256")

# The identifiers behind these keys stay secret for a lifetime, hence 3072 bits where we choose; 2048 is the floor.
_NEW_RSA_BITS = 3072
_LEAST_RSA_BITS = 2048

# RFC 9864 renamed EdDSA with this curve to Ed25519: a key for the one is a key for the other.
_EDWARDS = ("EdDSA", "Ed25519")


@dataclass(frozen=True, eq=False)
class RingKey:
    """One key of a ring. `not_before` and `expires` are epoch seconds; `iss` is the ODS code of its owner."""

    kid: str
    algorithm: str
    iss: str | None
    not_before: int | None
    expires: int | None
    jwk: Mapping[str, Any] = field(repr=False)

    @cached_property
    def imported(self) -> Key:
        """The key as the library uses it; kept, since importing an RSA key takes about 0.1 s."""
        # The library would hold an Edwards key to one of its two names; `fits` holds it to both
        unbound = ("alg",) if self.algorithm in _EDWARDS else ()
        return JWKRegistry.import_key({name: value for name, value in self.jwk.items() if name not in unbound})

    def fits(self, algorithm: object) -> bool:
        """Whether a header that names `algorithm` may be used with this key."""
        return algorithm == self.algorithm or (algorithm in _EDWARDS and self.algorithm in _EDWARDS)

    def is_valid_at(self, moment: int) -> bool:
        """Whether `moment` (epoch seconds) is at or after `nbf` and before `exp`."""
        starts = self.not_before is None or self.not_before <= moment
        return starts and (self.expires is None or moment < self.expires)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "imported"}


class KeyRing:
    """The keys of one side by `kid`. Two that overlap in time are normal: that is rotation."""

    def __init__(self, jwks: Iterable[Mapping[str, Any]], *, name: str = "key ring") -> None:
        self.name = name
        self._keys: dict[str, RingKey] = {}
        for position, jwk in enumerate(jwks, start=1):
            key = read_key(jwk, ring=name, position=position)
            if key.kid in self._keys:
                raise KeyRingError("two keys share a kid", do="Give each its own.", ring=name, position=position)
            self._keys[key.kid] = key

    @classmethod
    def from_json(cls, text: str, *, name: str = "key ring") -> Self:
        """Read a JWKS. Raises KeyRingError, which names the ring and a position, never what stands there."""
        try:
            jwks = json.loads(text)["keys"]
        except (ValueError, KeyError, TypeError, RecursionError):
            jwks = None
        if not isinstance(jwks, list):
            raise KeyRingError("not a JWKS", do='Write {"keys": [...]} as in RFC 7517.', ring=name)
        return cls(jwks, name=name)

    def to_json(self) -> str:
        """The ring as a JWKS, private parts included where it has them."""
        return json.dumps({"keys": [dict(key.jwk) for key in self._keys.values()]}, indent=2)

    def find(self, kid: object, *, at: int | None = None) -> RingKey | None:
        """The key with this `kid`, or none; with `at` (epoch seconds) only if it is valid then."""
        key = self._keys.get(kid) if isinstance(kid, str) else None
        return key if key is None or at is None or key.is_valid_at(at) else None

    def __repr__(self) -> str:
        return f"KeyRing(name={self.name!r}, kids={list(self._keys)!r})"


def make_key_pair(kid: str, *, algorithm: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A new (private JWK, public JWK) with `kid`, `use` and `alg`.

    `algorithm` is one of RSA-OAEP-256 and ECDH-ES+A256KW (platform), EdDSA, ES256 and PS256 (trusts).
    Raises KeyRingError for any other.
    """
    key: Key
    if algorithm in ("RSA-OAEP-256", "PS256"):
        key = RSAKey.generate_key(_NEW_RSA_BITS)
    elif algorithm in ("ECDH-ES+A256KW", "ES256"):
        key = ECKey.generate_key("P-256")
    elif algorithm in _EDWARDS:
        key = OKPKey.generate_key("Ed25519")
    else:
        known = ", ".join((*ENCRYPTION_ALGORITHMS, *SIGNATURE_ALGORITHMS))
        raise KeyRingError(f"no key pair for algorithm {algorithm!r}", do=f"Use one of: {known}.")
    names = {"kid": kid, "use": _use_of(algorithm), "alg": algorithm}
    return {**key.as_dict(private=True), **names}, {**key.as_dict(private=False), **names}


def read_key(jwk: Mapping[str, Any], *, ring: str, position: int = 1) -> RingKey:
    """Check one JWK of a ring. Raises KeyRingError, which names ring and position only."""
    fault = _fault_of(jwk)
    if fault is None:
        key = RingKey(jwk["kid"], jwk["alg"], jwk.get("iss"), jwk.get("nbf"), jwk.get("exp"), dict(jwk))
        if _is_of_its_kind(key):
            return key
        fault = "its material does not fit its alg"
    raise KeyRingError(f"a key is not usable: {fault}", do="Make it again.", ring=ring, position=position)


def _fault_of(jwk: object) -> str | None:
    if not isinstance(jwk, Mapping):
        return "it is not a JSON object"
    if not isinstance(jwk.get("kid"), str) or not jwk["kid"]:
        return "it has no kid"
    if jwk.get("alg") not in (*ENCRYPTION_ALGORITHMS, *SIGNATURE_ALGORITHMS):
        return "its alg is missing or not one of the contract"
    if jwk.get("use", _use_of(jwk["alg"])) != _use_of(jwk["alg"]):
        return "its use does not fit its alg"
    if any(name in jwk and type(jwk[name]) is not kind for name, kind in (("nbf", int), ("exp", int), ("iss", str))):
        return "nbf and exp are epoch seconds, iss is an ODS code"
    return None


def _is_of_its_kind(named: RingKey) -> bool:
    try:
        key = named.imported
    except Exception:  # the library raises many kinds, with the material in some of them
        return False
    if named.algorithm in ("RSA-OAEP-256", "PS256"):
        return isinstance(key, RSAKey) and key.raw_value.key_size >= _LEAST_RSA_BITS
    if named.algorithm in ("ECDH-ES+A256KW", "ES256"):
        return isinstance(key, ECKey) and key.curve_name == "P-256"
    return isinstance(key, OKPKey) and key.curve_name == "Ed25519"


def _use_of(algorithm: str) -> str:
    return "enc" if algorithm in ENCRYPTION_ALGORITHMS else "sig"
