"""The model card: what a model tells, from what, how well, and what it must not be used for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from ml.breach_risk.evaluate import Figures

MEANING = (
    "The probability that the {standard}-day clock of an open pathway still runs at the end of its last compliant day; "
    "a pathway that is told, treated, ruled out or otherwise leaves until then does not breach."
)


@dataclass(frozen=True)
class Told:
    """What a card tells beside the figures: the data's own name and the days that part it."""

    standard: str
    data: str
    calibrate_from: date
    test_from: date
    train_rows: int
    calibrate_rows: int


def description(told: Told) -> str:
    """One sentence for the registry: what the number means and which data it was measured on."""
    return f"{MEANING.format(standard=told.standard)} Trained and measured on {told.data}."


def model_card(told: Told, figures: Mapping[str, Figures]) -> str:
    """The card in Markdown. It holds counts and rates only."""
    lines = [
        f"# Breach risk, {told.standard}-day standard",
        "",
        f"**Data: {told.data}.**",
        "",
        MEANING.format(standard=told.standard),
        "",
        f"- Model: scikit-learn gradient boosting, sigmoid calibration. Trained on {told.train_rows:,} snapshots of "
        f"clocks that started before {told.calibrate_from}, calibrated on {told.calibrate_rows:,} later ones.",
        f"- Tested on clocks that started from {told.test_from} on; what was not yet known on that day is left out "
        "of the training.",
        "- It sees what was known on the day: dates passed, route, site, suspected type, trusts. Not who the person "
        "is, and nothing that came later.",
        "- Look-up: past breach rate by day band, route, site and trust, small groups drawn to larger ones, "
        "the smallest counted in them alone.",
        "- Limits: a fact counts from its own date, though registers hear of it days later; lists that grow or "
        "clinics that close are not seen. It ranks a list for people to look at; it decides on nobody.",
        "",
        "| test rows | n | breached | AUC | look-up AUC | Brier | look-up Brier | skill | calibration error |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_line(name, each) for name, each in figures.items()),
        "",
        "Skill is 1 - Brier / Brier of the look-up. `treated`: only pathways that came to treatment.",
    ]
    return "\n".join(lines) + "\n"


def _line(name: str, figures: Figures) -> str:
    auc, lookup_auc = (f"{each:.3f}" if each is not None else "" for each in (figures.auc, figures.lookup_auc))
    return (
        f"| {name.replace('_', ' ')} | {figures.n:,} | {figures.breach_share:.1%} | {auc} | {lookup_auc} | "
        f"{figures.brier:.4f} | {figures.lookup_brier:.4f} | {figures.skill:.3f} | {figures.calibration_error:.3f} |"
    )
