"""The published waits unrolled into dated pathways that reach the same wait in many ways.

A unit is `n` people (for 62 days in halves) of one provider, month, route or stage and cancer whose wait lies in one
published band. Unrolled, each has dates, codes and organisations that the rules must bring to that wait, month, group
and share: adjustments that count or don't, upgrades, decisions before the patient was told, transfers, treatments of
one pathway in two places. Besides there are pathways that must count nowhere. Everything is drawn by a seed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from libs.rules import Rules
from tests.benchmarks.drawn import (
    LONGEST,
    NEVER,
    TYPES,
    Array,
    Columns,
    Draws,
    by_route,
    diagnosis,
    people_of,
    suspected_type,
)
from tests.benchmarks.shared_waits import ELSEWHERE, parts

ROUTES = {
    "URGENT SUSPECTED CANCER": "USC",
    "BREAST SYMPTOMATIC, CANCER NOT SUSPECTED": "BSYM",
    "NATIONAL SCREENING PROGRAMME": "SCREEN",
    "Urgent Suspected Cancer": "USC",
    "Breast Symptomatic": "BSYM",
    "Screening": "SCREEN",
    "Consultant Upgrade": "UPGRADE",
}
SCHEMA = pa.schema(
    {
        "pathway_key": pa.string(), "suspected_cancer_type": pa.string(), "priority_type": pa.string(),
        "referral_source": pa.string(), "referral_received_on": pa.date32(), "first_seen_on": pa.date32(),
        "first_seen_org": pa.string(), "first_seen_adjustment_days": pa.int32(), "upgraded_on": pa.date32(),
        "upgrade_org": pa.string(), "diagnosis_icd10": pa.string(), "informed_on": pa.date32(),
        "fds_end_reason": pa.string(), "fds_exclusion_reason": pa.string(), "told_by": pa.string(),
        "accountable_org": pa.string(), "closed_reason": pa.string(), "earlier_transfer_on": pa.date32(),
        "earlier_transfer_from_org": pa.string(), "earlier_transfer_to_org": pa.string(), "transfer_on": pa.date32(),
        "transfer_from_org": pa.string(), "transfer_to_org": pa.string(), "treatment_number": pa.int32(),
        "decision_to_treat_on": pa.date32(), "treatment_on": pa.date32(), "treatment_event": pa.string(),
        "treatment_modality": pa.string(), "treatment_adjustment_days": pa.int32(), "treatment_org": pa.string(),
        "is_pathway": pa.bool_(), "is_counted": pa.bool_(),
    }
)  # fmt: skip
_MODALITIES = (None, *(f"{code:02}" for code in range(1, 25)), "97")
# What takes a row out of every count of its standard, one change at a time.
_SPOILT: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "28": (
        {"informed_on": NEVER},
        {"fds_end_reason": "03", "fds_exclusion_reason": "02"},
        {"priority_type": "1", "referral_source": "03"},
        {"referral_received_on": np.datetime64("2025-12-31"), "decision_to_treat_on": NEVER},
    ),
    "31": (
        {"treatment_on": NEVER},
        {"treatment_event": None},
        {"treatment_modality": "98"},
        {"diagnosis_icd10": "D04.1"},
        {"decision_to_treat_on": np.datetime64("2025-12-31")},
    ),
    "62": (
        {"treatment_on": NEVER},
        {"treatment_event": "02"},
        {"treatment_modality": "98"},
        {"diagnosis_icd10": None},
        {"decision_to_treat_on": NEVER},
        {"treatment_adjustment_days": 2 * LONGEST},
    ),
}


def unroll(units: pd.DataFrame, standard: str, rules: Rules, *, seed: int) -> pa.Table:
    """Rows of SCHEMA for the units of one standard and month; every unit's wait occurs at its band's ends and between.

    A row is a wait with its pathway; the pathway of a row that is not `is_pathway` stands on another row with the same
    key. A row that is not `is_counted` is spoilt and must count nowhere.
    `units` has period, org_code, route_or_stage, tumour_site, wait_lo, wait_hi (null: no end) and n.
    """
    rng = np.random.default_rng(seed)
    columns = {"28": _told, "31": _treated_31, "62": _treated_62}[standard](units, rules, rng)
    size = len(columns["referral_received_on"])
    month = f"{units['period'].iloc[0]:%Y-%m}"
    defaults = {
        "pathway_key": np.char.add(f"{standard} {month} ", np.arange(size).astype(str)).astype(object),
        "is_pathway": np.ones(size, bool),
        "is_counted": np.ones(size, bool),
        "treatment_number": np.ones(size),
    }
    columns = {**defaults, **columns}
    return _table(_with_spoilt(columns, _SPOILT[standard], rng))


def _told(units: pd.DataFrame, rules: Rules, rng: np.random.Generator) -> Columns:
    """People told: the month is that of the telling, the wait may have ended earlier with a decision to treat."""
    people = people_of(units, units["n"].to_numpy().astype(int), rng)
    draws = Draws(rng, len(people.unit))
    org, label = (units[name].to_numpy(object)[people.unit] for name in ("org_code", "tumour_site"))
    route = units["route_or_stage"].map(ROUTES).to_numpy(object)[people.unit]
    decided = draws.among("never", "never", "before", "after", "too early")
    stop = people.counted_on - np.where(decided == "before", draws.days(1, 45), 0)
    adjustment = draws.adjustment()
    referral = stop - people.days - np.nan_to_num(adjustment).astype(int)
    decision = np.select(
        [decided == "before", decided == "after", decided == "too early"],
        [stop, people.counted_on + draws.days(0, 60), referral - draws.days(1, 60)],
        NEVER,
    )
    is_late_exclusion = (people.days > rules.standards["28"].limit_days.newest) & draws.chance(0.05)
    first_seen = draws.among("the same", "the same", ELSEWHERE)
    return {
        **by_route(route, _suspected_of(label, route, rules, draws), draws),
        "referral_received_on": referral,
        "first_seen_adjustment_days": adjustment,
        "upgraded_on": np.where((route == "SCREEN") & draws.chance(0.1), referral + draws.days(0, 20), NEVER),
        "informed_on": people.counted_on,
        "fds_end_reason": np.where(is_late_exclusion, "03", draws.among("01", "02", "04")),
        "fds_exclusion_reason": np.where(is_late_exclusion, "01", None),
        # The provider that told the patient answers for the wait; where that is not known the one that saw them first.
        "told_by": np.where((first_seen == "the same") & draws.chance(0.1), None, org),
        "first_seen_org": np.where(first_seen == "the same", org, ELSEWHERE),
        "decision_to_treat_on": decision,
        "treatment_event": draws.among("01", None),
        "treatment_adjustment_days": draws.adjustment(),
        "treatment_org": draws.among(ELSEWHERE, None),
    }


def _suspected_of(label: Array, route: Array, rules: Rules, draws: Draws) -> Array:
    """A suspected type that is published under the label; screening of no programme is published as missing."""
    codes = {text: code for code, text in rules.diagnoses.suspected_types.newest.items()}
    codes[rules.diagnoses.breast_symptomatic_label.newest] = "16"
    known = pd.Series(label).map(codes).to_numpy(object)
    programmes = rules.diagnoses.screening_suspected_types.newest
    strange = draws.among(None, "99", *(code for code in TYPES if code not in programmes))
    return np.where((route == "SCREEN") & pd.isna(known), strange, known)


def _treated_31(units: pd.DataFrame, rules: Rules, rng: np.random.Generator) -> Columns:
    """Treatments, first and subsequent; of one cancer the first and a subsequent one are often one patient's."""
    people = people_of(units, units["n"].to_numpy().astype(int), rng)
    draws = Draws(rng, len(people.unit))
    org, cancer, stage = (
        units[name].to_numpy(object)[people.unit] for name in ("org_code", "tumour_site", "route_or_stage")
    )
    pause = draws.adjustment()
    decision = people.counted_on - people.days - np.nan_to_num(pause).astype(int)
    referral = decision - draws.days(0, 60)
    route = draws.among("USC", "USC", "BSYM", "SCREEN", "UPGRADE", "OTHER")
    suspected = suspected_type(cancer, route, rules, draws)
    is_first = stage == "First Treatment"
    own = {
        **by_route(route, suspected, draws),
        "diagnosis_icd10": diagnosis(cancer, suspected, rules, draws),
        "referral_received_on": referral,
        "first_seen_org": np.where(draws.chance(0.3), ELSEWHERE, org),
        "first_seen_adjustment_days": draws.adjustment(),
        "upgraded_on": np.where(route == "UPGRADE", referral + draws.days(0, 20), NEVER),
        "decision_to_treat_on": decision,
        "treatment_on": people.counted_on,
        "treatment_event": np.where(
            is_first,
            draws.among(*rules.treatments.first_events.newest),
            draws.among(*rules.treatments.subsequent_events.newest),
        ),
        "treatment_modality": draws.among(*_MODALITIES),
        "treatment_adjustment_days": pause,
        "treatment_org": org,
    }
    return {**own, **_paired(cancer, is_first, f"{units['period'].iloc[0]:%Y-%m}", rng)}


def _paired(cancer: Array, is_first: Array, month: str, rng: np.random.Generator) -> Columns:
    """The k-th first and the k-th subsequent treatment of a cancer, in a drawn order, are treatments of one pathway."""
    order = rng.permutation(len(cancer))
    drawn = pd.DataFrame({"cancer": cancer[order], "is_first": is_first[order]})
    drawn["rank"] = drawn.groupby(["cancer", "is_first"]).cumcount()
    firsts = drawn["cancer"].map(drawn[drawn["is_first"]].groupby("cancer").size()).fillna(0)
    drawn["is_pathway"] = drawn["is_first"] | (drawn["rank"] >= firsts)
    drawn["pathway_key"] = "31 " + month + " " + drawn["cancer"] + " " + drawn["rank"].astype(str)
    back = np.argsort(order)
    return {
        "pathway_key": drawn["pathway_key"].to_numpy(object)[back],
        "is_pathway": drawn["is_pathway"].to_numpy(bool)[back],
        "treatment_number": np.where(is_first, 1.0, 2.0),
    }


def _treated_62(units: pd.DataFrame, rules: Rules, rng: np.random.Generator) -> Columns:
    """First treatments; a half is shared with ELSEWHERE, which investigates or treats, and so are some wholes."""
    halves = np.rint(units["n"].to_numpy() * 2).astype(int)
    # Some whole patients are two halves of two.
    as_halves = halves % 2 + 2 * rng.binomial(halves // 2, 0.1)
    whole, half = (people_of(units, counts, rng) for counts in ((halves - as_halves) // 2, as_halves))
    unit, days, stop = (
        np.concatenate([getattr(whole, name), getattr(half, name)]) for name in ("unit", "days", "counted_on")
    )
    draws = Draws(rng, len(unit))
    org, cancer = (units[name].to_numpy(object)[unit] for name in ("org_code", "tumour_site"))
    route = units["route_or_stage"].map(ROUTES).to_numpy(object)[unit]
    suspected, is_upgrade = suspected_type(cancer, route, rules, draws), route == "UPGRADE"
    pause, missed = draws.adjustment(), draws.adjustment()
    # The appointment that was missed counts after an upgrade only if the patient was first seen from that day on.
    seen = draws.among("before", "on the day", "after", "not recorded")
    is_missed_counted = ~is_upgrade | np.isin(seen, ["on the day", "after"])
    counted = np.where(is_missed_counted, np.nan_to_num(missed), 0).astype(int)
    start = stop - days - np.nan_to_num(pause).astype(int) - counted
    decision = start + (draws.days(0, 1000) * (stop - start).astype(int)) // 1000
    own = {
        **by_route(route, suspected, draws),
        "diagnosis_icd10": diagnosis(cancer, suspected, rules, draws),
        "referral_received_on": np.where(is_upgrade, start - draws.days(0, 90), start),
        "upgraded_on": np.where(is_upgrade | ((route == "SCREEN") & draws.chance(0.1)), start, NEVER),
        "first_seen_on": np.select(
            [seen == "before", seen == "on the day", seen == "after"],
            [start - draws.days(1, 30), start, start + draws.days(1, 30)],
            NEVER,
        ),
        "first_seen_adjustment_days": missed,
        "informed_on": np.where(draws.chance(0.5), decision, NEVER),
        "closed_reason": np.where(draws.chance(0.1), "DIED", None),
        "decision_to_treat_on": decision,
        "treatment_on": stop,
        "treatment_event": draws.among(*rules.treatments.first_events.newest),
        "treatment_modality": draws.among(*_MODALITIES),
        "treatment_adjustment_days": pause,
    }
    is_half = np.arange(len(unit)) >= len(whole.unit)
    return {**own, **parts(org, days, is_half, start + counted, is_upgrade, draws)}


def _with_spoilt(columns: Columns, changes: Sequence[Mapping[str, Any]], rng: np.random.Generator) -> Columns:
    """The rows, and copies of a few that must count nowhere: each is spoilt in one of the ways."""
    size = len(columns["pathway_key"])
    both: dict[str, list[Array]] = {name: [column] for name, column in columns.items()}
    for way, change in enumerate(changes):
        chosen = rng.integers(0, size, 1 + size // 200)
        own = np.char.add(f"spoilt {way} ", np.arange(len(chosen)).astype(str)).astype(object)
        alone = np.ones(len(chosen), bool)
        copied = {"pathway_key": columns["pathway_key"][chosen] + " " + own, "is_pathway": alone, "is_counted": ~alone}
        for name, column in columns.items():
            copy = copied.get(name, column[chosen])
            if name in change:
                copy[:] = change[name]
            both[name].append(copy)
    return {name: np.concatenate(column) for name, column in both.items()}


def _table(columns: Columns) -> pa.Table:
    size = len(columns["pathway_key"])
    return pa.table(
        [
            pa.array(columns[field.name], from_pandas=True).cast(field.type)
            if field.name in columns
            else pa.nulls(size, field.type)
            for field in SCHEMA
        ],
        schema=SCHEMA,
    )
