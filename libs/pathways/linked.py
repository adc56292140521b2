"""Which rows of two trusts are one pathway: the same person, the same tumour site, referral dates close together."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from libs.fingerprint import row_hash
from libs.pathways.versions import KEY


def link_pathways(pathways: DataFrame, *, referral_gap_days: int) -> DataFrame:
    """One row a linked pathway: `pathway_key`, `person_id`, `trusts` and `members` in the order in which they came.

    `pathways` holds every pathway of each person concerned: key, person_id, tumour_site, referral_received_on,
    first_extracted_at. Rows of different trusts are one pathway when their referral dates lie within the gap; two rows
    of one trust never are: the first of one trust goes with the first of the other, the second with the second.
    The key is that of the member that came first, so it survives a later member.
    """
    of_site = Window.partitionBy("person_id", "tumour_site").orderBy("referral_received_on", "first_extracted_at", *KEY)
    gap = F.date_diff("referral_received_on", F.lag("referral_received_on").over(of_site))
    starts_episode = F.coalesce(gap > referral_gap_days, F.col("referral_received_on").isNull(), F.lit(True))
    episodes = pathways.withColumn("_starts", starts_episode.cast("int")).withColumn(
        "_episode", F.sum("_starts").over(of_site.rowsBetween(Window.unboundedPreceding, Window.currentRow))
    )
    of_trust = Window.partitionBy("person_id", "tumour_site", "_episode", "trust").orderBy(
        "referral_received_on", "first_extracted_at", *KEY
    )
    member = F.struct("first_extracted_at", *KEY, "referral_received_on")
    grouped = (
        episodes.withColumn("_place", F.row_number().over(of_trust))
        .groupBy("person_id", "tumour_site", "_episode", "_place")
        .agg(F.array_sort(F.collect_list(member)).alias("_members"))
    )
    first = F.col("_members")[0]
    key = F.xxhash64(*(first[name] for name in KEY))
    members = F.transform("_members", lambda one: F.struct(*(one[name].alias(name) for name in KEY)))
    return grouped.select(
        F.lower(F.lpad(F.hex(key), 16, "0")).alias("pathway_key"),
        "person_id",
        members.alias("members"),
        F.array_sort(F.transform("_members", lambda one: one["trust"])).alias("trusts"),
    ).withColumn("row_hash", row_hash(["person_id", "members", "trusts"]))


def members(linked: DataFrame) -> DataFrame:
    """One row a member of each linked pathway: `pathway_key` and the key of the trust's own pathway."""
    return linked.select("pathway_key", F.explode("members").alias("member")).select("pathway_key", "member.*")
