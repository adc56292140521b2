"""Pairs for people to decide: those between the thresholds, those that a rule holds, and those that were let go."""

import numpy as np
import pandas as pd

from ml.linkage.clusters import Integers
from ml.linkage.comparisons import BIRTH, COMPARISONS

NOT_RECORDED = "not recorded"
FIELDS = tuple(each.name for each in COMPARISONS)


def unsettled(pairs: pd.DataFrame, person: Integers) -> pd.DataFrame:
    """The scored pairs that were not accepted and that people may tell; `person` is each place's person.

    Nobody needs to look at two verified numbers, or at who differs in given name and birth date: a sister or a wife.
    """
    is_of_two = pairs["has_two_numbers"] | (
        pairs["is_apart"] & pairs["birth_contradicts"] & pairs["given_contradicts"] & (pairs["nhs_number"] <= 0)
    )
    are_two_people = person[pairs["left"]] != person[pairs["right"]]
    is_unsettled: pd.Series[bool] = ~pairs["is_accepted"] & ~is_of_two & are_two_people
    return pairs[is_unsettled]


def to_decide(unsure: pd.DataFrame, broken: pd.DataFrame, undecided: pd.DataFrame) -> pd.DataFrame:
    """One row a pair, the best first: `left`, `right`, `probability`, `match_weight`, `reason`, each field's level."""
    is_held = unsure["is_apart"]
    reasons = np.select(
        [
            is_held & unsure["numbers_differ"],
            is_held & unsure["birth_contradicts"],
            is_held & unsure["given_contradicts"],
            is_held & (unsure[BIRTH.name] < 0),
            is_held,
        ],
        [
            "NHS numbers differ, one of them not verified",
            "birth dates contradict: may be relatives",
            "given names contradict: may be relatives",
            "no birth dates to compare: may be relatives",
            "no names to compare",
        ],
        "between the thresholds",
    )
    every = pd.concat(
        [
            unsure.assign(reason=reasons),
            broken.assign(reason="would join two people who are known to be different"),
            undecided.assign(reason="fits two people, neither clearly better"),
        ]
    ).sort_values(["match_weight", "left", "right"], ascending=[False, True, True])
    for each in COMPARISONS:
        words = {-1: NOT_RECORDED, **dict(enumerate(each.level_names()))}
        every[each.name] = every[each.name].map(words)
    return every[["left", "right", "probability", "match_weight", "reason", *FIELDS]].reset_index(drop=True)
