"""What care each pathway needs, step by step, and which queue each step waits in."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import pandas as pd

from libs.synthetic.draws import Array, between, choose, look_up, share
from libs.synthetic.figures import Figures
from libs.synthetic.outcomes import CANCER
from libs.synthetic.queues import ANY_DAY, NO_QUEUE, Steps
from libs.synthetic.resources import Resources
from libs.synthetic.transfers import FOR_DIAGNOSTICS, FOR_TREATMENT
from libs.synthetic.treatments import family_of


class Kind(IntEnum):
    """What a step is."""

    MISSED = 0
    SEEN = 1
    UPGRADED = 2
    TESTED = 3
    REPORTED = 4
    DISCUSSED = 5
    TOLD = 6
    TRANSFERRED = 7
    STAGED = 8
    STAGE_REPORTED = 9
    DECIDED = 10
    OFFERED = 11
    TREATED = 12


@dataclass(frozen=True)
class Care:
    """The steps of all pathways, what each is (Kind), and for decisions and treatments the number of the treatment."""

    steps: Steps
    kind: Array
    number: Array


def plan_care(
    rng: np.random.Generator, figures: Figures, plan: pd.DataFrame, treatments: pd.DataFrame, resources: Resources
) -> Care:
    """The steps that each pathway needs.

    `plan` has trust, route, suspected, outcome, cancer_group, fds_exclusion_reason, referral_source, transfer_to,
    transfer_reason, modality, suspicion and the chances of `drivers`; `treatments` one row a treatment (see
    `treatments.draw_treatments`), by pathway row.
    """
    needs = _Needs(resources)
    people = _Pathways(rng, figures, plan)
    _first_appointment(rng, figures, people, needs)
    _investigation(rng, figures, people, needs)
    _telling(rng, figures, people, needs)
    _staging_and_transfer(rng, figures, people, needs)
    _treatment(rng, figures, people, treatments, needs)
    return needs.collected()


# Cancers whose first treatment may be an operation straight from the clinic: excision, resection of a bladder tumour …
_CUT_OUT = ("skin", "urology_other", "testicular")


class _Needs:
    """Steps as they are asked for: what is asked for later comes later on each pathway."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources
        self.parts: list[dict[str, Array]] = []

    def add(self, kind: Kind, rows: Array, *, queue: Array | None = None, delay: Any = 0, place: Any = 0.0,
            weekday: Any = ANY_DAY, number: int = 0) -> None:  # fmt: skip
        """One step of some pathways; `place` is in usual waits of its queue."""
        size = len(rows)
        waits = queue if queue is not None else np.full(size, NO_QUEUE)
        days = np.where(waits == NO_QUEUE, 0, self.resources.usual_wait[waits] * 1.4) * place
        self.parts.append(
            {
                "pathway": rows.astype(np.int32),
                "queue": np.asarray(waits, dtype=np.int32),
                "delay": np.broadcast_to(np.asarray(delay, dtype=np.int32), size),
                "place": np.broadcast_to(np.asarray(days, dtype=np.float32), size),
                "weekday": np.broadcast_to(np.asarray(weekday, dtype=np.int8), size),
                "kind": np.full(size, kind, dtype=np.int8),
                "number": np.full(size, number, dtype=np.int8),
            }
        )

    def collected(self) -> Care:
        columns = {name: np.concatenate([part[name] for part in self.parts]) for name in self.parts[0]}
        order = np.argsort(columns["pathway"], kind="stable")
        of = {name: column[order] for name, column in columns.items()}
        steps = Steps(of["pathway"], of["queue"], of["delay"], of["place"], of["weekday"])
        return Care(steps, of["kind"], of["number"])


class _Pathways:
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
        self.one_stop = share(rng, size, look_up(self.site, {key: each.one_stop for key, each in sites.items()}))
        self.one_stop &= (self.outcome == "NOT_CANCER") & (self.route != "SCREEN")
        express = look_up(self.group, {key: each.express for key, each in care.groups.items()})
        # Who is not operated on is more often treated at once; radiotherapy is always planned.
        by_family = look_up(self.family, {"surgery": 0.7, "drugs": 1.1, "other": 1.6, "radiotherapy": 0.1})
        by_family = np.where(np.isin(self.group, _CUT_OUT), 1.0, by_family)
        is_express = share(rng, size, np.minimum(express * by_family, 0.97)) & self.is_cancer & ~self.crosses
        # What is cut out when it is seen is treated before anybody has a report.
        self.at_clinic = is_express & np.isin(self.group, _CUT_OUT) & (self.family == "surgery")
        self.at_clinic &= self.route != "UPGRADE"
        self.express = is_express
        self.in_hospital = (self.route == "UPGRADE") & (plan["referral_source"] == "04").to_numpy()
        self.in_hospital |= (self.route == "UPGRADE") & is_express & share(rng, size, 0.5)


def _meets_on(resources: Resources, trust: Array, site: Array) -> Array:
    """The weekday on which a trust's team for a site meets."""
    return np.asarray((resources.provider_of(trust) * 7 + resources.place_of("clinic", site) * 3) % 5)


def _first_appointment(rng: np.random.Generator, figures: Figures, of: _Pathways, needs: _Needs) -> None:
    """The first appointment, perhaps missed once; for upgrades the referral's own first days and the upgrade."""
    size, resources = of.size, needs.resources
    upgrade, routine = of.route == "UPGRADE", of.route == "OTHER"
    source = of.plan["referral_source"].to_numpy()
    in_hospital = np.isin(source, ["04"])
    seen_first = upgrade & (in_hospital | share(rng, size, 0.4))
    rows = np.flatnonzero(seen_first)
    waited = np.where(in_hospital, between(rng, 0, 2, size), (rng.exponential(14, size)).astype(int).clip(1, 80))
    needs.add(Kind.SEEN, rows, delay=waited[rows])
    rows = np.flatnonzero(upgrade)
    noticed = np.where(in_hospital, rng.exponential(2.5, size), rng.exponential(9.0, size)).astype(int).clip(0, 70)
    needs.add(Kind.UPGRADED, rows, delay=noticed[rows])
    straight = share(rng, size, look_up(of.site, {key: each.straight_to_test for key, each in figures.care.sites.items()}))
    straight &= ~of.one_stop & ~of.at_clinic & ~upgrade & (of.route != "BSYM")
    of.plan["is_straight_to_test"] = straight
    clinic = resources.queue(of.trust, "clinic", of.site)
    kinds = _test_kinds(rng, figures, of.site, later=False)
    queue = np.where(straight, resources.queue(of.trust, "tests", kinds), clinic)
    of.plan["first_test"] = kinds
    not_free = share(rng, size, of.plan["chance_not_free"].to_numpy())
    # A referral is triaged first; a routine one waits in another queue that is not ours.
    delay = between(rng, 0, 2, size) + np.where(not_free, between(rng, 2, 10, size), 0)
    delay = delay + np.where(routine, between(rng, 10, 45, size), 0)
    place = rng.uniform(-0.35, 0.35, size) - 0.5 * (of.suspicion > 0.75)
    visits = of.is_seen & ~seen_first
    misses = visits & ~upgrade & share(rng, size, of.plan["chance_did_not_attend"].to_numpy())
    rows = np.flatnonzero(misses)
    needs.add(Kind.MISSED, rows, queue=queue[rows], delay=delay[rows], place=place[rows])
    again = between(rng, 0, 5, size)
    of.plan["rebooked_after"] = np.where(misses, again, -1)
    rows = np.flatnonzero(visits)
    needs.add(
        Kind.SEEN, rows, queue=queue[rows], delay=np.where(misses, again + 1, delay)[rows],
        place=np.where(misses, -0.4, place)[rows],
    )  # fmt: skip
    of.plan["is_seen"] = of.is_seen


def _test_kinds(rng: np.random.Generator, figures: Figures, site: Array, *, later: bool) -> Array:
    kinds = ("imaging", "endoscopy", "biopsy")
    weights = np.array(
        [[(each.later_test if later else each.first_test).get(kind, 0.0) for kind in kinds]
         for each in figures.care.sites.values()]
    )  # fmt: skip
    order = {key: number for number, key in enumerate(figures.care.sites)}
    return np.array(kinds, dtype=object)[choose(rng, weights, look_up(site, order))]


def _investigation(rng: np.random.Generator, figures: Figures, of: _Pathways, needs: _Needs) -> None:
    """Rounds of a test and its report, and the meeting that discusses a cancer."""
    size, resources = of.size, needs.resources
    if of.for_tests.any():
        rows = np.flatnonzero(of.for_tests)
        needs.add(Kind.TRANSFERRED, rows, delay=between(rng, 1, 5, len(rows)))
    straight = of.plan["is_straight_to_test"].to_numpy()
    goes_on = of.is_seen & ~of.one_stop & ~of.at_clinic & ~of.is_excluded
    upgraded_known = (of.route == "UPGRADE") & share(rng, size, 0.65)
    here = of.in_hospital | share(rng, size, look_up(of.site, {key: each.tested_at_clinic for key, each in figures.care.sites.items()}))
    more = look_up(of.site, {key: each.more_tests for key, each in figures.care.sites.items()})
    more = np.where(of.is_cancer, np.maximum(more, 0.35) * 1.1, more) * of.plan["effect_more_tests"].to_numpy()
    report = resources.queue(of.tests_at, "report")
    place = rng.uniform(-0.5, 0.5, size) - 0.5 * (of.suspicion > 0.75) - 0.4 * of.express
    for number in (1, 2, 3):
        kinds = of.plan["first_test"].to_numpy() if number == 1 else _test_kinds(rng, figures, of.site, later=True)
        if number == 1:
            tested = goes_on & ~upgraded_known
        else:
            tested = tested & share(rng, size, np.clip(more * (1.0 if number == 2 else 0.5), 0, 0.95))
        by_test = tested & ~straight if number == 1 else tested
        rows = np.flatnonzero(by_test)
        queue = resources.queue(of.tests_at[rows], "tests", kinds[rows])
        queue = np.where(of.in_hospital[rows] | (here[rows] & (number == 1)), NO_QUEUE, queue)
        asks = share(rng, len(rows), of.plan["chance_not_free"].to_numpy()[rows])
        delay = between(rng, 0, 2, len(rows)) + np.where(asks, between(rng, 3, 12, len(rows)), 0)
        delay = np.where(queue == NO_QUEUE, np.where(of.in_hospital[rows], between(rng, 0, 3, len(rows)), 0), delay)
        needs.add(Kind.TESTED, rows, queue=queue, delay=delay, place=place[rows], number=number)
        rows = np.flatnonzero(tested)
        needs.add(
            Kind.REPORTED, rows, queue=np.where(of.in_hospital[rows], NO_QUEUE, report[rows]),
            delay=np.where(of.in_hospital[rows], 1, 0), place=place[rows], number=number,
        )  # fmt: skip
    met = goes_on & (of.is_cancer | share(rng, size, 0.10))
    rows = np.flatnonzero(met)
    delay = 1 + np.where(share(rng, len(rows), 0.12), 7, 0)
    needs.add(Kind.DISCUSSED, rows, delay=delay, weekday=_meets_on(resources, of.trust[rows], of.site[rows]))


def _telling(rng: np.random.Generator, figures: Figures, of: _Pathways, needs: _Needs) -> None:
    """The day on which the person is told: at the first clinic, on the ward, or in a results clinic.

    Some results lie unseen for weeks: that is the long tail of the 28 days.
    """
    here = of.one_stop | of.at_clinic
    rows = np.flatnonzero(here & of.is_seen)
    needs.add(Kind.TOLD, rows)
    rows = np.flatnonzero(of.is_excluded)
    needs.add(Kind.TOLD, rows, delay=between(rng, 3, np.where(of.is_seen[rows], 20, 32), len(rows)))
    rest = of.is_seen & ~here & ~of.is_excluded
    # The clinic decides how soon anybody hears; a letter goes by the same secretaries as the clinic's lists.
    rows = np.flatnonzero(rest)
    queue = needs.resources.queue(of.trust[rows], "results", of.site[rows])
    place = rng.uniform(-0.6, 0.6, len(rows)) - 0.4 * of.is_cancer[rows]
    soon = of.in_hospital[rows] | (of.express[rows] & share(rng, len(rows), 0.7))
    lost = share(rng, len(rows), look_up(of.site[rows], {key: each.mislaid for key, each in figures.care.sites.items()}))
    lost &= ~soon & ~(of.is_cancer[rows] & share(rng, len(rows), 0.6))
    delay = np.where(lost, rng.exponential(32, len(rows)).astype(int).clip(3, 150), 0)
    delay = np.where(soon, between(rng, 0, 2, len(rows)), delay)
    needs.add(Kind.TOLD, rows, queue=np.where(soon, NO_QUEUE, queue), delay=delay, place=place)


def _staging_and_transfer(rng: np.random.Generator, figures: Figures, of: _Pathways, needs: _Needs) -> None:
    """Rounds of staging after a cancer was found, a second meeting, and the transfer to the trust that treats."""
    resources, care = needs.resources, figures.care
    goes_on = of.is_cancer & np.isin(of.outcome, ["TREATED", "NO_TREATMENT", "DIED"]) & ~of.express & of.is_seen
    rounds = rng.poisson(look_up(of.group, {key: each.staging for key, each in care.groups.items()})).clip(0, 3)
    rounds = np.where(goes_on, rounds, 0)
    rounds = np.where(of.route == "UPGRADE", np.minimum(rounds, 2), rounds)
    after = of.crosses & (rounds > 0) & share(rng, of.size, 0.4)  # the last round is done where the person is treated
    for number in (1, 2, 3):
        rows = np.flatnonzero(rounds - after >= number)
        _stage(rng, of, needs, rows, at=of.trust[rows])
    rows = np.flatnonzero(of.crosses & of.is_seen)
    waits_for_papers = np.where(share(rng, len(rows), 0.3), between(rng, 4, 14, len(rows)), between(rng, 1, 5, len(rows)))
    needs.add(Kind.TRANSFERRED, rows, delay=waits_for_papers)
    rows = np.flatnonzero(after)
    _stage(rng, of, needs, rows, at=of.treated_at[rows])
    rows = np.flatnonzero(goes_on & ((rounds > 0) | of.crosses))
    needs.add(Kind.DISCUSSED, rows, delay=1, weekday=_meets_on(resources, of.treated_at[rows], of.site[rows]), number=2)


def _stage(rng: np.random.Generator, of: _Pathways, needs: _Needs, rows: Array, *, at: Array) -> None:
    pet = share(rng, len(rows), 0.45)
    queue = np.where(pet, needs.resources.queue(at, "staging"), needs.resources.queue(at, "tests", "imaging"))
    place = rng.uniform(-0.5, 0.2, len(rows))
    needs.add(Kind.STAGED, rows, queue=queue, delay=between(rng, 0, 2, len(rows)), place=place)
    needs.add(Kind.STAGE_REPORTED, rows, queue=needs.resources.queue(at, "report"), place=place)


def _treatment(
    rng: np.random.Generator, figures: Figures, of: _Pathways, treatments: pd.DataFrame, needs: _Needs
) -> None:
    """The decision and the treatment, for each treatment in its turn."""
    care = figures.care
    for number in range(1, int(treatments["treatment_number"].max() if len(treatments) else 0) + 1):
        these = treatments[(treatments["treatment_number"] == number).to_numpy()]
        rows = these["pathway_id"].to_numpy()
        at = of.treated_at[rows]
        if number == 1:
            held = look_up(of.group[rows], {key: each.held_up for key, each in care.groups.items()})
            unwell = share(rng, len(rows), np.clip(of.plan["chance_unwell_before_treatment"].to_numpy()[rows], 0, 0.9))
            held_up = share(rng, len(rows), np.clip(held * of.plan["effect_unwell"].to_numpy()[rows], 0, 0.9))
            express = of.express[rows]
            delay = np.where(held_up & ~of.at_clinic[rows], 6 + rng.exponential(42, len(rows)).astype(int).clip(0, 190), 0)
            delay = delay + np.where(unwell & ~express, rng.exponential(14, len(rows)).astype(int).clip(2, 60), 0)
            delay = delay + np.where(express & ~of.at_clinic[rows] & ~held_up, between(rng, 0, 2, len(rows)), 0)
            place = rng.uniform(-0.5, 0.5, len(rows))
            queue = np.where(express, NO_QUEUE, needs.resources.queue(at, "decision", of.group[rows]))
            needs.add(Kind.DECIDED, rows, queue=queue, delay=delay, place=place, number=number)
        else:
            needs.add(Kind.DECIDED, rows, delay=these["gap"].to_numpy(), number=number)
        _begin(rng, of, these[these["begins"].to_numpy()], needs, number=number)


def _begin(rng: np.random.Generator, of: _Pathways, these: pd.DataFrame, needs: _Needs, *, number: int) -> None:
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
    place = rng.uniform(-0.35, 0.35, len(rows)) + np.where(these["is_low_priority"], 0.5 + rng.exponential(1.4, len(rows)), 0.0)
    pause = these["pause"].to_numpy()
    paused = pause > 0
    needs.add(
        Kind.OFFERED, rows[paused], queue=queue[paused], delay=delay[paused], place=place[paused], number=number
    )
    delay = np.where(paused, pause, delay)
    needs.add(Kind.TREATED, rows, queue=queue, delay=delay, place=np.where(paused, -0.9, place), number=number)

