"""The landing folder: which files lie there, and where they go once the ledger has answered for them."""

import contextlib
import hashlib
import os
import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from libs.errors import MachineError


@dataclass(frozen=True)
class LandedFile:
    """A file that waits to be judged.

    `folder` is the one directly below landing, None for a file that lies loose; `name` is the one that its sender gave
    it, and `size` is in bytes. `arrived_at` is the time that the landing's storage tells: it is as good as that.
    `stamp` tells another file at the same path from this one.
    """

    path: Path
    name: str
    folder: str | None
    size: int
    arrived_at: datetime
    stamp: tuple[int, int, int] | None = None

    @property
    def has_text_path(self) -> bool:
        """Whether its path is text: on Linux a name is any bytes."""
        return _text(str(self.path)) == str(self.path)

    def is_still_there(self) -> bool:
        """Whether the same file lies at its path, and not another that was sent meanwhile under its name."""
        try:
            return self.stamp is None or _stamp(self.path.stat()) == self.stamp
        except OSError:
            return False

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
    found = (landed_file(path, landing) for path in landing.absolute().rglob("*"))
    return sorted((file for file in found if file is not None), key=lambda file: str(file.path))


def landed_file(path: Path, landing: Path) -> LandedFile | None:
    """What a path in landing is as a file; None for what is none, or not complete, or gone again.

    A dot marks a file that is still being written by a tool that can't move.
    """
    parts = path.relative_to(landing.absolute()).parts
    try:
        if path.is_symlink() or not path.is_file() or path.name.startswith("."):
            return None
        facts = path.stat()
    except OSError:
        return None
    arrived_at = datetime.fromtimestamp(facts.st_mtime, UTC).replace(microsecond=0)
    folder = _text(parts[0]) if len(parts) > 1 else None
    return LandedFile(path, _text(path.name), folder, facts.st_size, arrived_at, _stamp(facts))


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
        with contextlib.suppress(OSError):  # when it arrived is told by its time, where a volume lets one set it
            shutil.copystat(path, copied)
        os.replace(copied, destination)  # noqa: PTH105 - as above
        path.unlink()


def _text(name: str) -> str:
    """A name with the bytes that are no text spelt out."""
    return name.encode("utf-8", errors="backslashreplace").decode("utf-8")


def _stamp(facts: os.stat_result) -> tuple[int, int, int]:
    return facts.st_ino, facts.st_size, facts.st_mtime_ns
