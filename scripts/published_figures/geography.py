"""Where a provider's people live: postcode areas from its own postcode and the practices around it."""

import csv
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

PRACTICES_AN_AREA = 25
# Ours: the eight Northern trusts by what is known of their places; other providers' homes from their names, or guessed.
KNOWN_AREAS = {
    "RVW": {"TS": 0.80, "SR": 0.10, "DL": 0.07, "DH": 0.03},
    "RTR": {"TS": 0.76, "DL": 0.17, "YO": 0.07},
    "RTD": {"NE": 0.86, "SR": 0.05, "DH": 0.04, "TS": 0.02, "CA": 0.02, "DL": 0.01},
    "RXP": {"DL": 0.48, "DH": 0.44, "SR": 0.05, "NE": 0.03},
    "RR7": {"NE": 0.82, "DH": 0.11, "SR": 0.07},
    "RTF": {"NE": 0.97, "TD": 0.03},
    "R0B": {"SR": 0.68, "NE": 0.24, "DH": 0.08},
    "RNN": {"CA": 0.95, "LA": 0.03, "NE": 0.02},
    "GEC": {"M": 0.6, "OL": 0.4},
    "NQT": {"BA": 0.5, "BS": 0.5},
    "NV1": {"M": 0.3, "B": 0.3, "SE": 0.2, "BS": 0.2},
    "NVM": {"KT": 0.8, "SM": 0.2},
    "NYG": {"BN": 0.6, "RH": 0.3, "PO": 0.1},
    "NYT": {"HU": 0.7, "YO": 0.3},
    "S3H9L": {"PE": 1.0},
}


class Practice(NamedTuple):
    """An active GP practice: its code, postcode area and district, commissioner and the office above it."""

    code: str
    area: str
    district: str
    commissioner: str
    office: str


def read_practices(data: Path) -> list[Practice]:
    """The active GP practices of England."""
    with (data / "reference" / "epraccur.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(file) if row[12] == "A" and row[25] == "4" and row[2].startswith("Y")]
    return [
        Practice(row[0], area_of(row[9]), row[9].split(maxsplit=1)[0], row[14], row[3]) for row in rows if " " in row[9]
    ]


def area_of(postcode: str) -> str:
    """The letters that a postcode begins with."""
    return postcode[:2] if postcode[1:2].isalpha() else postcode[:1]


def practices_by_area(practices: list[Practice]) -> dict[str, list[str]]:
    """Codes by postcode area, evenly thinned to the most that one area may have."""
    found: dict[str, list[str]] = defaultdict(list)
    for practice in sorted(practices):
        found[practice.area].append(practice.code)
    thin = {area: codes[:: -(-len(codes) // PRACTICES_AN_AREA)] for area, codes in sorted(found.items())}
    return {area: codes for area, codes in thin.items() if codes}


def areas_of(code: str, postcode: str, practices: list[Practice]) -> dict[str, float]:
    """Shares of a provider's people by postcode area, from the practices around it.

    Those of its district count most, then those of its commissioner and area; a tenth come from the wider office.
    """
    if code in KNOWN_AREAS:
        return KNOWN_AREAS[code]
    area, district = area_of(postcode), postcode.split(maxsplit=1)[0]
    near = [practice for practice in practices if practice.district == district]
    around = near or [practice for practice in practices if practice.area == area]
    commissioner, office = Counter((each.commissioner, each.office) for each in around).most_common(1)[0][0]
    near_by: Counter[str] = Counter()
    wider = Counter(each.area for each in practices if each.office == office)
    for each in practices:
        near_by[each.area] += (
            4 * (each.district == district) + 2 * (each.commissioner == commissioner) + (each.area == area)
        )
    weights = {
        name: 0.9 * near_by[name] / near_by.total() + 0.1 * wider[name] / wider.total() for name in near_by | wider
    }
    kept = {name: weight for name, weight in weights.items() if weight >= 0.01}
    return {name: round(kept[name] / sum(kept.values()), 3) for name in sorted(kept, key=lambda key: (-kept[key], key))}
