"""Link: records become people, and trusts' pathways become linked pathways."""

from pyspark.sql import SparkSession

from jobs import link_pathways, people_by_number
from jobs.changed import last_file_id
from jobs.linkage_tables import KEYS
from jobs.outcome import Outcome, Run
from libs.errors import ModelStoreError
from libs.lakehouse.tables import Lake, open_lake
from libs.settings import Settings
from ml.store import model_store

STEP = "link"


def run(spark: SparkSession, settings: Settings, run: Run) -> Outcome:
    """Link the records and pathways that changed since this step last ran, against all."""
    lake = open_lake(spark, settings)
    after, upto = run.watermark(STEP), run.upto("cleanse", newest=last_file_id(lake))
    if upto <= after or not lake.exists("silver.patient"):
        return Outcome(STEP, upto)
    links_changed = _relink_people(lake, settings, run, after=after, upto=upto)
    pathways_read, pathways_changed = link_pathways.relink(lake, settings, after=after, upto=upto)
    return Outcome(STEP, upto, pathways_read, links_changed + pathways_changed, lake.commits)


def _relink_people(lake: Lake, settings: Settings, run: Run, *, after: int, upto: int) -> int:
    """By the champion of the linkage models; before there ever was one by verified NHS number alone."""
    if model_store(settings.paths.root).exists():
        # MLflow and Splink take seconds to load: an hour without a model shall not pay for them.
        from jobs import people_by_model  # noqa: PLC0415
        from jobs.linkage_basis import linkage_basis  # noqa: PLC0415

        if basis := linkage_basis(lake, settings):
            return people_by_model.relink(lake, basis, settings, run, after=after, upto=upto)
    if lake.exists(KEYS):
        raise ModelStoreError(
            "people were linked by a model that has no champion now",
            do="Restore the store, or run `cancollaborate train --model linkage`.",
        )
    return people_by_number.relink(lake, after=after, upto=upto)
