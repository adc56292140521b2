"""Link: records become people, and trusts' pathways become linked pathways."""

from pyspark.sql import SparkSession

from jobs import link_pathways, link_people
from jobs.changed import last_file_id
from jobs.outcome import Outcome, Run
from libs.lakehouse.tables import open_lake
from libs.settings import Settings

STEP = "link"


def run(spark: SparkSession, settings: Settings, run: Run) -> Outcome:
    """Link the records and pathways that changed since this step last ran, against all."""
    lake = open_lake(spark, settings)
    after, upto = run.watermark(STEP), run.upto("cleanse", newest=last_file_id(lake))
    if upto <= after or not lake.exists("silver.patient"):
        return Outcome(STEP, upto)
    links_changed = link_people.relink(lake, after=after, upto=upto)
    pathways_read, pathways_changed = link_pathways.relink(lake, settings, after=after, upto=upto)
    return Outcome(STEP, upto, pathways_read, links_changed + pathways_changed, lake.commits)
