"""Trusts and transfers of unrolled 62-day waits, drawn so that a given trust answers for a whole or a half of each."""

import numpy as np
import pandas as pd

from tests.benchmarks.drawn import NEVER, Array, Columns, Draws

ELSEWHERE, BEYOND = "ZZZ", "YYY"  # organisations outside the comparison: with whom waits are shared, who came before


def parts(org: Array, days: Array, is_half: Array, since: Array, is_upgrade: Array, draws: Draws) -> Columns:
    """Who investigated, who treated and when the patient was handed over, so that `org` answers for its share.

    `since` is the day from which the days to the hand-over are counted, adjustments taken off. Scenarios 1, 2 and 6
    give halves, 3 and 4 all to the treating and 5 all to the investigating trust (cwt-rules 3.4).
    """
    is_within, some, either = days <= 62, draws.chance(0.2), draws.chance(0.5)
    # Of each scenario: where it can be, the days to the hand-over, and whether `org` is the treating trust.
    ways = {
        1: (is_half & is_within, np.maximum(0, days - 24), np.minimum(38, days), either),
        2: (is_half & is_within & (days >= 25) & draws.chance(0.5), 0, np.minimum(38, days - 25), either),
        6: (is_half & ~is_within & (days >= 64), 39, days - 25, either),
        3: (~is_half & is_within & (days >= 39) & some, 39, days, True),
        4: (~is_half & ~is_within & some, 0, 38, True),
        5: (~is_half & ~is_within & some & draws.chance(0.5), np.maximum(39, days - 24), days, False),
    }
    scenario = np.zeros(len(days), int)
    for number, (can_be, *_) in ways.items():
        scenario = np.where(can_be, number, scenario)
    # No scenario: 50/50, of the halves every fifth and those of 63 days, for which there is none; else solo.
    scenario = np.where(is_half & some, 0, scenario)
    handed_after, treats = draws.days(0, days), either
    for number, (_, first, last, is_treating) in ways.items():
        handed_after = np.where(scenario == number, draws.days(first, last), handed_after)
        treats = np.where(scenario == number, is_treating, treats)
    is_shared = is_half | (scenario > 0)
    investigating = np.where(is_shared & treats, ELSEWHERE, org)
    treating = np.where(is_shared & ~treats, ELSEWHERE, org)
    dates = (since, handed_after, since + days)
    return _told_by_registers(investigating, treating, scenario > 0, dates, is_upgrade, draws)


def _told_by_registers(
    investigating: Array,
    treating: Array,
    is_handed: Array,
    dates: tuple[Array, Array, Array],
    is_upgrade: Array,
    draws: Draws,
) -> Columns:
    """Organisations and transfers from which the rules must find the two trusts; `dates` are start, days, end."""
    since, handed_after, until = dates
    is_solo = investigating == treating
    way = draws.among("plain", "plain", "plain", "moved", "recorded")
    is_moved, is_recorded = way == "moved", way == "recorded"
    # Recorded as accountable: then it is of no account who saw the patient first.
    origin = np.select(
        [is_recorded & ~is_solo, is_recorded, is_moved & is_handed, is_solo & ~is_moved & draws.chance(0.1)],
        [treating, np.full(draws.size, ELSEWHERE, object), np.full(draws.size, BEYOND, object),
         np.full(draws.size, None, object)],
        investigating,
    )  # fmt: skip
    # Moved: from another trust to the investigating one before the hand-over; out and back where one trust did all;
    # else a transfer before the clock or after it, which is passed over.
    is_before = is_moved & (is_handed | is_solo)
    is_outside = is_moved & ~is_handed & ~is_solo
    outside = np.where(draws.chance(0.5), since - draws.days(41, 60), until + draws.days(41, 60))
    has_upgrade_org = is_upgrade & ~pd.isna(origin) & draws.chance(0.7)
    return {
        "accountable_org": np.where(is_recorded, investigating, None),
        "first_seen_org": np.where(has_upgrade_org, draws.among(None, ELSEWHERE, BEYOND), origin),
        "upgrade_org": np.where(has_upgrade_org, origin, np.where(is_upgrade, None, draws.among(None, BEYOND))),
        "earlier_transfer_on": np.where(is_before, since + draws.days(0, handed_after), NEVER),
        "earlier_transfer_from_org": np.where(is_handed, BEYOND, investigating),
        "earlier_transfer_to_org": np.where(is_handed, investigating, ELSEWHERE),
        "transfer_on": np.where(
            is_handed | is_before, since + handed_after, np.where(is_outside, outside, NEVER)
        ),
        "transfer_from_org": np.where(is_solo, ELSEWHERE, investigating),
        "transfer_to_org": np.where(is_handed & draws.chance(0.1), None, treating),
        "treatment_org": treating,
    }  # fmt: skip
