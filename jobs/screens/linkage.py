"""What a training of the linkage model came to, in a few lines: counts and shares alone."""

from rich.console import Console

from jobs.screens.layout import heading, line
from jobs.train_linkage import LinkageTrained
from ml.linkage.estimate import Estimate


def show_trained(console: Console, trained: LinkageTrained) -> None:
    """Tell what the version was trained on, how good it is without NHS numbers, and whether it links people now."""
    heading(console, f"Linkage model, version {trained.version}", f"Trained on {trained.data}")
    for told in _figures(trained.estimate):
        line(console, told)
    style = "green" if trained.verdict.is_promoted else "yellow"
    line(console, f"Version {trained.version} {trained.verdict.sentence}.", style=style)


def _figures(estimate: Estimate) -> list[str]:
    if estimate.precision is None or estimate.recall is None:
        return [f"No precision and recall: {estimate.true:,} true pairs, {estimate.made:,} made."]
    return [
        f"With NHS numbers blanked: precision {estimate.precision:.4f}, recall {estimate.recall:.4f}",
        f"  ({estimate.true:,} true pairs, {estimate.made:,} made, {estimate.right:,} of them right)",
    ]
