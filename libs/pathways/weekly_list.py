"""`gold.canptl62_week`: the weekly 62-day list as trusts report it nationally (gold model, b; cwt-rules 7.3).

A pathway counts once in each measure, at one trust, whichever trusts track it: while it waits at the trust that holds
the patient, treated at the trust that treats, as a referral at the trust where the patient was or will be first seen,
as an upgrade at the trust that made it. So organisations may be summed. Its group is the published cancer group where
there is a diagnosis, else the label of what was suspected.

The last seven days end with the day of the list, that day included. A week's rows are counted anew until its Sunday,
and stay as they are once it is over. The names of bands bear the days that `list_bands` has held since the first rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from libs.fingerprint import row_hash
from libs.pathways.clocks import UPGRADE, parts_of
from libs.pathways.standards import OPEN_OUTCOMES
from libs.rules import Rules

KEY = ("week_ending_on", "org", "section", "row_type", "tumour_group")
DAYS = 7
UNDECIDED, DECIDED = 1, 2  # without and with a decision to treat
# A day of each of these puts a pathway among the week's referrals.
REFERRAL_DATES = ("referral_received_on", "upgraded_on", "first_seen_on")
SEEN_SOON, SEEN_LATE = 33, 62  # days from referral to the first visit
MEASURES = (
    "day_0_28", "day_29_62", "day_63_104", "day_over_104", "passed_28", "passed_62", "passed_104", "treated_by_62",
    "treated_63_104", "treated_over_104", "referrals_made", "upgrades_made", "referrals_seen", "referrals_seen_0_33",
    "referrals_seen_34_62",
)  # fmt: skip
COLUMNS = (*KEY, "month", "is_month_end", "listed_on", *MEASURES)


@dataclass(frozen=True)
class Week:
    """A week by its Sunday; `month`, as in 2025-06, is the one that the week closes, or the one that it leads to."""

    ending_on: date
    month: str
    is_month_end: bool


def week_of(day: date, rules: Rules) -> Week:
    """The week in which a day lies. A month closes with the Sunday nearest its end, but for the exceptions in rules."""
    ending_on = day + timedelta(days=6 - day.weekday())
    exceptions = rules.publication.month_end_weeks.on(ending_on)
    month = ending_on.replace(day=1) - timedelta(days=1)  # the month before may close with a week that ends in this one
    while (closing := _closing_week(month, exceptions)) < ending_on:
        month = _last_day(month + timedelta(days=1))
    return Week(ending_on, f"{month:%Y-%m}", closing == ending_on)


def weekly_list(
    listed: DataFrame, standards: DataFrame, recent: DataFrame, *, as_at_on: date, rules: Rules
) -> DataFrame:
    """The rows of the week in which the list's date lies.

    `listed` is the open list as `ptl.current_ptl` makes it, `standards` as `standards.pathway_standards` makes them;
    `recent` as `standards.rows_of_treatments` makes the pathways with one of `REFERRAL_DATES` in the last seven days.
    """
    week = week_of(as_at_on, rules)
    counted = (
        _waiting(listed, as_at_on, rules)
        .unionByName(_treated(standards, as_at_on, rules))
        .unionByName(_referred(recent, as_at_on, rules))
    )
    totals = (
        counted.join(_groups(standards), ["pathway_key"], "inner")
        .where(F.col("org").isNotNull())
        .groupBy(*KEY[1:])
        .agg(*(F.sum(name).cast("int").alias(name) for name in MEASURES))
    )
    return totals.withColumns(
        {
            "week_ending_on": F.lit(week.ending_on),
            "month": F.lit(week.month),
            "is_month_end": F.lit(week.is_month_end),
            "listed_on": F.lit(as_at_on),
        }
    ).select(*COLUMNS, row_hash([name for name in COLUMNS if name not in KEY]).alias("row_hash"))  # fmt: skip


def _waiting(listed: DataFrame, as_at_on: date, rules: Rules) -> DataFrame:
    """Who waits on a 62-day clock, by day, and who has passed a limit in the last seven days."""
    days, (soon, limit, long) = F.col("days_62"), rules.publication.list_bands.on(as_at_on)
    return _counted(
        listed.where(F.col("outcome_62").isin(*OPEN_OUTCOMES)),
        org=F.col("holding_trust"),
        section=_section(as_at_on),
        measures={
            "day_0_28": days <= soon,
            "day_29_62": (days > soon) & (days <= limit),
            "day_63_104": (days > limit) & (days <= long),
            "day_over_104": days > long,
            **{
                name: days.between(last + 1, last + DAYS)
                for name, last in (("passed_28", soon), ("passed_62", limit), ("passed_104", long))
            },
        },
    )


def _treated(standards: DataFrame, as_at_on: date, rules: Rules) -> DataFrame:
    """First treatments of the last seven days, by the days that were waited; whole, whoever answers for the wait."""
    days, (_, limit, long) = F.col("days_waited"), rules.publication.list_bands.on(as_at_on)
    is_measured = (F.col("standard") == "62") & F.col("outcome").isin("WITHIN", "BREACH")
    return _counted(
        standards.where(is_measured & _is_recent(F.col("clock_stop_on"), as_at_on)),
        org=F.col("treating_trust"),
        section=F.lit(DECIDED),
        measures={
            "treated_by_62": days <= limit,
            "treated_63_104": (days > limit) & (days <= long),
            "treated_over_104": days > long,
        },
    )


def _referred(recent: DataFrame, as_at_on: date, rules: Rules) -> DataFrame:
    """Referrals and upgrades made in the last seven days and patients first seen in them, whatever came of it."""
    parts = parts_of("62", rules)
    (on_route,) = (one.is_met for one in parts.requirements if one.rule == "62.route")
    is_upgrade = F.col("route") == UPGRADE
    is_made, is_seen = _is_recent(parts.start, as_at_on), _is_recent(F.col("first_seen_on"), as_at_on) & ~is_upgrade
    seen_after = F.date_diff("first_seen_on", parts.start)
    return _counted(
        recent.where(F.col("is_first_row") & on_route & (is_made | is_seen)),
        org=F.coalesce(F.when(is_upgrade, F.col("upgrade_org")), "first_seen_org", "holding_trust"),
        section=_section(as_at_on),
        measures={
            "referrals_made": is_made & ~is_upgrade,
            "upgrades_made": is_made & is_upgrade,
            "referrals_seen": is_seen,
            "referrals_seen_0_33": is_seen & seen_after.between(0, SEEN_SOON),
            "referrals_seen_34_62": is_seen & seen_after.between(SEEN_SOON + 1, SEEN_LATE),
        },
    )


def _counted(rows: DataFrame, *, org: Column, section: Column, measures: Mapping[str, Column]) -> DataFrame:
    """One row a pathway, with 1 in the measures that it counts in."""
    counts = (
        F.when(measures[name], 1).otherwise(0) if name in measures else F.lit(0)  # null is no count
        for name in MEASURES
    )
    return rows.select(
        "pathway_key",
        org.alias("org"),
        section.alias("section"),
        F.col("route").alias("row_type"),
        *(count.alias(name) for name, count in zip(MEASURES, counts, strict=True)),
    )


def _groups(standards: DataFrame) -> DataFrame:
    """The published group of each pathway that has been timed."""

    def of(standard: str, name: str) -> DataFrame:
        return standards.where(F.col("standard") == standard).select("pathway_key", F.col("tumour_group").alias(name))

    both = of("28", "suspected").join(of("62", "diagnosed"), ["pathway_key"], "left")
    return both.select("pathway_key", F.coalesce("diagnosed", "suspected").alias("tumour_group"))


def _section(as_at_on: date) -> Column:
    """By the decision to treat; one that is only planned has not been made."""
    return F.when(F.col("decision_to_treat_on") <= F.lit(as_at_on), DECIDED).otherwise(UNDECIDED)


def _is_recent(day: Column, as_at_on: date) -> Column:
    return F.coalesce(day.between(as_at_on - timedelta(days=DAYS - 1), as_at_on), F.lit(False))


def _closing_week(month_end: date, exceptions: Mapping[str, date]) -> date:
    since_sunday = (month_end.weekday() + 1) % 7
    nearest = month_end + timedelta(days=7 - since_sunday if since_sunday > 3 else -since_sunday)
    return exceptions.get(f"{month_end:%Y-%m}", nearest)


def _last_day(in_month: date) -> date:
    return (in_month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
