"""The sealed originals that were put away: which are past their day by the ledger, and their removal."""

import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from pyspark.sql import functions as F

from jobs.changed import LEDGER
from jobs.extract_ledger import resting_place
from libs import log
from libs.lakehouse.tables import Lake
from libs.settings import Settings

_NUMBERED = re.compile(r"(\d{8,})_")  # the file's number in the ledger, and then its own name


def due_originals(lake: Lake, settings: Settings, folder: Path, *, before: datetime) -> list[Path]:
    """The files in a folder of originals that arrived before a moment, by path.

    When a file arrived the ledger says. What it does not know of, or knows under another name, is nobody's to remove.
    """
    found = _numbered(folder)
    if not found or not lake.exists(LEDGER):
        return []
    # The ledger grows for ever; what lies in the folder does not.
    lying = lake.spark.createDataFrame([(number,) for number, _ in found], "file_id bigint")
    entries = (
        lake.read(LEDGER).where(F.col("arrived_at") < F.lit(before)).join(F.broadcast(lying), ["file_id"], "left_semi")
    )
    rows = entries.select("file_id", "status", "trust", "file_name").collect()
    known = {row["file_id"]: resting_place(settings, *row).name for row in rows}
    return sorted(path for number, path in found if path.name == known.get(number))


def remove_originals(paths: Iterable[Path]) -> int:
    """Delete files and tell how many are gone. What can't be deleted stays, and is tried again by each run."""
    count = 0
    for path in paths:
        try:
            path.unlink(missing_ok=True)
            count += 1
        except OSError as fault:
            log.event("original_not_removed", level="WARNING", error=type(fault).__name__)
    return count


def _numbered(folder: Path) -> list[tuple[int, Path]]:
    """The files below the folders of the trusts, each with its number in the ledger."""
    found = ((_NUMBERED.match(path.name), path) for path in folder.glob("*/*"))
    return [(int(number[1]), path) for number, path in found if number and path.is_file()]
