"""The first appointment, and before it what an upgrade comes from."""

import numpy as np

from libs.synthetic.care.course import Course, kinds_of_test
from libs.synthetic.care.steps import Kind, Needs
from libs.synthetic.draws import between, look_up, share
from libs.synthetic.figures import Figures


def first_appointment(rng: np.random.Generator, figures: Figures, of: Course, needs: Needs) -> None:
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
    straight = share(
        rng, size, look_up(of.site, {key: each.straight_to_test for key, each in figures.care.sites.items()})
    )
    straight &= ~of.one_stop & ~of.at_clinic & ~upgrade & (of.route != "BSYM")
    of.plan["is_straight_to_test"] = straight
    clinic = resources.queue(of.trust, "clinic", of.site)
    kinds = kinds_of_test(rng, figures, of.site, later=False)
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
