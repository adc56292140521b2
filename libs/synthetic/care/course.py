"""What was drawn of each pathway once, for all its steps."""

import numpy as np
import pandas as pd

from libs.synthetic.care.resources import Resources
from libs.synthetic.draws import Array, choose, look_up, position, share
from libs.synthetic.figures import Figures
from libs.synthetic.need.outcomes import CANCER
from libs.synthetic.need.transfers import FOR_DIAGNOSTICS, FOR_TREATMENT
from libs.synthetic.need.treatments import family_of

# Cancers whose first treatment may be an operation straight from the clinic: excision, resection of a bladder tumour …
CUT_OUT = ("skin", "urology_other", "testicular")


def turns_of(figures: Figures, trust: Array, site: Array) -> Array:
    """How often, beside England, a trust's people without cancer are not told at once and need more tests, by site."""
    sites = tuple(figures.care.sites)
    table = [[figures.turns.get(code, {}).get(each, 1.0) for each in sites] for code in figures.providers]
    return np.asarray(np.array(table)[position(trust, tuple(figures.providers)), position(site, sites)])


class Course:
    """The columns of the plan that care looks at, and what was drawn of each pathway once for all its steps."""

    def __init__(self, rng: np.random.Generator, figures: Figures, plan: pd.DataFrame) -> None:
        size = len(plan)
        self.plan = plan
        self.size = size
        self.trust = plan["trust"].to_numpy()
        self.route = plan["route"].to_numpy()
        self.site = plan["suspected"].to_numpy()
        self.outcome = plan["outcome"].to_numpy()
        self.is_cancer = np.isin(self.outcome, CANCER)
        self.group = plan["cancer_group"].fillna("other").to_numpy()
        self.turns = turns_of(figures, self.trust, self.site)
        of_treatment = np.array([figures.turns.get(code, {}).get("treatment", 1.0) for code in figures.providers])
        self.treatment_turns = of_treatment[position(self.trust, tuple(figures.providers))]
        self.suspicion = plan["suspicion"].to_numpy()
        goes = plan["transfer_to"].notna().to_numpy()
        reason = plan["transfer_reason"].to_numpy()
        self.for_tests = goes & (reason == FOR_DIAGNOSTICS)
        self.crosses = goes & (reason == FOR_TREATMENT)
        self.tests_at = np.where(self.for_tests, plan["transfer_to"], self.trust)
        self.treated_at = np.where(self.crosses, plan["transfer_to"], self.trust)
        self.family = family_of(plan["modality"].to_numpy())
        self.is_excluded = self.outcome == "EXCLUDED"
        unseen = self.is_excluded & ~plan["fds_exclusion_reason"].isin(["01"]).to_numpy()
        self.is_seen = ~(unseen & share(rng, size, 0.6))
        care = figures.care
        sites = care.sites
        one_stop = look_up(self.site, {key: each.one_stop for key, each in sites.items()})
        self.one_stop = share(rng, size, np.clip(1 - (1 - one_stop) * self.turns, 0.02, 0.98))
        self.one_stop &= (self.outcome == "NOT_CANCER") & (self.route != "SCREEN") & ~self.for_tests
        express = look_up(self.group, {key: each.express for key, each in care.groups.items()})
        # Who is not operated on is more often treated at once; radiotherapy is always planned.
        by_family = look_up(self.family, {"surgery": 0.7, "drugs": 1.1, "other": 1.6, "radiotherapy": 0.1})
        by_family = np.where(np.isin(self.group, CUT_OUT), 1.0, by_family)
        is_express = share(rng, size, np.minimum(express * by_family, 0.97)) & self.is_cancer & ~self.crosses
        # What is cut out when it is seen is treated before anybody has a report.
        self.at_clinic = is_express & np.isin(self.group, CUT_OUT) & (self.family == "surgery")
        self.at_clinic &= self.route != "UPGRADE"
        self.express = is_express
        self.in_hospital = (self.route == "UPGRADE") & (plan["referral_source"] == "04").to_numpy()
        self.in_hospital |= (self.route == "UPGRADE") & is_express & share(rng, size, 0.75)


def meets_on(resources: Resources, trust: Array, site: Array) -> Array:
    """The weekday on which a trust's team for a site meets."""
    return np.asarray((resources.provider_of(trust) * 7 + resources.place_of("clinic", site) * 3) % 5)


def kinds_of_test(rng: np.random.Generator, figures: Figures, site: Array, *, later: bool) -> Array:
    """The kind of each row's first or later test, by its suspected site."""
    kinds = ("imaging", "endoscopy", "biopsy")
    weights = np.array(
        [[(each.later_test if later else each.first_test).get(kind, 0.0) for kind in kinds]
         for each in figures.care.sites.values()]
    )  # fmt: skip
    order = {key: number for number, key in enumerate(figures.care.sites)}
    return np.array(kinds, dtype=object)[choose(rng, weights, look_up(site, order))]
