"""The data quality flags of a pathway: what is wrong with a record, in the words of cwt-rules 9."""

from collections.abc import Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F

from libs.nhs import dates
from libs.pathways.clocks import STANDARDS, parts_of
from libs.rules import Rules

UNREADABLE = "UNREADABLE"
_DIAGNOSIS_ROUTES = ("USC", "BSYM", "SCREEN")


def default_dates(read: Mapping[str, Column]) -> Column:
    """`DEFAULT_DATE:<column>` for each date, by its column's name, that only software wrote; null where there is none.

    The dates are as `dates.to_date` reads them, before the default ones are taken out.
    """
    return _joined(
        *(F.when(day.isin(*dates.DEFAULTS), F.lit(f"DEFAULT_DATE:{column}")) for column, day in read.items())
    )


def unreadable(is_unread: Mapping[str, Column]) -> Column:
    """`UNREADABLE:<column>` for each column that holds what can't be read; null where there is none.

    A word of our own, beside those of cwt-rules 9: what can't be read counts as not recorded, and this says so.
    """
    return _joined(*(F.when(unread, F.lit(f"{UNREADABLE}:{column}")) for column, unread in is_unread.items()))


def dq(rules: Rules) -> Column:
    """Every flag of a row, one space between, in the order of cwt-rules 9 and our own last; empty where all is well.

    Rows carry the clocks, `transfer_on`, and as text `default_dates` and `unreadable`, made by the functions above.
    """
    informed, decided, treated = F.col("informed_on"), F.col("decision_to_treat_on"), F.col("treatment_on")
    transferred, referred = F.col("transfer_on"), F.col("referral_received_on")
    start = _start_of_62(rules)
    is_adjustment_wrong = F.lit(False)
    for standard in STANDARDS:
        is_adjustment_wrong |= F.col(f"clock_{standard}.outcome") == "INVALID_ADJ_EXCEEDS_WAIT"
    is_never_told = F.col("route").isin(*_DIAGNOSIS_ROUTES) & informed.isNull() & decided.isNotNull()
    found = {
        "FDS_END_MISSING_BUT_DTT_PRESENT": is_never_told,
        "DTT_AFTER_TREATMENT": decided > treated,
        # Kleene's or: one comparison that can't be made says nothing against the other.
        "IPT_DATE_OUT_OF_ORDER": (transferred < start) | (transferred > treated),
        "FDS_END_BEFORE_REFERRAL": informed < referred,
        "ADJ_EXCEEDS_WAIT": is_adjustment_wrong,
        "TREATMENT_BEFORE_CLOCK_START": treated < start,
    }
    return F.concat_ws(
        " ",
        F.col("default_dates"),
        *(F.when(holds, F.lit(flag)) for flag, holds in found.items()),
        F.col("unreadable"),
    )


def _start_of_62(rules: Rules) -> Column:
    """The day on which the 62-day clock starts, also for a treatment that it does not time; null on other routes."""
    parts = parts_of("62", rules)
    on_route = next(requirement for requirement in parts.requirements if requirement.rule == "62.route")
    return F.when(on_route.is_met, parts.start)


def _joined(*flags: Column) -> Column:
    text = F.concat_ws(" ", *flags)
    return F.when(text != "", text)
