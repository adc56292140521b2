"""Challenger, look-up and champion on the same rows: those that the challenger's fit has not seen."""

import pandas as pd

from ml.breach_risk.evaluate import brier
from ml.breach_risk.fit import known_until, predict
from ml.breach_risk.gate import Rivals
from ml.breach_risk.lookup import fit_lookup
from ml.breach_risk.registry import Registered
from ml.breach_risk.snapshots import SNAPSHOT_DAYS


def compare(rows: pd.DataFrame, *, challenger: Registered, champion: Registered | None) -> Rivals:
    """The Brier scores on the training rows whose clocks started in the challenger's test months or later.

    The look-up is made anew from what was known before: a challenger brings none to be judged by.
    """
    started = pd.to_datetime(rows["started_on"]).dt.date
    test = rows[started >= challenger.test_from]
    earlier = rows[started <= known_until(challenger.test_from, standard=challenger.standard)]
    lookup = fit_lookup(earlier, days=SNAPSHOT_DAYS[challenger.standard])
    breached = test["is_breach"].to_numpy(dtype=float)
    return Rivals(
        rows=len(test),
        challenger=brier(breached, predict(challenger.model, test)),
        lookup=brier(breached, lookup.predict(test)),
        champion=brier(breached, predict(champion.model, test)) if champion else None,
        champion_version=champion.version if champion else None,
    )
