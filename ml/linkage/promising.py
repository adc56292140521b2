"""Which pairs could weigh enough to matter: told by what is quick to compare, before all is compared.

Of a hundred pairs that share a key one is worth comparing name by name. A pair is let go only where its weight stays
below the least even if every level that is slow to tell were reached, so letting it go changes no result.
"""

from collections.abc import Mapping
from math import inf, log2

from ml.linkage.comparisons import COMPARISONS, Comparison
from ml.linkage.splink_model import LEAST_FREQUENCY
from ml.linkage.weights import DIFFERS, LevelWeight, Weights

_SLACK_BITS = 0.1  # sums are rounded otherwise here than in Splink


def is_promising(weights: Weights, *, least_weight: float) -> str:
    """The SQL condition that a pair of comparable records `l` and `r` may weigh at least so many bits."""
    prior = log2(weights.match_probability / (1 - weights.match_probability))
    bounds = " + ".join(_most(each, weights.levels[each.name]) for each in COMPARISONS)
    return f"{prior} + {bounds} >= {least_weight - _SLACK_BITS}"


def _most(comparison: Comparison, of_levels: Mapping[str, LevelWeight]) -> str:
    """The most that a comparison may weigh: the greatest weight among the levels that are not ruled out."""
    most: dict[str, float] = {}
    for level in comparison.levels:
        condition = level.quick or level.condition
        bits = _bits(of_levels[level.name], level.frequency_of)
        most[condition] = max(bits, most.get(condition, bits))
    most["true"] = max(_bits(of_levels[DIFFERS], None), most.get("true", -inf))
    greatest_first = sorted(most.items(), key=lambda each: -each[1])
    steps = " ".join(f"when {condition} then {bits}" for condition, bits in greatest_first)
    return f"(case when {comparison.is_null} then 0.0 {steps} end)"


def _bits(weight: LevelWeight, frequency_of: str | None) -> float:
    """What a level weighs; where a frequency adjusts it, of the rarest value."""
    return log2(weight.m / (min(weight.u, LEAST_FREQUENCY) if frequency_of else weight.u))
