"""Which pathways go from one trust to another, for treatment or for tests."""

import numpy as np
import pandas as pd

from libs.synthetic.draws import Array, is_given, only_where, share
from libs.synthetic.figures import Figures
from libs.synthetic.outcomes import CANCER

FOR_TREATMENT, FOR_DIAGNOSTICS = "9", "1"


def draw_destinations(rng: np.random.Generator, figures: Figures, referrals: pd.DataFrame) -> pd.DataFrame:
    """Per pathway: the trust that it goes to (or none) and why; `referrals` also has the outcome."""
    size = len(referrals)
    trust, suspected = referrals["trust"].to_numpy(), referrals["suspected"].to_numpy()
    outcome = referrals["outcome"].to_numpy()
    chance_of = np.where(outcome == "TREATED", 1.0, np.where(np.isin(outcome, CANCER), 0.4, 0.0))
    chance_of = np.where(outcome == "PRIVATE", 0.0, chance_of)
    to = np.full(size, None, dtype=object)
    draw = rng.random(size)
    spent = np.zeros(size)
    for destination, chance in _chances(figures, trust, suspected):
        chosen = (draw >= spent) & (draw < spent + chance * chance_of)
        spent = spent + chance * chance_of
        to[chosen & (trust != destination)] = destination
    others = {name: next((each for each in figures.trusts if each != name), None) for name in figures.trusts}
    for_tests = ~is_given(to) & np.isin(outcome, ["NOT_CANCER"])
    for_tests &= share(rng, size, figures.transfer_habits.for_diagnostics)
    for name, other in others.items():
        to[for_tests & (trust == name)] = other
    reason = np.where(for_tests, FOR_DIAGNOSTICS, FOR_TREATMENT)
    return pd.DataFrame({"transfer_to": to, "transfer_reason": only_where(is_given(to), reason)})


def _chances(figures: Figures, trust: Array, suspected: Array) -> list[tuple[str, Array]]:
    """Each destination with the chance of every pathway to go there."""
    chances = []
    for sender, flows in figures.transfers.items():
        for receiver, shares in flows.items():
            of_sender = np.array([shares.get(site, 0.0) for site in suspected]) * (trust == sender)
            chances.append((receiver, of_sender))
    for receiver, shares in figures.elsewhere.items():
        chances.append((receiver, np.array([shares.get(site, 0.0) for site in suspected])))
    return chances


def transfers_frame(pathways: pd.DataFrame) -> pd.DataFrame:
    """One row per transfer: pathway, date, the two trusts and the reason."""
    sent = pathways[pathways["transfer_to"].notna()]
    return pd.DataFrame(
        {
            "pathway_id": sent["pathway_id"].to_numpy(),
            "transfer_on": sent["transfer_on"].to_numpy(),
            "transfer_from_org": sent["trust"].to_numpy(),
            "transfer_to_org": sent["transfer_to"].to_numpy(),
            "transfer_reason": sent["transfer_reason"].to_numpy(),
        }
    )
