"""Patients as trusts' indexes hold them, of any number, without the pathways of a whole world: for linkage alone."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from libs.settings import conf_folder
from libs.synthetic.figures import load_figures
from libs.synthetic.people.identities import draw_identities
from libs.synthetic.people.population import draw_people
from libs.synthetic.truth import streams

_FIRST_DAY, _DAYS = np.datetime64("2023-06-01", "s"), 730
_DAY = np.timedelta64(86_400, "s")


@dataclass(frozen=True)
class IndexEntries:
    """`patients`: one row an entry, as `silver.patient` holds them, with the truth's `person_id`; `faults`: (trust,
    person_id, fault) of what befell the entry; `parameters`: what they were drawn from.
    """

    patients: pd.DataFrame
    faults: pd.DataFrame
    parameters: str


def draw_index_entries(people: int, *, trusts: tuple[str, ...], shared: float, seed: int) -> IndexEntries:
    """Entries of so many people at their trusts; a share of them is known to another of these trusts too."""
    figures = load_figures(conf_folder())
    rng = streams(seed)["people"]
    drawn = draw_people(rng, figures, _demography(rng, people, trusts))
    home = drawn["home_trust"].to_numpy(dtype=object)
    again = np.flatnonzero(rng.random(people) < shared)
    step = rng.integers(1, len(trusts), len(again))
    place = {trust: number for number, trust in enumerate(trusts)}
    other = [trusts[(place[home[at]] + by) % len(trusts)] for at, by in zip(again, step, strict=True)]
    days = rng.integers(0, _DAYS, people)
    late = days[again] + rng.integers(1, 60, len(again))
    registrations = pd.DataFrame(
        {
            "trust": np.concatenate([home, np.asarray(other, dtype=object)]),
            "person_id": np.concatenate([np.arange(people), again]),
            "registered_at": _FIRST_DAY + np.concatenate([days, late]) * _DAY,
        }
    )
    identities, faults = draw_identities(rng, figures, drawn, registrations)
    return IndexEntries(_as_patients(identities, registrations), faults, figures.identity())


def _demography(rng: np.random.Generator, people: int, trusts: tuple[str, ...]) -> pd.DataFrame:
    # Cancer referrals: half of them of people over 60.
    age_days = (rng.normal(61, 16, people).clip(18, 98) * 365.25).astype(int)
    referred = _FIRST_DAY + rng.integers(0, _DAYS, people) * _DAY
    return pd.DataFrame(
        {
            "person_id": np.arange(people),
            "sex": np.where(rng.random(people) < 0.55, "2", "1"),
            "born_on": (referred.astype("datetime64[D]") - age_days).astype("datetime64[s]"),
            "died_on": np.full(people, np.datetime64("NaT", "s")),
            "home_trust": np.asarray(trusts, dtype=object)[rng.integers(0, len(trusts), people)],
            "first_referral_on": referred,
        }
    )


def _as_patients(identities: pd.DataFrame, registrations: pd.DataFrame) -> pd.DataFrame:
    """The newest version of each entry, as cleansing leaves it: a number or a date that can't be is none."""
    newest = identities.groupby(["trust", "person_id"], sort=False).tail(1)
    newest = newest.merge(registrations, on=["trust", "person_id"])
    number = newest["nhs_number"].where(_can_be(newest["nhs_number"]))
    born = pd.to_datetime(newest["born_on"])
    return pd.DataFrame(
        {
            "trust": newest["trust"].astype(str),
            "system": "scr",
            "source_patient_id": newest["person_id"].map("P{:07d}".format),
            "nhs_number": number.astype(object).where(number.notna(), None),
            "nhs_number_status": newest["nhs_number_status"].where(number.notna(), None),
            "family_name": newest["family_name"],
            "given_name": newest["given_name"],
            "born_on": born.where(born != pd.Timestamp(1900, 1, 1)).dt.date,
            "sex": newest["sex"],
            "ethnic_category": newest["ethnic_category"],
            "postcode": newest["postcode"],
            "phone": newest["phone"].str.replace(" ", ""),
            "first_extracted_at": newest["registered_at"],
            "person_id": newest["person_id"],
        }
    ).reset_index(drop=True)


def _can_be(numbers: "pd.Series[str]") -> "pd.Series[bool]":
    digits = numbers.fillna("").astype(str)
    whole = digits.str.fullmatch(r"\d{10}")
    safe = digits.where(whole, "0000000000")
    total = sum(safe.str[at].astype(int) * (10 - at) for at in range(9))
    check = (11 - total % 11) % 11
    return whole & (check == safe.str[9].astype(int)) & (safe.str.count(r"^(\d)\1{9}$") == 0)
