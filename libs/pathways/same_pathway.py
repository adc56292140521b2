"""Whether two trusts' rows of one person are one pathway, a continuation of it, or two cancers, and by which evidence.

The strongest evidence that holds is told:
pathway_identifier: both bear the same PATIENT PATHWAY IDENTIFIER of the same issuer, whatever dates and sites say.
dates: the referral was received on the same day, or within the gap that two people's typing of one letter explains;
where the sites only fit, without being the same, two first appointments tell that there were two referrals.
first_seen: the patient was first seen on the same day at the same organisation: that is one appointment, so what
differs is a referral date that somebody typed wrongly or not at all.
transfer: one tells of a transfer between the two, and the other begins on or after the referral of the one that sent,
and no later than some days after the transfer: the national clock runs through (cwt-rules 3).
All but the first also want tumour sites that fit. Where none holds the rows are two cancers and stay apart.
"""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

# In the order of their strength: of several the first one is told.
EVIDENCE = ("pathway_identifier", "dates", "first_seen", "transfer")
BY_IDENTIFIER, BY_TRANSFER = 1, 4  # their places, counted from one as Spark's arrays are
# Sites that name no organ: the non-specific symptoms pathway ends at whatever site proves to be ill, and registers
# without a word for it, such as SCR, list it under "other", as they do with cancers of unknown primary.
_OF_ANY_ORGAN = ("non_specific", "other")
# Pairs that two trusts may list one cancer under:
COMPATIBLE_SITES = (
    ("lower_gi", "upper_gi"),  # one referral for anaemia or weight loss, endoscopy from both ends
    ("head_neck", "skin"),  # skin cancers of face, lip and scalp, operated on by head and neck surgeons
    # Children's cancers are treated at a centre under "children", and referred under the organ.
    ("brain", "children"),
    ("children", "haematology"),
    ("children", "sarcoma"),
)
_FITTING = tuple(f"{one}|{other}" for pair in COMPATIBLE_SITES for one, other in (pair, pair[::-1]))


def sites_fit(one: Column, other: Column) -> Column:
    """Whether two tumour sites can be those of one pathway; a site that is missing contradicts nothing."""
    is_open = one.isNull() | other.isNull() | one.isin(*_OF_ANY_ORGAN) | other.isin(*_OF_ANY_ORGAN)
    return is_open | (one == other) | F.concat_ws("|", one, other).isin(*_FITTING)


def with_identifiers_of_one_pathway(pathways: DataFrame, register: DataFrame) -> DataFrame:
    """The pathways with `identifier`: issuer and PATIENT PATHWAY IDENTIFIER as one text, as far as it tells anything.

    It is null where either is missing, and where the trust bears it on several pathways: that is a word for nothing, or
    was copied along. `register` are all pathways that may bear one of these, with trust and the two columns.
    """
    bearing = register.select("trust", _identifier().alias("identifier")).where("identifier is not null")
    reused = bearing.groupBy("trust", "identifier").count().where("count > 1").select("*", F.lit(True).alias("_again"))
    named = pathways.withColumn("identifier", _identifier()).join(reused.drop("count"), ["trust", "identifier"], "left")
    return named.withColumn("identifier", F.when(F.col("_again").isNull(), F.col("identifier"))).drop("_again")


def judged(one: Column, other: Column, *, referral_gap_days: int, continuation_days: int) -> Column:
    """How strongly two trusts' rows are one pathway: the smaller the struct, the more strongly; null for two cancers.

    `evidence` is the place in `EVIDENCE` from 1, `is_other_site` whether the sites differ, `days_apart` how far the
    beginnings lie apart. A row is a struct of identifier, trust, tumour_site, referral_received_on, first_seen_on,
    first_seen_org, transfer_on, transfer_from_org, transfer_to_org, begins_on.
    """
    apart = F.abs(F.date_diff(one["referral_received_on"], other["referral_received_on"]))
    fits = sites_fit(one["tumour_site"], other["tumour_site"])
    is_continued = _continues(one, other, continuation_days) | _continues(other, one, continuation_days)
    evidence = (
        F.when(one["identifier"] == other["identifier"], BY_IDENTIFIER)
        .when(fits & (apart <= referral_gap_days) & ~_are_two_referrals(one, other), EVIDENCE.index("dates") + 1)
        .when(fits & _is_one_appointment(one, other), EVIDENCE.index("first_seen") + 1)
        .when(fits & is_continued, BY_TRANSFER)
    )
    return F.when(
        evidence.isNotNull() & (one["trust"] != other["trust"]),
        F.struct(
            evidence.alias("evidence"),
            (~one["tumour_site"].eqNullSafe(other["tumour_site"])).alias("is_other_site"),
            F.abs(F.date_diff(one["begins_on"], other["begins_on"])).alias("days_apart"),
        ),
    )


def said_by(places: Column) -> Column:
    """The words for places in `EVIDENCE`, each once and in order."""
    words: Sequence[Column] = [F.lit(word) for word in EVIDENCE]
    return F.filter(F.array(*words), lambda _, place: F.array_contains(places, place + 1))


def _are_two_referrals(one: Column, other: Column) -> Column:
    """Whether two rows of different sites tell of two first appointments: copies of one pathway tell of one."""
    is_other_site = one["tumour_site"] != other["tumour_site"]
    is_other_appointment = F.coalesce(one["first_seen_on"] != other["first_seen_on"], F.lit(False))
    is_other_appointment |= F.coalesce(one["first_seen_org"] != other["first_seen_org"], F.lit(False))
    return F.coalesce(is_other_site & is_other_appointment, F.lit(False))


def _is_one_appointment(one: Column, other: Column) -> Column:
    org, org_of_other = one["first_seen_org"], other["first_seen_org"]
    lacks_referral = one["referral_received_on"].isNull() | other["referral_received_on"].isNull()
    is_same_org = (org == org_of_other) | ((org.isNull() | org_of_other.isNull()) & lacks_referral)
    return F.coalesce((one["first_seen_on"] == other["first_seen_on"]) & is_same_org, F.lit(False))


def _continues(sent: Column, received: Column, days: int) -> Column:
    """Whether one row goes on where the other was sent away, as the copy of either of them tells."""

    def tells(copy: Column) -> Column:
        # A register that leaves out its own end of a transfer means itself.
        is_between = F.coalesce(copy["transfer_from_org"], sent["trust"]) == sent["trust"]
        is_between &= F.coalesce(copy["transfer_to_org"], received["trust"]) == received["trust"]
        is_named = copy["transfer_from_org"].isNotNull() | copy["transfer_to_org"].isNotNull()
        return is_between & is_named & (received["begins_on"] <= F.date_add(copy["transfer_on"], days))

    told = F.coalesce(tells(sent), F.lit(False)) | F.coalesce(tells(received), F.lit(False))
    return told & F.coalesce(received["begins_on"] >= sent["begins_on"], F.lit(False))


def _identifier() -> Column:
    return F.concat("pathway_identifier_issuer", F.lit("|"), "pathway_identifier")
