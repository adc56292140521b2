"""Which rows of two trusts are one pathway: the same person, the same tumour site, referral dates close together."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from libs.fingerprint import row_hash
from libs.pathways.versions import KEY

_ROW = (
    "struct<referral_received_on:date,first_extracted_at:timestamp,trust:string,system:string,source_pathway_id:string>"
)
_GROUP = f"struct<first_on:date,trusts:array<string>,rows:array<{_ROW}>>"


def link_pathways(pathways: DataFrame, *, referral_gap_days: int) -> DataFrame:
    """One row a linked pathway: `pathway_key`, `person_id`, `trusts` and `members` in the order in which they came.

    `pathways` holds every pathway of each person concerned: key, person_id, tumour_site, referral_received_on,
    first_extracted_at. Rows are taken by referral date; each joins the oldest pathway whose first referral lies within
    the gap and which its own trust does not hold already, or begins one. A row without a referral date stays alone.
    The key is that of the member that came first, so it survives a later member.
    """
    row = F.struct("referral_received_on", "first_extracted_at", *KEY).cast(_ROW)
    of_site = pathways.groupBy("person_id", "tumour_site").agg(F.array_sort(F.collect_list(row)).alias("_rows"))
    is_of_one_trust = F.size(F.array_distinct(F.transform("_rows", lambda one: one["trust"]))) == 1
    alone = F.transform("_rows", _group_of)
    groups = F.when(is_of_one_trust, alone).otherwise(_matched(F.col("_rows"), referral_gap_days))
    arrived = F.array_sort(
        F.transform("group.rows", lambda one: F.struct(one["first_extracted_at"], *(one[name] for name in KEY)))
    )
    grouped = of_site.select("person_id", F.explode(groups).alias("group")).select(
        "person_id",
        arrived.cast("array<struct<at:timestamp,trust:string,system:string,source_pathway_id:string>>").alias(
            "_members"
        ),
    )
    first = F.col("_members")[0]
    members = F.transform("_members", lambda one: F.struct(*(one[name].alias(name) for name in KEY)))
    return grouped.select(
        F.lower(F.lpad(F.hex(F.xxhash64(*(first[name] for name in KEY))), 16, "0")).alias("pathway_key"),
        "person_id",
        members.alias("members"),
        F.array_sort(F.transform("_members", lambda one: one["trust"])).alias("trusts"),
    ).withColumn("row_hash", row_hash(["person_id", "members", "trusts"]))


def members(linked: DataFrame) -> DataFrame:
    """One row a member of each linked pathway: `pathway_key` and the key of the trust's own pathway."""
    return linked.select("pathway_key", F.explode("members").alias("member")).select("pathway_key", "member.*")


def _matched(rows: Column, gap_days: int) -> Column:
    """The rows, in their order, folded into groups."""

    def add(groups: Column, row: Column) -> Column:
        takes_row = F.transform(
            groups,
            lambda group: (
                ~F.array_contains(group["trusts"], row["trust"])
                & (F.date_diff(row["referral_received_on"], group["first_on"]) <= gap_days)
            ),
        )
        place = F.array_position(takes_row, True) - 1
        joined = F.transform(groups, lambda group, index: F.when(index == place, _with(group, row)).otherwise(group))
        return F.when(place >= 0, joined).otherwise(F.concat(groups, F.array(_group_of(row))))

    return F.aggregate(rows, F.array().cast(f"array<{_GROUP}>"), add)


def _group_of(row: Column) -> Column:
    return F.struct(row["referral_received_on"], F.array(row["trust"]), F.array(row)).cast(_GROUP)


def _with(group: Column, row: Column) -> Column:
    trusts, rows = F.concat(group["trusts"], F.array(row["trust"])), F.concat(group["rows"], F.array(row))
    return F.struct(group["first_on"], trusts, rows).cast(_GROUP)
