"""A key vault as a process of its own: the private part of its key is made there and never leaves it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import RSAKey

_OAEP = padding.OAEP(padding.MGF1(SHA256()), SHA256(), None)


@dataclass(frozen=True)
class VaultClient:
    """What travels to whoever opens files: an address."""

    address: str

    def unwrap(self, kid: str, algorithm: str, encrypted_key: bytes) -> bytes | None:
        with Client(self.address) as line:
            line.send((kid, algorithm, encrypted_key))
            return line.recv()


@contextmanager
def running_vault(folder: Path, kid: str) -> Iterator[tuple[VaultClient, dict[str, Any]]]:
    """A vault that keeps one key, under every name that begins with `kid`: how to ask it, and the public JWK."""
    address = str(folder / "vault")
    here, there = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=_serve, args=(address, there, kid), daemon=True)
    process.start()
    try:
        yield VaultClient(address), here.recv()
    finally:
        process.terminate()
        process.join()


def _serve(address: str, there: Connection, kid: str) -> None:
    key = RSAKey.generate_key(2048)
    with Listener(address) as listener:
        there.send({**key.as_dict(private=False), "kid": kid, "use": "enc", "alg": "RSA-OAEP-256"})
        while True:
            with listener.accept() as line:
                asked_kid, algorithm, encrypted_key = line.recv()
                is_known = asked_kid.startswith(kid) and algorithm == "RSA-OAEP-256"
                line.send(_unwrap(key, encrypted_key) if is_known else None)


def _unwrap(key: RSAKey, encrypted_key: bytes) -> bytes | None:
    try:
        return key.private_key.decrypt(encrypted_key, _OAEP)
    except ValueError:
        return None
