"""Which trusts' pathways are one: done over for the people of whom a record, a link or a pathway changed."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.answers import DUPLICATES
from jobs.changed import changed_pathways
from libs.lakehouse.tables import Lake, settle
from libs.pathways.linked import OF_PATHWAY, OF_TRANSFER, link_pathways, members, treatments_of_pathways
from libs.pathways.people import RECORD_KEY
from libs.pathways.same_pathway import with_identifiers_of_one_pathway
from libs.pathways.versions import KEY
from libs.rules import load_rules
from libs.settings import Settings

TABLE = "silver.linked_pathway"
IDENTIFIER = ("pathway_identifier", "pathway_identifier_issuer")


def relink(lake: Lake, settings: Settings, *, after: int, upto: int) -> tuple[int, int]:
    """Bring the linked pathways up to date with the files after `after`; how many pathways were read, and changed."""
    systems = sorted({trust.system for trust in settings.trusts.values()})
    changed = changed_pathways(lake, systems, after=after, upto=upto)
    of_people = settle(_pathways_of_changed_people(lake, changed, after=after))
    linked = link_pathways(
        with_evidence(lake, without_duplicates(lake, of_people)),
        referral_gap_days=settings.linkage.referral_gap_days,
        continuation_days=settings.linkage.continuation_days,
        rules=load_rules(),
    )
    linked = settle(linked.withColumn("file_id", F.lit(upto).cast("bigint")))
    gone = _vanished_keys(lake, of_people, linked)
    return of_people.count(), lake.merge(TABLE, linked, keys=("pathway_key",), gone=gone)


def with_evidence(lake: Lake, pathways: DataFrame) -> DataFrame:
    """The pathways with what `link_pathways` looks at besides: identifiers of one pathway, transfer and treatments."""
    register = without_duplicates(lake, lake.read("silver.pathway").select(*KEY, *IDENTIFIER)).join(
        pathways.select(*IDENTIFIER).dropna().distinct(), [*IDENTIFIER], "left_semi"
    )
    keys = pathways.select(*KEY)
    transfers = lake.read("silver.transfer").select(*KEY, *OF_TRANSFER).join(keys, [*KEY], "left_semi")
    treatments = treatments_of_pathways(lake.read("silver.treatment").join(keys, [*KEY], "left_semi"))
    known = with_identifiers_of_one_pathway(pathways, register)
    return known.join(transfers, [*KEY], "left").join(treatments, [*KEY], "left")


def without_duplicates(lake: Lake, pathways: DataFrame) -> DataFrame:
    """Without those for which another entry of the same register stands: one referral counts once."""
    if not lake.exists(DUPLICATES):
        return pathways
    return pathways.join(lake.read(DUPLICATES).select(*KEY), [*KEY], "left_anti")


def _pathways_of_changed_people(lake: Lake, changed: DataFrame, *, after: int) -> DataFrame:
    """Every pathway of each person of whom a record, a link or a pathway changed."""
    links = lake.read("silver.person_link").select(*RECORD_KEY, "person_id", F.col("file_id").alias("linked_by"))
    pathways = lake.read("silver.pathway").select(*KEY, "source_patient_id", *OF_PATHWAY, *IDENTIFIER)
    owned = pathways.join(links, [*RECORD_KEY], "inner")
    of_changed_pathways = owned.join(F.broadcast(changed), [*KEY], "left_semi")
    people = of_changed_pathways.select("person_id").union(links.where(F.col("linked_by") > after).select("person_id"))
    # An identifier that a register bears a second time now tells nothing any more of those that bore it before.
    bearing = of_changed_pathways.select("trust", *IDENTIFIER).dropna().distinct()
    people = people.union(owned.join(bearing, bearing.columns, "left_semi").select("person_id")).distinct()
    if lake.exists(TABLE):
        # Who shared a pathway with one of these and is another person now must get a pathway of their own.
        standing = members(lake.read(TABLE))
        theirs = owned.join(people, ["person_id"], "left_semi").select(*KEY)
        touched = standing.join(theirs, [*KEY], "left_semi").select("pathway_key").distinct()
        companions = standing.join(touched, ["pathway_key"], "left_semi").select(*KEY)
        people = people.union(owned.join(companions, [*KEY], "left_semi").select("person_id")).distinct()
    return owned.join(people, ["person_id"], "left_semi").drop("linked_by")


def _vanished_keys(lake: Lake, pathways: DataFrame, linked: DataFrame) -> DataFrame:
    """Keys under which one of these pathways stood and that no longer exist."""
    if not lake.exists(TABLE):
        return linked.select("pathway_key").limit(0)
    standing = members(lake.read(TABLE))
    of_these = standing.join(pathways.select(*KEY), [*KEY], "left_semi").select("pathway_key").distinct()
    return of_these.join(linked.select("pathway_key"), ["pathway_key"], "left_anti")
