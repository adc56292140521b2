"""The gate of linkage: a model links people only if it was seen to be precise, on pairs enough."""

import pytest

from ml.linkage.estimate import Estimate
from ml.linkage.gate import judge


@pytest.mark.parametrize(
    ("estimate", "is_promoted", "told"),
    [
        (Estimate(true=1000, made=1000, right=998), True, "is champion: 998 of 1,000 pairs are right"),
        (Estimate(true=1000, made=1000, right=997), True, "is champion: 997 of 1,000 pairs are right"),
        (Estimate(true=1000, made=1000, right=993), False, "stays challenger: 993 of 1,000 pairs are right"),
        (Estimate(true=100_000, made=100_000, right=99_700), False, "stays challenger: 99,700 of 100,000"),
        (Estimate(true=19, made=19, right=19), False, "stays challenger: too few pairs to judge (19 true pairs"),
        (Estimate(true=20, made=20, right=20), True, "is champion: 20 of 20"),
        (Estimate(true=1000, made=1, right=1), False, "stays challenger: too few pairs to judge"),
        (
            Estimate(true=20, made=0, right=0),
            False,
            "stays challenger: too few pairs to judge (20 true pairs between registers, 0 made)",
        ),
    ],
)
def test_a_verdict_says_what_becomes_of_the_version_and_why(estimate: Estimate, is_promoted: bool, told: str) -> None:
    verdict = judge(estimate, least_precision=0.998)
    assert verdict.is_promoted is is_promoted
    assert verdict.sentence.startswith(told)
