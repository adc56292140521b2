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
# zip would expand before our limit holds, b64 would change what is signed: neither is in the contract
_NEVER = ("zip", "b64")


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
    """The protected header of a compact serialisation of so many segments, or None where it isn't one."""
    segment = compact.partition(b".")[0]
    if compact.count(b".") != segments - 1 or len(segment) > _MAX_HEADER:
        return None
    try:
        header = json.loads(urlsafe_b64decode(segment))
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


def _forbid(header_registry: dict[str, HeaderParameter]) -> None:
    for name in _NEVER:
        header_registry.pop(name, None)


def _anything(value: Any) -> None:
    """Claims are checked after the signature, each with its own reason."""
