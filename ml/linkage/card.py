"""The model card of linkage: what a model tells, from what, how well, and what it must not be used for."""

from ml.linkage.estimate import Estimate
from ml.linkage.model import Model

MEANING = "The probability that two records are of one person."


def description(data: str) -> str:
    """One sentence for the registry: what the number means and which data it was learnt from and measured on."""
    return f"{MEANING} Trained and measured on {data}."


def model_card(model: Model, estimate: Estimate, *, data: str) -> str:
    """The card in Markdown. It holds counts, rates and the names of fields only."""
    families = (
        "The records hold families: a pair whose given names or birth dates contradict each other is left to people."
        if model.holds_families
        else "There is no sign of families in the records: names and birth dates differ as mistakes do."
    )
    lines = [
        "# Linkage",
        "",
        f"**Data: {data}.**",
        "",
        MEANING,
        "",
        "- Model: Fellegi and Sunter's, by Splink. The weights are learnt from the records themselves; nobody tells "
        "which pairs are true.",
        f"- {families}",
        "- How rare a name is adjusts a weight. The frequencies are names, so they stand in `silver.linkage_term` and "
        "not here.",
        "- Measured on the records that have a verified NHS number, which the model did not see; pairs of different "
        "registers. It learnt from these records too.",
        "- Limits: who has a verified number may be recorded better altogether than who has none. Where the numbers "
        "of two records are verified, they decide and not the model.",
        "",
        "| true pairs | pairs made | of these true | precision | recall |",
        "|---|---|---|---|---|",
        f"| {estimate.true:,} | {estimate.made:,} | {estimate.right:,} | {_share(estimate.precision)} | "
        f"{_share(estimate.recall)} |",
    ]
    return "\n".join(lines) + "\n"


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.4f}"
