"""A whole synthetic world: made once from a seed, read as at any moment of it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from libs.synthetic.calendar import working_calendar
from libs.synthetic.faults.draw import Happened, draw_faults, join_faults
from libs.synthetic.figures import Figures
from libs.synthetic.need.transfers import transfers_frame
from libs.synthetic.people.identities import draw_identities
from libs.synthetic.registers.recording import record_pathways
from libs.synthetic.spec import WorldSpec
from libs.synthetic.truth import make_truth, streams


@dataclass(frozen=True)
class World:
    """The truth of a synthetic world, and when each register came to know it.

    people, pathways, treatments, transfers: what happened, also after the end of the period. hazards: what drove each
    pathway. records: which trust holds which pathway under which number, and the minute at which each fact was recorded
    there. treatment_records: the same for treatments. identities: what each trust's patient index holds of each person.
    faults: every error that a register shows. calendar: the working days. All times are London local time.
    """

    spec: WorldSpec
    parameters: str
    calendar: np.busdaycalendar
    people: pd.DataFrame
    pathways: pd.DataFrame
    treatments: pd.DataFrame
    transfers: pd.DataFrame
    hazards: pd.DataFrame
    records: pd.DataFrame
    treatment_records: pd.DataFrame
    identities: pd.DataFrame
    faults: pd.DataFrame


def make_world(spec: WorldSpec, figures: Figures) -> World:
    """Make the world of a spec: the same spec and figures always give the same world.

    Raises ValueError for a trust without figures.
    """
    unknown = sorted(set(spec.systems) - set(figures.providers))
    if unknown:
        raise ValueError(f"no figures for the trusts {', '.join(unknown)}: add them to conf/synthetic")
    rngs = streams(spec.seed)
    truth = make_truth(rngs, figures, spec)
    calendar = working_calendar(figures.bank_holidays)
    setting = (spec.systems, calendar)
    records, shown = record_pathways(rngs["recording"], figures, (truth.pathways, truth.treatments), setting)
    first = records.groupby(["trust", "person_id"], sort=True)["visible_from"].min()
    registrations = first.rename("registered_at").reset_index()
    identities, of_people = draw_identities(rngs["identities"], figures, truth.people, registrations)
    happened = Happened(records, truth.pathways, truth.treatments, shown)
    of_records = draw_faults(rngs["faults"], figures, happened)
    return World(
        spec=spec,
        parameters=figures.identity(),
        calendar=calendar,
        people=truth.people,
        pathways=truth.pathways,
        treatments=truth.treatments,
        transfers=transfers_frame(truth.pathways),
        hazards=truth.hazards,
        records=records,
        treatment_records=shown,
        identities=identities,
        faults=join_faults(of_people, of_records),
    )
