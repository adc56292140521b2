"""What people decided of pairs: it goes before every rule, save that two verified numbers are never one person."""

import pandas as pd

from ml.linkage.ranked import BY_DECISION
from ml.linkage.review import FIELDS

_FLAGS = ("has_two_numbers", "given_contradicts", "birth_contradicts", "numbers_differ")


def with_decisions(pairs: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    """Scored pairs (`scored_pairs`) with those that people decided in the place of what the model made of them.

    `decisions` have `left`, `right` (the lesser ordinal left) and `is_same`. A pair that the model no longer looks at
    stands all the same: a decision holds whatever becomes of the records.
    """
    if decisions.empty:
        return pairs
    ends = ["left", "right"]
    known = decisions[ends].merge(pairs, on=ends, how="left")
    is_same = decisions["is_same"].to_numpy(bool)
    known = known.assign(
        rule=BY_DECISION,
        probability=is_same.astype(float),
        match_weight=known["match_weight"].astype(float).fillna(0.0),
        is_accepted=is_same,
        is_apart=~is_same,
        **{name: known[name].eq(True) for name in _FLAGS},
        **{name: known[name].astype(float).fillna(-1).astype(int) for name in FIELDS},
    )
    keys = pd.MultiIndex.from_frame(decisions[ends])
    others = pairs[~pd.MultiIndex.from_frame(pairs[ends]).isin(keys)]
    return pd.concat([others, known[pairs.columns]], ignore_index=True)
