"""One row for each linked pathway, made from the copies that its trusts hold.

Precedence between copies: the facts of the referral come from the trust that sent the patient on, since the clock runs
through a transfer from the original referral; what was found until the diagnosis, and the referral where nobody was
sent on, from the trust where the patient was first seen; a transfer from the trust that received it, a treatment from
the trust that gave it, and what is being done now from the trust that holds the patient now. A fact that the preferred
copy lacks comes from the next one. Where copies contradict each other in what a clock reads, `conflicts` says so: every
trust's value, and the one that counts.
"""

from collections.abc import Iterator, Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from libs.pathways.in_force import in_force
from libs.pathways.route import route
from libs.pathways.versions import KEY
from libs.rules import Rules

REFERRED = ("priority_type", "referral_source", "referral_received_on")
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
# What clocks and allocation read of a pathway and of a treatment: a contradiction between copies is shown.
COMPARED = (
    "referral_received_on", "first_seen_on", "first_seen_org", "first_seen_adjustment_days", "upgraded_on",
    "upgrade_org", "priority_type", "suspected_cancer_type", "referral_source", "diagnosis_icd10", "morphology",
    "informed_on", "fds_end_reason", "fds_exclusion_reason", "transfer_on",
)  # fmt: skip
COMPARED_TREATMENT = (
    "decision_to_treat_on", "treatment_on", "treatment_event", "treatment_modality", "treatment_adjustment_days",
    "treatment_org",
)  # fmt: skip
CONFLICTS_LENGTH = 500  # a trust may write long codes, a published column has an end
_TRANSFER = ("transfer_on", "transfer_from_org", "transfer_to_org")
_MOVE = (*_TRANSFER, "transfer_reason")


def one_pathway(
    members: DataFrame, pathways: DataFrame, transfers: DataFrame, *, as_at_on: Column, rules: Rules
) -> DataFrame:
    """The pathways of all members as one row a `pathway_key`, with route, transfers, holder and what the holder does.

    `pathways` are silver's current ones, `transfers` silver's; `as_at_on` is the date of the list.
    """
    copies = members.join(pathways, [*KEY], "inner").join(
        transfers.select(*KEY, "transfer_on", "transfer_from_org", "transfer_to_org", "transfer_reason"), [*KEY], "left"
    )
    is_elsewhere = F.coalesce(F.col("trust") != F.col("first_seen_org"), F.lit(True))
    # Of two trusts that both say so, or neither, the one that sent the patient on was first.
    first_seen = F.struct(is_elsewhere, _place_in_transfer(), "first_extracted_at", "trust")
    referred = F.struct(_place_in_transfer(), first_seen)
    is_sender = F.coalesce(F.col("trust") != F.col("transfer_to_org"), F.lit(True))
    received = F.struct(is_sender, "first_extracted_at", "trust")
    merged = copies.groupBy("pathway_key").agg(
        *(_preferred(name, referred if name in REFERRED else first_seen) for name in INVESTIGATED),
        F.min_by(F.struct(*TOLD, F.col("trust").alias("told_by")), _told_order(first_seen, as_at_on)).alias("_told"),
        F.collect_list(F.when(F.col("transfer_on").isNotNull(), F.struct(received, *_MOVE))).alias("_copies"),
        F.map_from_entries(F.collect_list(F.struct("trust", F.struct(*TRACKED, *COMPARED)))).alias("_tracked"),
        *_contradictions(COMPARED),
        F.min_by("trust", first_seen).alias("_first_trust"),
        F.array_sort(F.collect_list("trust")).alias("trusts"),
        F.array_sort(F.collect_list(F.concat_ws(":", "trust", "source_pathway_id"))).alias("_local_ids"),
    )
    moved = merged.withColumn("_moves", _moves())
    return _described(moved.withColumn("_transfer", _last_move(as_at_on)), as_at_on, rules)


def one_treatment(members: DataFrame, treatments: DataFrame) -> DataFrame:
    """The treatments of all members as one row a `pathway_key` and `treatment_number`."""
    copies = members.join(treatments, [*KEY], "inner")
    is_elsewhere = F.coalesce(F.col("trust") != F.col("treatment_org"), F.lit(True))
    given = F.struct(is_elsewhere, "trust")
    merged = copies.groupBy("pathway_key", "treatment_number").agg(
        *(_preferred(name, given) for name in TREATED),
        F.min_by("trust", given).alias("_recorded_by"),
        F.map_from_entries(F.collect_list(F.struct("trust", F.struct(*COMPARED_TREATMENT)))).alias("_copies"),
        *_contradictions(COMPARED_TREATMENT),
    )
    # A register that tells of a treatment and leaves the organisation empty means itself.
    treating = F.coalesce("treatment_org", F.when(F.col("treatment_on").isNotNull(), F.col("_recorded_by")))
    conflicts = _conflicts("_copies", {name: F.col(name) for name in COMPARED_TREATMENT})
    return merged.select(
        "pathway_key",
        "treatment_number",
        *(name for name in TREATED if name != "treatment_org"),
        treating.alias("treatment_org"),
        conflicts.alias("treatment_conflicts"),
    )


def _described(merged: DataFrame, as_at_on: Column, rules: Rules) -> DataFrame:
    transfer_has_happened = F.coalesce(F.col("_transfer.transfer_on") <= as_at_on, F.lit(False))
    destination = F.when(transfer_has_happened, F.col("_transfer.transfer_to_org"))
    holder = F.coalesce(destination, F.col("_first_trust"))
    # The holder's own register may not send to us: then the first trust's copy is the newest word.
    tracked = F.coalesce(F.try_element_at("_tracked", holder), F.try_element_at("_tracked", F.col("_first_trust")))
    is_basal_cell = F.coalesce(F.col("diagnosis_icd10").startswith("C44") & _is_basal(as_at_on, rules), F.lit(False))
    counted = {name: F.col(name) for name in COMPARED if name in INVESTIGATED}
    counted |= {name: F.col(f"_told.{name}") for name in TOLD}
    counted["transfer_on"] = F.col("_transfer.transfer_on")
    return (
        merged.select(
            "pathway_key",
            *INVESTIGATED,
            "_told.*",
            *(F.col(f"_transfer.{name}").alias(name) for name in _TRANSFER),
            tracked.alias("_now"),
            holder.alias("holding_trust"),
            F.concat_ws(", ", "trusts").alias("tracked_by"),
            (F.size("trusts") > 1).alias("is_shared"),
            F.concat_ws("; ", "_local_ids").alias("local_pathway_ids"),
            _treatment_transfers(as_at_on, rules).alias("transfers"),
            # No register that sends to us names the accountable investigating provider.
            F.lit(None).cast("string").alias("accountable_org"),
            _conflicts("_tracked", counted).alias("conflicts"),
            route(rules).alias("route"),
            is_basal_cell.alias("is_basal_cell"),
            as_at_on.alias("as_at_on"),
        )
        .select("*", *(F.col(f"_now.{name}").alias(name) for name in TRACKED))
        .drop("_now")
    )


def _place_in_transfer() -> Column:
    """0 for a copy that sent the patient on, 2 for one that received the patient, 1 for one that tells of neither."""
    has_sent = F.col("transfer_on").isNotNull() & (F.coalesce("transfer_from_org", "trust") == F.col("trust"))
    return F.when(F.col("trust") == F.col("transfer_to_org"), 2).when(has_sent, 0).otherwise(1)


def _preferred(name: str, order: Column) -> Column:
    """The value of the first copy, in the given order, that has one."""
    return F.min_by(name, _where_known(name, order)).alias(name)


def _is_basal(on: Column, rules: Rules) -> Column:
    """Basal cell carcinoma by its morphology (cwt-rules 5.1), with or without M and slash."""
    bare = F.translate("morphology", "Mm/ ", "")
    return in_force(rules.exclusions.basal_cell_morphologies, on, lambda codes: bare.isin(*codes))


def _moves() -> Column:
    """The transfers in the order of their dates; of two copies of one, that of the trust that received it.

    A copy that does not name the sender is of the transfer that another copy tells of the same receiver.
    """
    copies = F.array_sort("_copies")

    def whole(copy: Column) -> Column:
        same = F.filter(
            copies,
            lambda other: (
                other["transfer_to_org"].eqNullSafe(copy["transfer_to_org"]) & other["transfer_from_org"].isNotNull()
            ),
        )
        sender = F.coalesce(copy["transfer_from_org"], F.try_element_at(same, F.lit(1))["transfer_from_org"])
        return F.struct(
            copy["transfer_on"].alias("transfer_on"), sender.alias("transfer_from_org"),
            copy["transfer_to_org"].alias("transfer_to_org"), copy["transfer_reason"].alias("transfer_reason"),
        )  # fmt: skip

    def sides(move: Column) -> Column:
        return F.struct(move["transfer_from_org"], move["transfer_to_org"])

    moves = F.transform(copies, whole)
    first_copies = F.filter(
        moves, lambda move, place: F.array_position(F.transform(moves, sides), sides(move)) == place + 1
    )
    only = F.try_element_at("_copies", F.lit(1))
    alone = F.array(F.struct(*(only[name].alias(name) for name in _MOVE)))
    # Lambdas are interpreted row by row: they are left to the few pathways with several copies.
    return F.when(F.size("_copies") > 1, F.array_sort(first_copies)).when(only.isNotNull(), alone)


def _last_move(as_at_on: Column) -> Column:
    """The last transfer that has happened, before that the first that is planned."""
    first = F.try_element_at("_moves", F.lit(1))
    happened = F.filter("_moves", lambda move: move["transfer_on"] <= as_at_on)
    return F.when(F.size("_moves") > 1, F.coalesce(F.try_element_at(happened, F.lit(-1)), first)).otherwise(first)


def _treatment_transfers(on: Column, rules: Rules) -> Column:
    """The transfers that hand a patient over for treatment; one without a reason is taken for such (cwt-rules 3.6)."""

    def is_for_treatment(move: Column) -> Column:
        reason = move["transfer_reason"]
        return reason.isNull() | in_force(rules.allocation.transfer_reasons, on, lambda codes: reason.isin(*codes))

    def plain(move: Column) -> Column:
        return F.struct(*(move[name].alias(name) for name in _TRANSFER))

    only = F.try_element_at("_moves", F.lit(1))
    several = F.transform(F.filter("_moves", is_for_treatment), plain)
    return F.when(F.size("_moves") > 1, several).when(is_for_treatment(only) & only.isNotNull(), F.array(plain(only)))


def _contradictions(names: Sequence[str]) -> Iterator[Column]:
    """Whether the copies hold two values of a field; one that is missing contradicts nothing."""
    return ((F.min(name) != F.max(name)).alias(f"_differs_{name}") for name in names)


def _conflicts(copies: str, counted: Mapping[str, Column]) -> Column:
    """`informed_on: RTR 2025-05-20, RVW 2025-05-19, counted 2025-05-19; …`, null where the copies agree."""

    def of_field(name: str, value: Column) -> Column:
        by_trust = F.transform(
            F.array_sort(F.map_entries(copies)),
            lambda copy: F.concat_ws(" ", copy["key"], F.coalesce(copy["value"][name].cast("string"), F.lit("none"))),
        )
        text = F.concat(
            F.lit(f"{name}: "), F.array_join(by_trust, ", "), F.lit(", counted "),
            F.coalesce(value.cast("string"), F.lit("none")),
        )  # fmt: skip
        return F.when(F.col(f"_differs_{name}"), text)

    told = F.concat_ws("; ", *(of_field(name, value) for name, value in counted.items()))
    return F.when(told != "", F.substring(told, 1, CONFLICTS_LENGTH))


def _told_order(order: Column, as_at_on: Column) -> Column:
    """A copy that says when the patient was told goes before one that plans it, and that before one without a date."""
    says_anything = F.col("informed_on").isNotNull() | F.col("fds_end_reason").isNotNull()
    has_told = F.coalesce(F.col("informed_on") <= as_at_on, F.lit(False))
    return F.when(says_anything, F.struct(~has_told, F.col("informed_on").isNull(), order))


def _where_known(name: str, order: Column) -> Column:
    return F.when(F.col(name).isNotNull(), order)
