"""Which pathways go from one trust to another, for treatment or for tests."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from libs.synthetic.draws import Array, is_given, look_up, only_where, position, share
from libs.synthetic.figures import Figures
from libs.synthetic.need.outcomes import CANCER
from libs.synthetic.need.treatments import family_of

FOR_TREATMENT, FOR_DIAGNOSTICS = "9", "1"
_LEAST_RADIOTHERAPY = 150  # treatments a year of a trust that has linear accelerators


def centres_of(figures: Figures) -> dict[str, str]:
    """The trust with radiotherapy to which each provider belongs: itself, one that is named, or the largest near it."""
    given = {
        code: sum(by.get("radiotherapy", 0) for by in each.treatments.values())
        for code, each in figures.providers.items()
    }
    centres = {code: code for code, number in given.items() if number >= _LEAST_RADIOTHERAPY}
    near = {code: _near(figures, code, given) for code in given if code not in centres}
    return {**centres, **near, **figures.care.centres}


def networks_of(figures: Figures, trusts: Sequence[str]) -> list[tuple[str, ...]]:
    """The trusts in groups that send people only to one another and to their own centre, each group in order."""
    centres = centres_of(figures)
    leads = {code: centres[code] for code in trusts}
    for sender, flows in figures.transfers.items():
        for receiver in flows:
            if sender in leads and leads.get(receiver, centres[receiver]) != leads[sender]:
                old, new = leads.get(receiver, centres[receiver]), leads[sender]
                leads = {code: new if lead == old else lead for code, lead in leads.items()}
    groups: dict[str, list[str]] = {}
    for code in sorted(leads):
        groups.setdefault(leads[code], []).append(code)
    return [tuple(groups[lead]) for lead in sorted(groups)]


def _near(figures: Figures, code: str, given: Mapping[str, float]) -> str:
    here = figures.providers[code]

    def nearness(other: str) -> tuple[int, float]:
        there = figures.providers[other]
        return (2 * (there.icb == here.icb != "") + (there.region == here.region != ""), given[other])

    return max((other for other in given if given[other] >= _LEAST_RADIOTHERAPY), key=nearness)


def draw_destinations(
    rng: np.random.Generator, figures: Figures, plan: pd.DataFrame, centres: Mapping[str, str]
) -> pd.DataFrame:
    """Per pathway: the trust that it goes to (or none) and why; `plan` also has outcome and first modality."""
    size = len(plan)
    trust, suspected = plan["trust"].to_numpy(), plan["suspected"].to_numpy()
    outcome = plan["outcome"].to_numpy()
    family = family_of(plan["modality"].to_numpy())
    some = np.where(outcome == "TREATED", 1.0, np.where(np.isin(outcome, ["DIED", "NO_TREATMENT"]), 0.4, 0.0))
    some = some * np.isin(outcome, CANCER)
    of_family = look_up(family, figures.care.sent_by_treatment)
    centre = look_up(trust, centres).astype(object)
    sender, site = position(trust, list(figures.providers)), position(suspected, list(figures.suspected))
    to = np.full(size, None, dtype=object)
    draw, spent = rng.random(size), np.zeros(size)
    for receiver, shares in _flows(figures, centres):
        chance = shares[sender, site] * of_family * some
        goes = (draw >= spent) & (draw < spent + chance) & (trust != receiver[sender])
        to = np.where(goes, receiver[sender], to)
        spent = spent + chance
    by_rays = (family == "radiotherapy") & (rng.random(size) < some) & (centre != trust)
    to = np.where(by_rays, centre, to)
    for_tests = (
        ~is_given(to) & (outcome == "NOT_CANCER") & share(rng, size, figures.for_diagnostics) & (centre != trust)
    )
    to = np.where(for_tests, centre, to)
    reason = np.where(for_tests, FOR_DIAGNOSTICS, FOR_TREATMENT)
    return pd.DataFrame({"transfer_to": to, "transfer_reason": only_where(is_given(to), reason)})


def _flows(figures: Figures, centres: Mapping[str, str]) -> list[tuple[Array, Array]]:
    """For the first, second … trust that each provider sends to: who it is, and the share sent by site."""
    given = [figures.transfers.get(code) or {centres[code]: figures.care.sent_to_centre} for code in figures.providers]
    flows = []
    for number in range(max(len(each) for each in given)):
        pairs = [list(each.items())[number] if number < len(each) else ("", {}) for each in given]
        shares = [[of.get(site, 0.0) for site in figures.suspected] for _, of in pairs]
        flows.append((np.array([code for code, _ in pairs], dtype=object), np.array(shares)))
    return flows


def transfers_frame(pathways: pd.DataFrame) -> pd.DataFrame:
    """One row per transfer: pathway, date, the two trusts and the reason."""
    sent = pathways[pathways["transfer_on"].notna()]
    return pd.DataFrame(
        {
            "pathway_id": sent["pathway_id"].to_numpy(),
            "transfer_on": sent["transfer_on"].to_numpy(),
            "transfer_from_org": sent["trust"].to_numpy(),
            "transfer_to_org": sent["transfer_to"].to_numpy(),
            "transfer_reason": sent["transfer_reason"].to_numpy(),
        }
    )
