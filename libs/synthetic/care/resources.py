"""What people queue for: clinics, tests, reports, theatres …, of each provider, as numbers."""

from dataclasses import dataclass

import numpy as np

from libs.synthetic.draws import Array, position
from libs.synthetic.figures import Figures
from libs.synthetic.providers import ENGLAND

TEST_KINDS = ("imaging", "endoscopy", "biopsy")


@dataclass(frozen=True)
class Resources:
    """The queues of all providers: the `names` of what each has, and the usual wait (working days) of each queue."""

    providers: tuple[str, ...]
    names: tuple[str, ...]
    sites: tuple[str, ...]
    groups: tuple[str, ...]
    usual_wait: Array

    def provider_of(self, trust: Array) -> Array:
        """The number of each provider."""
        return position(trust, self.providers)

    def place_of(self, resource: str, detail: Array | str | None = None) -> Array:
        """The number of a resource among those of a provider; `detail` is a site, a test's kind or a group."""
        first = next(place for place, name in enumerate(self.names) if name.split(" ")[0] == resource)
        if detail is None:
            return np.asarray(first)
        known = {"tests": TEST_KINDS, "decision": self.groups, "theatre": self.groups}.get(resource, self.sites)
        return np.asarray(first + position(np.atleast_1d(detail), known))

    def queue(self, trust: Array, resource: str, detail: Array | str | None = None) -> Array:
        """The number of each row's queue."""
        return np.asarray(self.provider_of(trust) * len(self.names) + self.place_of(resource, detail))


def resources_of(figures: Figures) -> Resources:
    """The queues of every provider with their usual waits."""
    sites, groups = tuple(figures.care.sites), tuple(figures.care.groups)
    names = (
        *(f"clinic {site}" for site in sites),
        *(f"tests {kind}" for kind in TEST_KINDS),
        "report",
        "staging",
        *(f"results {site}" for site in sites),
        *(f"decision {group}" for group in groups),
        *(f"theatre {group}" for group in groups),
        "drugs",
        "radiotherapy",
    )
    usual = figures.waits[ENGLAND]
    waits = [[figures.waits.get(code, {}).get(name, usual[name]) for name in names] for code in figures.providers]
    return Resources(tuple(figures.providers), names, sites, groups, np.array(waits).ravel())
