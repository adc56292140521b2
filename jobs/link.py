"""Link: records become people, and trusts' pathways become linked pathways."""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.answers import DUPLICATES
from jobs.changed import changed_pathways, last_file_id
from jobs.outcome import Outcome, Run
from libs.lakehouse.tables import Lake, open_lake, settle
from libs.pathways.linked import link_pathways, members
from libs.pathways.people import RECORD_KEY, link_people, records_of_the_same_people
from libs.pathways.versions import KEY
from libs.settings import Settings

STEP = "link"
_NO_LINKS = "trust string, system string, source_patient_id string, person_id string"


def run(spark: SparkSession, settings: Settings, run: Run) -> Outcome:
    """Link the records and pathways that changed since this step last ran, against all."""
    lake = open_lake(spark, settings)
    after, upto = run.watermark(STEP), run.upto("cleanse", newest=last_file_id(lake))
    if upto <= after or not lake.exists("silver.patient"):
        return Outcome(STEP, upto)
    patients = lake.read("silver.patient")
    changed_patients = patients.where(F.col("file_id") > after)
    earlier_links = _links(lake)
    concerned = settle(records_of_the_same_people(patients, earlier_links, changed_patients))
    links = link_people(concerned).withColumn("file_id", F.lit(upto).cast("bigint"))
    changed_count = lake.merge("silver.person_link", links, keys=RECORD_KEY)

    changed = changed_pathways(
        lake, sorted({trust.system for trust in settings.trusts.values()}), after=after, upto=upto
    )
    of_people = settle(_pathways_of_changed_people(lake, changed, after=after))
    linked = link_pathways(_without_duplicates(lake, of_people), referral_gap_days=settings.linkage.referral_gap_days)
    linked = settle(linked.withColumn("file_id", F.lit(upto).cast("bigint")))
    gone = _vanished_keys(lake, of_people, linked)
    changed_count += lake.merge("silver.linked_pathway", linked, keys=("pathway_key",), gone=gone)
    return Outcome(STEP, upto, of_people.count(), changed_count, lake.commits)


def _links(lake: Lake) -> DataFrame:
    if not lake.exists("silver.person_link"):
        return lake.spark.createDataFrame([], _NO_LINKS)
    return lake.read("silver.person_link").select(*RECORD_KEY, "person_id")


def _pathways_of_changed_people(lake: Lake, changed: DataFrame, *, after: int) -> DataFrame:
    """Every pathway of each person of whom a record, a link or a pathway changed."""
    links = lake.read("silver.person_link").select(*RECORD_KEY, "person_id", F.col("file_id").alias("linked_by"))
    pathways = lake.read("silver.pathway").select(
        *KEY, "source_patient_id", "tumour_site", "referral_received_on", "first_extracted_at"
    )
    owned = pathways.join(links, [*RECORD_KEY], "inner")
    of_changed_pathways = owned.join(F.broadcast(changed), [*KEY], "left_semi").select("person_id")
    people = of_changed_pathways.union(links.where(F.col("linked_by") > after).select("person_id")).distinct()
    if lake.exists("silver.linked_pathway"):
        # Who shared a pathway with one of these and is another person now must get a pathway of their own.
        standing = members(lake.read("silver.linked_pathway"))
        theirs = owned.join(people, ["person_id"], "left_semi").select(*KEY)
        touched = standing.join(theirs, [*KEY], "left_semi").select("pathway_key").distinct()
        companions = standing.join(touched, ["pathway_key"], "left_semi").select(*KEY)
        people = people.union(owned.join(companions, [*KEY], "left_semi").select("person_id")).distinct()
    return owned.join(people, ["person_id"], "left_semi").drop("linked_by")


def _without_duplicates(lake: Lake, pathways: DataFrame) -> DataFrame:
    """Without those for which another entry of the same register stands: one referral counts once."""
    if not lake.exists(DUPLICATES):
        return pathways
    return pathways.join(lake.read(DUPLICATES).select(*KEY), [*KEY], "left_anti")


def _vanished_keys(lake: Lake, pathways: DataFrame, linked: DataFrame) -> DataFrame:
    """Keys under which one of these pathways stood and that no longer exist."""
    if not lake.exists("silver.linked_pathway"):
        return linked.select("pathway_key").limit(0)
    standing = members(lake.read("silver.linked_pathway"))
    of_these = standing.join(pathways.select(*KEY), [*KEY], "left_semi").select("pathway_key").distinct()
    return of_these.join(linked.select("pathway_key"), ["pathway_key"], "left_anti")
