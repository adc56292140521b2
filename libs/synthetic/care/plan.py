"""What care each pathway needs, step by step, and which queue each step waits in."""

import numpy as np
import pandas as pd

from libs.synthetic.care.course import Course
from libs.synthetic.care.first_appointment import first_appointment
from libs.synthetic.care.investigation import investigation, telling
from libs.synthetic.care.resources import Resources
from libs.synthetic.care.steps import Care, Needs
from libs.synthetic.care.treatment import staging_and_transfer, treatment
from libs.synthetic.figures import Figures


def plan_care(
    rng: np.random.Generator, figures: Figures, plan: pd.DataFrame, treatments: pd.DataFrame, resources: Resources
) -> Care:
    """The steps that each pathway needs.

    `plan` has trust, route, suspected, outcome, cancer_group, fds_exclusion_reason, referral_source, transfer_to,
    transfer_reason, modality, suspicion and the chances of `drivers`; `treatments` one row a treatment (see
    `treatments.draw_treatments`), by pathway row.
    """
    needs = Needs(resources, plan["route"].isin(["USC", "BSYM", "SCREEN"]).to_numpy())
    people = Course(rng, figures, plan)
    first_appointment(rng, figures, people, needs)
    investigation(rng, figures, people, needs)
    telling(rng, figures, people, needs)
    staging_and_transfer(rng, figures, people, needs)
    treatment(rng, figures, people, treatments, needs)
    return needs.collected()
