"""Key rings (JWKS, RFC 7517): which key a `kid` names, for which algorithm, whose it is and when it is valid."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Self

from joserfc.jwk import ECKey, JWKRegistry, Key, OKPKey, RSAKey

from libs.errors import KeyRingError

ENCRYPTION_ALGORITHMS = ("RSA-OAEP-256", "ECDH-ES+A256KW")
SIGNATURE_ALGORITHMS = ("EdDSA", "Ed25519", "ES256", "PS256")

Use = Literal["enc", "sig"]
State = Literal["current", "not yet", "ended", "revoked"]

# What no file but its owner's may hold; `oth` and `k` are of key types that no ring takes, and secret all the same.
PRIVATE_PARTS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})

# The identifiers behind these keys stay secret for a lifetime, hence 3072 bits where we choose; 2048 is the floor.
_NEW_RSA_BITS = 3072
_LEAST_RSA_BITS = 2048

# The members of a JWK that are of our own form.
_FORMS = {"iss": str, "nbf": int, "exp": int, "revoked": int}

# RFC 9864 renamed EdDSA with this curve to Ed25519: a key for the one is a key for the other.
_EDWARDS = ("EdDSA", "Ed25519")


@dataclass(frozen=True, eq=False)
class RingKey:
    """One key of a ring; `iss` is the ODS code of its owner.

    `not_before`, `expires` and `revoked` are epoch seconds. An ended key still answers for what it signed in its time;
    from `revoked` on nothing is taken, whatever time a file claims: a thief writes any time into it.
    """

    kid: str
    algorithm: str
    iss: str | None
    not_before: int | None
    expires: int | None
    revoked: int | None
    jwk: Mapping[str, Any] = field(repr=False)

    @cached_property
    def imported(self) -> Key:
        """The key as the library uses it; kept, since importing an RSA key takes about 0.1 s."""
        # The library would hold an Edwards key to one of its two names; `fits` holds it to both
        unbound = ("alg",) if self.algorithm in _EDWARDS else ()
        return JWKRegistry.import_key({name: value for name, value in self.jwk.items() if name not in unbound})

    @property
    def use(self) -> Use:
        """Whether files are sealed to it (`enc`) or signed with it (`sig`)."""
        return _use_of(self.algorithm)

    @property
    def fingerprint(self) -> str:
        """The hash of its public part (RFC 7638): what people read to each other to know it again."""
        return str(self.imported.thumbprint())

    def fits(self, algorithm: object) -> bool:
        """Whether a header that names `algorithm` may be used with this key."""
        return algorithm == self.algorithm or (algorithm in _EDWARDS and self.algorithm in _EDWARDS)

    def is_valid_at(self, moment: int) -> bool:
        """Whether `moment` (epoch seconds) is at or after `nbf` and before `exp`."""
        starts = self.not_before is None or self.not_before <= moment
        return starts and (self.expires is None or moment < self.expires)

    def is_revoked_at(self, moment: int | None) -> bool:
        """Whether it was withdrawn by `moment` (epoch seconds); a moment that is not known counts as late."""
        return self.revoked is not None and (moment is None or self.revoked <= moment)

    def state_at(self, moment: int) -> State:
        """How it stands at `moment` (epoch seconds)."""
        if self.is_revoked_at(moment):
            return "revoked"
        if self.is_valid_at(moment):
            return "current"
        return "ended" if self.expires is not None and self.expires <= moment else "not yet"

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
        return json.dumps({"keys": self._jwks()}, indent=2)

    def find(self, kid: object, *, use: Use) -> RingKey | None:
        """The key with this `kid`, or none; one for the other `use` is none, too."""
        key = self._keys.get(kid) if isinstance(kid, str) else None
        return key if key is not None and key.use == use else None

    def recipient(self, iss: str, *, at: int) -> RingKey | None:
        """The key to which answers to a trust are sealed at `at` (epoch seconds): the newest of those in use."""
        theirs = [key for key in self if key.iss == iss and key.use == "enc" and key.state_at(at) == "current"]
        return max(theirs, key=lambda key: key.not_before or 0, default=None)

    def with_key(self, jwk: Mapping[str, Any]) -> Self:
        """The ring and one key more. Raises KeyRingError for one that is not usable or whose `kid` stands there."""
        return type(self)([*self._jwks(), jwk], name=self.name)

    def retire(self, kid: str, *, at: int) -> Self:
        """The ring with the end of a key set to `at` (epoch seconds).

        Raises KeyRingError for a key that is not there, ends before that already or would end before it begins.
        """
        key = self.named(kid)
        if key.expires is not None and key.expires < at:
            raise KeyRingError("the key ends before that already", do="An end is not put off: make a new key.")
        if key.not_before is not None and at <= key.not_before:
            raise KeyRingError("the key would end before it begins", do="Revoke it, or give a later time.")
        return self._changed(kid, exp=at)

    def revoke(self, kid: str, *, at: int) -> Self:
        """The ring with a key withdrawn from `at` (epoch seconds) on; one withdrawn before that stays so.

        Raises KeyRingError for a key that is not there.
        """
        revoked = self.named(kid).revoked
        return self._changed(kid, revoked=at if revoked is None else min(at, revoked))

    def __iter__(self) -> Iterator[RingKey]:
        return iter(self._keys.values())

    def named(self, kid: str) -> RingKey:
        """The key with this `kid`, whatever its use. Raises KeyRingError where there is none."""
        if kid not in self._keys:
            raise KeyRingError(
                "no key has this kid", do="`cancollaborate keys list` shows those that there are.", ring=self.name
            )
        return self._keys[kid]

    def _changed(self, kid: str, **changes: int) -> Self:
        return type(self)([{**jwk, **changes} if jwk["kid"] == kid else jwk for jwk in self._jwks()], name=self.name)

    def _jwks(self) -> list[dict[str, Any]]:
        return [dict(key.jwk) for key in self]

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


def public_part(jwk: Mapping[str, Any]) -> dict[str, Any]:
    """A JWK without what only its owner may hold."""
    return {name: value for name, value in jwk.items() if name not in PRIVATE_PARTS}


def read_key(jwk: Mapping[str, Any], *, ring: str, position: int = 1) -> RingKey:
    """Check one JWK of a ring. Raises KeyRingError, which names ring and position only."""
    fault = _fault_of(jwk)
    if fault is None:
        ours = (jwk.get("iss"), jwk.get("nbf"), jwk.get("exp"), jwk.get("revoked"))
        key = RingKey(jwk["kid"], jwk["alg"], *ours, jwk=dict(jwk))
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
    if any(name in jwk and type(jwk[name]) is not kind for name, kind in _FORMS.items()):
        return "nbf, exp and revoked are epoch seconds, iss is an ODS code"
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


def _use_of(algorithm: str) -> Use:
    return "enc" if algorithm in ENCRYPTION_ALGORITHMS else "sig"
