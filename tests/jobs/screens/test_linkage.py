"""What a person sees after training linkage: on what, how good, and whether the model links people now."""

import pytest
from rich.console import Console

from jobs.screens.linkage import show_trained
from jobs.train_linkage import LinkageTrained
from ml.linkage.estimate import Estimate
from ml.linkage.gate import judge

DATA = "SYNTHETIC data (world version 1): 2,992 records of RTR and RVW to 30 May 2025"


def shown(estimate: Estimate) -> str:
    console = Console(width=80, color_system=None)
    verdict = judge(estimate, least_precision=0.998)
    with console.capture() as captured:
        show_trained(
            console, LinkageTrained("train_linkage", 1, version=3, data=DATA, estimate=estimate, verdict=verdict)
        )
    return " ".join(captured.get().split())


@pytest.mark.parametrize(
    ("estimate", "told"),
    [
        (
            Estimate(115, 114, 114),
            "With NHS numbers blanked: precision 1.0000, recall 0.9913 (115 true pairs, 114 made, 114 of them right) "
            "Version 3 is champion: 114 of 114 pairs are right with NHS numbers blanked, precision 1.0000 (0.9674 to "
            "1.0000, asked 0.998).",
        ),
        (
            Estimate(0, 2, 0),
            "No precision and recall: 0 true pairs, 2 made. Version 3 stays challenger: too few pairs to judge "
            "(0 true pairs between registers, 2 made).",
        ),
    ],
)
def test_a_training_is_told_in_a_few_lines_that_name_its_data(estimate: Estimate, told: str) -> None:
    text = shown(estimate)
    assert text.startswith(f"Linkage model, version 3 Trained on {DATA}")
    assert told in text
