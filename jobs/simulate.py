"""Write a synthetic world: sealed extracts into the landing folder, the keys that fit them, and the hidden truth."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from libs.errors import SettingsError
from libs.intake.envelope import Claims, seal, sealed_name
from libs.intake.keys import KeyRing, make_key_pair
from libs.log import event
from libs.settings import SecretRef, Settings, conf_folder
from libs.synthetic.calendar import LONDON
from libs.synthetic.extracts import CONTRACT_VERSION, Extract, extract, history
from libs.synthetic.figures import load_figures
from libs.synthetic.world import World, WorldSpec, make_world, two_years_before

_TRUTH = ("people", "pathways", "treatments", "transfers", "records", "treatment_records")
_TRUST_ALGORITHMS = {"RVW": "EdDSA", "RTR": "ES256"}
_PRIVATE_PARTS = frozenset({"d", "p", "q", "dp", "dq", "qi"})
# Transport takes a moment: a file lands this long after the extract was made.
_TRANSPORT = timedelta(minutes=2)


@dataclass(frozen=True)
class Simulation:
    """A world ready to be delivered hour by hour: its moments and the keys to seal with (which its repr hides)."""

    settings: Settings
    world: World = field(repr=False)
    moments: tuple[datetime, ...]
    platform_key: Mapping[str, Any] = field(repr=False)
    signing_keys: Mapping[str, Mapping[str, Any]] = field(repr=False)

    @property
    def history_at(self) -> datetime:
        """The moment of the history: an hour before the first hour."""
        return self.moments[0] - timedelta(hours=1)


@dataclass(frozen=True)
class Simulated:
    """What was written: the sealed files, their data rows, the hours, and where the truth lies."""

    files: tuple[Path, ...]
    rows: int
    moments: tuple[datetime, ...]
    truth: Path


def run(settings: Settings, *, pathways: int, hours: int, seed: int, ends_at: datetime) -> Simulated:
    """Write the history and so many hourly extracts of every trust, the last at `ends_at` (London if it names no zone).

    Raises SettingsError for a trust without figures or for less than one pathway or hour.
    """
    simulation = prepare(settings, pathways=pathways, hours=hours, seed=seed, ends_at=ends_at)
    written = write_history(simulation)
    for moment in simulation.moments:
        written += write_hour(simulation, moment)
    return Simulated(
        files=tuple(path for path, _ in written),
        rows=sum(rows for _, rows in written),
        moments=simulation.moments,
        truth=settings.paths.root / "truth",
    )


def prepare(settings: Settings, *, pathways: int, hours: int, seed: int, ends_at: datetime) -> Simulation:
    """Make the world, write its truth and the keys that are missing; deliver nothing yet.

    `write_history` and `write_hour` deliver; each can be called at any time and in any order.
    """
    if pathways < 1 or hours < 1:
        raise SettingsError("a world needs at least one pathway and one hour", do="Ask for more.")
    last = ends_at if ends_at.tzinfo else ends_at.replace(tzinfo=LONDON)
    systems = {trust: each.system for trust, each in settings.trusts.items()}
    figures = load_figures(conf_folder())
    unknown = sorted(set(systems) - set(figures.trusts))
    if unknown:
        raise SettingsError(
            f"the synthetic world has no figures for {', '.join(unknown)}",
            do="Add them to conf/synthetic/northern.yml.",
        )
    world = make_world(WorldSpec(seed, pathways, two_years_before(last), last, systems), figures)
    platform_key, signing_keys = _keys(settings, sorted(systems))
    _write_truth(world, settings.paths.root / "truth")
    moments = tuple(
        (last.astimezone(UTC) - timedelta(hours=back)).astimezone(LONDON) for back in reversed(range(hours))
    )
    return Simulation(settings, world, moments, platform_key, signing_keys)


def write_history(simulation: Simulation, *, rows_per_file: int = 50_000) -> list[tuple[Path, int]]:
    """Deliver each trust's two years as sealed `history` files; returns the paths and their data rows."""
    written = []
    for trust in sorted(simulation.world.spec.systems):
        files = history(simulation.world, trust, simulation.history_at, rows_per_file=rows_per_file)
        for sequence, each in enumerate(files, start=1):
            written.append(_deliver(simulation, trust, each, at=simulation.history_at, sequence=sequence))
    return written


def write_hour(simulation: Simulation, moment: datetime) -> list[tuple[Path, int]]:
    """Deliver each trust's sealed `full` extract of one moment; returns the paths and their data rows."""
    start = datetime.combine(simulation.world.spec.starts_on, time(), tzinfo=UTC)
    sequence = int((moment - start).total_seconds()) // 3600
    return [
        _deliver(simulation, trust, extract(simulation.world, trust, moment), at=moment, sequence=sequence)
        for trust in sorted(simulation.world.spec.systems)
    ]


def _deliver(simulation: Simulation, trust: str, each: Extract, *, at: datetime, sequence: int) -> tuple[Path, int]:
    settings = simulation.settings
    claims = Claims(
        iss=trust,
        aud=settings.platform,
        sys=simulation.world.spec.systems[trust],
        feed=CONTRACT_VERSION,
        seq=sequence,
        iat=int(at.timestamp()),
        kind=each.kind,
        rows=each.rows,
    )
    sealed = seal(
        each.content, claims, signing_key=simulation.signing_keys[trust], platform_key=simulation.platform_key
    )
    path = settings.paths.landing / trust / sealed_name(claims)
    _write_whole(path, sealed, staging=settings.paths.root / "outgoing", arrives_at=at + _TRANSPORT)
    event("simulated", trust=trust, file=path.name, kind=each.kind, rows=each.rows, sequence=sequence)
    return path, each.rows


def _keys(settings: Settings, trusts: Sequence[str]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
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


def _write_whole(path: Path, content: bytes, *, staging: Path, arrives_at: datetime) -> None:
    """Write elsewhere, then move: nobody ever sees half a file. Its time is that of the world, not of this machine."""
    for folder in (path.parent, staging):
        folder.mkdir(parents=True, exist_ok=True)
    temporary = staging / path.name
    temporary.write_bytes(content)
    os.utime(temporary, (arrives_at.timestamp(), arrives_at.timestamp()))
    temporary.replace(path)


def _write_truth(world: World, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in _TRUTH:
        getattr(world, name).to_parquet(folder / f"{name}.parquet", index=False)
