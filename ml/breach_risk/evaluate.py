"""How good a model is beside the look-up table, over all test rows and by snapshot day."""

from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import roc_auc_score

Probabilities = npt.NDArray[np.float64]
_BINS = 10


@dataclass(frozen=True)
class Figures:
    """Of n rows: the share that breached, the model's figures, and the look-up's; an AUC is None without both ends.

    `skill` is 1 - Brier / Brier of the look-up; `calibration_error` the mean gap between told and found over ten
    groups of equal size.
    """

    n: int
    breach_share: float
    auc: float | None
    brier: float
    calibration_error: float
    lookup_auc: float | None
    lookup_brier: float
    skill: float


def evaluate(rows: pd.DataFrame, *, model: Probabilities, lookup: Probabilities) -> Figures:
    """The figures of two sets of probabilities for the same rows (`is_breach`)."""
    breached = rows["is_breach"].to_numpy(dtype=float)
    lookup_brier = brier(breached, lookup)
    return Figures(
        n=len(rows),
        breach_share=float(breached.mean()),
        auc=_auc(breached, model),
        brier=brier(breached, model),
        calibration_error=_calibration_error(breached, model),
        lookup_auc=_auc(breached, lookup),
        lookup_brier=lookup_brier,
        skill=1 - brier(breached, model) / lookup_brier if lookup_brier else 0.0,
    )


def evaluate_by_day(rows: pd.DataFrame, *, model: Probabilities, lookup: Probabilities) -> dict[str, Figures]:
    """The figures over all rows (`all`), of those treated in the end (`treated`), and of each snapshot day."""
    days = rows["snapshot_day"].to_numpy()
    groups = {"all": np.full(len(rows), True), "treated": rows["is_treated"].to_numpy(dtype=bool)}
    groups |= {f"day_{day:02d}": days == day for day in sorted(set(days))}
    return {
        name: evaluate(rows[chosen], model=model[chosen], lookup=lookup[chosen])
        for name, chosen in groups.items()
        if chosen.any()
    }


def brier(breached: Probabilities, told: Probabilities) -> float:
    """The mean squared gap between probability and what happened: smaller is better."""
    return float(np.mean((told - breached) ** 2))


def flat(figures: dict[str, Figures]) -> dict[str, float]:
    """The figures as `group_name: value`, those that do not exist left out."""
    return {
        f"{group}_{name}": float(value)
        for group, each in figures.items()
        for name, value in asdict(each).items()
        if value is not None
    }


def _auc(breached: Probabilities, told: Probabilities) -> float | None:
    return float(roc_auc_score(breached, told)) if 0 < breached.mean() < 1 else None


def _calibration_error(breached: Probabilities, told: Probabilities) -> float:
    order = np.argsort(told, kind="stable")
    groups = [group for group in np.array_split(order, _BINS) if len(group)]
    gaps = [abs(told[group].mean() - breached[group].mean()) * len(group) for group in groups]
    return float(sum(gaps) / len(told))
