"""Weights learnt from the records themselves, without anyone telling which pairs are true."""

from collections.abc import Mapping
from typing import Any

from splink import Linker
from splink.internals.exceptions import EMTrainingException

from ml.linkage.comparisons import COMPARISONS
from ml.linkage.weights import DIFFERS, LevelWeight, Weights, in_whole

# Fewer records hold too few pairs to learn from.
FEWEST_RECORDS = 200
MOST_PAIRS = 300_000
# By how many pairs the first weights count beside those that are seen.
_FIRST_TRUE_PAIRS, _FIRST_RANDOM_PAIRS = 20, 100_000
# Each pass learns the fields that it does not stand on, from pairs that agree on these.
PASSES = (
    ("birth_date", "l.birth = r.birth"),
    ("postcode", "l.place = r.place"),
    ("names", "l.family = r.family and l.given = r.given"),
    ("local_id", "l.local = r.local"),
)


def learnt(linker: Linker, first: Weights, *, record_count: int, filled: Mapping[str, float]) -> Weights:
    """The weights that a linker's records bear out, drawn towards the first ones where little is seen.

    `filled` is the share of records that have each comparison's field. `linker` holds the first weights.
    """
    training = linker.training
    training.estimate_u_using_random_sampling(max_pairs=MOST_PAIRS, seed=1, min_count_per_level=None, num_chunks=1)
    passes = [rule for name, rule in PASSES if filled.get(name, 0) > 0.5]
    for rule in passes[:3]:
        try:
            training.estimate_parameters_using_expectation_maximisation(rule, max_pairs=MOST_PAIRS)
        except EMTrainingException:  # no pair agrees on it
            continue
    found = _levels(linker.misc.save_model_to_json())
    random_pairs = min(record_count * (record_count - 1) / 2, MOST_PAIRS)
    true_pairs = first.match_probability * record_count * (record_count - 1) / 2
    levels = {}
    for name, of_levels in first.levels.items():
        levels[name] = {
            level: _drawn(weight, found[name].get(level, {}), first.match_probability, true_pairs, random_pairs)
            for level, weight in of_levels.items()
        }
        levels[name] = in_whole(levels[name])
    return Weights(first.match_probability, levels)


def _drawn(
    first: LevelWeight, seen: Mapping[str, Any], match_probability: float, true_pairs: float, random_pairs: float
) -> LevelWeight:
    """What was seen, and the first weight, each by how many pairs stand behind it."""
    m, u = seen.get("m_probability"), seen.get("u_probability")
    if isinstance(m, float):
        m = (m * true_pairs + first.m * _FIRST_TRUE_PAIRS) / (true_pairs + _FIRST_TRUE_PAIRS)
    else:
        m = first.m
    if isinstance(u, float):
        # Random pairs hold true ones too, of which the share `m` stands at this level.
        of_two_people = max(u - match_probability * m, 0.0) / (1 - match_probability)
        u = (of_two_people * random_pairs + first.u * _FIRST_RANDOM_PAIRS) / (random_pairs + _FIRST_RANDOM_PAIRS)
    else:
        u = first.u
    return LevelWeight(m, u)


def _levels(model: Mapping[str, Any]) -> dict[str, dict[str, Mapping[str, Any]]]:
    """Splink's levels by comparison and name."""
    names = {each.name: [level.name for level in each.levels] for each in COMPARISONS}
    found = {}
    for comparison in model["comparisons"]:
        name = comparison["output_column_name"]
        of_levels = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
        found[name] = dict(zip([*names[name], DIFFERS], of_levels, strict=True))
    return found
