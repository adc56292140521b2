"""A linkage model: what is learnt of records, besides how frequent their names are."""

import json
from dataclasses import dataclass

from ml.linkage.weights import Weights


@dataclass(frozen=True)
class Model:
    """The weights; whether the records hold families; whether they were many enough to learn from. No name is in it."""

    weights: Weights
    holds_families: bool
    is_learnt: bool

    def to_json(self) -> str:
        """The model as it is kept."""
        facts = {"holds_families": self.holds_families, "is_learnt": self.is_learnt}
        return json.dumps({**facts, "weights": json.loads(self.weights.to_json())}, indent=1)

    @staticmethod
    def from_json(text: str) -> "Model":
        """The model that `to_json` wrote."""
        kept = json.loads(text)
        return Model(Weights.from_json(json.dumps(kept["weights"])), kept["holds_families"], kept["is_learnt"])
