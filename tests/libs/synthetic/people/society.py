"""A made-up population and its registrations, for the tests of people and identities."""

import numpy as np
import pandas as pd


def demography(size: int, *, trusts: tuple[str, ...] = ("RVW", "RTR"), seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    referred = np.datetime64("2023-06-02", "D") + rng.integers(0, 730, size)
    age = np.clip(rng.normal(60, 20, size), 1, 102)
    died = referred + rng.integers(5, 400, size)
    return pd.DataFrame(
        {
            "person_id": np.arange(size),
            "sex": np.where(rng.random(size) < 0.56, "2", "1").astype(object),
            "born_on": (referred - (age * 365.25).astype(int)).astype("datetime64[s]"),
            "died_on": np.where(rng.random(size) < 0.06, died.astype("datetime64[s]"), np.datetime64("NaT", "s")),
            "home_trust": rng.choice(np.array(trusts, dtype=object), size),
            "first_referral_on": referred.astype("datetime64[s]"),
        }
    )


def registrations(demography: pd.DataFrame, *, trusts: tuple[str, ...] = ("RVW", "RTR")) -> pd.DataFrame:
    """Everybody at the home trust, every sixth person at the other one, too."""
    at = demography["first_referral_on"] + pd.Timedelta(hours=10)
    own = pd.DataFrame({"trust": demography["home_trust"], "person_id": demography["person_id"], "registered_at": at})
    other = own[::6].assign(trust=lambda rows: rows["trust"].map(dict(zip(trusts, trusts[::-1], strict=True))))
    other["registered_at"] += pd.Timedelta(days=30)
    return pd.concat([own, other], ignore_index=True).astype({"registered_at": "datetime64[s]"})
