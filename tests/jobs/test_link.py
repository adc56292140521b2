"""Link, on a lake: what was one person and is two must leave no pathway behind."""

import numpy as np
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.steps import run_steps
from libs.feeds import FeedContract
from libs.lakehouse.tables import Lake, open_lake
from libs.pathways.linked import members
from libs.pathways.versions import KEY
from libs.synthetic.people.nhs_numbers import draw_nhs_numbers
from tests.jobs.conftest import SECOND_HOUR, Row, Start, deliver, edited


def places(lake: Lake) -> dict[tuple[str, ...], list[str]]:
    """For each pathway of silver the linked pathways that it is a member of."""
    linked = members(lake.read("silver.linked_pathway"))
    joined = lake.read("silver.pathway").select(*KEY).join(linked, [*KEY], "left").collect()
    found: dict[tuple[str, ...], list[str]] = {}
    for row in joined:
        found.setdefault(tuple(row[name] for name in KEY), []).append(row["pathway_key"])
    return found


def sharing_patients(lake: Lake, trust: str) -> set[str]:
    """The trust's patients of whom another trust holds the same pathway."""
    shared = members(lake.read("silver.linked_pathway").where(F.size("trusts") == 2))
    pathways = lake.read("silver.pathway").join(shared, [*KEY], "left_semi").where(F.col("trust") == trust)
    return {row["source_patient_id"] for row in pathways.select("source_patient_id").collect()}


def test_pathways_of_two_trusts_that_a_corrected_nhs_number_parts_stand_in_one_linked_pathway_each(
    spark: SparkSession, start: Start
) -> None:
    settings = start.copy()
    lake = open_lake(spark, settings)
    sharing = sorted(sharing_patients(lake, "RVW"))
    numbers = dict(zip(sharing, draw_nhs_numbers(np.random.default_rng(9), len(sharing)), strict=True))
    corrected: set[str] = set()

    def correct(rows: list[Row], contract: FeedContract) -> list[Row]:
        corrected.update({row["Hosp No"] for row in rows} & set(sharing))
        return [{**row, "NHS No": numbers.get(row["Hosp No"], row["NHS No"])} for row in rows]

    for path in settings.paths.landing.rglob("*.jwe"):
        path.unlink()
    deliver(start.simulation, settings, "RVW", edited(start.simulation, "RVW", SECOND_HOUR, correct))
    run_steps(spark, settings, ("ingest", "cleanse", "link"), as_at=SECOND_HOUR)
    assert len(corrected) > 3
    assert sharing_patients(lake, "RVW").isdisjoint(corrected)
    found = places(lake)
    assert len(found) > 250
    assert [key for key, linked in found.items() if len(linked) != 1 or linked[0] is None] == []
