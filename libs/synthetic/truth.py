"""What happens in a synthetic world: who is referred, what it proves to be, and when everything is done."""

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pandas as pd

from libs.synthetic.calendar import working_calendar
from libs.synthetic.care.drivers import DRIVERS, draw_chances
from libs.synthetic.care.endings import draw_closings, draw_deaths
from libs.synthetic.care.simulation import Rngs, first_day, simulate_care
from libs.synthetic.draws import Array
from libs.synthetic.figures import Figures
from libs.synthetic.need.outcomes import diagnoses_that_fit, draw_outcomes
from libs.synthetic.need.referrals import draw_referrals, expected_referrals
from libs.synthetic.need.transfers import centres_of, draw_destinations, networks_of
from libs.synthetic.need.treatments import draw_first_modality
from libs.synthetic.people.population import draw_ages_and_sexes, draw_people, pair_second_pathways
from libs.synthetic.spec import WorldSpec

STREAMS = ("plan", "people", "care", "capacity", "dates", "recording", "identities", "faults")
_SHOWN_PEOPLE = 5_000  # as many as show how frail, distant and deprived people are
_COUNTED = (
    "pathway_id", "trust", "route", "suspected", "outcome", "cancer_group", "referral_received_on", "upgraded_on",
    "first_seen_on", "first_seen_adjustment_days", "informed_on", "fds_end_reason", "fds_exclusion_reason",
    "transfer_on", "transfer_to", "transfer_reason",
)  # fmt: skip


def streams(seed: int, part: str = "") -> Rngs:
    """The streams of chance of a world, or of one part of it, by name: what one draws leaves the others as they are."""
    seeds = np.random.SeedSequence([seed, *part.encode()] if part else seed).spawn(len(STREAMS))
    return {name: np.random.default_rng(each) for name, each in zip(STREAMS, seeds, strict=True)}


@dataclass(frozen=True)
class Truth:
    """Everything that happened, by pathway row: people, pathways, treatments, and the hazards that drove it."""

    people: pd.DataFrame
    pathways: pd.DataFrame
    treatments: pd.DataFrame
    hazards: pd.DataFrame


def make_truth(rngs: Rngs, figures: Figures, spec: WorldSpec) -> Truth:
    """What happens in a world. Streams of chance: plan, people, care, capacity, dates.

    A world of few pathways is a sample of one that fills its clinics, and every world is preceded by weeks that fill
    them: those pathways take slots and are then forgotten.
    """
    plan = _plan(rngs["plan"], figures, spec)
    kept = np.flatnonzero(plan["is_kept"].to_numpy())
    people, person = _people(rngs["people"], figures, plan.iloc[kept].reset_index(drop=True))
    plan["person_id"] = -1
    plan.loc[kept, "person_id"] = person
    chances = _chances(rngs, figures, people, plan)
    plan = plan.join(chances.drop(columns=list(DRIVERS)))
    pathways, treatments, waits = simulate_care(rngs, figures, plan, period=(spec.starts_on, spec.ends_on))
    pathways, treatments = _only(kept, pathways, treatments)
    hazards = chances.iloc[kept].reset_index(drop=True).join(waits.iloc[kept].reset_index(drop=True))
    pathways["died_on"] = draw_deaths(rngs["dates"], figures, pathways, treatments).astype("datetime64[s]")
    calendar = working_calendar(figures.bank_holidays)
    pathways = pathways.join(draw_closings(rngs["dates"], pathways, treatments, calendar))
    people["died_on"] = pathways["died_on"].groupby(pathways["person_id"]).max().reindex(people["person_id"]).to_numpy()
    return Truth(people, pathways, treatments, hazards.assign(pathway_id=np.arange(len(hazards))))


@dataclass(frozen=True)
class Unnamed:
    """What is enough to count waits: some columns of the pathways and treatments of people without names."""

    spec: WorldSpec
    pathways: pd.DataFrame
    treatments: pd.DataFrame


def make_unnamed(figures: Figures, spec: WorldSpec) -> Unnamed:
    """What happens in a world, without its people, one network of trusts after the other: for whole England.

    A network is `transfers.networks_of`; its share of the pathways is that of its referrals in life. Only the columns
    that waits are counted from are kept.
    """
    networks = networks_of(figures, sorted(spec.systems))
    period = (spec.starts_on, spec.ends_on)
    in_life = [float(expected_referrals(figures, trusts=each, period=period)["expected"].sum()) for each in networks]
    pathways, treatments, so_far = [], [], 0
    for network, number in zip(networks, in_life, strict=True):
        size = round(spec.pathways * number / sum(in_life))
        if not size:
            continue
        own = replace(spec, pathways=size, systems={code: spec.systems[code] for code in network})
        happened, treated = _happened(figures, own, streams(spec.seed, network[0]))
        pathways.append(happened.assign(pathway_id=happened["pathway_id"] + so_far))
        treatments.append(treated.assign(pathway_id=treated["pathway_id"] + so_far))
        so_far += size
    return Unnamed(spec, pd.concat(pathways, ignore_index=True), pd.concat(treatments, ignore_index=True))


def _happened(figures: Figures, spec: WorldSpec, rngs: Rngs) -> tuple[pd.DataFrame, pd.DataFrame]:
    plan = _plan(rngs["plan"], figures, spec)
    people, _ = _people(rngs["people"], figures, plan.iloc[:_SHOWN_PEOPLE].reset_index(drop=True))
    plan["person_id"] = -1
    plan = plan.join(_chances(rngs, figures, people, plan).drop(columns=list(DRIVERS)))
    pathways, treatments, _ = simulate_care(rngs, figures, plan, period=(spec.starts_on, spec.ends_on))
    pathways, treatments = _only(np.flatnonzero(plan["is_kept"].to_numpy()), pathways, treatments)
    return pathways[list(_COUNTED)], treatments.drop(columns=["planned_treatment_on", "treatment_setting"])


def _chances(rngs: Rngs, figures: Figures, people: pd.DataFrame, plan: pd.DataFrame) -> pd.DataFrame:
    """The hazards of every pathway; who only fills the clinics is like the people of this world."""
    person = plan["person_id"].to_numpy()
    behind = np.where(person >= 0, person, rngs["people"].integers(0, len(people), len(plan)))
    is_cancer = plan["cancer_group"].notna().to_numpy()
    return draw_chances(rngs["care"], figures, people.iloc[behind].reset_index(drop=True), is_cancer)


def _plan(rng: np.random.Generator, figures: Figures, spec: WorldSpec) -> pd.DataFrame:
    """Who is referred for what, what it proves to be, where it goes, and how it would be treated."""
    trusts = sorted(spec.systems)
    held = figures.care.capacity
    begins = first_day(figures, spec.starts_on)
    period, before = (spec.starts_on, spec.ends_on), (begins, spec.starts_on - timedelta(days=1))
    size = max(spec.pathways, held.least_pathways_a_trust * len(trusts))
    usual = [
        float(expected_referrals(figures, trusts=trusts, period=each)["expected"].sum()) for each in (before, period)
    ]
    early = draw_referrals(rng, figures, pathways=int(size * usual[0] / usual[1]), trusts=trusts, period=before)
    plan = pd.concat(
        [early, draw_referrals(rng, figures, pathways=size, trusts=trusts, period=period)], ignore_index=True
    )
    is_kept = np.zeros(len(plan), dtype=bool)
    is_kept[len(early) + rng.permutation(size)[: spec.pathways]] = True
    plan["is_kept"] = is_kept
    plan["start"] = (plan["received"].to_numpy().astype("datetime64[D]") - np.datetime64(begins, "D")).astype(int)
    plan = plan.join(draw_ages_and_sexes(rng, figures, plan))
    plan = plan.join(draw_outcomes(rng, figures, plan))
    plan["modality"] = draw_first_modality(rng, figures, plan["cancer_group"])
    plan[["diagnosis_icd10", "morphology"]] = diagnoses_that_fit(figures, plan)
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


def _only(kept: Array, pathways: pd.DataFrame, treatments: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of the world itself, numbered from nought."""
    number = np.full(len(pathways), -1)
    number[kept] = np.arange(len(kept))
    of = number[treatments["pathway_id"].to_numpy()]
    treatments = treatments.assign(pathway_id=of)[of >= 0].reset_index(drop=True)
    pathways = pathways.iloc[kept].reset_index(drop=True)
    return pathways.assign(pathway_id=np.arange(len(pathways))), treatments
