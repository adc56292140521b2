"""Secrets by reference: a file `<scope>/<key>` locally, the secret scope on Databricks."""

from pathlib import Path

from libs.errors import KeyRingError
from libs.settings import SecretRef


def read_secret(ref: SecretRef, folder: Path) -> str:
    """The secret's text. Raises KeyRingError when it is missing, naming the reference only."""
    path = folder / ref.scope / ref.key
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
