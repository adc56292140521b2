"""What makes one person's pathway slower than another's: frailty, distance, deprivation, a vague suspicion."""

import numpy as np
import pandas as pd

from libs.synthetic.draws import Array
from libs.synthetic.figures import Figures

DRIVERS = ("frailty", "distance_km", "synthetic_deprivation_decile")


def draw_chances(rng: np.random.Generator, figures: Figures, people: pd.DataFrame, is_cancer: Array) -> pd.DataFrame:
    """The true hazards of each pathway, by row: what drives them, and the chances that follow.

    `people` has, by pathway row, frailty (0 to 1), distance_km and synthetic_deprivation_decile (1 most deprived).
    suspicion (0 to 1) is how plain the signs are: those of a cancer are plainer, but nobody can be sure of it.
    """
    care = figures.care
    drivers = {
        "frailty": people["frailty"].to_numpy(dtype=float) - 0.3,
        "distance": people["distance_km"].to_numpy(dtype=float).clip(0, 75) / 25 - 0.3,
        "deprivation": (5.5 - people["synthetic_deprivation_decile"].to_numpy(dtype=float)) / 9,
    }

    def effect(name: str) -> Array:
        steps = sum(np.log(care.effects[name][driver]) * value for driver, value in drivers.items())
        return np.asarray(np.exp(steps))

    chances = {
        "chance_did_not_attend": care.chances["did_not_attend"] * effect("did_not_attend"),
        "chance_not_free": care.chances["not_free"] * effect("not_free"),
        "chance_unwell_before_treatment": care.chances["unwell_before_treatment"] * effect("unwell_before_treatment"),
        "chance_pause": np.full(len(people), care.chances["pause"]),
        "effect_more_tests": effect("more_tests"),
        "effect_unwell": np.sqrt(effect("unwell_before_treatment")),
    }
    suspicion = np.clip(rng.beta(2.0, 3.0, len(people)) + np.where(is_cancer, 0.25, 0.0), 0, 1)
    kept = {name: people[name].to_numpy() for name in DRIVERS}
    return pd.DataFrame({**kept, "suspicion": suspicion, **chances})
