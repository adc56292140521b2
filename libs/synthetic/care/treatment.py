"""From the day on which a cancer is told to its treatments: staging, transfer, decision, and what follows."""

import numpy as np
import pandas as pd

from libs.synthetic.care.course import Course, meets_on
from libs.synthetic.care.queues import NO_QUEUE
from libs.synthetic.care.steps import Kind, Needs
from libs.synthetic.draws import Array, between, look_up, share
from libs.synthetic.figures import Figures
from libs.synthetic.need.treatments import family_of


def staging_and_transfer(rng: np.random.Generator, figures: Figures, of: Course, needs: Needs) -> None:
    """Rounds of staging after a cancer was found, a second meeting, and the transfer to the trust that treats."""
    resources, care = needs.resources, figures.care
    goes_on = of.is_cancer & np.isin(of.outcome, ["TREATED", "NO_TREATMENT", "DIED"]) & ~of.express & of.is_seen
    usual = look_up(of.group, {key: each.staging for key, each in care.groups.items()})
    rounds = rng.poisson(usual * of.treatment_turns).clip(0, 3)
    rounds = np.where(goes_on, rounds, 0)
    rounds = np.where(of.route == "UPGRADE", np.minimum(rounds, 2), rounds)
    after = of.crosses & (rounds > 0) & share(rng, of.size, 0.4)  # the last round is done where the person is treated
    for number in (1, 2, 3):
        rows = np.flatnonzero(rounds - after >= number)
        _stage(rng, of, needs, rows, at=of.trust[rows])
    rows = np.flatnonzero(of.crosses & of.is_seen)
    waits_for_papers = np.where(
        share(rng, len(rows), 0.3), between(rng, 4, 14, len(rows)), between(rng, 1, 5, len(rows))
    )
    needs.add(Kind.TRANSFERRED, rows, delay=waits_for_papers)
    rows = np.flatnonzero(after)
    _stage(rng, of, needs, rows, at=of.treated_at[rows])
    rows = np.flatnonzero(goes_on & ((rounds > 0) | of.crosses))
    needs.meet(Kind.DISCUSSED, rows, delay=1, weekday=meets_on(resources, of.treated_at[rows], of.site[rows]), number=2)


def _stage(rng: np.random.Generator, of: Course, needs: Needs, rows: Array, *, at: Array) -> None:
    pet = share(rng, len(rows), 0.45)
    queue = np.where(pet, needs.resources.queue(at, "staging"), needs.resources.queue(at, "tests", "imaging"))
    place = rng.uniform(-0.5, 0.2, len(rows))
    needs.add(Kind.STAGED, rows, queue=queue, delay=between(rng, 0, 2, len(rows)), place=place)
    needs.add(Kind.STAGE_REPORTED, rows, queue=needs.resources.queue(at, "report"), place=place)


def treatment(rng: np.random.Generator, figures: Figures, of: Course, treatments: pd.DataFrame, needs: Needs) -> None:
    """The decision and the treatment, for each treatment in its turn."""
    care = figures.care
    for number in range(1, int(treatments["treatment_number"].max() if len(treatments) else 0) + 1):
        these = treatments[(treatments["treatment_number"] == number).to_numpy()]
        rows = these["pathway_id"].to_numpy()
        at = of.treated_at[rows]
        if number == 1:
            held = (
                look_up(of.group[rows], {key: each.held_up for key, each in care.groups.items()})
                * of.treatment_turns[rows]
            )
            unwell = share(rng, len(rows), np.clip(of.plan["chance_unwell_before_treatment"].to_numpy()[rows], 0, 0.9))
            held_up = share(rng, len(rows), np.clip(held * of.plan["effect_unwell"].to_numpy()[rows], 0, 0.9))
            express = of.express[rows]
            long = look_up(of.group[rows], {key: each.held_up_days for key, each in care.groups.items()})
            length = 6 + (rng.exponential(1, len(rows)) * (long - 6)).astype(int).clip(0, 220)
            delay = np.where(held_up & ~of.at_clinic[rows], length, 0)
            delay = delay + np.where(unwell & ~express, rng.exponential(14, len(rows)).astype(int).clip(2, 60), 0)
            delay = delay + np.where(express & ~of.at_clinic[rows] & ~held_up, between(rng, 0, 2, len(rows)), 0)
            place = rng.uniform(-0.5, 0.5, len(rows))
            queue = np.where(express, NO_QUEUE, needs.resources.queue(at, "decision", of.group[rows]))
            needs.add(Kind.DECIDED, rows, queue=queue, delay=delay, place=place, number=number)
        else:
            needs.add(Kind.DECIDED, rows, delay=these["gap"].to_numpy(), number=number)
        _begin(rng, of, these[these["begins"].to_numpy()], needs, number=number)


def _begin(rng: np.random.Generator, of: Course, these: pd.DataFrame, needs: Needs, *, number: int) -> None:
    rows = these["pathway_id"].to_numpy()
    modality = these["treatment_modality"].to_numpy()
    family = family_of(modality)
    at = these["treated_by"].to_numpy()
    resources = needs.resources
    queue = np.full(len(rows), NO_QUEUE)
    for name, resource in (("surgery", "theatre"), ("drugs", "drugs"), ("radiotherapy", "radiotherapy")):
        chosen = (family == name) & (modality != "03")
        detail = of.group[rows][chosen] if name == "surgery" else None
        queue[chosen] = resources.queue(at[chosen], resource, detail)
    soon = np.where(family == "other", between(rng, 0, 4, len(rows)), between(rng, 0, 8, len(rows)))
    prepared = look_up(family, {"surgery": 3, "drugs": 3, "radiotherapy": 5, "other": 0})
    delay = np.where(queue == NO_QUEUE, soon, prepared)
    place = rng.uniform(-0.35, 0.35, len(rows)) + np.where(
        these["is_low_priority"], 0.5 + rng.exponential(1.4, len(rows)), 0.0
    )
    pause = these["pause"].to_numpy()
    paused = pause > 0
    needs.add(Kind.OFFERED, rows[paused], queue=queue[paused], delay=delay[paused], place=place[paused], number=number)
    delay = np.where(paused, pause, delay)
    needs.add(Kind.TREATED, rows, queue=queue, delay=delay, place=np.where(paused, -0.9, place), number=number)
