"""The keys of a synthetic world: the platform's pair and one per trust, made where they are missing."""

import json
from collections.abc import Sequence
from typing import Any

from libs.intake.keys import KeyRing, make_key_pair, public_part
from libs.intake.secrets import secret_path, write_secret
from libs.settings import Settings

_TRUST_ALGORITHMS = {"RVW": "EdDSA", "RTR": "ES256"}


def world_keys(settings: Settings, trusts: Sequence[str]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The platform's public key and the trusts' private ones; those that are missing are made and written."""
    platform_path = secret_path(settings.keys.platform, settings.paths.secrets)
    if not platform_path.exists():
        private, _ = make_key_pair("platform-synthetic", algorithm="ECDH-ES+A256KW")
        write_secret(platform_path, KeyRing([private]).to_json())
    platform = json.loads(platform_path.read_text(encoding="utf-8"))["keys"][0]
    ring_path = secret_path(settings.keys.trusts, settings.paths.secrets)
    ring = json.loads(ring_path.read_text(encoding="utf-8"))["keys"] if ring_path.exists() else []
    signing = {}
    for trust in trusts:
        path = settings.paths.root / "trust_keys" / f"{trust}.jwk"
        if not path.exists():
            kid = f"{trust.lower()}-synthetic"
            private, public = make_key_pair(kid, algorithm=_TRUST_ALGORITHMS.get(trust, "EdDSA"))
            write_secret(path, json.dumps(private))
            ring = [key for key in ring if key.get("kid") != kid] + [{**public, "iss": trust}]
            write_secret(ring_path, KeyRing(ring).to_json())
        signing[trust] = json.loads(path.read_text(encoding="utf-8"))
    return public_part(platform), signing
