"""A whole synthetic world: made once from a seed, read as at any moment of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pandas as pd

from libs.synthetic.calendar import LONDON, london_minute, working_calendar
from libs.synthetic.draws import Array
from libs.synthetic.endings import draw_closings, draw_deaths
from libs.synthetic.figures import Figures
from libs.synthetic.outcomes import draw_outcomes
from libs.synthetic.pathways import assign_organisations, assign_treating_sites, date_pathways, date_treatments
from libs.synthetic.population import draw_ages_and_sexes, draw_people, pair_second_pathways
from libs.synthetic.recording import (
    FACTS,
    close_records,
    number_records,
    recorded_minutes,
    records_frame,
    treatment_records_frame,
)
from libs.synthetic.referrals import draw_referrals
from libs.synthetic.timelines import draw_timelines
from libs.synthetic.tracking import touches_frame
from libs.synthetic.transfers import draw_destinations, transfers_frame
from libs.synthetic.treatments import draw_first_modality, draw_treatments


@dataclass(frozen=True)
class WorldSpec:
    """What a world is made from: the seed, its pathways, its period, and the system that each trust runs."""

    seed: int
    pathways: int
    starts_on: date
    ends_at: datetime
    systems: Mapping[str, str]


@dataclass(frozen=True)
class World:
    """The truth of a synthetic world, and when each register came to know it.

    people, pathways, treatments, transfers: what happened, also after the end of the period. records: which trust holds
    which pathway under which number, and the minute at which each fact was recorded there. treatment_records: the same
    for treatments. touches: trackers' edits. All times are London local time.
    """

    spec: WorldSpec
    people: pd.DataFrame
    pathways: pd.DataFrame
    treatments: pd.DataFrame
    transfers: pd.DataFrame
    records: pd.DataFrame
    treatment_records: pd.DataFrame
    touches: pd.DataFrame


def two_years_before(moment: datetime) -> date:
    """The day two years before a moment, on which a world's period usually starts."""
    day = (moment.astimezone(LONDON) if moment.tzinfo else moment).date()
    return date(day.year - 2, day.month, min(day.day, 28))


def make_world(spec: WorldSpec, figures: Figures) -> World:
    """Make the world of a spec: the same spec and figures always give the same world.

    Raises ValueError for a trust without figures.
    """
    unknown = sorted(set(spec.systems) - set(figures.trusts))
    if unknown:
        raise ValueError(f"no figures for the trusts {', '.join(unknown)}: add them to conf/synthetic")
    seeds = iter(np.random.SeedSequence(spec.seed).spawn(16))
    rngs = {name: np.random.default_rng(next(seeds)) for name in ("plan", "dates", "people", "recording", "tracking")}
    calendar = working_calendar(figures.bank_holidays)
    plan, first = _plan(rngs["plan"], figures, spec)
    pathways, treatments = _happen(rngs["dates"], figures, plan.join(first), calendar)
    people = _people(rngs["people"], figures, plan, pathways, set(spec.systems))
    records, shown = _record(rngs["recording"], figures, pathways, treatments, (spec, calendar))
    until = london_minute(spec.ends_at)
    touches = touches_frame(rngs["tracking"], figures.recording, records, until=until, calendar=calendar)
    return World(spec, people, pathways, treatments, transfers_frame(pathways), records, shown, touches)


def _plan(rng: np.random.Generator, figures: Figures, spec: WorldSpec) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Who is referred for what, what it proves to be, where it goes, and how it would be treated."""
    period = (spec.starts_on, date.fromisoformat(str(london_minute(spec.ends_at).astype("datetime64[D]"))))
    plan = draw_referrals(rng, figures, pathways=spec.pathways, trusts=sorted(spec.systems), period=period)
    plan = plan.join(draw_ages_and_sexes(rng, figures, plan))
    plan = plan.join(draw_outcomes(rng, figures, plan))
    plan = plan.join(draw_destinations(rng, figures, plan))
    plan["lives_on"] = (plan["outcome"] != "DIED") & (plan["fds_exclusion_reason"] != "02")
    plan["pathway_id"] = np.arange(len(plan))
    plan["person_id"] = pair_second_pathways(rng, plan, share_of_pathways=figures.habits.second_pathway)
    return plan, draw_first_modality(rng, figures, plan["cancer_group"])


def _happen(
    rng: np.random.Generator, figures: Figures, plan: pd.DataFrame, calendar: np.busdaycalendar
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The dates of everything that happens on each pathway."""
    days = draw_timelines(rng, figures, plan)
    offsets = days[["told", "transferred", "decided", "treated"]]
    drawn = draw_treatments(rng, figures, plan[["outcome", "modality"]].join(offsets))
    pathways = assign_organisations(rng, figures, date_pathways(plan, days, calendar))
    treatments = date_treatments(pathways, drawn, calendar)
    treatments = assign_treating_sites(rng, figures, pathways, treatments)
    pathways["died_on"] = draw_deaths(rng, figures, pathways, treatments).astype("datetime64[s]")
    return pathways.join(draw_closings(rng, pathways, treatments, calendar)), treatments


def _people(
    rng: np.random.Generator, figures: Figures, plan: pd.DataFrame, pathways: pd.DataFrame, trusts: set[str]
) -> pd.DataFrame:
    """The people behind the pathways, and from here on consecutive person ids."""
    kept, codes = np.unique(pathways["person_id"], return_inverse=True)
    pathways["person_id"] = codes
    shared = pd.Series(pathways["transfer_to"].isin(trusts).to_numpy()).groupby(codes).any().to_numpy()
    first = plan.iloc[kept]
    born: Array = first["received"].to_numpy().astype("datetime64[D]") - first["age_days"].to_numpy()
    demography = pd.DataFrame(
        {
            "person_id": np.arange(len(kept)),
            "sex": first["sex"].to_numpy(),
            "born_on": born.astype("datetime64[s]"),
            "died_on": pathways["died_on"].groupby(codes).max().to_numpy(),
            "is_shared": shared,
        }
    )
    return draw_people(rng, figures, demography)


def _record(
    rng: np.random.Generator, figures: Figures, pathways: pd.DataFrame, treatments: pd.DataFrame,
    setting: tuple[WorldSpec, np.busdaycalendar],
) -> tuple[pd.DataFrame, pd.DataFrame]:  # fmt: skip
    """Which trust knows what from when."""
    spec, calendar = setting
    minutes = recorded_minutes(rng, figures.recording, pathways[list(FACTS)], calendar)
    records = number_records(figures, records_frame(rng, pathways, minutes, spec.systems), pathways)
    shown = treatment_records_frame(rng, figures.recording, records, treatments, calendar)
    closed = close_records(rng, figures.recording, records, pathways=pathways, shown=shown, calendar=calendar)
    return closed, shown
