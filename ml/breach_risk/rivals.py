"""Challenger, look-up and champion on the same rows: those that the challenger's fit has not seen."""

import pandas as pd

from ml.breach_risk.evaluate import brier
from ml.breach_risk.fit import predict
from ml.breach_risk.gate import Rivals
from ml.breach_risk.registry import Registered


def compare(rows: pd.DataFrame, *, challenger: Registered, champion: Registered | None) -> Rivals:
    """The Brier scores on the training rows whose clocks started in the challenger's test months or later."""
    started = pd.to_datetime(rows["started_on"]).dt.date
    test = rows[started >= challenger.test_from]
    breached = test["is_breach"].to_numpy(dtype=float)
    return Rivals(
        rows=len(test),
        challenger=brier(breached, predict(challenger.model, test)),
        lookup=brier(breached, challenger.lookup.predict(test)),
        champion=brier(breached, predict(champion.model, test)) if champion else None,
        champion_version=champion.version if champion else None,
    )
