"""A private key that stays in a key vault: the vault unwraps the content key, and the content is decrypted here."""

from typing import Protocol, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc.util import urlsafe_b64decode

from libs.errors import KeyVaultError
from libs.intake.keys import RingKey

# The one algorithm whose private part a vault may keep: unwrapping is all that it asks of the key. ECDH-ES keys in a
# vault are out of scope, since the vault would have to agree on a secret: their private part stands in the ring.
VAULT_ALGORITHM = "RSA-OAEP-256"

_CONTENT_KEY_BYTES = 32
_VECTOR_BYTES = 12
_TAG_BYTES = 16


class Unwrapper(Protocol):
    """A key vault. It travels to the executors, so it must be picklable: open connections when they are needed."""

    def unwrap(self, kid: str, algorithm: str, encrypted_key: bytes) -> bytes | None:
        """The content key, or None where the vault answers that this was never wrapped to the key `kid`.

        A vault that can't be asked raises whatever its library raises: that is a fault of ours, not of the file.
        """


def open_wrapped(sealed: bytes, key: RingKey, unwrapper: Unwrapper) -> bytes | None:
    """Decrypt a compact JWE (A256GCM) whose header was checked; None for every way in which the file is damaged.

    Raises KeyVaultError when the vault can't be asked, without its words: they may hold what is secret.
    """
    header, *segments = sealed.split(b".")
    size = cast(RSAPublicKey, key.imported.raw_value).key_size // 8
    try:
        encrypted_key, vector, ciphertext, tag = map(urlsafe_b64decode, segments)
    except ValueError:
        return None
    if (len(encrypted_key), len(vector), len(tag)) != (size, _VECTOR_BYTES, _TAG_BYTES):
        return None
    content_key = _ask(unwrapper, key.kid, encrypted_key)
    if content_key is None or len(content_key) != _CONTENT_KEY_BYTES:
        return None
    try:
        return AESGCM(content_key).decrypt(vector, ciphertext + tag, header)
    except InvalidTag:
        return None


def _ask(unwrapper: Unwrapper, kid: str, encrypted_key: bytes) -> bytes | None:
    try:
        return unwrapper.unwrap(kid, VAULT_ALGORITHM, encrypted_key)
    except Exception as fault:
        raise KeyVaultError(
            f"the key vault could not unwrap a key ({type(fault).__name__})",
            do="Look whether it can be reached and whether its access was granted; the files wait in landing.",
            kid=kid,
        ) from None
