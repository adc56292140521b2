"""What status tells of people across registers."""

from types import SimpleNamespace

import pytest
from rich.console import Console

from jobs.screens.links import show_links

BY_NUMBER = {
    "record_count": 1_997, "linked_record_count": 142, "tier_1_pairs": 71, "tier_2_pairs": 0, "tier_3_pairs": 0,
    "decided_pairs": 0, "review_pairs": None, "estimated_precision": None,
}  # fmt: skip
BY_MODEL = {**BY_NUMBER, "tier_2_pairs": 5, "tier_3_pairs": 2, "review_pairs": 0, "estimated_precision": 0.9999}


def shown(**links: object) -> str:
    console = Console(width=80, color_system=None)
    with console.capture() as captured:
        show_links(console, SimpleNamespace(**links) if links else None)  # type: ignore[arg-type]
    return " ".join(captured.get().split())


@pytest.mark.parametrize(
    ("links", "told"),
    [
        (BY_NUMBER, "71 by NHS number, 0 by the same details, 0 by the model. No model: only verified numbers join."),
        (BY_MODEL, "71 by NHS number, 5 by the same details, 2 by the model. No pair waits for people to decide."),
        ({**BY_MODEL, "review_pairs": 9}, "9 pairs wait for people: `cancollaborate review export --output FILE`"),
        ({**BY_MODEL, "decided_pairs": 3}, "2 by the model, 3 by people."),
    ],
)
def test_it_tells_what_joins_records_and_whether_anything_waits(links: dict[str, object], told: str) -> None:
    text = shown(**links)
    assert text.startswith("People across registers 142 of 1,997 records are of a person whom another register holds")
    assert told in text


def test_before_links_were_counted_there_is_nothing() -> None:
    assert shown() == ""
