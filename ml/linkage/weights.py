"""The weights of a linkage model: how often true pairs and pairs of two people reach each level of agreement."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from ml.linkage.comparisons import COMPARISONS

DIFFERS = "differs"
_LEAST = 1e-12


@dataclass(frozen=True)
class LevelWeight:
    """`m`: the share of true pairs at a level; `u`: the share of pairs of two people."""

    m: float
    u: float


@dataclass(frozen=True)
class Weights:
    """A model without any name in it: the chance that two random records are one person, and each level's weights."""

    match_probability: float
    levels: Mapping[str, Mapping[str, LevelWeight]]  # by comparison and level, `DIFFERS` among them

    def to_json(self) -> str:
        """The weights as they are kept."""
        levels = {name: {level: [w.m, w.u] for level, w in of.items()} for name, of in self.levels.items()}
        return json.dumps({"match_probability": self.match_probability, "levels": levels}, indent=1)

    @staticmethod
    def from_json(text: str) -> "Weights":
        """The weights that `to_json` wrote."""
        kept = json.loads(text)
        levels = {
            name: {level: LevelWeight(m, u) for level, (m, u) in of.items()} for name, of in kept["levels"].items()
        }
        return Weights(kept["match_probability"], levels)


def first_weights(match_probability: float) -> Weights:
    """What training begins with."""
    levels = {}
    for each in COMPARISONS:
        of_levels = {level.name: LevelWeight(level.m, level.u) for level in each.levels}
        levels[each.name] = {**of_levels, DIFFERS: LevelWeight(each.m_differs, each.u_differs)}
    return Weights(match_probability, levels)


def in_whole(levels: Mapping[str, LevelWeight]) -> dict[str, LevelWeight]:
    """The same, so that the shares of a comparison add up to one and none is nought."""
    m_total = sum(max(each.m, _LEAST) for each in levels.values())
    u_total = sum(max(each.u, _LEAST) for each in levels.values())
    return {
        name: LevelWeight(max(each.m, _LEAST) / m_total, max(each.u, _LEAST) / u_total) for name, each in levels.items()
    }
