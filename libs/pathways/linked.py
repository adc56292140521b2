"""Which rows of the trusts are one pathway: pairs of rows judged by their evidence, joined from the strongest on."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from libs.fingerprint import row_hash
from libs.pathways.roles import first_seen_claim, investigating, roles, treating
from libs.pathways.same_pathway import BY_IDENTIFIER, BY_TRANSFER, judged, said_by, sites_fit
from libs.pathways.versions import KEY
from libs.rules import Rules

OF_PATHWAY = (
    "tumour_site", "referral_received_on", "first_seen_on", "first_seen_org", "upgrade_org", "first_test_done_on",
    "diagnosed_on", "first_extracted_at",
)  # fmt: skip
OF_TRANSFER = ("transfer_on", "transfer_from_org", "transfer_to_org", "transfer_reason")
# The columns by which rows are ordered come first: with them no two rows are alike.
_ROW = (
    "referral_received_on", "first_extracted_at", *KEY, "identifier", "tumour_site", "begins_on", "first_seen_on",
    "first_seen_org", *OF_TRANSFER[:3], "first_seen_claim", "investigating", "treating",
)  # fmt: skip
_MEMBERS = "array<struct<at:timestamp,trust:string,system:string,source_pathway_id:string>>"
_CONTENT = ("person_id", "members", "trusts", "link_kind", "evidence", "roles")


def link_pathways(pathways: DataFrame, *, referral_gap_days: int, continuation_days: int, rules: Rules) -> DataFrame:
    """One row a linked pathway: what `same_pathway` judges to be one, each trust in it once.

    pathways: every pathway of each person concerned, with key, person_id, `OF_PATHWAY`, `OF_TRANSFER`, `identifier` (of
    `with_identifiers_of_one_pathway`) and what `treatments_of_pathways` tells. Returns `pathway_key`, `person_id`,
    `members` (keys) in the order in which they came, `trusts`, `link_kind` (alone, same, continuation), the `evidence`
    that joined them, `roles` and `row_hash`. The key is that of the member that came first, so it survives a later one.
    """
    described = pathways.withColumns(
        {
            "begins_on": F.coalesce("referral_received_on", "first_seen_on", "decided_on"),
            "first_seen_claim": first_seen_claim(),
            "investigating": investigating(rules),
            "treating": treating(rules),
        }
    )
    of_person = described.groupBy("person_id").agg(F.array_sort(F.collect_list(F.struct(*_ROW))).alias("_rows"))
    is_of_one_trust = F.size(F.array_distinct("_rows.trust")) == 1
    alone = F.transform("_rows", lambda row: F.struct(F.array(row).alias("rows"), _nothing().alias("evidence")))
    # Pairs are looked at only where there can be any: lambdas are interpreted row by row.
    groups = F.when(is_of_one_trust, alone).otherwise(_joined(_pairs(referral_gap_days, continuation_days)))
    grouped = of_person.select("person_id", F.inline(groups)).withColumn("_members", _arrived("rows"))
    first = F.col("_members")[0]
    return grouped.select(
        F.lower(F.lpad(F.hex(F.xxhash64(*(first[name] for name in KEY))), 16, "0")).alias("pathway_key"),
        "person_id",
        F.transform("_members", lambda one: F.struct(*(one[name].alias(name) for name in KEY))).alias("members"),
        F.array_sort("_members.trust").alias("trusts"),
        _kind().alias("link_kind"),
        said_by(F.col("evidence")).alias("evidence"),
        roles("rows", first["trust"]).alias("roles"),
    ).withColumn("row_hash", row_hash(_CONTENT))


def members(linked: DataFrame) -> DataFrame:
    """One row a member of each linked pathway: `pathway_key` and the key of the trust's own pathway."""
    return linked.select("pathway_key", F.explode("members").alias("member")).select("pathway_key", "member.*")


def treatments_of_pathways(treatments: DataFrame) -> DataFrame:
    """One row a pathway with treatments: `decided_on`, the first decision to treat, and `treatment_orgs`.

    A register that tells of a treatment and leaves the organisation empty means itself.
    """
    treating_org = F.coalesce("treatment_org", F.when(F.col("treatment_on").isNotNull(), F.col("trust")))
    return treatments.groupBy(*KEY).agg(
        F.min("decision_to_treat_on").alias("decided_on"),
        F.array_sort(F.collect_set(treating_org)).alias("treatment_orgs"),
    )


def _pairs(referral_gap_days: int, continuation_days: int) -> Column:
    """Every pair of rows that is one pathway, the strongest evidence first, with the places of the two."""

    def of_row(one: Column, place: Column) -> Column:
        def with_later(other: Column, further: Column) -> Column:
            found = judged(one, other, referral_gap_days=referral_gap_days, continuation_days=continuation_days)
            return F.when(
                found.isNotNull(),
                F.struct(found.alias("judged"), place.alias("one"), (place + 1 + further).alias("other")),
            )

        return F.transform(F.slice("_rows", place + 2, F.size("_rows")), with_later)

    return F.array_sort(F.array_compact(F.flatten(F.transform("_rows", of_row))))


def _joined(pairs: Column) -> Column:
    """The rows in groups: each pair in its order joins the groups of its rows, where none of their rows forbids it."""
    each_alone = F.transform(
        "_rows",
        lambda row, place: F.struct(
            F.array(place).alias("places"), F.array(row).alias("rows"), _nothing().alias("evidence")
        ),
    )

    def join(groups: Column, pair: Column) -> Column:
        def is_concerned(group: Column) -> Column:
            return F.array_contains(group["places"], pair["one"]) | F.array_contains(group["places"], pair["other"])

        two = F.filter(groups, is_concerned)
        others = F.filter(groups, lambda group: ~is_concerned(group))
        both = F.struct(
            F.flatten(two["places"]).alias("places"),
            F.flatten(two["rows"]).alias("rows"),
            F.concat(F.flatten(two["evidence"]), F.array(pair["judged"]["evidence"])).alias("evidence"),
        )
        return F.when(_may_join(two, pair["judged"]["evidence"]), F.concat(others, F.array(both))).otherwise(groups)

    joined = F.aggregate(pairs, each_alone, join)
    return F.transform(joined, lambda group: F.struct(group["rows"].alias("rows"), group["evidence"].alias("evidence")))


def _may_join(two: Column, evidence: Column) -> Column:
    """Whether two groups hold no trust in common, and no two sites that only an identifier could bring together."""
    one, other = F.get(two, F.lit(0))["rows"], F.get(two, F.lit(1))["rows"]
    is_trust_in_both = F.arrays_overlap(one["trust"], other["trust"])
    has_strange_sites = F.exists(
        one["tumour_site"], lambda site: F.exists(other["tumour_site"], lambda another: ~sites_fit(site, another))
    )
    return (F.size(two) == 2) & ~is_trust_in_both & ((evidence == BY_IDENTIFIER) | ~has_strange_sites)


def _arrived(rows: str) -> Column:
    """The keys of the rows in the order in which they came."""
    named = F.transform(rows, lambda one: F.struct(one["first_extracted_at"], *(one[name] for name in KEY)))
    return F.array_sort(named).cast(_MEMBERS)


def _kind() -> Column:
    is_continued = F.array_contains("evidence", BY_TRANSFER)
    return F.when(F.size("rows") == 1, "alone").when(is_continued, "continuation").otherwise("same")


def _nothing() -> Column:
    return F.array().cast("array<int>")
