"""Secrets by reference: a file `<scope>/<key>` locally, the secret scope on Databricks; and keys in files."""

import json
import os
from pathlib import Path
from typing import Any

from libs.errors import KeyRingError
from libs.settings import SecretRef


def secret_path(ref: SecretRef, folder: Path) -> Path:
    """Where a secret lies below the folder of secrets."""
    return folder / ref.scope / ref.key


def write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all. Raises KeyRingError when it can't be written."""
    temporary = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        temporary.replace(path)
    except OSError as fault:
        raise KeyRingError(
            f"a secret can't be written ({type(fault).__name__})", do="Look at its path and rights.", path=str(path)
        ) from None


def read_jwk(path: Path) -> dict[str, Any]:
    """The JWK in a file of its own. Raises KeyRingError, which names the file, never what stands there."""
    try:
        jwk = json.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise KeyRingError(
            f"the key file can't be read ({type(fault).__name__})", do="Look at its path and rights.", file=str(path)
        ) from None
    except (ValueError, RecursionError):
        jwk = None
    if not isinstance(jwk, dict) or "keys" in jwk:
        raise KeyRingError(
            "the file is not one key", do="Give a file that `cancollaborate keys make` wrote.", file=str(path)
        )
    return jwk


def read_secret(ref: SecretRef, folder: Path) -> str:
    """The secret's text. Raises KeyRingError when it is missing, naming the reference only."""
    path = secret_path(ref, folder)
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise KeyRingError(
            "a secret is missing", do="`cancollaborate simulate` makes keys for a synthetic world.", path=str(path)
        ) from None
    except (OSError, UnicodeError) as fault:
        raise KeyRingError(
            f"a secret can't be read ({type(fault).__name__})", do="Mend the file or its permissions.", path=str(path)
        ) from None
