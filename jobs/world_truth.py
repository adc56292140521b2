"""The hidden truth of a synthetic world, written beside its landing folder."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from jobs.outcome import Run
from jobs.world_files import PlannedFile
from libs.settings import Settings
from libs.synthetic.world import World

_FRAMES = (
    "people", "identities", "pathways", "treatments", "transfers", "records", "treatment_records", "hazards", "faults",
)  # fmt: skip


def write_truth(world: World, folder: Path) -> None:
    """Every frame of the world as Parquet, and `world.json`, which says what it was made from."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in _FRAMES:
        getattr(world, name).to_parquet(folder / f"{name}.parquet", index=False)
    (folder / "world.json").write_text(json.dumps(_told(world), indent=2) + "\n", encoding="utf-8")


def write_files(files: Sequence[PlannedFile], folder: Path) -> None:
    """`files.parquet`: every file of the world, those that never come included, and what becomes of each."""
    columns = list(PlannedFile.__dataclass_fields__)
    frame = pd.DataFrame([asdict(each) for each in files], columns=columns)
    frame.to_parquet(folder / "files.parquet", index=False)


def world_identity(root: Path) -> str | None:
    """Name, version and hash of the parameters of the synthetic world under a folder; nothing where there is none."""
    told = root / "truth" / "world.json"
    if not told.is_file():
        return None
    return str(json.loads(told.read_text(encoding="utf-8"))["parameters"])


def data_name(settings: Settings, run: Run, rows: str) -> str:
    """What a model was measured on, in the words that stand wherever the model is shown.

    `rows` tells how many rows of what: "1,234 linked pathways".
    """
    world = world_identity(settings.paths.root) if settings.is_synthetic else None
    kind = f"SYNTHETIC data ({world})" if world else "SYNTHETIC data" if settings.is_synthetic else "data"
    trusts = " and ".join(sorted(settings.trusts))
    return f"{kind}: {rows} of {trusts} to {run.as_at:%d %B %Y}"


def _told(world: World) -> dict[str, Any]:
    spec = world.spec
    return {
        "label": "synthetic",
        "parameters": world.parameters,
        "seed": spec.seed,
        "pathways": spec.pathways,
        "starts_on": spec.starts_on.isoformat(),
        "ends_at": spec.ends_at.isoformat(),
        "systems": dict(sorted(spec.systems.items())),
    }
