"""Who is accountable for a 62-day wait that trusts shared (cwt-rules 3: solo, 50/50, the six scenarios)."""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from libs.pathways.clocks import UPGRADE, adjustment_of
from libs.pathways.in_force import in_force
from libs.rules import Halves, Rules, Scenario

TRANSFERS = "array<struct<transfer_on:date,transfer_from_org:string,transfer_to_org:string>>"
_SHARE = "struct<trust:string,within_share:decimal(3,1),denominator_share:decimal(3,1)>"


def with_allocation(rows: DataFrame, rules: Rules) -> DataFrame:
    """Add the struct `allocation` to rows that carry `clock_62`, the trusts that took part and `transfers`.

    `transfers` is an array of transfers in the order of their dates; `accountable_org` the accountable investigating
    provider where one is recorded. The struct: investigating_trust, treating_trust, transfer_on (the one
    that counts), method (SOLO, 5050, 6SCENARIO), scenario (1 to 6), phase_38_days, phase_24_days, shares (array of
    trust, within_share, denominator_share; the investigating trust first).
    The trusts and the transfer stand on every row; all else is null unless the 62-day clock is WITHIN or BREACH.
    """
    sided = rows.withColumn("_sides", _sides(rules))
    measured = sided.withColumn("_phases", _phases(rules))
    return measured.select("*", _allocation(rules).alias("allocation")).drop("_sides", "_phases")


def origin() -> Column:
    """The trust with which a wait began: that of the upgrade, on that route, else that of the first visit."""
    upgrade_org = F.when(F.col("route") == UPGRADE, F.col("upgrade_org"))
    return F.coalesce(upgrade_org, F.col("first_seen_org"))


def _on() -> Column:
    return F.coalesce(F.col("clock_62.stop_on"), F.col("as_at_on"))


def _sides(rules: Rules) -> Column:
    """Investigating and treating trust, and the transfer between them that counts."""
    began_at = origin()
    recorded, treating = F.col("accountable_org"), F.col("treatment_org")
    transfer = in_force(
        rules.allocation.investigating_trust, _on(), lambda strategy: _transfer(strategy, began_at, treating)
    )
    # Out and back: the trust that saw the patient first also treats, whoever took part in between.
    sender = F.when(F.coalesce(began_at != treating, F.lit(True)), transfer["transfer_from_org"])
    investigating = F.coalesce(recorded, sender, began_at, treating)
    return F.struct(
        investigating.alias("investigating"),
        # Without a treating trust the whole wait stays with the one that is known: no half may vanish.
        F.coalesce(treating, investigating).alias("treating"),
        F.when(sender.isNotNull() | recorded.isNotNull(), transfer["transfer_on"]).alias("transfer_on"),
    )


def _transfer(strategy: str, origin: Column, treating: Column) -> Column:
    """The transfer that ends the investigating phase; a transfer outside the clock is ignored."""
    start, stop = F.col("clock_62.start_on"), F.coalesce(F.col("clock_62.stop_on"), F.col("as_at_on"))

    def is_eligible(transfer: Column) -> Column:
        said = transfer["transfer_on"].between(start, stop) & transfer["transfer_from_org"].isNotNull()
        to = transfer["transfer_to_org"]
        if strategy == "last_sender":
            said &= F.coalesce(to == treating, F.lit(True))
        elif strategy == "first_seen":
            said &= F.coalesce(transfer["transfer_from_org"] == origin, F.lit(True))
        return F.coalesce(said, F.lit(False))

    transfers = F.col("transfers")
    only = F.try_element_at(transfers, F.lit(1))
    several = F.filter(transfers, is_eligible)
    elected = F.try_element_at(several, F.lit(-1 if strategy == "last_sender" else 1))
    # A filter with a lambda is interpreted row by row: it is left to the few pathways that were moved more than once.
    return F.when(F.size(transfers) > 1, elected).otherwise(F.when(is_eligible(only), only))


def _phases(rules: Rules) -> Column:
    """How long each side had, and whether that was in time; the two phases make up the whole wait."""
    treatment_adjustment = adjustment_of("62", rules.treatment_adjustment, _on())
    phase_24 = F.date_diff(F.col("clock_62.stop_on"), F.col("_sides.transfer_on")) - treatment_adjustment
    phase_38 = F.col("clock_62.days") - phase_24
    is_measured = F.col("clock_62.outcome").isin("WITHIN", "BREACH")
    method = (
        # A wait without any known trust was shared by nobody.
        F.when(F.col("_sides.investigating").eqNullSafe(F.col("_sides.treating")), "SOLO")
        .when(F.col("_sides.transfer_on").isNull(), "5050")
        .otherwise("6SCENARIO")
    )
    return F.struct(
        F.when(is_measured, method).alias("method"),
        (F.col("clock_62.outcome") == "WITHIN").alias("is_within"),
        phase_38.alias("phase_38"),
        phase_24.alias("phase_24"),
        (phase_38 <= in_force(rules.allocation.last_transfer_day, _on())).alias("is_transfer_in_time"),
        (phase_24 <= in_force(rules.allocation.treating_days, _on())).alias("is_prompt"),
    )


def _allocation(rules: Rules) -> Column:
    scenario = in_force(rules.allocation.scenarios, _on(), lambda scenarios: _by_scenario(scenarios, "number"))
    is_scenario = F.col("_phases.method") == "6SCENARIO"
    return F.struct(
        F.col("_sides.investigating").alias("investigating_trust"),
        F.col("_sides.treating").alias("treating_trust"),
        F.col("_sides.transfer_on").alias("transfer_on"),
        F.col("_phases.method").alias("method"),
        F.when(is_scenario, scenario).alias("scenario"),
        F.when(is_scenario, F.col("_phases.phase_38")).alias("phase_38_days"),
        F.when(is_scenario, F.col("_phases.phase_24")).alias("phase_24_days"),
        _shares(rules).alias("shares"),
    )


def _by_scenario(scenarios: Sequence[Scenario], part: str) -> Column:
    """What the scenario says that fits whether the wait, the transfer and the treatment were in time."""
    within, in_time, prompt = (F.col(f"_phases.{name}") for name in ("is_within", "is_transfer_in_time", "is_prompt"))

    def leaf(is_within: bool, is_in_time: bool, is_prompt: bool) -> Column:
        said = [
            getattr(one, part)
            for one in scenarios
            if (one.is_within, one.is_transfer_in_time, one.is_prompt) == (is_within, is_in_time, is_prompt)
        ]
        return F.lit(said[0]) if said else F.lit(None)

    def by_prompt(is_within: bool, is_in_time: bool) -> Column:
        return F.when(prompt, leaf(is_within, is_in_time, True)).otherwise(leaf(is_within, is_in_time, False))

    def by_transfer(is_within: bool) -> Column:
        return F.when(in_time, by_prompt(is_within, True)).otherwise(by_prompt(is_within, False))

    return F.when(within, by_transfer(True)).otherwise(by_transfer(False))


def _shares(rules: Rules) -> Column:
    """The denominator of each side; the numerator is the same where the wait was within, else 0."""
    method, investigating, treating = F.col("_phases.method"), F.col("_sides.investigating"), F.col("_sides.treating")

    def share(trust: Column, denominator: Column) -> Column:
        numerator = F.when(F.col("_phases.is_within"), denominator).otherwise(F.lit(0.0))
        return F.struct(trust, numerator, denominator).cast(_SHARE)

    def part(side: str) -> Column:
        def of_halves(halves: Halves) -> Column:
            return F.lit(float(getattr(halves, side)))

        of_scenario = in_force(
            rules.allocation.scenarios, _on(), lambda scenarios: _by_scenario(scenarios, side).cast("double")
        )
        return F.when(method == "6SCENARIO", of_scenario).otherwise(
            in_force(rules.allocation.without_transfer, _on(), of_halves)
        )

    both = F.array(share(investigating, part("investigating")), share(treating, part("treating")))
    return F.when(method == "SOLO", F.array(share(treating, F.lit(1.0)))).when(method.isNotNull(), both)
