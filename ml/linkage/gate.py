"""Whether a linkage model may link people: only one that was seen to join hardly anybody with somebody else."""

from dataclasses import dataclass

from scipy.stats import binomtest

from ml.linkage.estimate import Estimate


@dataclass(frozen=True)
class Verdict:
    """What becomes of a version, and why, in a sentence for people."""

    is_promoted: bool
    sentence: str


def judge(estimate: Estimate, *, least_precision: float) -> Verdict:
    """A model becomes champion at once unless its precision was seen to be less; then it stays challenger.

    Seen to be less: the upper end of its 95 % interval (Wilson) lies below. A few hundred pairs, some of which bear a
    relative's number, can show no more; in the hour two verified numbers are never one person, whatever a model says.
    """
    precision = estimate.precision
    if not estimate.is_enough or precision is None:
        told = f"{estimate.true:,} true pairs between registers, {estimate.made:,} made"
        return Verdict(False, f"stays challenger: too few pairs to judge ({told})")
    interval = binomtest(estimate.right, estimate.made).proportion_ci(method="wilson")
    told = (
        f"{estimate.right:,} of {estimate.made:,} pairs are right with NHS numbers blanked, precision {precision:.4f}"
        f" ({interval.low:.4f} to {interval.high:.4f}, asked {least_precision})"
    )
    if interval.high < least_precision:
        return Verdict(False, f"stays challenger: {told}")
    return Verdict(True, f"is champion: {told}")
