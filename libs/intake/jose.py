"""The part of JOSE that the contract allows: algorithms, header parameters and limits."""

import json
from typing import Any

from joserfc.errors import UnsupportedAlgorithmError
from joserfc.jwe import JWERegistry
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter
from joserfc.util import urlsafe_b64decode

from libs.intake.claims import CLAIM_NAMES
from libs.intake.keys import ENCRYPTION_ALGORITHMS, SIGNATURE_ALGORITHMS

CONTENT_ENCRYPTION = "A256GCM"

_MAX_HEADER = 4096  # nine claims need about 600 characters; the library's 512 are too few
# None of these is in the contract: zip would expand before our limit holds, b64 would change what is signed, crit asks
# for extensions, and a key comes from the ring only, never along with what it is to vouch for
_NEVER = ("zip", "b64", "crit", "jku", "jwk", "x5u", "x5c")


class _Signatures(JWSRegistry):
    """EdDSA is in the contract: the library's warning that RFC 9864 renamed it would have no reader."""

    def get_alg(self, name: str) -> Any:
        if name not in SIGNATURE_ALGORITHMS:
            raise UnsupportedAlgorithmError("not an algorithm of the contract")
        return self.algorithms[name]


def signatures(*, limit: int) -> JWSRegistry:
    """What a signed extract may use; `limit` is the longest payload in base64url characters."""
    claims = {name: HeaderParameter(f"claim {name}", _anything) for name in CLAIM_NAMES}
    registry = _Signatures(header_registry=claims)
    registry.max_header_length, registry.max_payload_length = _MAX_HEADER, limit
    _forbid(registry.header_registry)
    return registry


def encryption(*, limit: int) -> JWERegistry:
    """What a sealed file may use; `limit` is the longest ciphertext in base64url characters."""
    registry = JWERegistry(algorithms=[*ENCRYPTION_ALGORITHMS, CONTENT_ENCRYPTION])
    registry.max_protected_header_length, registry.max_ciphertext_length = _MAX_HEADER, limit
    _forbid(registry.header_registry)
    return registry


def read_header(compact: bytes, *, segments: int) -> dict[str, Any] | None:
    """The protected header of a compact serialisation of so many segments, or None where it isn't one.

    A name that stands there twice is read in one way by one reader and in another by the next: it is no header.
    """
    segment = compact.partition(b".")[0]
    if compact.count(b".") != segments - 1 or len(segment) > _MAX_HEADER:
        return None
    try:
        header = json.loads(
            urlsafe_b64decode(segment).decode("utf-8"), object_pairs_hook=_once_each, parse_constant=_no_number
        )
    except (ValueError, RecursionError):
        return None
    return header if isinstance(header, dict) else None


def is_allowed(registry: JWERegistry | JWSRegistry, header: dict[str, Any]) -> bool:
    """Whether a header names only algorithms and parameters of the contract."""
    try:
        registry.check_header(header)
        registry.get_alg(header["alg"])
        return not isinstance(registry, JWERegistry) or bool(registry.get_enc(header["enc"]))
    except Exception:  # whoever made the file wrote this header: any kind of thing may stand in it
        return False


def _once_each(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        raise ValueError("a name stands there twice")
    return found


def _no_number(name: str) -> None:
    raise ValueError("NaN and the infinities are not JSON")


def _forbid(header_registry: dict[str, HeaderParameter]) -> None:
    for name in _NEVER:
        header_registry.pop(name, None)


def _anything(value: Any) -> None:
    """Claims are checked after the signature, each with its own reason."""
