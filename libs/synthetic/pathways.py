"""Where things happen: the sites of each pathway and treatment, and the identifier of the pathway."""

import numpy as np
import pandas as pd

from libs.synthetic.draws import choose_by, look_up, share
from libs.synthetic.figures import Figures
from libs.synthetic.need.treatments import family_of


def assign_organisations(rng: np.random.Generator, figures: Figures, pathways: pd.DataFrame) -> pd.DataFrame:
    """The site that first saw each person, the one that upgraded, and the identifier of the pathway with its issuer."""
    size = len(pathways)
    sites = {key: each.sites for key, each in figures.providers.items()}
    by_service = share(rng, size, np.where(pathways["referral_source"].isin(["03", "92"]), 0.85, 0.01))
    by_service &= (pathways["route"] != "SCREEN").to_numpy()
    number = rng.permutation(np.arange(10**10, 10**10 + 8 * size, 8))[:size] + rng.integers(0, 8, size)
    local = pathways["trust"].to_numpy() + number.astype(str).astype(object)
    return pathways.assign(
        first_seen_org=choose_by(rng, sites, pathways["trust"].to_numpy()),
        upgrade_org=choose_by(rng, sites, pathways["trust"].to_numpy()),
        pathway_identifier=np.where(by_service, "00" + number.astype(str).astype(object), local),
        pathway_identifier_issuer=np.where(by_service, "X09", pathways["trust"]),
    )


def assign_treating_sites(rng: np.random.Generator, figures: Figures, treatments: pd.DataFrame) -> pd.DataFrame:
    """The site of each treatment, of the trust that gives it (`treated_by`); radiotherapy is given at the largest."""
    sites = {key: each.sites for key, each in figures.providers.items()}
    by = treatments["treated_by"].to_numpy()
    largest = {key: max(sorted(each), key=lambda site: each[site]) for key, each in sites.items()}
    by_rays = family_of(treatments["treatment_modality"].to_numpy()) == "radiotherapy"
    return treatments.assign(treatment_org=np.where(by_rays, look_up(by, largest), choose_by(rng, sites, by)))
