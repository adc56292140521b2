"""The published and assumed figures that a synthetic world is drawn from: the files of `conf/synthetic`."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, Field

from libs.errors import SettingsError
from libs.synthetic.people.naming import Naming
from libs.synthetic.providers import Provider, PublishedFigures, load_published_figures
from libs.yaml_text import read_yaml_file

_Age = tuple[float, float, float, float]


class _Figures(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Suspected(_Figures):
    """A suspected site: who is referred, and how many prove to be treated cancers of which group."""

    type: str
    tumour_site: str
    female: float
    age: _Age
    conversion: float
    groups: dict[str, float]
    upgrade_groups: dict[str, float] = Field(default_factory=dict)


class RouteFigures(_Figures):
    """Where a route differs from an urgent referral: conversion and age."""

    conversion: float
    age: _Age


class CancerGroup(_Figures):
    """A cancer group: first treatments by modality, diagnoses as (ICD-10, morphology, weight, sex)."""

    modalities: dict[str, float]
    diagnoses: tuple[tuple[str, str, float, str], ...]


class Subsequent(_Figures):
    """Further treatments: how many after the first one, and which, by cancer group (the rectum by itself)."""

    counts: dict[str, tuple[float, ...]]
    modalities: dict[str, dict[str, float]]


class Habits(_Figures):
    """Shares of pathways to which something less usual happens."""

    excluded: float
    interval_scan: float
    told_after_decision: float
    basal_cell: float
    untreated: dict[str, float]
    dies_later: float
    second_pathway: float
    planned_date_moved: float


class Recording(_Figures):
    """When a fact reaches the register: lag in working days, and hours of work."""

    lag_days: tuple[float, ...]
    hours: tuple[int, int]


class SiteCare(_Figures):
    """How a suspicion is looked into: shares told at once, tested again, tested straight away, and kinds of tests."""

    one_stop: float
    more_tests: float
    mislaid: float
    straight_to_test: float
    tested_at_clinic: float
    first_test: dict[str, float]
    later_test: dict[str, float]


class GroupCare(_Figures):
    """How a cancer comes to treatment: shares without staging and held up, rounds of staging, what may wait."""

    express: float
    staging: float
    held_up: float
    low_priority: float
    held_up_days: float


class Shock(_Figures):
    """How often in a year something fails in a queue, for how many weeks, and what share of its slots is lost."""

    a_year: float
    weeks: tuple[int, int]
    depth: tuple[float, float]


class CapacityFigures(_Figures):
    """How slots vary: by weekday, by leave, by failures, with the backlog (gain, least, most), over the years.

    pull: how trackers press for those who are about to breach (see `queues.Capacity`).
    """

    opening: tuple[float, ...]
    leave: dict[str, float]
    shock: Shock
    gain: float
    least: float
    most: float
    pull: tuple[float, float, float]
    growth: float
    warm_up_days: int
    least_pathways_a_trust: int


class CareFigures(_Figures):
    """The file care.yml: what pathways need, what delays people, how capacity varies, and where treatment is given."""

    sites: dict[str, SiteCare]
    groups: dict[str, GroupCare]
    chances: dict[str, float]
    effects: dict[str, dict[str, float]]
    capacity: CapacityFigures
    sent_to_centre: dict[str, float]
    sent_by_treatment: dict[str, float]
    centres: dict[str, str]


class Figures(_Figures):
    """Everything that a world is drawn from, with its source, licence, version and the hash of all its files."""

    label: str
    name: str
    version: int
    parameters_hash: str
    source: str
    licence: str
    routine: float
    month_index: tuple[float, ...]
    weekday_index: tuple[float, ...]
    bank_holidays: tuple[date, ...]
    suspected: dict[str, Suspected]
    breast_symptomatic: RouteFigures
    screening: dict[str, RouteFigures]
    conversion: dict[str, float]
    groups: dict[str, CancerGroup]
    settings: dict[str, dict[str, float]]
    subsequent: Subsequent
    transfers: dict[str, dict[str, dict[str, float]]]
    for_diagnostics: float
    habits: Habits
    recording: Recording
    naming: Naming
    care: CareFigures
    waits: dict[str, dict[str, float]]
    turns: dict[str, dict[str, float]]
    faults: dict[str, float]
    identity_faults: dict[str, float]
    tables: PublishedFigures = Field(repr=False)

    @property
    def providers(self) -> dict[str, Provider]:
        """Every provider of England with its published volumes."""
        return self.tables.providers

    @property
    def practices(self) -> dict[str, tuple[str, ...]]:
        """GP practice codes by postcode area."""
        return self.tables.practices

    @property
    def referrals(self) -> pd.DataFrame:
        """Patients first seen by provider, suspected type and month."""
        return self.tables.referrals

    @property
    def published(self) -> pd.DataFrame:
        """The published performance of 2024-25, in long form."""
        return self.tables.published

    def identity(self) -> str:
        """Name, version and hash of the parameters, which every evaluation on this world prints."""
        return f"{self.name} version {self.version}, parameters {self.parameters_hash[:12]}"

    def with_rates(self, rates: Mapping[str, float]) -> "Figures":
        """These figures with other rates of faults, as the hash tells. Raises KeyError for an unknown fault."""
        if not rates:
            return self
        unknown = sorted(set(rates) - set(self.faults) - set(self.identity_faults))
        if unknown:
            raise KeyError(", ".join(unknown))
        told = json.dumps([self.parameters_hash, dict(sorted(rates.items()))])
        return self.model_copy(
            update={
                "faults": self.faults | {key: rates[key] for key in rates if key in self.faults},
                "identity_faults": self.identity_faults
                | {key: rates[key] for key in rates if key in self.identity_faults},
                "parameters_hash": hashlib.sha256(told.encode()).hexdigest(),
            }
        )


def load_figures(conf: Path) -> Figures:
    """Read a world's figures. Raises SettingsError if a file is missing or not of this form."""
    folder = conf / "synthetic"
    tables = load_published_figures(conf)
    name = "world.yml"
    try:
        figures = read_yaml_file(folder / name)
        for section in ("names", "care", "fitted", "faults", "identity_faults"):
            name = f"{section}.yml"
            figures["naming" if section == "names" else section] = read_yaml_file(folder / name)
        figures["care"] = _merged(figures["care"], figures.pop("fitted"))
        name = "waits.csv"
        waits = _by_provider(folder / name, "queue", "working_days")
        figures["waits"] = {code: _of_groups(of, figures["care"]["groups"]) for code, of in waits.items()}
        name = "turns.csv"
        figures["turns"] = _by_provider(folder / name, "turn", "factor")
        figures |= {"tables": tables, "parameters_hash": parameters_hash(folder)}
        return Figures.model_validate(figures)
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as fault:
        raise SettingsError(
            f"the figures of the synthetic world can't be read ({type(fault).__name__})",
            do="Mend conf/synthetic/ against libs/synthetic/figures.py.",
            file=name,
        ) from None


def parameters_hash(folder: Path) -> str:
    """The SHA-256 of all files of figures, by name and content."""
    whole = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        whole.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()


def _merged(care: dict[str, Any], fitted: dict[str, Any]) -> dict[str, Any]:
    """The care of each site and group with the shares that were fitted."""
    joined = {part: {key: {**each, **fitted[part][key]} for key, each in care[part].items()} for part in fitted}
    return {**care, **joined}


def _of_groups(waits: dict[str, float], groups: Iterable[str]) -> dict[str, float]:
    """A queue of every cancer group (`decision`, `theatre`) as the queues of each."""
    spread = {f"{name} {group}": waits[name] for name in ("decision", "theatre") if name in waits for group in groups}
    return {**spread, **{name: days for name, days in waits.items() if name not in ("decision", "theatre")}}


def _by_provider(path: Path, name: str, value: str) -> dict[str, dict[str, float]]:
    """A fitted table by provider and name; `ENG` holds where a provider has no line."""
    table = pd.read_csv(path, comment="#", keep_default_na=False)
    found: dict[str, dict[str, float]] = {}
    for provider, key, number in zip(table["provider"], table[name], table[value].astype(float), strict=True):
        found.setdefault(provider, {})[key] = float(number)
    return found
