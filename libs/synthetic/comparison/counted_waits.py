"""The waits of a world, counted as NHS England's tables count them: from what happened, not from what is on record."""

from collections.abc import Mapping
from datetime import datetime

import numpy as np
import pandas as pd

from libs.synthetic.calendar import london_minute
from libs.synthetic.draws import Array
from libs.synthetic.providers import Provider

LIMITS = {"fds": 28, "d31": 31, "d62": 62}  # days
_FIRST = ("01", "07", "12")  # treatment events of a first treatment
_DECLINED = "98"
_MODALITIES = {
    "drugs": ("02", "03", "14", "15"),
    "surgery": ("01", "23", "24"),
    "radiotherapy": ("04", "05", "06", "13"),
}
# Cancer groups of this world that the tables have within another one.
_WITHIN_GROUP = {
    "brain": "other",
    "sarcoma": "other",
    "children": "other",
    "testicular": "urology_other",
}


def last_year(ends_at: datetime) -> tuple[np.datetime64, np.datetime64]:
    """The year up to a moment: after the first day, up to and with the last day."""
    last = london_minute(ends_at).astype("datetime64[D]")
    return last - np.timedelta64(365, "D"), last


def counted_waits(
    pathways: pd.DataFrame,
    treatments: pd.DataFrame,
    providers: Mapping[str, Provider],
    year: tuple[np.datetime64, np.datetime64],
) -> pd.DataFrame:
    """One row per counted wait that ended in the year.

    Columns: standard, provider, route_or_stage, breakdown, days, counted, within. The last two are what
    the provider's denominator and numerator grow by: one, or a share of a shared first treatment. Summed over all
    providers they are England's.
    """
    trust_of = {site: code for code, each in providers.items() for site in each.sites}
    rows = pd.concat(
        [_told(pathways, treatments, year), _treated(treatments, pathways, year, trust_of), _first_treated(
            pathways, treatments, year, trust_of)], ignore_index=True
    )  # fmt: skip
    return rows.astype({"days": "int32", "counted": "float32", "within": "float32"})


def _told(pathways: pd.DataFrame, treatments: pd.DataFrame, year: tuple[np.datetime64, np.datetime64]) -> pd.DataFrame:
    """The 28 days: until the person is told, or until an earlier decision to treat."""
    timed = pathways[pathways["route"].isin(["USC", "BSYM", "SCREEN"]) & pathways["informed_on"].notna()]
    first = treatments[treatments["treatment_number"] == 1].set_index("pathway_id")["decision_to_treat_on"]
    started, told = _day(timed["referral_received_on"]), _day(timed["informed_on"])
    decided = _day(timed["pathway_id"].map(first))
    ended = np.where((decided < told) & (decided >= started), decided, told)
    days = (ended - started).astype(int) - timed["first_seen_adjustment_days"].to_numpy().astype(int)
    reason = timed["fds_end_reason"].to_numpy()
    late = (reason == "03") & (timed["fds_exclusion_reason"] == "01").to_numpy() & (days > LIMITS["fds"])
    counts = (np.isin(reason.astype(str), ["01", "02", "04"]) | late) & _ended_in(ended, year)
    told_rows: pd.DataFrame = _rows("fds", timed["trust"], (timed["route"], timed["suspected"]), days)[counts]
    return told_rows


def _treated(
    treatments: pd.DataFrame, pathways: pd.DataFrame, year: tuple[np.datetime64, np.datetime64],
    trust_of: Mapping[str, str],
) -> pd.DataFrame:  # fmt: skip
    """The 31 days: from each decision to treat to the treatment, first and subsequent."""
    decided, treated = _day(treatments["decision_to_treat_on"]), _day(treatments["treatment_on"])
    has_cancer = pathways.set_index("pathway_id")["cancer_group"].notna()
    modality = treatments["treatment_modality"]
    counts = _ended_in(treated, year) & (decided <= treated) & (modality != _DECLINED).to_numpy()
    counts &= treatments["pathway_id"].map(has_cancer).to_numpy(dtype=bool)
    kept = treatments[counts]
    family = {code: name for name, codes in _MODALITIES.items() for code in codes}
    stage = np.where(kept["treatment_event"].isin(_FIRST), "first", "subsequent")
    days = (treated - decided)[counts].astype(int) - kept["treatment_adjustment_days"].to_numpy().astype(int)
    of = kept["treatment_modality"].map(family).fillna("other")
    return _rows("d31", _provider(kept["treatment_org"], trust_of), (pd.Series(stage, kept.index), of), days)


def _first_treated(
    pathways: pd.DataFrame, treatments: pd.DataFrame, year: tuple[np.datetime64, np.datetime64],
    trust_of: Mapping[str, str],
) -> pd.DataFrame:  # fmt: skip
    """The 62 days: up to two rows a person, one of the trust that investigated and one of the trust that treated."""
    firsts = treatments[treatments["treatment_event"].isin(_FIRST) & (treatments["treatment_modality"] != _DECLINED)]
    firsts = firsts[_ended_in(_day(firsts["treatment_on"]), year) & firsts["decision_to_treat_on"].notna().to_numpy()]
    both = firsts.merge(pathways, on="pathway_id", suffixes=("_treatment", ""))
    by_route = both["route"].isin(["USC", "BSYM", "SCREEN"]) & both["first_seen_on"].notna()
    both = both[both["cancer_group"].notna() & (by_route | (both["route"] == "UPGRADE"))]
    upgraded = (both["route"] == "UPGRADE").to_numpy()
    started = np.where(upgraded, _day(both["upgraded_on"]), _day(both["referral_received_on"]))
    missed = both["first_seen_adjustment_days"].to_numpy().astype(int)
    missed = np.where(upgraded & ~(_day(both["upgraded_on"]) <= _day(both["first_seen_on"])), 0, missed)
    treated, sent = _day(both["treatment_on"]), _day(both["transfer_on"])
    paused = both["treatment_adjustment_days"].to_numpy().astype(int)
    days = (treated - started).astype(int) - missed - paused
    treating = _provider(both["treatment_org"], trust_of)
    sent = np.where((both["transfer_reason"] == "9").to_numpy() & (sent <= treated), sent, np.datetime64("NaT"))
    shares = _shares(
        days=days,
        to_transfer=np.where(np.isnat(sent), -1, (sent - started).astype(int) - missed),
        to_treatment=np.where(np.isnat(sent), -1, (treated - sent).astype(int) - paused),
        alone=(treating.to_numpy() == both["trust"].to_numpy()),
        known=~np.isnat(sent),
    )
    group = both["cancer_group"].replace(_WITHIN_GROUP)
    sides = []
    for provider, counted, within in ((both["trust"], *shares[:2]), (treating, *shares[2:])):
        side = _rows("d62", provider, (both["route"], group), days)
        sides.append(side.assign(counted=counted, within=within)[counted > 0])
    return pd.concat(sides)


def _shares(
    *, days: Array, to_transfer: Array, to_treatment: Array, alone: Array, known: Array
) -> tuple[Array, Array, Array, Array]:
    """Denominator and numerator of the investigating, then of the treating trust (cwt-rules 3.3 and 3.4)."""
    within, soon, quick = days <= LIMITS["d62"], to_transfer <= 38, to_treatment <= 24
    late_but_within = known & within & ~soon
    to_treating = late_but_within | (known & ~within & soon)
    to_investigating = (known & ~within & ~soon & quick) | alone
    investigating = np.where(to_investigating, 1.0, np.where(to_treating & ~alone, 0.0, 0.5))
    return investigating, investigating * within, 1 - investigating, (1 - investigating) * within


def _rows(standard: str, provider: pd.Series, of: tuple[pd.Series, pd.Series], days: Array) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "standard": standard,
            "provider": provider.to_numpy(),
            "route_or_stage": of[0].to_numpy(),
            "breakdown": of[1].to_numpy(),
            "days": days,
            "counted": 1.0,
            "within": (days <= LIMITS[standard]).astype(float),
        }
    )


def _provider(org: pd.Series, trust_of: Mapping[str, str]) -> pd.Series:
    """The provider of a site; of an NHS trust's site that is not known, the first three characters."""
    known = {site: trust_of.get(site, site[:3] if site.startswith("R") else site) for site in org.dropna().unique()}
    return org.map(known)


def _day(values: pd.Series) -> Array:
    return values.to_numpy().astype("datetime64[D]")


def _ended_in(day: Array, year: tuple[np.datetime64, np.datetime64]) -> Array:
    return np.asarray((day > year[0]) & (day <= year[1]))
