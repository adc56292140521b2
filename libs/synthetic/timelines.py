"""The milestones of each pathway, as days after the referral was received, in an order that can happen."""

import numpy as np
import pandas as pd

from libs.synthetic.draws import (
    TOLD_BANDS,
    TREATED_BANDS,
    Array,
    between,
    choose,
    days_in_band,
    look_up,
    position,
    share,
)
from libs.synthetic.figures import Figures
from libs.synthetic.outcomes import CANCER
from libs.synthetic.transfers import FOR_TREATMENT

# People who cross to another trust wait longer than others (ours): the weight of each published band for them.
_SHARED_TILT = np.array([0.35, 0.7, 1.0, 1.2, 1.5, 1.5, 1.5, 1.5])
NONE = -9999  # a milestone that never comes


def draw_timelines(rng: np.random.Generator, figures: Figures, plan: pd.DataFrame) -> pd.DataFrame:
    """Day offsets of every milestone, `NONE` where it never comes, plus the adjustments in days.

    `plan` has route, suspected, trust, outcome, cancer_group, referral_source, transfer_to, transfer_reason and the
    `decision_to_treatment` days of a first treatment.
    """
    days = pd.DataFrame(index=plan.index)
    days["upgraded"] = np.where(plan["route"] == "UPGRADE", _upgrade(rng, plan), NONE)
    days["clock_start"] = days["upgraded"].clip(lower=0)
    told = _told(rng, figures, plan, days["clock_start"].to_numpy())
    seen = _first_seen(rng, figures, plan, days["clock_start"].to_numpy(), told)
    told = np.where(plan["route"] == "OTHER", told + seen, told)
    treated = _treated(rng, figures, plan, seen, days["clock_start"].to_numpy())
    is_cancer = plan["outcome"].isin(CANCER).to_numpy()
    seen = np.where(is_cancer, np.minimum(seen, np.maximum(treated * 3 // 10, 1)), seen)
    floor = np.maximum(seen, days["clock_start"].to_numpy())
    decided = np.maximum(treated - plan["decision_to_treatment"].to_numpy(), floor + (treated - floor) // 4)
    # Proving a cancer takes a biopsy: nobody is told of one on the day of the first appointment.
    told = np.where(is_cancer, np.maximum(told, floor + between(rng, 4, 9, len(plan))), told)
    days["transferred"], decided = _transferred(rng, figures, plan, (floor, told, decided, treated))
    told = _told_before_decision(rng, plan, told, decided, floor)
    days["first_seen"], days["told"], days["decided"], days["treated"] = seen, told, decided, treated
    days = _first_appointment(rng, figures, plan, days)
    return _told_late(rng, figures, plan, _investigations(rng, plan, days))


def _upgrade(rng: np.random.Generator, plan: pd.DataFrame) -> Array:
    mean = np.where(plan["referral_source"] == "04", 3.0, 12.0)
    return np.minimum(rng.exponential(mean), 70).astype(int)


def _told(rng: np.random.Generator, figures: Figures, plan: pd.DataFrame, start: Array) -> Array:
    weights = {f"USC {key}": line.fds for key, line in figures.suspected.items()}
    weights |= {f"SCREEN {key}": programme.fds for key, programme in figures.screening.items()}
    weights["BSYM breast"] = figures.breast_symptomatic.fds
    route = plan["route"].where(plan["route"].isin(["BSYM", "SCREEN"]), "USC")
    kind = position((route + " " + plan["suspected"]).to_numpy(), list(weights))
    return days_in_band(rng, TOLD_BANDS, choose(rng, np.array(list(weights.values())), kind)) + start


def _first_seen(rng: np.random.Generator, figures: Figures, plan: pd.DataFrame, start: Array, told: Array) -> Array:
    """The first appointment: late as often as the trust's figure says, and before the person is told.

    Skin and breast clinics may tell on the day; elsewhere tests lie between the first appointment and the result.
    """
    size, route = len(plan), plan["route"].to_numpy()
    in_time = look_up(plan["trust"].to_numpy(), {key: each.seen_within_14_days for key, each in figures.trusts.items()})
    # About half are told within 14 days, so those who are seen later are all among the other half.
    is_late = (told > 14) & share(rng, size, 2 * (1 - in_time))
    one_stop = plan["suspected"].isin(["skin", "breast"]).to_numpy()
    latest = np.where(one_stop, told - between(rng, 0, 3, size), (told * (0.45 + 0.4 * rng.random(size))).astype(int))
    early = np.minimum(between(rng, 3, 14, size), np.where(one_stop, told, latest))
    late = np.minimum(15 + rng.exponential(6, size).astype(int), np.maximum(latest, 15))
    seen = np.where(is_late, late, early)
    upgraded = np.where(share(rng, size, 0.4), between(rng, 0, start, size), start + between(rng, 0, 9, size))
    seen = np.where(route == "UPGRADE", np.minimum(upgraded, told), np.maximum(seen, np.minimum(told, 1)))
    return np.asarray(np.where(route == "OTHER", between(rng, 12, 60, size), seen))


def _treated(rng: np.random.Generator, figures: Figures, plan: pd.DataFrame, seen: Array, start: Array) -> Array:
    """The day of the first treatment, or the day that it would have been; for others a day that is never used."""
    waits = np.array([each.waits for each in figures.groups.values()])
    group = position(plan["cancer_group"].fillna("other").to_numpy(), list(figures.groups))
    crosses = (plan["transfer_reason"] == FOR_TREATMENT).to_numpy()
    band = choose(rng, np.concatenate([waits, waits * _SHARED_TILT]), group + crosses * len(waits))
    return np.asarray(days_in_band(rng, TREATED_BANDS, band) + np.where(plan["route"] == "OTHER", seen, start))


def _transferred(
    rng: np.random.Generator, figures: Figures, plan: pd.DataFrame, days: tuple[Array, Array, Array, Array]
) -> tuple[Array, Array]:
    """The day of the transfer, and the decision to treat: never before the transfer if that was for treatment."""
    seen, told, decided, treated = days
    size = len(plan)
    is_late = share(rng, size, figures.transfer_habits.late)
    aim = np.where(is_late, between(rng, 39, 58, size), between(rng, 18, 38, size))
    aim = aim + np.where(plan["route"] == "UPGRADE", seen, 0) // 2
    goes = plan["transfer_to"].notna().to_numpy()
    crosses = goes & (plan["transfer_reason"] == FOR_TREATMENT).to_numpy()
    for_treatment = np.maximum(np.minimum(aim, treated - 2), np.minimum(seen + 1, treated))
    for_tests = np.minimum(seen + 1 + (told - seen) // 3, told)
    day = np.where(goes, np.where(crosses, for_treatment, for_tests), NONE)
    return day, np.where(crosses, np.minimum(np.maximum(decided, day), treated), decided)


def _told_before_decision(
    rng: np.random.Generator, plan: pd.DataFrame, told: Array, decided: Array, floor: Array
) -> Array:
    """People are told before, or on the day of, the decision to treat."""
    too_late = plan["outcome"].isin(CANCER).to_numpy() & (told > decided)
    earlier = decided - between(rng, 0, np.minimum(7, decided - floor), len(plan))
    return np.where(too_late, earlier, told)


def _told_late(rng: np.random.Generator, figures: Figures, plan: pd.DataFrame, days: pd.DataFrame) -> pd.DataFrame:
    """A few are told after the decision to treat (and so end the 28 days by it)."""
    size = len(plan)
    late = share(rng, size, figures.habits.told_after_decision) & (plan["outcome"] == "TREATED").to_numpy()
    later = np.minimum(days["decided"] + between(rng, 1, 5, size), days["treated"])
    return days.assign(told=np.where(late, later, days["told"]))


def _first_appointment(
    rng: np.random.Generator, figures: Figures, plan: pd.DataFrame, days: pd.DataFrame
) -> pd.DataFrame:
    """The appointment first made, a missed one with its re-booking, the adjustment, and who was never seen at all."""
    size = len(plan)
    seen, start = days["first_seen"].to_numpy(), days["clock_start"].to_numpy()
    timed_from = np.where(start <= seen, start, 0)
    misses = share(rng, size, figures.habits.did_not_attend) & (seen - timed_from >= 5)
    missed = timed_from + 2 + ((seen - timed_from - 4) * rng.random(size)).astype(int)
    rebooked = missed + between(rng, 0, np.minimum(4, seen - missed), size)
    unseen = (plan["outcome"] == "EXCLUDED").to_numpy() & ~plan["fds_exclusion_reason"].isin(["01"]).to_numpy()
    unseen &= share(rng, size, 0.6)
    misses &= ~unseen
    return days.assign(
        booked=np.minimum(between(rng, 0, 3, size), np.where(misses, missed, seen) // 2),
        missed=np.where(misses, missed, NONE),
        rebooked=np.where(misses, rebooked, NONE),
        first_seen_adjustment=np.where(misses, rebooked - timed_from, 0),
        first_seen=np.where(unseen, NONE, seen),
    )


def _investigations(rng: np.random.Generator, plan: pd.DataFrame, days: pd.DataFrame) -> pd.DataFrame:
    """Tests, MDT and diagnosis between the first appointment and the day the person is told."""
    size = len(plan)
    is_cancer = plan["outcome"].isin(CANCER).to_numpy()
    seen, told = days["first_seen"].to_numpy(), days["told"].to_numpy()
    span = told - seen
    one_stop = plan["suspected"].isin(["skin", "breast"]).to_numpy() & (span < 4)
    tested = (seen != NONE) & ~(one_stop & ~is_cancer & share(rng, size, 0.6))
    tested &= (plan["outcome"] != "EXCLUDED").to_numpy()
    parts = np.sort(rng.random((size, 4)), axis=1) * np.array([0.3, 0.55, 0.75, 0.95])
    booked, done, reported, last = (np.where(tested, seen + (span * part).astype(int), NONE) for part in parts.T)
    met = (seen != NONE) & (is_cancer | (tested & share(rng, size, 0.12)))
    mdt = np.maximum(last, seen) + ((told - np.maximum(last, seen)) * rng.random(size)).astype(int)
    has_diagnosis = plan["diagnosis_icd10"].notna().to_numpy()
    return days.assign(
        test_booked=booked,
        test_done=done,
        test_reported=reported,
        last_reported=last,
        mdt=np.where(met, mdt, NONE),
        diagnosed=np.where(has_diagnosis, np.where(is_cancer, np.maximum(last, seen), told), NONE),
    )
