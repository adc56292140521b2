"""When links are counted: once a day and after a change, and the days before stay as they are."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from pyspark.sql import SparkSession

from jobs.link_quality import TABLE, count_links
from jobs.outcome import Run
from libs.lakehouse.tables import Lake, open_lake
from libs.settings import Settings
from tests.jobs.conftest import SECOND_HOUR

PATIENTS = (
    "trust string, system string, source_patient_id string, born_on date, ethnic_category string, nhs_number string,"
    " nhs_number_status string"
)
LINKS = "trust string, system string, source_patient_id string, person_id string, tier int, row_hash bigint"
NORTH, SOUTH = ("RVW", "infoflex", "1"), ("RTR", "scr", "1")
NEXT_DAY = SECOND_HOUR + timedelta(days=1)


def link(lake: Lake, north: str, south: str) -> None:
    rows = [(*NORTH, north, 1, hash(north)), (*SOUTH, south, 1, hash(south))]
    frame = lake.spark.createDataFrame(rows, LINKS).coalesce(1)
    lake.merge("silver.person_link", frame, keys=("trust", "system", "source_patient_id"))


def count(lake: Lake, at: datetime, *, is_new_day: bool = False) -> int:
    return count_links(lake, Run("run", at, at), is_new_day=is_new_day)


def rates(lake: Lake) -> Mapping[tuple[date, str], float]:
    everybody = lake.read(TABLE).where("dimension = 'all'").collect()
    return {(row["linked_on"], row["left_source"]): row["match_rate"] for row in everybody}


def test_links_are_counted_on_a_new_day_or_after_a_change_and_days_before_stay(
    spark: SparkSession, settings: Settings
) -> None:
    lake = open_lake(spark, settings)
    assert count(lake, SECOND_HOUR, is_new_day=True) == 0
    born_on = date(1950, 1, 1)
    patients = [(*NORTH, born_on, "A", None, None), (*SOUTH, born_on, "A", None, None)]
    lake.append("silver.patient", spark.createDataFrame(patients, PATIENTS).coalesce(1))
    link(lake, "one", "one")
    today, tomorrow = SECOND_HOUR.date(), NEXT_DAY.date()
    assert count(lake, SECOND_HOUR) == 10  # five dimensions, of both registers and of all
    assert rates(lake) == {(today, "RTR:scr"): 1.0, (today, "ALL"): 1.0}
    commits = lake.commits
    assert count(lake, SECOND_HOUR + timedelta(hours=1)) == 0
    assert lake.commits == commits
    assert count(lake, NEXT_DAY, is_new_day=True) == 10
    link(lake, "one", "another")
    # Nobody is left whom both registers hold: their rows of the day go.
    assert count(lake, NEXT_DAY + timedelta(hours=1)) == 10
    assert rates(lake) == {(today, "RTR:scr"): 1.0, (today, "ALL"): 1.0, (tomorrow, "ALL"): 0.0}
