"""Where people live and how they are reached: postcodes, practices, telephones, and what an address brings with it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from libs.synthetic.draws import Array, share
from libs.synthetic.mixing import chance, stirred
from libs.synthetic.people.naming import Naming
from libs.synthetic.people.surnames import by_threshold

_INWARD = tuple("ABDEFGHJLNPQRSTUWXYZ")
_UNITS = np.array([one + two for one in _INWARD for two in _INWARD], dtype=object)
_SECTORS = np.array([f" {number}" for number in range(10)], dtype=object)
_OTHER_DISTRICTS = tuple(range(1, 21))
# The practice code of whoever has no practice that is known.
_NO_PRACTICE = ("V81999",)
# Kilometres to a hospital from its main postcode area, and how much further the least usual one is.
_NEAR, _FURTHER = 6.0, 24.0


@dataclass(frozen=True)
class Homes:
    """Where people live: names of areas, and per person the area (a position), the, district, sector, postcode."""

    names: tuple[str, ...]
    area: Array
    district: Array
    sector: Array
    postcode: Array

    @property
    def areas(self) -> Array:
        """The postcode area of each person."""
        return np.asarray(np.array(self.names, dtype=object)[self.area])

    @property
    def place(self) -> Array:
        """A number per postcode sector."""
        return np.asarray((self.area.astype(np.int64) * 100 + self.district) * 10 + self.sector)


def draw_homes(
    rng: np.random.Generator, naming: Naming, areas: Mapping[str, Mapping[str, float]], home_trust: Array
) -> Homes:
    """A home for each person in the postcode areas (weights) of the trust they first went to."""
    size = len(home_trust)
    names = tuple(sorted({area for weights in areas.values() for area in weights}))
    area, district = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    for trust in sorted(set(home_trust.tolist())):
        rows = np.flatnonzero(home_trust == trust)
        weights = np.array([areas[trust].get(name, 0.0) for name in names])
        area[rows] = rng.choice(len(names), len(rows), p=weights / weights.sum())
    for place, name in enumerate(names):
        rows = np.flatnonzero(area == place)
        district[rows] = rng.choice(np.array(naming.districts.get(name, _OTHER_DISTRICTS)), len(rows))
    # Sectors 1 to 9 are the usual ones; a district has a tenth, 0, less often.
    sector = np.where(share(rng, size, 0.05), 0, rng.integers(1, 10, size))
    outward = np.array([f"{name}{number}" for name in names for number in range(100)], dtype=object)[
        area * 100 + district
    ]
    postcode = outward + _SECTORS[sector] + _UNITS[rng.integers(0, len(_UNITS), size)]
    return Homes(names, area, district, sector, postcode)


def deprivation_deciles(naming: Naming, homes: Homes) -> Array:
    """A synthetic decile (1 most deprived, 10 least) per person: the same for a whole postcode sector."""
    leans = [naming.deprivation.get(name, naming.deprivation["default"]) for name in homes.names]
    decile = 1 + np.floor(10 * chance(stirred(homes.place, 1)) ** np.array(leans)[homes.area])
    return np.asarray(decile.astype(np.int64))


def distances(areas: Mapping[str, Mapping[str, float]], homes: Homes, home_trust: Array) -> Array:
    """Kilometres to the trust: the rarer an area is among its people the further, the same for a whole sector."""
    base = np.full(len(home_trust), _NEAR)
    for trust in sorted(set(home_trust.tolist())):
        rows = np.flatnonzero(home_trust == trust)
        weights = np.array([areas[trust].get(name, 0.0) for name in homes.names])
        base[rows] += _FURTHER * (1 - np.sqrt(weights / weights.max()))[homes.area[rows]]
    return np.asarray(np.round(base * (0.25 + 1.6 * chance(stirred(homes.place, 2)) ** 1.3), 1))


def draw_practices(rng: np.random.Generator, practices: Mapping[str, tuple[str, ...]], homes: Homes) -> Array:
    """A GP practice of the person's postcode area; people of one sector mostly go to a few of them."""
    codes = np.full(len(homes.area), None, dtype=object)
    by_sector = stirred(homes.place, 3)
    for place, name in enumerate(homes.names):
        rows = np.flatnonzero(homes.area == place)
        known = np.array(practices.get(name) or _NO_PRACTICE, dtype=object)
        among = (by_sector[rows] + rng.integers(0, 3, len(rows)).astype(np.uint64)) % np.uint64(len(known))
        codes[rows] = known[among.astype(np.int64)]
    return codes


def draw_phones(rng: np.random.Generator, naming: Naming, homes: Homes, born_year: Array) -> Array:
    """Numbers that Ofcom keeps for drama: a mobile, or the landline of the area."""
    ranges = sorted({naming.mobile_range, *naming.landlines.values()})
    numbers = np.array([f"{each}{last:03d}" for each in ranges for last in range(1000)], dtype=object)
    landline = np.array([ranges.index(naming.landlines.get(name, naming.landlines["default"])) for name in homes.names])
    is_mobile = share(rng, len(born_year), by_threshold(born_year, naming.mobile))
    where = np.where(is_mobile, ranges.index(naming.mobile_range), landline[homes.area])
    return np.asarray(numbers[where * 1000 + rng.integers(0, 1000, len(where))])
