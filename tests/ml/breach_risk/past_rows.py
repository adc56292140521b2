"""Made-up training rows, so that fits and registries can be tested without a lake."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from ml.breach_risk.features import CATEGORIES, NOT_REACHED, NUMBERS

DAYS = (0, 14, 28, 48)
STARTS_ON = date(2023, 6, 1)


def past_rows(pathways: int = 1200, *, seed: int = 3) -> pd.DataFrame:
    """Two years of pathways, four snapshots each: those not seen after two weeks breach more often, lung most."""
    rng = np.random.default_rng(seed)
    start = np.sort(rng.integers(0, 730, pathways))
    site = rng.choice(["lung", "skin", "urology"], pathways)
    trust = rng.choice(["RVW", "RTR"], pathways)
    seen = rng.integers(3, 40, pathways)
    chance = 0.08 + 0.35 * (seen > 14) + 0.25 * (site == "lung")
    breach = rng.random(pathways) < chance
    parts = []
    for day in DAYS:
        numbers = dict.fromkeys(NUMBERS, np.full(pathways, NOT_REACHED))
        numbers |= {"days_waited": np.full(pathways, float(day)), "days_since_referral": np.full(pathways, float(day))}
        numbers["days_since_first_seen"] = np.where(seen <= day, day - seen, NOT_REACHED).astype(float)
        words = dict.fromkeys(CATEGORIES, np.full(pathways, "USC", dtype=object))
        words |= {"tumour_site": site, "first_trust": trust, "holding_trust": trust}
        parts.append(
            pd.DataFrame(
                {
                    "pathway_key": [f"{number:016x}" for number in range(pathways)],
                    "started_on": [STARTS_ON + timedelta(days=int(each)) for each in start],
                    "snapshot_day": day,
                    **words,
                    **numbers,
                    "is_treated": rng.random(pathways) < 0.3,
                    "is_breach": breach,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
