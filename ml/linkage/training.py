"""Weights learnt from the records themselves, without anyone telling which pairs are true."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from splink import Linker
from splink.internals.exceptions import EMTrainingException

from ml.linkage.comparisons import COMPARISONS
from ml.linkage.weights import DIFFERS, LevelWeight, Weights, in_whole

Levels = dict[str, dict[str, Mapping[str, Any]]]
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


def learnt(
    make_linker: Callable[[Weights], Linker], first: Weights, *, record_count: int, filled: Mapping[str, float]
) -> Weights:
    """The weights that records bear out, drawn towards the first ones where little is seen.

    `filled` is the share of records that have each comparison's field; `make_linker` makes a linker with weights.
    """
    random_pairs = min(record_count * (record_count - 1) / 2, MOST_PAIRS)
    true_pairs = first.match_probability * record_count * (record_count - 1) / 2
    sampled = make_linker(first)
    sampled.training.estimate_u_using_random_sampling(
        max_pairs=MOST_PAIRS, seed=1, min_count_per_level=None, num_chunks=1
    )
    of_random = _levels(sampled.misc.save_model_to_json())
    passes = [(name, rule) for name, rule in PASSES if filled.get(name, 0) > 0.5][:3]
    of_true = [found for name, rule in passes if (found := _pass(make_linker, first, of_random, name, rule))]
    levels = {}
    for name, of_levels in first.levels.items():
        seen = {
            level: (
                _mean([of_pass[name][level].get("m_probability") for of_pass in of_true if name in of_pass]),
                of_random[name][level].get("u_probability"),
            )
            for level in of_levels
        }
        levels[name] = in_whole(
            {
                level: _drawn(weight, *seen[level], first.match_probability, true_pairs, random_pairs)
                for level, weight in of_levels.items()
            }
        )
    return Weights(first.match_probability, levels)


def _pass(
    make_linker: Callable[[Weights], Linker], first: Weights, of_random: Levels, name: str, rule: str
) -> Levels | None:
    """What one pass learns of true pairs; None where no pair agrees on what it stands on, or none is wrong in anything.

    A linker of its own: of a clean file a share comes out as nought, with which Splink can't go on.
    """
    linker = make_linker(_with_u(first, of_random))
    try:
        linker.training.estimate_parameters_using_expectation_maximisation(rule, max_pairs=MOST_PAIRS)
        found = _levels(linker.misc.save_model_to_json())
    except (EMTrainingException, ValueError):
        return None
    return {each: of_levels for each, of_levels in found.items() if each != name}


def _with_u(first: Weights, of_random: Levels) -> Weights:
    levels = {}
    for name, of_levels in first.levels.items():
        seen = {level: _mean([of_random[name][level].get("u_probability")]) for level in of_levels}
        levels[name] = in_whole(
            {level: LevelWeight(weight.m, seen[level] or weight.u) for level, weight in of_levels.items()}
        )
    return Weights(first.match_probability, levels)


def _mean(shares: Sequence[Any]) -> float | None:
    """Of those that were seen at all."""
    seen = [share for share in shares if isinstance(share, float)]
    return sum(seen) / len(seen) if seen else None


def _drawn(
    first: LevelWeight, m: Any, u: Any, match_probability: float, true_pairs: float, random_pairs: float
) -> LevelWeight:
    """What was seen, `m` and `u`, and the first weight, each by how many pairs stand behind it."""
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


def _levels(model: Mapping[str, Any]) -> Levels:
    """Splink's levels by comparison and name."""
    names = {each.name: [level.name for level in each.levels] for each in COMPARISONS}
    found = {}
    for comparison in model["comparisons"]:
        name = comparison["output_column_name"]
        of_levels = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
        found[name] = dict(zip([*names[name], DIFFERS], of_levels, strict=True))
    return found
