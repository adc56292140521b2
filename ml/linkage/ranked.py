"""Pairs in the order in which they count: a verified number before everything else, then by weight."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.linkage.clusters import Pairs
from ml.linkage.scoring import BY_DETAILS, BY_NUMBER

TIERS = {BY_NUMBER: 1, BY_DETAILS: 2}  # by the model, or by others that hold the two together: 3
BY_MODEL_TIER = 3
_SURE_BITS = 1_000.0  # one verified number against everything else


def best_first(pairs: pd.DataFrame) -> pd.DataFrame:
    """Scored pairs with their `tier`, the best first; the order in which they came changes nothing."""
    tiered = pairs.assign(tier=pairs["rule"].map(TIERS).fillna(BY_MODEL_TIER).astype(int))
    return tiered.sort_values(["tier", "match_weight", "left", "right"], ascending=[True, False, True, True])


def strength(pairs: pd.DataFrame) -> npt.NDArray[np.float64]:
    """How strongly each pair holds, in bits."""
    bits = pairs["match_weight"] + _SURE_BITS * (pairs["tier"] == 1)
    return np.asarray(bits, dtype=np.float64)


def as_pairs(pairs: pd.DataFrame) -> Pairs:
    """The places of both sides."""
    return Pairs(pairs["left"].to_numpy(np.int64), pairs["right"].to_numpy(np.int64))
