"""The published and assumed figures that a synthetic world is drawn from: the files of `conf/synthetic`."""

from datetime import date
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from libs.errors import SettingsError


class _Figures(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class HospitalNumber(_Figures):
    """The form of a trust's hospital numbers: a letter and a number of digits."""

    prefix: str
    digits: int


class TrustFigures(_Figures):
    """A trust: its sites, how soon it sees people, and pathways a year by route and suspected site."""

    sites: dict[str, float]
    hospital_number: HospitalNumber
    seen_within_14_days: float
    volumes: dict[str, dict[str, float]]


class Suspected(_Figures):
    """A suspected site: who is referred, how many prove to be treated cancers of which group, when they are told."""

    type: str
    tumour_site: str
    female: float
    age: tuple[float, float, float, float]
    conversion: float
    fds: tuple[float, ...]
    groups: dict[str, float]
    upgrade_groups: dict[str, float] = Field(default_factory=dict)


class RouteFigures(_Figures):
    """Where a route differs from an urgent referral: conversion, wait to be told, age."""

    conversion: float
    fds: tuple[float, ...]
    age: tuple[float, float, float, float]


class CancerGroup(_Figures):
    """A cancer group: 62-day bands, first treatments by modality, diagnoses as (ICD-10, morphology, weight, sex)."""

    waits: tuple[float, ...]
    modalities: dict[str, float]
    diagnoses: tuple[tuple[str, str, float, str], ...]


class Modality(_Figures):
    """A treatment modality: how often within 31 days of the decision, the usual span of days, and where."""

    within_31: float
    within_31_subsequent: float
    days: tuple[int, int]
    settings: dict[str, float]


class Subsequent(_Figures):
    """Further treatments: how many after the first one, and which."""

    counts: dict[str, tuple[float, ...]]
    modalities: dict[str, float]


class TransferHabits(_Figures):
    """How transfers go: the share meant to go after day 38, and the share of all pathways sent for diagnostics."""

    late: float
    for_diagnostics: float


class Habits(_Figures):
    """Shares of pathways to which something less usual happens."""

    did_not_attend: float
    treatment_pause: float
    excluded: float
    interval_scan: float
    told_after_decision: float
    basal_cell: float
    untreated: dict[str, float]
    dies_later: float
    second_pathway: float
    number_not_verified: float
    planned_date_moved: float


class Recording(_Figures):
    """When a fact reaches the register: lag in working days, hours of work, and a tracker's edits per open row."""

    lag_days: tuple[float, ...]
    hours: tuple[int, int]
    touches_a_working_day: float


class Culture(_Figures):
    """Names that go together, and the ethnic categories of their bearers."""

    weight: float
    ethnic: dict[str, float]
    older_female: tuple[str, ...]
    older_male: tuple[str, ...]
    younger_female: tuple[str, ...]
    younger_male: tuple[str, ...]
    surnames: tuple[str, ...]


class Figures(_Figures):
    """Everything that a world is drawn from, with its source and licence."""

    label: str
    source: str
    licence: str
    trusts: dict[str, TrustFigures]
    month_index: tuple[float, ...]
    weekday_index: tuple[float, ...]
    bank_holidays: tuple[date, ...]
    suspected: dict[str, Suspected]
    breast_symptomatic: RouteFigures
    screening: dict[str, RouteFigures]
    conversion: dict[str, float]
    groups: dict[str, CancerGroup]
    modalities: dict[str, Modality]
    subsequent: Subsequent
    transfers: dict[str, dict[str, dict[str, float]]]
    elsewhere: dict[str, dict[str, float]]
    transfer_habits: TransferHabits
    habits: Habits
    recording: Recording
    gp_practices: dict[str, str]
    cultures: dict[str, Culture]


def load_figures(conf: Path, name: str = "northern") -> Figures:
    """Read a world's figures and its people's names. Raises SettingsError if a file is missing or not of this form."""
    folder = conf / "synthetic"
    try:
        figures = yaml.safe_load((folder / f"{name}.yml").read_text(encoding="utf-8"))
        names = yaml.safe_load((folder / "names.yml").read_text(encoding="utf-8"))
        return Figures.model_validate({**figures, "cultures": names["cultures"]})
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as fault:
        raise SettingsError(
            f"the figures of the synthetic world can't be read ({type(fault).__name__})",
            do="Mend conf/synthetic/ against libs/synthetic/figures.py.",
            file=f"{name}.yml",
        ) from None
