"""From the first appointment to the day on which the person is told."""

import numpy as np

from libs.synthetic.care.course import Course, kinds_of_test, meets_on
from libs.synthetic.care.queues import NO_QUEUE
from libs.synthetic.care.steps import Kind, Needs
from libs.synthetic.draws import between, look_up, share
from libs.synthetic.figures import Figures


def investigation(rng: np.random.Generator, figures: Figures, of: Course, needs: Needs) -> None:
    """Rounds of a test and its report, and the meeting that discusses a cancer."""
    size, resources = of.size, needs.resources
    if of.for_tests.any():
        rows = np.flatnonzero(of.for_tests)
        needs.add(Kind.TRANSFERRED, rows, delay=between(rng, 1, 5, len(rows)))
    straight = of.plan["is_straight_to_test"].to_numpy()
    goes_on = of.is_seen & ~of.one_stop & ~of.at_clinic & ~of.is_excluded
    upgraded_known = (of.route == "UPGRADE") & share(rng, size, 0.65)
    here = of.in_hospital | share(
        rng, size, look_up(of.site, {key: each.tested_at_clinic for key, each in figures.care.sites.items()})
    )
    more = look_up(of.site, {key: each.more_tests for key, each in figures.care.sites.items()})
    more = (
        np.where(of.is_cancer, np.maximum(more, 0.35) * 1.1, more * of.turns) * of.plan["effect_more_tests"].to_numpy()
    )
    report = resources.queue(of.tests_at, "report")
    place = rng.uniform(-0.5, 0.5, size) - 0.5 * (of.suspicion > 0.75) - 0.4 * of.express
    for number in (1, 2, 3):
        kinds = of.plan["first_test"].to_numpy() if number == 1 else kinds_of_test(rng, figures, of.site, later=True)
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
    needs.meet(Kind.DISCUSSED, rows, delay=delay, weekday=meets_on(resources, of.trust[rows], of.site[rows]))


def telling(rng: np.random.Generator, figures: Figures, of: Course, needs: Needs) -> None:
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
    lost = share(
        rng, len(rows), look_up(of.site[rows], {key: each.mislaid for key, each in figures.care.sites.items()})
    )
    lost &= ~soon & ~(of.is_cancer[rows] & share(rng, len(rows), 0.6))
    delay = np.where(lost, 10 + rng.exponential(34, len(rows)).astype(int).clip(0, 150), 0)
    delay = np.where(soon, between(rng, 0, 2, len(rows)), delay)
    needs.add(Kind.TOLD, rows, queue=np.where(soon, NO_QUEUE, queue), delay=delay, place=place)
