"""One row for each linked pathway, made from the copies that its trusts hold.

Precedence between copies: the facts of the referral and the diagnosis come from the trust where the patient was first
seen, a transfer from the trust that received it, a treatment from the trust that gave it, and what is being done now
from the trust that holds the patient now. A fact that the preferred copy lacks comes from the next one.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from libs.pathways.route import route
from libs.pathways.versions import KEY

INVESTIGATED = (
    "tumour_site", "suspected_cancer_type", "priority_type", "referral_source", "referral_received_on", "first_seen_on",
    "first_seen_org", "first_seen_adjustment_days", "upgraded_on", "upgrade_org", "first_test_booked_on",
    "first_test_done_on", "first_test_reported_on", "last_test_reported_on", "mdt_on", "diagnosed_on",
    "diagnosis_icd10", "morphology",
)  # fmt: skip
TOLD = ("informed_on", "fds_end_reason", "fds_exclusion_reason")
TRACKED = (
    "closed_on", "closed_reason", "is_departed", "next_action", "next_action_owner", "next_action_due_on",
    "is_escalated", "last_tracked_on",
)  # fmt: skip
TREATED = (
    "decision_to_treat_on", "planned_treatment_on", "treatment_on", "treatment_event", "treatment_modality",
    "treatment_adjustment_days", "treatment_org",
)  # fmt: skip
# Basal cell carcinoma by its morphology (cwt-rules 5.1), with or without the slash before the behaviour digit.
BASAL_CELL = "^M?(8090|8091|8092|8093|8094|8095|8110)/?3$"


def one_pathway(members: DataFrame, pathways: DataFrame, transfers: DataFrame, *, as_at_on: Column) -> DataFrame:
    """The pathways of all members as one row a `pathway_key`, with route, transfer, holder and what the holder does.

    `pathways` are silver's current ones, `transfers` silver's; `as_at_on` is the date of the list.
    """
    copies = members.join(pathways, [*KEY], "inner").join(
        transfers.select(*KEY, "transfer_on", "transfer_from_org", "transfer_to_org", "transfer_reason"), [*KEY], "left"
    )
    is_elsewhere = F.coalesce(F.col("trust") != F.col("first_seen_org"), F.lit(True))
    first_seen = F.struct(is_elsewhere, "first_extracted_at", "trust")
    is_sender = F.coalesce(F.col("trust") != F.col("transfer_to_org"), F.lit(True))
    received = F.struct(is_sender, "first_extracted_at", "trust")
    merged = copies.groupBy("pathway_key").agg(
        *(_preferred(name, first_seen) for name in INVESTIGATED),
        F.min_by(F.struct(*TOLD, F.col("trust").alias("told_by")), _told_order(first_seen)).alias("_told"),
        F.min_by(
            F.struct("transfer_on", "transfer_from_org", "transfer_to_org"), _where_known("transfer_on", received)
        ).alias("_transfer"),
        F.map_from_entries(F.collect_list(F.struct("trust", F.struct(*TRACKED)))).alias("_tracked"),
        F.min_by("trust", first_seen).alias("_first_trust"),
        F.array_sort(F.collect_list("trust")).alias("trusts"),
        F.array_sort(F.collect_list(F.concat_ws(":", "trust", "source_pathway_id"))).alias("_local_ids"),
    )
    return _described(merged, as_at_on)


def one_treatment(members: DataFrame, treatments: DataFrame) -> DataFrame:
    """The treatments of all members as one row a `pathway_key` and `treatment_number`."""
    copies = members.join(treatments, [*KEY], "inner")
    is_elsewhere = F.coalesce(F.col("trust") != F.col("treatment_org"), F.lit(True))
    given = F.struct(is_elsewhere, "trust")
    merged = copies.groupBy("pathway_key", "treatment_number").agg(
        *(_preferred(name, given) for name in TREATED), F.min_by("trust", given).alias("_recorded_by")
    )
    # A register that leaves the treating organisation empty means itself.
    treating = F.coalesce("treatment_org", "_recorded_by")
    return merged.withColumn("treatment_org", treating).drop("_recorded_by")


def _described(merged: DataFrame, as_at_on: Column) -> DataFrame:
    transfer_has_happened = F.coalesce(F.col("_transfer.transfer_on") <= as_at_on, F.lit(False))
    destination = F.when(transfer_has_happened, F.col("_transfer.transfer_to_org"))
    holder = F.coalesce(destination, F.col("_first_trust"))
    # The holder's own register may not send to us: then the first trust's copy is the newest word.
    tracked = F.coalesce(F.try_element_at("_tracked", holder), F.try_element_at("_tracked", F.col("_first_trust")))
    is_basal_cell = F.coalesce(
        F.col("diagnosis_icd10").startswith("C44") & F.col("morphology").rlike(BASAL_CELL), F.lit(False)
    )
    return (
        merged.select(
            "pathway_key",
            *INVESTIGATED,
            "_told.*",
            "_transfer.*",
            tracked.alias("_now"),
            holder.alias("holding_trust"),
            F.concat_ws(", ", "trusts").alias("tracked_by"),
            (F.size("trusts") > 1).alias("is_shared"),
            F.concat_ws("; ", "_local_ids").alias("local_pathway_ids"),
            route().alias("route"),
            is_basal_cell.alias("is_basal_cell"),
            as_at_on.alias("as_at_on"),
        )
        .select("*", *(F.col(f"_now.{name}").alias(name) for name in TRACKED))
        .drop("_now")
    )


def _preferred(name: str, order: Column) -> Column:
    """The value of the first copy, in the given order, that has one."""
    return F.min_by(name, _where_known(name, order)).alias(name)


def _told_order(order: Column) -> Column:
    """A copy that says when the patient was told goes before one that gives only the reason."""
    says_anything = F.col("informed_on").isNotNull() | F.col("fds_end_reason").isNotNull()
    return F.when(says_anything, F.struct(F.col("informed_on").isNull(), order))


def _where_known(name: str, order: Column) -> Column:
    return F.when(F.col(name).isNotNull(), order)
