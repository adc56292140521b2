"""Files that were answered for are judged once more: a trust's period loaded again, a held extract released."""

from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs import releases
from jobs.changed import last_file_id
from jobs.extract_ledger import TABLE, landed_again, resting_place
from libs.errors import Terminal
from libs.intake.landing import put_away
from libs.intake.ledger import ACCEPTED, QUARANTINED
from libs.lakehouse.tables import Lake, open_lake
from libs.settings import Settings

HELD = "FULL_SHRANK"


@dataclass(frozen=True)
class Period:
    """Whose extracts are meant, by the London date of the extract, both ends included; None leaves an end open."""

    trust: str
    first_on: date | None = None
    last_on: date | None = None


@dataclass(frozen=True)
class PutBack:
    """How many files were put back into landing, and how many are no longer where they went."""

    files: int
    missing: int


def put_back_period(spark: SparkSession, settings: Settings, period: Period, *, has_quarantined: bool) -> PutBack:
    """Put a trust's originals of a period back into landing, for the next hour to take again.

    What was taken is released, so that it is no duplicate; it is written where bronze lacks it or reads it otherwise
    today, at its own moment, and what is newer stands. With `has_quarantined` refused files come too, judged as if they
    had just arrived. Repeat it after a crash: files that lie in landing already are taken all the same. Raises Terminal
    for a trust that is not configured, StepOrderError before the first file.
    """
    if period.trust not in settings.trusts:
        raise Terminal("there is no such trust", do=f"Use one of: {', '.join(sorted(settings.trusts))}.")
    lake = open_lake(spark, settings)
    extracted_on = F.to_date("extracted_at")
    rows = lake.read(TABLE).where(F.col("trust") == period.trust)
    if period.first_on is not None:
        rows = rows.where(extracted_on >= F.lit(period.first_on))
    if period.last_on is not None:
        rows = rows.where(extracted_on <= F.lit(period.last_on))
    found = _put_back(lake, settings, rows.where(F.col("status") == ACCEPTED), is_waived=True)
    if not has_quarantined:
        return found
    refused = _put_back(lake, settings, rows.where(F.col("status") == QUARANTINED), is_waived=False)
    return PutBack(found.files + refused.files, found.missing + refused.missing)


def release_held(spark: SparkSession, settings: Settings, file_id: int) -> None:
    """Let the next hour take a full extract that is held because it shrank.

    Raises Terminal where the file is not held or not in quarantine any more.
    """
    lake = open_lake(spark, settings)
    is_held = (F.col("file_id") == file_id) & (F.col("status") == QUARANTINED) & (F.col("reason") == HELD)
    rows = lake.read(TABLE).where(is_held)
    if _put_back(lake, settings, rows, is_waived=True).files == 0:
        raise Terminal(
            "this file is not held", do="`cancollaborate status` names those that are, with their ids.", file_id=file_id
        )


def _put_back(lake: Lake, settings: Settings, rows: DataFrame, *, is_waived: bool) -> PutBack:
    """Move the originals into landing; the releases are noted first, so that a crash between does no harm."""
    told = rows.select("file_id", "status", "trust", "file_name", "sha256").orderBy("file_id").collect()
    # Of a file that was taken twice the original lies where it was put the last time.
    places = {
        row["sha256"] or row["file_id"]: (place, landed_again(settings, row["file_id"], row["trust"], row["file_name"]))
        for row in told
        if (place := resting_place(settings, *row[:4])).exists()
    }
    releases.release(
        lake,
        filter(None, {row["sha256"] for row in told} & places.keys()),
        after_file_id=last_file_id(lake),
        is_waived=is_waived,
    )
    for place, landed in places.values():
        put_away(place, landed)
    return PutBack(len(places), len({row["sha256"] or row["file_id"] for row in told} - places.keys()))
