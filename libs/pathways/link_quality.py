"""`gold.link_quality`: how well the records of two registers are linked, for everybody and for groups of patients."""

from collections.abc import Mapping
from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from libs.fingerprint import row_hash
from libs.pathways.patient_groups import EVERYBODY, groups
from libs.pathways.people import RECORD_KEY

KEY = ("linked_on", "left_source", "right_source", "dimension", "category")
EVERY_SOURCE = "ALL"
_DECIDED = 4
_TIERS = {1: "tier_1_pairs", 2: "tier_2_pairs", 3: "tier_3_pairs", _DECIDED: "decided_pairs"}
_TIER_OF_RULE = {"nhs_number": 1, "same_details": 2, "model": 3}
_OF_RECORDS = ("record_count", "linked_record_count")
_OF_PAIRS = (*_TIERS.values(), "review_pairs")
# Counts and sums of probabilities from which precision and recall are estimated.
_OF_MODEL = ("accepted_count", "accepted_sum", "kept_sum")
_ROUNDED = 4  # decimals: the order in which Spark adds must not make another row of it


def grouped_records(patients: DataFrame, links: DataFrame, *, linked_on: date) -> DataFrame:
    """One row a record: `ordinal`, `source` as in RTR:scr, `person_id`, `tier`, and `groups` of its patient.

    `patients` has the record key and the columns that `patient_groups.groups` looks at; `links` those of
    silver.person_link.
    """
    linked = patients.join(links.select(*RECORD_KEY, "person_id", "tier"), [*RECORD_KEY])
    return linked.select(
        F.xxhash64(*RECORD_KEY).alias("ordinal"),
        F.concat_ws(":", "trust", "system").alias("source"),
        "person_id",
        "tier",
        groups(linked_on).alias("groups"),
    )


def link_quality(
    records: DataFrame, *, pairs: DataFrame | None, review: DataFrame | None, decisions: DataFrame | None,
    linked_on: date,
) -> DataFrame:  # fmt: skip
    """One row for each two registers with a person or a doubt in common, dimension and category; and one for ALL.

    `records` is what `grouped_records` makes; `pairs` silver.link_pair, `review` silver.link_review, `decisions`
    silver.link_decision, None where there is none: what only they can tell is then null. Counts are of records or of
    pairs of records; a pair counts in the categories of both its records, once where they are the same. A register
    stands with itself where it holds somebody twice. Precision and recall are the model's own estimates.
    """
    people = records.groupBy("person_id").agg(
        F.collect_list(F.struct("ordinal", "source", "tier", "groups")).alias("members")
    )
    people = people.where(F.size("members") > 1)
    counted = [_record_counts(records), _linked_counts(people), _pair_counts(people, pairs, decisions)]
    if review is not None:
        asked = review.select(_ordinal("left").alias("left"), _ordinal("right").alias("right"))
        counted.append(_of_pairs(_with_records(asked, records), {"review_pairs": F.lit(1)}))
    if pairs is not None:
        counted.append(_model_sums(pairs, records))
    sums = (
        reduce(DataFrame.union, counted)
        .groupBy("left_source", "right_source", "dimension", "category")
        .agg(*(F.sum(name).alias(name) for name in (*_OF_RECORDS, *_OF_PAIRS, *_OF_MODEL)))
    )
    return _shown(_in_common(sums), linked_on=linked_on, has_review=review is not None)


def _record_counts(records: DataFrame) -> DataFrame:
    """The records of both registers of each two, and of all registers."""
    each = records.select("source", F.explode("groups").alias("group")).groupBy("source", "group").count()
    sources = records.agg(F.collect_set("source").alias("sources"))
    other = F.explode(F.concat("sources", F.array(F.lit(EVERY_SOURCE)))).alias("other_source")
    return _counts(each.crossJoin(F.broadcast(sources)).select("*", other), {"record_count": F.col("count")})


def _linked_counts(people: DataFrame) -> DataFrame:
    """Each record once for each register in which its person has another, and for ALL if that is another register."""
    sources = F.transform("members", lambda member: member["source"])
    each = people.select(F.explode("members").alias("member"), sources.alias("sources"))
    own = F.col("member.source")
    stands_twice = F.size(F.filter("sources", lambda source: source == own)) > 1
    others = F.filter(F.array_distinct("sources"), lambda source: (source != own) | stands_twice)
    everywhere = F.when(F.size(F.array_distinct("sources")) > 1, F.array(F.lit(EVERY_SOURCE))).otherwise(F.array())
    each = each.select(own.alias("source"), F.col("member.groups").alias("groups"),
                       F.explode(F.concat(others, everywhere)).alias("other_source"))  # fmt: skip
    return _counts(each.select("*", F.explode("groups").alias("group")), {"linked_record_count": F.lit(1)})


def _pair_counts(people: DataFrame, pairs: DataFrame | None, decisions: DataFrame | None) -> DataFrame:
    """Every two records of a person by what made them one: people, the rule of the pair, else the greater tier."""
    each = people.select(F.explode("members").alias("one"), "members").select(
        "one", F.explode(F.filter("members", lambda other: other["ordinal"] > F.col("one")["ordinal"])).alias("other")
    )
    each = each.withColumns({"left": F.col("one.ordinal"), "right": F.col("other.ordinal")})
    told = [F.greatest("one.tier", "other.tier")]
    if pairs is not None:
        rule = F.coalesce(*(F.when(F.col("rule") == name, number) for name, number in _TIER_OF_RULE.items()))
        accepted = pairs.where("is_accepted").select("left", "right", rule.alias("rule_tier"))
        each, told = each.join(accepted, ["left", "right"], "left"), [F.col("rule_tier"), *told]
    if decisions is not None:
        same = decisions.where("is_same").select(
            F.col("left_ordinal").alias("left"), F.col("right_ordinal").alias("right"), F.lit(_DECIDED).alias("decided")
        )
        each, told = each.join(same, ["left", "right"], "left"), [F.col("decided"), *told]
    tier = F.coalesce(*told)
    return _of_pairs(each, {name: F.when(tier == number, 1) for number, name in _TIERS.items()})


def _model_sums(pairs: DataFrame, records: DataFrame) -> DataFrame:
    """What the model says of the pairs that it kept, for everybody."""
    everybody = F.array(F.struct(F.lit(EVERYBODY).alias("dimension"), F.lit(EVERYBODY).alias("category")))
    narrow = records.select("ordinal", "source", everybody.alias("groups"))
    known = _with_records(pairs.select("left", "right", "probability", "is_accepted", "is_apart"), narrow)
    return _of_pairs(
        known,
        {
            "accepted_count": F.when(F.col("is_accepted"), 1),
            "accepted_sum": F.when(F.col("is_accepted"), F.col("probability")),
            "kept_sum": F.when(~F.col("is_apart"), F.col("probability")),
        },
    )


def _with_records(pairs: DataFrame, records: DataFrame) -> DataFrame:
    """Pairs of ordinals `left` and `right` with their records `one` and `other`; one that is gone takes its pairs."""
    for place, name in (("left", "one"), ("right", "other")):
        record = records.select(F.col("ordinal").alias(place), F.struct("source", "groups").alias(name))
        pairs = pairs.join(record, [place])
    return pairs


def _of_pairs(pairs: DataFrame, measures: Mapping[str, Column]) -> DataFrame:
    """Measures of pairs of the records `one` and `other`, for their two registers and for ALL."""
    spread = pairs.select("*", F.explode(F.array_union("one.groups", "other.groups")).alias("group"))
    source, others = F.col("one.source").alias("source"), F.array("other.source", F.lit(EVERY_SOURCE))
    return _counts(spread.select("*", source, F.explode(others).alias("other_source")), measures)


def _counts(each: DataFrame, measures: Mapping[str, Column]) -> DataFrame:
    """Measures of `source` and `other_source` (or of ALL) and a `group`, in the form in which they are added up."""
    is_all = F.col("other_source") == EVERY_SOURCE
    return each.select(
        F.when(is_all, EVERY_SOURCE).otherwise(F.least("source", "other_source")).alias("left_source"),
        F.when(is_all, EVERY_SOURCE).otherwise(F.greatest("source", "other_source")).alias("right_source"),
        "group.dimension",
        "group.category",
        *(measures.get(name, F.lit(None)).cast("bigint").alias(name) for name in (*_OF_RECORDS, *_OF_PAIRS)),
        *(measures.get(name, F.lit(None)).cast("double").alias(name) for name in _OF_MODEL),
    )


def _in_common(sums: DataFrame) -> DataFrame:
    """Without registers that have nobody and no doubt in common: of many trusts most two have none."""
    something = reduce(lambda one, other: one | other, (F.col(name) > 0 for name in (*_OF_RECORDS[1:], *_OF_PAIRS)))
    registers = Window.partitionBy("left_source", "right_source")
    has_any = F.max(F.coalesce(something, F.lit(False))).over(registers)
    is_all = F.col("left_source") == EVERY_SOURCE
    return sums.withColumn("_has_any", has_any | is_all).where("_has_any").drop("_has_any")


def _shown(sums: DataFrame, *, linked_on: date, has_review: bool) -> DataFrame:
    counts = {name: F.coalesce(name, F.lit(0).cast("bigint")) for name in (*_OF_RECORDS, *_OF_PAIRS)}
    if not has_review:
        counts["review_pairs"] = F.lit(None).cast("bigint")
    shown = sums.select(
        F.lit(linked_on).alias("linked_on"),
        *KEY[1:],
        *(counts[name].alias(name) for name in _OF_RECORDS),
        _share("linked_record_count", "record_count").alias("match_rate"),
        *(counts[name].alias(name) for name in _OF_PAIRS),
        _share("accepted_sum", "accepted_count").alias("estimated_precision"),
        _share("accepted_sum", "kept_sum").alias("estimated_recall"),
    )
    return shown.withColumn("row_hash", row_hash([name for name in shown.columns if name not in KEY]))


def _share(part: str, whole: str) -> Column:
    return F.round(F.coalesce(F.col(part), F.lit(0)) / F.when(F.col(whole) > 0, F.col(whole)), _ROUNDED)


def _ordinal(side: str) -> Column:
    """The number of a record from the names of its key in silver.link_review."""
    return F.xxhash64(*(f"{side}_{name}" for name in ("trust", "system", "patient_id")))
