"""What happens in a synthetic world: who is referred, what it proves to be, and when everything is done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

from libs.synthetic.calendar import london_minute, working_calendar
from libs.synthetic.capacity import capacity_of, first_monday
from libs.synthetic.care import Kind, plan_care
from libs.synthetic.drivers import DRIVERS, draw_chances
from libs.synthetic.draws import Array
from libs.synthetic.endings import draw_closings, draw_deaths
from libs.synthetic.figures import Figures
from libs.synthetic.milestones import NONE, as_dates, date_pathways, date_treatments, milestone_days, treatment_days
from libs.synthetic.outcomes import draw_outcomes
from libs.synthetic.pathways import assign_organisations, assign_treating_sites
from libs.synthetic.population import draw_ages_and_sexes, draw_people, pair_second_pathways
from libs.synthetic.queues import NO_QUEUE, Steps, serve
from libs.synthetic.referrals import draw_referrals, expected_referrals
from libs.synthetic.resources import resources_of
from libs.synthetic.transfers import centres_of, draw_destinations
from libs.synthetic.treatments import draw_first_modality, draw_treatments

Rngs = Mapping[str, np.random.Generator]
_RUN_OUT_DAYS = 420  # after the last referral, so that everybody's care comes to its end


@dataclass(frozen=True)
class WorldSpec:
    """What a world is made from: the seed, its pathways, its period, and the system that each trust runs."""

    seed: int
    pathways: int
    starts_on: date
    ends_at: datetime
    systems: Mapping[str, str]

    @property
    def ends_on(self) -> date:
        """The last day, in London."""
        return date.fromisoformat(str(london_minute(self.ends_at).astype("datetime64[D]")))


@dataclass(frozen=True)
class Truth:
    """Everything that happened, by pathway row: people, pathways, treatments, and the hazards that drove it."""

    people: pd.DataFrame
    pathways: pd.DataFrame
    treatments: pd.DataFrame
    hazards: pd.DataFrame


def make_truth(rngs: Rngs, figures: Figures, spec: WorldSpec) -> Truth:
    """What happens in a world. Streams of chance: plan, people, care, capacity, dates.

    A world of few pathways is a sample of one that fills its clinics, and every world is preceded by weeks that fill them:
    those pathways take slots and are then forgotten.
    """
    plan = _plan(rngs["plan"], figures, spec)
    kept = np.flatnonzero(plan["is_kept"].to_numpy())
    people, person = _people(rngs["people"], figures, plan.iloc[kept].reset_index(drop=True))
    plan["person_id"] = -1
    plan.loc[kept, "person_id"] = person
    # Who only fills the clinics is like the people of this world.
    behind = rngs["people"].integers(0, len(people), len(plan))
    behind[kept] = person
    chances = draw_chances(rngs["care"], figures, people.iloc[behind].reset_index(drop=True), plan["cancer_group"].notna().to_numpy())
    plan = plan.join(chances.drop(columns=list(DRIVERS)))
    pathways, treatments, waits = simulate_care(rngs, figures, spec, plan)
    pathways, treatments = _only(kept, pathways, treatments)
    hazards = chances.iloc[kept].reset_index(drop=True).join(waits.iloc[kept].reset_index(drop=True))
    pathways["died_on"] = draw_deaths(rngs["dates"], figures, pathways, treatments).astype("datetime64[s]")
    calendar = working_calendar(figures.bank_holidays)
    pathways = pathways.join(draw_closings(rngs["dates"], pathways, treatments, calendar))
    people["died_on"] = pathways["died_on"].groupby(pathways["person_id"]).max().reindex(people["person_id"]).to_numpy()
    return Truth(people, pathways, treatments, hazards.assign(pathway_id=np.arange(len(hazards))))


def _plan(rng: np.random.Generator, figures: Figures, spec: WorldSpec) -> pd.DataFrame:
    """Who is referred for what, what it proves to be, where it goes, and how it would be treated."""
    trusts = sorted(spec.systems)
    held = figures.care.capacity
    begins = first_monday(spec.starts_on - timedelta(days=held.warm_up_days))
    period, before = (spec.starts_on, spec.ends_on), (begins, spec.starts_on - timedelta(days=1))
    size = max(spec.pathways, held.least_pathways_a_trust * len(trusts))
    usual = [float(expected_referrals(figures, trusts=trusts, period=each)["expected"].sum()) for each in (before, period)]
    early = draw_referrals(rng, figures, pathways=int(size * usual[0] / usual[1]), trusts=trusts, period=before)
    plan = pd.concat([early, draw_referrals(rng, figures, pathways=size, trusts=trusts, period=period)], ignore_index=True)
    is_kept = np.zeros(len(plan), dtype=bool)
    is_kept[len(early) + rng.permutation(size)[: spec.pathways]] = True
    plan["is_kept"] = is_kept
    plan["start"] = (plan["received"].to_numpy().astype("datetime64[D]") - np.datetime64(begins, "D")).astype(int)
    plan = plan.join(draw_ages_and_sexes(rng, figures, plan))
    plan = plan.join(draw_outcomes(rng, figures, plan))
    plan["modality"] = draw_first_modality(rng, figures, plan["cancer_group"])
    plan = plan.join(draw_destinations(rng, figures, plan, centres_of(figures)))
    plan["lives_on"] = (plan["outcome"] != "DIED") & (plan["fds_exclusion_reason"] != "02")
    return plan


def _people(rng: np.random.Generator, figures: Figures, plan: pd.DataFrame) -> tuple[pd.DataFrame, Array]:
    """The people behind the pathways, and the person of each pathway (consecutive numbers)."""
    second = figures.habits.second_pathway
    kept, person = np.unique(pair_second_pathways(rng, plan, share_of_pathways=second), return_inverse=True)
    first = plan.iloc[kept]
    born: Array = first["received"].to_numpy().astype("datetime64[D]") - first["age_days"].to_numpy()
    demography = pd.DataFrame(
        {
            "person_id": np.arange(len(kept)),
            "sex": first["sex"].to_numpy(),
            "born_on": born.astype("datetime64[s]"),
            "died_on": np.full(len(kept), np.datetime64("NaT", "s")),
            "home_trust": first["trust"].to_numpy(),
            "first_referral_on": first["received"].to_numpy().astype("datetime64[s]"),
        }
    )
    return draw_people(rng, figures, demography), person


def simulate_care(
    rngs: Rngs, figures: Figures, spec: WorldSpec, plan: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The dated pathways and treatments of a plan, and the days that each pathway spent in its queues.

    Every wait comes from the queues; `plan` has a row for each pathway that takes a slot.
    """
    begins = first_monday(spec.starts_on - timedelta(days=figures.care.capacity.warm_up_days))
    origin = np.datetime64(begins, "D")
    referred = (np.datetime64(spec.ends_on, "D") - origin).astype(int) + 1
    plan = plan.copy()
    treatments = draw_treatments(rngs["care"], figures, plan, centres_of(figures))
    resources = resources_of(figures)
    care = plan_care(rngs["care"], figures, plan, treatments, resources)
    used, queue = np.unique(care.steps.queue, return_inverse=True)
    has_none = int(used[0] == NO_QUEUE)
    steps = Steps(care.steps.pathway, queue - has_none, care.steps.delay, care.steps.place, care.steps.weekday)
    capacity = capacity_of(
        rngs["capacity"], figures, steps, resources.usual_wait[used[has_none:]], begins=begins,
        days=(int(referred), int(referred) + _RUN_OUT_DAYS),
    )  # fmt: skip
    done = serve(steps, plan["start"].to_numpy(), capacity)
    days = milestone_days(rngs["dates"], figures, plan, care, done)
    of_treatments = treatment_days(care, done, treatments)
    first = np.full(len(plan), NONE)
    is_first = (treatments["treatment_number"] == 1).to_numpy()
    first[treatments["pathway_id"].to_numpy()[is_first]] = of_treatments["decided"].to_numpy()[is_first]
    dated = date_pathways(rngs["dates"], figures, plan, days, first, origin)
    treatments = date_treatments(rngs["dates"], figures, treatments, of_treatments, origin)
    treatments = assign_treating_sites(rngs["dates"], figures, treatments)
    columns = [
        "trust", "route", "suspected", "tumour_site", "suspected_cancer_type", "priority_type", "referral_source",
        "outcome", "cancer_group", "fds_end_reason", "fds_exclusion_reason", "diagnosis_icd10", "morphology",
        "transfer_to", "transfer_reason", "person_id",
    ]  # fmt: skip
    pathways = plan[columns].assign(
        referral_decided_on=plan["decided"].to_numpy().astype("datetime64[s]"),
        referral_received_on=as_dates(plan["start"].to_numpy(), origin),
        **{name: dated[name] for name in dated},
    )
    never = pathways["transfer_on"].isna()
    pathways.loc[never, ["transfer_to", "transfer_reason"]] = None
    return assign_organisations(rngs["dates"], figures, pathways), treatments, _waits(steps, care.kind, done, len(plan))


def _waits(steps: Steps, kind: Array, done: Array, size: int) -> pd.DataFrame:
    """Days that each pathway waited in queues by what it waited for, beyond the delays of its own making."""
    before = np.concatenate([[0], done[:-1]])
    is_first = np.concatenate([[True], steps.pathway[1:] != steps.pathway[:-1]])
    waited = np.where(is_first | (steps.queue == NO_QUEUE), 0, done - before - steps.delay).clip(0)
    names = {"tests": (Kind.TESTED, Kind.STAGED), "reports": (Kind.REPORTED, Kind.STAGE_REPORTED), "telling": (Kind.TOLD,),
             "decision": (Kind.DECIDED,), "treatment": (Kind.OFFERED, Kind.TREATED)}  # fmt: skip
    spent = {}
    for name, kinds in names.items():
        rows = np.isin(kind, kinds)
        spent[f"days_queued_for_{name}"] = np.bincount(steps.pathway[rows], waited[rows], minlength=size).astype(np.int32)
    return pd.DataFrame(spent)


def _only(kept: Array, pathways: pd.DataFrame, treatments: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of the world itself, numbered from nought."""
    number = np.full(len(pathways), -1)
    number[kept] = np.arange(len(kept))
    of = number[treatments["pathway_id"].to_numpy()]
    treatments = treatments.assign(pathway_id=of)[of >= 0].reset_index(drop=True)
    pathways = pathways.iloc[kept].reset_index(drop=True)
    return pathways.assign(pathway_id=np.arange(len(pathways))), treatments
