"""Which trusts' pathways are one: done over for the people of whom a record, a link or a pathway changed."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.answers import DUPLICATES
from jobs.changed import changed_pathways
from libs.lakehouse.tables import Lake, settle
from libs.pathways.linked import link_pathways, members
from libs.pathways.people import RECORD_KEY
from libs.pathways.versions import KEY
from libs.settings import Settings

TABLE = "silver.linked_pathway"


def relink(lake: Lake, settings: Settings, *, after: int, upto: int) -> tuple[int, int]:
    """Bring the linked pathways up to date with the files after `after`; how many pathways were read, and changed."""
    systems = sorted({trust.system for trust in settings.trusts.values()})
    changed = changed_pathways(lake, systems, after=after, upto=upto)
    of_people = settle(_pathways_of_changed_people(lake, changed, after=after))
    linked = link_pathways(_without_duplicates(lake, of_people), referral_gap_days=settings.linkage.referral_gap_days)
    linked = settle(linked.withColumn("file_id", F.lit(upto).cast("bigint")))
    gone = _vanished_keys(lake, of_people, linked)
    return of_people.count(), lake.merge(TABLE, linked, keys=("pathway_key",), gone=gone)


def _pathways_of_changed_people(lake: Lake, changed: DataFrame, *, after: int) -> DataFrame:
    """Every pathway of each person of whom a record, a link or a pathway changed."""
    links = lake.read("silver.person_link").select(*RECORD_KEY, "person_id", F.col("file_id").alias("linked_by"))
    pathways = lake.read("silver.pathway").select(
        *KEY, "source_patient_id", "tumour_site", "referral_received_on", "first_extracted_at"
    )
    owned = pathways.join(links, [*RECORD_KEY], "inner")
    of_changed_pathways = owned.join(F.broadcast(changed), [*KEY], "left_semi").select("person_id")
    people = of_changed_pathways.union(links.where(F.col("linked_by") > after).select("person_id")).distinct()
    if lake.exists(TABLE):
        # Who shared a pathway with one of these and is another person now must get a pathway of their own.
        standing = members(lake.read(TABLE))
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
    if not lake.exists(TABLE):
        return linked.select("pathway_key").limit(0)
    standing = members(lake.read(TABLE))
    of_these = standing.join(pathways.select(*KEY), [*KEY], "left_semi").select("pathway_key").distinct()
    return of_these.join(linked.select("pathway_key"), ["pathway_key"], "left_anti")
