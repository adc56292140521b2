from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest

from libs.synthetic.calendar import LONDON
from libs.synthetic.figures import Figures
from libs.synthetic.spec import WorldSpec
from libs.synthetic.truth import Truth, make_truth, make_unnamed, streams
from libs.synthetic.world import World


def truth_of(
    figures: Figures, *, pathways: int = 6_000, seed: int = 4, trusts: tuple[str, ...] = ("RVW", "RTR")
) -> Truth:
    spec = WorldSpec(
        seed, pathways, date(2023, 6, 2), datetime(2025, 6, 2, 17, tzinfo=LONDON), dict.fromkeys(trusts, "scr")
    )
    return make_truth(streams(seed), figures, spec)


def told_after(truth: Truth) -> pd.Series:
    return (truth.pathways["informed_on"] - truth.pathways["referral_received_on"]).dt.days


def with_waits(figures: Figures, factor: float) -> Figures:
    longer = {code: {queue: days * factor for queue, days in of.items()} for code, of in figures.waits.items()}
    return figures.model_copy(update={"waits": longer})


def test_longer_lists_make_longer_waits(figures: Figures) -> None:
    usual, longer = (told_after(truth_of(with_waits(figures, factor))).median() for factor in (1.0, 2.0))
    assert longer > usual * 1.3


def test_fewer_open_days_make_longer_waits_and_the_holidays_are_empty(world: World, figures: Figures) -> None:
    seen = world.pathways["first_seen_on"].dropna()
    by_week = seen.dt.to_period("W").value_counts()
    christmas = by_week[pd.Period("2024-12-25", "W")]
    november = by_week[[pd.Period(day, "W") for day in ("2024-11-06", "2024-11-13", "2024-11-20")]].mean()
    assert christmas < 0.5 * november
    assert not seen.isin(pd.to_datetime([day for day in figures.bank_holidays])).any()


def test_the_clinics_of_a_trust_never_see_many_more_than_their_slots(world: World) -> None:
    clinic = world.pathways.query("trust == 'RTR' and suspected == 'skin' and route == 'USC'")
    by_day = clinic["first_seen_on"].value_counts()
    assert by_day.max() < 3 * by_day.mean()


def test_waits_rise_and_fall_over_the_months_as_lists_do(world: World) -> None:
    urgent = world.pathways.query("route == 'USC'")
    waits = (urgent["first_seen_on"] - urgent["referral_received_on"]).dt.days
    by_month = waits.groupby(urgent["referral_received_on"].dt.to_period("M")).mean()
    spread = waits.std() / np.sqrt(len(waits) / len(by_month))
    assert by_month[1:-1].std() > 1.5 * spread


def test_a_small_world_is_a_sample_of_one_that_fills_its_clinics(figures: Figures) -> None:
    small, large = truth_of(figures, pathways=400), truth_of(figures, pathways=8_000)
    assert len(small.pathways) == 400
    assert abs(told_after(small).median() - told_after(large).median()) <= 4


def test_frail_people_wait_longer_for_their_treatment_but_frailty_alone_tells_little(figures: Figures) -> None:
    truth = truth_of(figures, pathways=40_000)
    first = truth.treatments[truth.treatments["treatment_number"] == 1].set_index("pathway_id")
    rows = truth.pathways.join(first["decision_to_treat_on"], on="pathway_id")
    rows = rows.join(truth.hazards.drop(columns="pathway_id"))
    rows = rows[rows["decision_to_treat_on"].notna()]
    waited = (rows["decision_to_treat_on"] - rows["informed_on"]).dt.days
    fifth = rows["frailty"].rank(pct=True)
    assert waited[fifth > 0.8].mean() > waited[fifth < 0.2].mean() + 1
    assert abs(np.corrcoef(rows["frailty"], waited)[0, 1]) < 0.3


def test_the_true_hazards_and_the_days_in_queues_are_kept(world: World) -> None:
    hazards = world.hazards
    assert len(hazards) == len(world.pathways)
    chances = hazards.filter(like="chance_")
    assert ((chances > 0) & (chances < 1)).all(axis=None)
    queued = hazards.filter(like="days_queued_for_")
    assert (queued >= 0).all(axis=None)
    assert queued.sum(axis=1).mean() > 5
    assert set(hazards["synthetic_deprivation_decile"]) == set(range(1, 11))


def test_deprived_people_miss_more_first_appointments(figures: Figures) -> None:
    truth = truth_of(figures, pathways=20_000)
    missed = truth.pathways["did_not_attend_on"].notna()
    deprived = truth.hazards["synthetic_deprivation_decile"] <= 3
    assert missed[deprived].mean() > missed[~deprived].mean()


@pytest.mark.parametrize("trust", ["RTD", "R0B", "RYR"])
def test_any_provider_can_be_alone_in_a_world(figures: Figures, trust: str) -> None:
    truth = truth_of(figures, pathways=500, trusts=(trust,))
    assert set(truth.pathways["trust"]) == {trust}
    assert truth.treatments["treatment_on"].notna().any()


def test_a_world_without_names_has_the_same_waits_network_by_network(figures: Figures) -> None:
    named = truth_of(figures, pathways=12_000)
    spec = WorldSpec(
        4,
        12_000,
        date(2023, 6, 2),
        datetime(2025, 6, 2, 17, tzinfo=LONDON),
        dict.fromkeys(("RVW", "RTR", "RTD"), "scr"),
    )
    unnamed = make_unnamed(figures, spec)
    assert abs(len(unnamed.pathways) - 12_000) <= 1
    assert unnamed.pathways["pathway_id"].tolist() == list(range(len(unnamed.pathways)))
    assert set(unnamed.treatments["pathway_id"]) <= set(unnamed.pathways["pathway_id"])
    of_tees = unnamed.pathways[unnamed.pathways["trust"] != "RTD"]
    told = (of_tees["informed_on"] - of_tees["referral_received_on"]).dt.days
    assert abs(told.median() - told_after(named).median()) <= 3
    again = make_unnamed(figures, spec)
    pd.testing.assert_frame_equal(unnamed.pathways, again.pathways)
