"""The published figures of every English provider: `conf/synthetic/providers.yml` and the tables beside it."""

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from libs.errors import SettingsError
from libs.yaml_text import read_yaml_file

ENGLAND = "ENG"
# The bands of days in which NHS England publishes waits; the last one is open.
BANDS = {
    "fds": ("0-14", "15-28", "29-42", "43-62", "63+"),
    "d31": ("0-31", "32-38", "39-48", "49-62", "63+"),
    "d62": ("0-31", "32-38", "39-48", "49-62", "63-76", "77-90", "91-104", "105+"),
}


class _Figures(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class HospitalNumber(_Figures):
    """The form of a provider's hospital numbers: a letter and a number of digits."""

    prefix: str
    digits: int = Field(gt=0)


class Provider(_Figures):
    """A provider: where it is, what it runs, and its published volumes of April 2024 to March 2025.

    sites, postcode_areas: weights. seen_within_14_days: shares by suspected type, and `all`. screen: told in the year
    by suspected type (`missing`: no valid type). urgent_treated, upgrade_treated: first treatments by cancer group.
    treatments: by stage (`first`, `subsequent`) and modality (`drugs`, `surgery`, `radiotherapy`, `other`).
    """

    name: str
    region: str
    icb: str
    system: str
    sites: dict[str, float]
    hospital_number: HospitalNumber
    postcode_areas: dict[str, float]
    seen_within_14_days: dict[str, float]
    screen: dict[str, float]
    urgent_treated: dict[str, float]
    upgrade_treated: dict[str, float]
    treatments: dict[str, dict[str, float]]


@dataclass(frozen=True)
class PublishedFigures:
    """Everything that is published of England's providers.

    providers: by ODS code. practices: GP practice codes by postcode area. referrals: patients first seen, one row a
    provider, suspected (`bsym`: breast symptoms) and month (its first day), seen. published: counts of 2024-25, one row
    a standard (`fds`, `d31`, `d62`), provider (`ENG`: England), route_or_stage (`ALL` or one), breakdown (`all` or one)
    and band (`all`, `within`, or days as in BANDS), count.
    """

    providers: dict[str, Provider]
    practices: dict[str, tuple[str, ...]]
    referrals: pd.DataFrame
    published: pd.DataFrame


def load_published_figures(conf: Path) -> PublishedFigures:
    """Read the published figures. Raises SettingsError if a file is missing or not of this form."""
    folder = conf / "synthetic"
    name = "providers.yml"
    try:
        providers = {
            code: Provider.model_validate(each) for code, each in read_yaml_file(folder / name)["providers"].items()
        }
        name = "practices.yml"
        practices = {area: tuple(codes.split()) for area, codes in read_yaml_file(folder / name)["practices"].items()}
        name = "referrals.csv"
        referrals = _referrals(folder / name)
        name = "published.csv"
        return PublishedFigures(providers, practices, referrals, _published(folder / name))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ValidationError, yaml.YAMLError) as fault:
        raise SettingsError(
            f"the published figures can't be read ({type(fault).__name__})",
            do="Write them anew: python scripts/published_figures.",
            file=name,
        ) from None


def _referrals(path: Path) -> pd.DataFrame:
    wide = pd.read_csv(path, comment="#", keep_default_na=False, dtype={"provider": str, "suspected": str})
    long = wide.melt(["provider", "suspected"], var_name="month", value_name="seen")
    long["month"] = pd.to_datetime(long["month"] + "-01").astype("datetime64[s]")
    long["seen"] = long["seen"].astype(float)
    return long.sort_values(["provider", "suspected", "month"], kind="stable", ignore_index=True)


def _published(path: Path) -> pd.DataFrame:
    cells = pd.read_csv(path, comment="#", keep_default_na=False, dtype={"bands": str})
    key = ["standard", "provider", "route_or_stage", "breakdown"]
    sums = cells.rename(columns={"total": "all"}).melt(key, ["all", "within"], var_name="band", value_name="count")
    banded = [_bands(of, key, standard) for standard, of in cells[cells["bands"] != ""].groupby("standard")]
    return pd.concat([sums, *banded], ignore_index=True).astype({"count": float})


def _bands(cells: pd.DataFrame, key: list[str], standard: Hashable) -> pd.DataFrame:
    counts = cells["bands"].str.split(" ", expand=True).set_axis(list(BANDS[str(standard)]), axis=1)
    return cells[key].join(counts).melt(key, var_name="band", value_name="count")
