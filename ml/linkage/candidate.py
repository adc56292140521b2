"""A candidate for the registry: a fitted linkage model with its figures, its card, and what it was made with."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version as installed_version

from ml.linkage.card import description, model_card
from ml.linkage.estimate import Estimate
from ml.linkage.model import Model
from ml.linkage.scoring import Thresholds


@dataclass(frozen=True)
class Candidate:
    """What a version holds; no name of a patient is in any of it."""

    model: Model
    tags: Mapping[str, str]
    parameters: Mapping[str, str | float]
    figures: Mapping[str, float]
    card: str
    description: str


def make_candidate(
    model: Model, estimate: Estimate, *, data: str, record_count: int, thresholds: Thresholds
) -> Candidate:
    """Put together what is registered of a model; `data` names what it was trained and measured on."""
    shares = {"estimated_precision": estimate.precision, "estimated_recall": estimate.recall}
    counts = {"record_count": float(record_count), "true_pairs": float(estimate.true)}
    return Candidate(
        model,
        tags={
            "data": data,
            # The keys that too many share are hashes of DuckDB's: another version of it may make others.
            "duckdb_version": installed_version("duckdb"),
            "splink_version": installed_version("splink"),
        },
        parameters={
            "match_probability": model.weights.match_probability,
            "holds_families": str(model.holds_families).lower(),
            "accept_probability": thresholds.accept,
            "review_probability": thresholds.review,
        },
        figures={**counts, **{name: share for name, share in shares.items() if share is not None}},
        card=model_card(model, estimate, data=data),
        description=description(data),
    )
