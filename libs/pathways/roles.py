"""What part each trust has in a linked pathway: where the patient was first seen, who investigates, who treats.

Roles are what the copies tell, not who acts today: who holds the patient at a date is `shared.one_pathway`'s to say.
"""

from pyspark.sql import Column
from pyspark.sql import functions as F

from libs.pathways.in_force import in_force
from libs.rules import Rules

_ROLE = "struct<trust:string,is_first_seen:boolean,is_investigating:boolean,is_treating:boolean>"


def first_seen_claim() -> Column:
    """What a row says of the organisation first seen; the smallest claim of a pathway's copies counts.

    That trust's own copy goes before another's, then the one that came first, as with every fact of the referral.
    """
    is_elsewhere = F.col("trust") != F.col("first_seen_org")
    claim = F.struct(is_elsewhere.alias("is_elsewhere"), "first_extracted_at", "trust", "first_seen_org")
    return F.when(F.col("first_seen_org").isNotNull(), claim)


def investigating(rules: Rules) -> Column:
    """The trusts that a row tells to have investigated.

    Where the patient was first seen or upgraded; who sent the patient on; who received the patient for tests, or before
    the first test was done or the diagnosis made. No register names the trust of each test.
    """
    is_before = F.coalesce(
        (F.col("transfer_on") <= F.col("first_test_done_on")) | (F.col("transfer_on") <= F.col("diagnosed_on")),
        F.lit(False),
    )
    has_moved = F.col("transfer_on").isNotNull()
    receiver = F.when(has_moved & (~_is_for_treatment(rules) | is_before), F.col("transfer_to_org"))
    sender = F.when(has_moved, F.coalesce("transfer_from_org", F.when(~_is_receiver(), F.col("trust"))))
    return F.array_compact(F.array("first_seen_org", "upgrade_org", sender, receiver))


def treating(rules: Rules) -> Column:
    """The trusts that a row tells to have given a treatment, to plan one, or to have received the patient for it."""
    receiver = F.when(F.col("transfer_on").isNotNull() & _is_for_treatment(rules), F.col("transfer_to_org"))
    given = F.coalesce("treatment_orgs", F.array().cast("array<string>"))
    return F.array_compact(F.concat(given, F.array(receiver)))


def roles(rows: str, first_trust: Column) -> Column:
    """One entry a trust that holds the pathway or has a part in it, in the order of their codes.

    `rows` is an array of the copies with trust, first_seen_claim, investigating and treating. Where nobody is named yet
    as investigating, the trust whose copy came first is.
    """
    first_seen = F.array_min(F.col(f"{rows}.first_seen_claim"))["first_seen_org"]
    told = F.flatten(F.col(f"{rows}.investigating"))
    investigates = F.when(F.size(told) > 0, told).otherwise(F.array(first_trust))
    treats = F.flatten(F.col(f"{rows}.treating"))
    everyone = F.array_sort(F.array_distinct(F.concat(F.col(f"{rows}.trust"), investigates, treats)))
    return F.transform(
        everyone,
        lambda trust: F.struct(
            trust,
            F.coalesce(trust == first_seen, F.lit(False)),
            F.array_contains(investigates, trust),
            F.array_contains(treats, trust),
        ).cast(_ROLE),
    )


def _is_for_treatment(rules: Rules) -> Column:
    """A transfer without a reason is taken for one that hands over for treatment (cwt-rules 3.6)."""
    reason = F.col("transfer_reason")
    is_primary = in_force(rules.allocation.transfer_reasons, F.col("transfer_on"), lambda codes: reason.isin(*codes))
    return F.coalesce(is_primary, F.lit(True))


def _is_receiver() -> Column:
    return F.coalesce(F.col("trust") == F.col("transfer_to_org"), F.lit(False))
