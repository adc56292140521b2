"""The files that keys lie in: what may stand in which, and the two rings below paths.secrets."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from libs.errors import KeyRingError, SettingsError
from libs.intake.keys import PRIVATE_PARTS, KeyRing, RingKey, make_key_pair, read_key
from libs.intake.secrets import read_jwk, read_secret, secret_path, write_secret
from libs.intake.unwrapping import VAULT_ALGORITHM
from libs.settings import Settings, moment_of

_TRUST = re.compile(r"[A-Z0-9]{3,6}")


def owner_of(trust: str | None, *, is_trusts: bool) -> dict[str, str]:
    """The members of a JWK that name its owner. Raises SettingsError for a trust that is missing or out of place."""
    if not is_trusts:
        if trust is not None:
            raise SettingsError("--trust is for keys of a trust", do="Leave it out, or use --for trust.")
        return {}
    if trust is None or not _TRUST.fullmatch(trust):
        raise SettingsError("--for trust needs an ODS code", do="Write for example --trust RVW.")
    return {"iss": trust}


def dates_of(settings: Settings, not_before: str | None, expires: str | None) -> dict[str, int]:
    """When a key is valid, as members of a JWK, in epoch seconds. Raises SettingsError for an end before that."""
    asked = {"nbf": (not_before, "--not-before"), "exp": (expires, "--expires")}
    dates = {
        name: int(moment_of(text, settings, option=option).timestamp())
        for name, (text, option) in asked.items()
        if text is not None
    }
    if len(dates) == 2 and dates["exp"] <= dates["nbf"]:
        raise SettingsError("--expires is not after --not-before", do="Give a later end.")
    return dates


def make_pair(kid: str, algorithm: str, ours: Mapping[str, Any], *, private: Path, public: Path) -> RingKey:
    """Make a key pair with our members of a JWK, and write each part into its file; no file is written over.

    Raises SettingsError for one file under both names, KeyRingError for a file that stands there or can't be written.
    """
    if private.resolve() == public.resolve():
        raise SettingsError("--private and --public are one file", do="Give each its own.")
    for path in (private, public):
        if path.exists():
            raise KeyRingError("a key is not written over another file", do="Give a new name.", file=str(path))
    private_jwk, public_jwk = ({**part, **ours} for part in make_key_pair(kid, algorithm=algorithm))
    write_secret(private, json.dumps(private_jwk, indent=2))
    _write_public(public, json.dumps(public_jwk, indent=2))
    return read_key(public_jwk, ring="new keys")


def read_trusts_key(file: Path, settings: Settings, trust: str | None) -> dict[str, Any]:
    """The JWK in a file as the trusts' ring takes it: a public key with its owner.

    Raises KeyRingError for a private key or another owner's, SettingsError for an owner that is no trust of ours.
    """
    jwk = read_jwk(file)
    if PRIVATE_PARTS & jwk.keys():
        raise KeyRingError(
            "the file holds a private key, which must not leave the trust",
            do="The trust makes a new pair and sends the public file; this one is to be deleted.",
            file=str(file),
        )
    owner = trust or jwk.get("iss")
    if not isinstance(owner, str) or owner not in settings.trusts:
        raise SettingsError(
            "the key's owner is not a trust of this environment",
            do=f"Name one of conf/{settings.env}.yml with --trust.",
        )
    if jwk.get("iss", owner) != owner:
        raise KeyRingError("the key names another owner", do="Ask the trust that sent it.", file=str(file))
    return {**jwk, "iss": owner}


def read_platform_key(file: Path, trust: str | None) -> dict[str, Any]:
    """The JWK in a file as the platform's ring takes it: a private key, or the public part of one that a vault keeps.

    Raises KeyRingError for any other.
    """
    jwk = read_jwk(file)
    if trust is not None or "iss" in jwk:
        raise KeyRingError("the key is a trust's", do="Add it with --ring trusts.", file=str(file))
    if "d" not in jwk and jwk.get("alg") != VAULT_ALGORITHM:
        raise KeyRingError(
            "the file holds the public part only",
            do=f"Add the private file; a vault can keep keys for {VAULT_ALGORITHM} only.",
            file=str(file),
        )
    return jwk


def read_ring(settings: Settings, ring: str) -> KeyRing:
    """A ring as it stands; one that was never written is empty. Raises KeyRingError for one that can't be read."""
    ref, name = getattr(settings.keys, ring), f"keys of the {ring}"
    if not secret_path(ref, settings.paths.secrets).exists():
        return KeyRing([], name=name)
    return KeyRing.from_json(read_secret(ref, settings.paths.secrets), name=name)


def write_ring(settings: Settings, ring: str, changed: KeyRing) -> None:
    """Put a changed ring in the place of the old one, whole or not at all."""
    write_secret(secret_path(getattr(settings.keys, ring), settings.paths.secrets), changed.to_json())


def _write_public(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as fault:
        what = f"the public key can't be written ({type(fault).__name__})"
        raise KeyRingError(what, do="Remove the private file and make the pair elsewhere.", file=str(path)) from None
