"""The keys of a synthetic world: the platform's pair and one per trust, made where they are missing."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from libs.intake.keys import KeyRing, make_key_pair
from libs.settings import SecretRef, Settings

_TRUST_ALGORITHMS = {"RVW": "EdDSA", "RTR": "ES256"}
_PRIVATE_PARTS = frozenset({"d", "p", "q", "dp", "dq", "qi"})


def world_keys(settings: Settings, trusts: Sequence[str]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The platform's public key and the trusts' private ones; those that are missing are made and written."""
    platform_path = _secret_path(settings, settings.keys.platform)
    if not platform_path.exists():
        private, _ = make_key_pair("platform-synthetic", algorithm="ECDH-ES+A256KW")
        _write_secret(platform_path, KeyRing([private]).to_json())
    platform = json.loads(platform_path.read_text(encoding="utf-8"))["keys"][0]
    ring_path = _secret_path(settings, settings.keys.trusts)
    ring = json.loads(ring_path.read_text(encoding="utf-8"))["keys"] if ring_path.exists() else []
    signing = {}
    for trust in trusts:
        path = settings.paths.root / "trust_keys" / f"{trust}.jwk"
        if not path.exists():
            kid = f"{trust.lower()}-synthetic"
            private, public = make_key_pair(kid, algorithm=_TRUST_ALGORITHMS.get(trust, "EdDSA"))
            _write_secret(path, json.dumps(private))
            ring = [key for key in ring if key.get("kid") != kid] + [{**public, "iss": trust}]
            _write_secret(ring_path, KeyRing(ring).to_json())
        signing[trust] = json.loads(path.read_text(encoding="utf-8"))
    return {name: value for name, value in platform.items() if name not in _PRIVATE_PARTS}, signing


def _secret_path(settings: Settings, reference: SecretRef) -> Path:
    return settings.paths.secrets / reference.scope / reference.key


def _write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)
