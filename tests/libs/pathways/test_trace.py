"""The trace of a clock: sentences that a person can follow, and that say the same as the clock."""

import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from libs.pathways.allocation import with_allocation
from libs.pathways.clocks import with_clocks
from libs.pathways.trace import told, with_traces
from tests.libs.pathways.test_clocks import RULES, as_pathway, pathways, vectors

STANDARDS = {"28": "fds", "31": "d31", "62": "d62"}


@pytest.fixture(scope="module")
def traced(spark: SparkSession) -> dict[str, Row]:
    frame = with_allocation(with_clocks(pathways(spark, *(as_pathway(each) for each in vectors())), RULES), RULES)
    texts = [told(F.col(f"trace_{name}")).alias(f"text_{name}") for name in STANDARDS]
    return {row["id"]: row for row in with_traces(frame, RULES).select("*", *texts).collect()}


@pytest.mark.parametrize("vector", vectors(), ids=lambda vector: f"{vector['id']} {vector['what'][:40]}")
def test_the_trace_of_every_vector_names_its_dates_its_days_and_its_outcome(
    traced: dict[str, Row], vector: dict[str, str]
) -> None:
    row = traced[vector["id"]]
    for standard, prefix in STANDARDS.items():
        results = {entry["rule"]: entry["result"] for entry in row[f"trace_{standard}"]}
        if vector[f"{prefix}_outcome"] == "NOT_APPLICABLE":
            assert len(results) == 1
            continue
        assert vector[f"{prefix}_start"] in results[f"{standard}.start"]
        assert vector[f"{prefix}_stop"] in results[f"{standard}.stop"]
        assert results[f"{standard}.days"].startswith(f"{vector[f'{prefix}_days']} days;")
        assert vector[f"{prefix}_last_ok"] in results[f"{standard}.days"]
        assert results[f"{standard}.outcome"].startswith(vector[f"{prefix}_outcome"])
    rules_of_62 = [entry["rule"] for entry in row["trace_62"]]
    assert ("62.allocation" in rules_of_62) == bool(vector["alloc_method"])
    assert ("62.phases" in rules_of_62) == (vector["alloc_method"] == "6SCENARIO")


def test_a_shared_breach_reads_as_sentences_from_the_referral_to_the_shares(traced: dict[str, Row]) -> None:
    text = traced["V45"]["text_62"]
    assert "[62.days] 2024-07-20 less 2024-05-01 less 10: 70 days; the last day in time is 2024-07-12" in text
    assert "[62.outcome] 70 days against 62: BREACH, counted in 2024-07." in text
    assert "50 days to the transfer against 38, 20 from it to treatment against 24." in text
    assert text.endswith("scenario 5: RVW within 0.0 of 1.0; RTR within 0.0 of 0.0.")


@pytest.mark.parametrize(
    ("vector", "standard", "sentence"),
    [
        ("V26", "28", "[28.route] route UPGRADE: the standard does not time this route."),
        ("V31", "62", "[62.event] treatment event 03: only first treatments are timed by this standard."),
        ("V01", "31", "[31.event] treatment event not recorded: no treatment plan is known yet."),
        (
            "V01",
            "62",
            "[62.ended] closed reason not recorded, fds end reason 02: the pathway ended without a treatment.",
        ),
    ],
)
def test_a_standard_that_does_not_apply_says_why(
    traced: dict[str, Row], vector: str, standard: str, sentence: str
) -> None:
    assert traced[vector][f"text_{standard}"] == sentence
