"""Writes providers.yml, practices.yml and the environments northern.yml and england.yml."""

import csv
import re
from pathlib import Path
from zlib import crc32

import pandas as pd
from geography import areas_of, practices_by_area, read_practices
from tables import LEAST_PATIENTS, LICENCE, NORTHERN, SOURCE, number, providers_kept

LEAST_SEEN = 60  # a share seen within 14 days is told of a suspected type with so many patients in the year
LEAST_COUNTED = 5  # fewer patients of a kind in a year are left out, except at the Northern trusts
_KNOWN_SYSTEMS = {"RVW": "infoflex", "RTR": "scr"}  # as in conf/base.yml
_KNOWN_NUMBERS = {"RVW": ("N", 6), "RTR": ("M", 7)}
# ODS site codes from knowledge, to be checked in ODS (cwt-rules 11, row 17); weights ours.
_KNOWN_SITES = {
    "RVW": {"RVWAE": 0.72, "RVWAA": 0.28},
    "RTR": {"RTRAT": 0.78, "RTR45": 0.22},
    "RTD": {"RTD01": 0.5, "RTD02": 0.5},
    "RXP": {"RXPDA": 0.46, "RXPCP": 0.44, "RXPBA": 0.1},
    "RR7": {"RR7EN": 1.0},
    "RTF": {"RTFFS": 0.2, "RTFDR": 0.45, "RTFDX": 0.25, "RTFED": 0.1},
    "R0B": {"R0B01": 0.7, "R0B0Q": 0.3},
    "RNN": {"RNN62": 0.65, "RNN42": 0.35},
}
_HEAD = f"""{SOURCE}
# Made by scripts/published_figures. Every English provider of which a figure of April 2024 to March 2025 (patients
# first seen, told, treated) reaches {LEAST_PATIENTS}. Ours, not published: system (RVW, RTR as in conf/base.yml, others
# by a hash, seven in ten scr), sites and their weights (Northern codes from knowledge, to be checked in ODS; elsewhere
# code + 01), hospital_number, postcode_areas (Northern and non-NHS from knowledge or guessed; elsewhere by the GP
# practices around the provider's postcode: NHS Digital (ODS), same licence). region, icb: NHS codes, empty if unknown.
# seen_within_14_days: of patients first seen, by suspected type with {LEAST_SEEN} or more, and all. screen: told in
# the year by suspected type ("missing": no valid type). urgent_treated, upgrade_treated: first treatments of the 62-day
# table by cancer group (halves: shared). treatments: 31-day table by stage and modality. Counts below
# {LEAST_COUNTED} are left out, except at the Northern trusts.
label: synthetic
"""


def write_providers(tables: pd.DataFrame, year: pd.DataFrame, data: Path, path: Path) -> None:
    """One entry a provider, each on a few lines."""
    practices = read_practices(data)
    with (data / "reference" / "cwt_provider_orgs_2023_2025.csv").open(encoding="utf-8-sig", newline="") as file:
        places = {row["org_code"]: row for row in csv.DictReader(file)}
    lines = [_HEAD + "providers:"]
    for code in providers_kept(year):
        place, cells = places[code], year[year["provider"] == code]
        prefix, digits = _hospital_number(code)
        lines += [
            f"  {code}:",
            f'    {{name: "{_proper(place["org_name"])}",',
            f'    region: "{place["region_code"]}", icb: "{place["icb_code"]}", '
            f"system: {system_of(code)}, sites: {_flow(_KNOWN_SITES.get(code, {f'{code}01': 1.0}))},",
            f"    hospital_number: {{prefix: {prefix}, digits: {digits}}}, "
            f"postcode_areas: {_flow(areas_of(code, place['Postcode'], practices))},",
            f"    seen_within_14_days: {_flow(_seen_within_14_days(tables, code))},",
            f"    screen: {_flow(_counts(cells, 'fds', 'SCREEN', 'suspected'))},",
            f"    urgent_treated: {_flow(_counts(cells, 'd62', 'USC', 'group'))},",
            f"    upgrade_treated: {_flow(_counts(cells, 'd62', 'UPGRADE', 'group'))},",
            f"    treatments: {{first: {_flow(_counts(cells, 'd31', 'first', 'modality'))}, "
            f"subsequent: {_flow(_counts(cells, 'd31', 'subsequent', 'modality'))}}}}}",
        ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_practices(data: Path, path: Path) -> None:
    """Codes of active GP practices by postcode area."""
    areas = practices_by_area(read_practices(data))
    lines = [f"# GP practice codes: NHS Digital (ODS), epraccur. {LICENCE}"]
    lines += [
        "# Active practices of England, at most 25 a postcode area. Made by scripts/published_figures.",
        "practices:",
    ]
    lines += [f"  {area}: {' '.join(codes)}" for area, codes in areas.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_environment(year: pd.DataFrame, data: Path, path: Path) -> None:
    """An environment of synthetic trusts, named by its file: all of England, or the Northern alliance."""
    with (data / "reference" / "cwt_provider_orgs_2023_2025.csv").open(encoding="utf-8-sig", newline="") as file:
        names = {row["org_code"]: row["org_name"] for row in csv.DictReader(file)}
    codes = NORTHERN if path.stem == "northern" else providers_kept(year)
    option = "northern" if path.stem == "northern" else "all"
    whose = "the eight trusts of the Northern Cancer Alliance" if path.stem == "northern" else "every English provider"
    lines = [
        f"# A synthetic world of {whose}: what `simulate --trusts {option}` writes.",
        "# Made by scripts/published_figures. Which trust runs which register is ours.",
        "is_synthetic: true",
        f"platform: cancollaborate-{path.stem}",
        *([] if path.stem == "northern" else ["alliance: England"]),
        "paths:",
        f"  root: build/{path.stem}",
        "trusts:",
    ]
    lines += [
        f'  {code}: {{name: "{_proper(names[code])}", system: {system_of(code)}, cadence_minutes: 60}}'
        for code in codes
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def system_of(code: str) -> str:
    """The register that a trust is taken to run: ours, always the same."""
    return _KNOWN_SYSTEMS.get(code, "scr" if crc32(code.encode()) % 10 < 7 else "infoflex")


def _hospital_number(code: str) -> tuple[str, int]:
    drawn = crc32(f"hospital number {code}".encode())
    return _KNOWN_NUMBERS.get(code, ("ABCDEGHJKLMPQRSTUVWX"[drawn % 20], 6 + drawn // 20 % 2))


def _proper(name: str) -> str:
    """A name as written in running text: capitals only where a name has them."""
    small = {"And", "Of", "On", "The", "For", "Upon"}
    words = re.sub(r"[A-Za-z']+", lambda word: word[0].capitalize(), name).split()
    words = [word.lower() if word in small and at else word for at, word in enumerate(words)]
    text = " ".join(words).replace("Nhs Foundation Trust", "NHS FT").replace("National Health Service", "NHS")
    return re.sub(r"\b(Nhs|Uk|Gp|Llp|Hcrg)\b", lambda found: found[0].upper(), text)


def _seen_within_14_days(tables: pd.DataFrame, code: str) -> dict[str, float]:
    seen = tables[(tables["provider"] == code) & tables["standard"].isin(["usc", "ubs"])]
    seen = seen[seen["period"] >= "2024-04-01"]
    of = seen["breakdown"].where(seen["standard"] == "usc", "bsym").rename("suspected")
    sums = seen.groupby(of)[["within 14 days", "total"]].sum()
    if sums.empty:
        return {}
    urgent = sums.drop(index="bsym", errors="ignore").sum()
    shares = {key: row["within 14 days"] / row["total"] for key, row in sums.iterrows() if row["total"] >= LEAST_SEEN}
    every = {"all": urgent["within 14 days"] / urgent["total"]} if urgent["total"] else {}
    return {key: round(value, 2) for key, value in {**every, **shares}.items()}


def _counts(cells: pd.DataFrame, standard: str, route: str, kind: str) -> dict[str, float]:
    chosen = cells[(cells["standard"] == standard) & (cells["route"] == route) & (cells["kind"] == kind)]
    least = 0.5 if cells["provider"].isin(NORTHERN).any() else LEAST_COUNTED
    return {key: value for key, value in zip(chosen["breakdown"], chosen["total"], strict=True) if value >= least}


def _flow(values: dict[str, float]) -> str:
    return "{" + ", ".join(f"{key}: {number(value)}" for key, value in values.items()) + "}"
