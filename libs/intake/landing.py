"""The landing folder: which files lie there, and where they go once the ledger has answered for them."""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from libs.errors import MachineError

_GLOB_CHARACTERS = re.compile(r"([\\\[\]{}*?])")


@dataclass(frozen=True)
class LandedFile:
    """A file in the landing folder; `folder` is the one directly below landing, None for a file that lies loose."""

    path: Path
    folder: str | None
    size: int
    arrived_at: datetime

    @property
    def spark_path(self) -> str:
        """The path as Spark takes it literally."""
        return _GLOB_CHARACTERS.sub(r"\\\1", str(self.path))

    def sha256(self) -> str:
        """The hash of the sealed bytes, read in pieces."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def landed_files(landing: Path) -> list[LandedFile]:
    """All files below the landing folder, by path. Raises MachineError when there is no such folder."""
    if not landing.is_dir():
        raise MachineError(
            "the landing folder does not exist",
            do="Set paths.landing, or make a synthetic world with `cancollaborate simulate`.",
            path=str(landing),
        )
    return sorted(_walk(landing.absolute()), key=lambda file: str(file.path))


def local_path(path: str) -> Path:
    """The path behind what Spark calls a file: `file:/x`, `file:///x` and `dbfs:/x` all lie at `/x`."""
    return Path(re.sub(r"^[a-z]+:/+", "/", path))


def put_away(path: Path, destination: Path) -> None:
    """Move a file out of landing; repeating it after a crash does no harm.

    Where a file can't be renamed into its destination it is copied, and leaves landing last: a crash just before that
    leaves both, and the next run puts the second away as a duplicate.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        return
    try:
        os.replace(path, destination)  # noqa: PTH105 - Path.replace is the same, this says that it replaces
    except OSError:
        # Landing may be a volume of its own, and no file is renamed from one volume into another.
        copied = destination.with_name(f".{destination.name}.part")
        shutil.copyfile(path, copied)
        os.replace(copied, destination)  # noqa: PTH105 - as above
        path.unlink()


def _walk(landing: Path) -> Iterator[LandedFile]:
    for path in landing.rglob("*"):
        # A dot marks a file that is still being written by a tool that can't move.
        if path.is_symlink() or not path.is_file() or path.name.startswith("."):
            continue
        parts = path.relative_to(landing).parts
        facts = path.stat()
        arrived_at = datetime.fromtimestamp(facts.st_mtime, UTC).replace(microsecond=0)
        yield LandedFile(path, parts[0] if len(parts) > 1 else None, facts.st_size, arrived_at)
