"""Whether a linkage model may link people: only one that was seen to join hardly anybody with somebody else."""

from dataclasses import dataclass

from ml.linkage.estimate import Estimate


@dataclass(frozen=True)
class Verdict:
    """What becomes of a version, and why, in a sentence for people."""

    is_promoted: bool
    sentence: str


def judge(estimate: Estimate, *, least_precision: float) -> Verdict:
    """A model becomes champion at once if its estimated precision is not less; otherwise it stays challenger."""
    precision = estimate.precision
    if not estimate.is_enough:
        told = f"{estimate.true:,} true pairs between registers"
        return Verdict(False, f"stays challenger: too few pairs to judge ({told})")
    if precision is None:
        return Verdict(False, "stays challenger: with NHS numbers blanked it joins no two records")
    told = f"with NHS numbers blanked {estimate.right:,} of {estimate.made:,} pairs are right"
    figures = f"precision {precision:.4f}, least {least_precision}"
    if precision < least_precision:
        return Verdict(False, f"stays challenger: {told} ({figures})")
    return Verdict(True, f"champion: {told} ({figures})")
