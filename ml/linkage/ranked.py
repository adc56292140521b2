"""Pairs in the order in which they count: a verified number before everything else, then by weight."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.linkage.clusters import Pairs
from ml.linkage.scoring import BY_DETAILS, BY_NUMBER

BY_DECISION = "decision"
# How a record came to its person, and the order in which pairs count: what people decided goes before everything.
TIERS = {BY_NUMBER: 1, BY_DETAILS: 2, BY_DECISION: 4}  # by the model, or by others that hold the two together: 3
BY_MODEL_TIER = 3
_RANKS = {BY_DECISION: 0, BY_NUMBER: 1, BY_DETAILS: 2}
_LAST_RANK = 3
_SURE_BITS = 1_000.0  # one verified number, or a decision, against everything else


def best_first(pairs: pd.DataFrame) -> pd.DataFrame:
    """Scored pairs with their `rank` and `tier`, the best first; the order in which they came changes nothing."""
    ranked = pairs.assign(
        tier=pairs["rule"].map(TIERS).fillna(BY_MODEL_TIER).astype(int),
        rank=pairs["rule"].map(_RANKS).fillna(_LAST_RANK).astype(int),
    )
    return ranked.sort_values(["rank", "match_weight", "left", "right"], ascending=[True, False, True, True])


def strength(pairs: pd.DataFrame) -> npt.NDArray[np.float64]:
    """How strongly each pair holds, in bits."""
    bits = pairs["match_weight"] + _SURE_BITS * (2 - pairs["rank"].clip(upper=2))
    return np.asarray(bits, dtype=np.float64)


def as_pairs(pairs: pd.DataFrame) -> Pairs:
    """The places of both sides."""
    return Pairs(pairs["left"].to_numpy(np.int64), pairs["right"].to_numpy(np.int64))
