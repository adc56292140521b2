from datetime import date

import numpy as np
import pandas as pd

from libs.synthetic.figures import Figures
from libs.synthetic.need.referrals import draw_referrals, expected_referrals

YEAR = (date(2024, 4, 1), date(2025, 3, 31))
TEES = ("RTR", "RVW")


def test_urgent_referrals_are_expected_as_they_were_published_month_by_month(figures: Figures) -> None:
    expected = expected_referrals(figures, trusts=TEES, period=YEAR)
    july = expected.query("trust == 'RVW' and suspected == 'breast' and route == 'USC'").set_index("month")["expected"]
    table = figures.referrals.query("provider == 'RVW' and suspected == 'breast'").set_index("month")["seen"]
    assert july[pd.Timestamp("2024-07-01")] == table[pd.Timestamp("2024-07-01")]


def test_a_month_that_is_not_published_takes_the_same_month_of_another_year_and_the_growth_between(
    figures: Figures,
) -> None:
    expected = expected_referrals(figures, trusts=TEES, period=(date(2025, 6, 1), date(2025, 6, 30)))
    of = expected.query("trust == 'RTR' and suspected == 'skin' and route == 'USC'")["expected"].item()
    table = figures.referrals.query("provider == 'RTR' and suspected == 'skin'").set_index("month")["seen"]
    assert np.isclose(of, table[pd.Timestamp("2024-06-01")] * (1 + figures.care.capacity.growth))


def test_a_month_that_the_period_cuts_counts_in_part(figures: Figures) -> None:
    def urgent(period: tuple[date, date]) -> float:
        return float(expected_referrals(figures, trusts=TEES, period=period).query("route == 'USC'")["expected"].sum())

    halves = [(date(2024, 4, 1), date(2024, 9, 12)), (date(2024, 9, 13), date(2025, 3, 31))]
    assert np.isclose(urgent(YEAR), sum(urgent(half) for half in halves))


def test_drawn_referrals_scatter_about_the_published_numbers_as_poisson_counts_do(figures: Figures) -> None:
    expected = expected_referrals(figures, trusts=TEES, period=YEAR)
    size = int(expected["expected"].sum())
    drawn = draw_referrals(np.random.default_rng(5), figures, pathways=size, trusts=TEES, period=YEAR)
    month = drawn["received"].to_numpy().astype("datetime64[M]").astype("datetime64[s]")
    counts = drawn.assign(month=month).groupby(["trust", "route", "suspected", "month"]).size().rename("drawn")
    both = expected.merge(counts.reset_index(), "left").fillna({"drawn": 0})
    both = both[both["expected"] >= 5]
    scatter = (both["drawn"] - both["expected"]) / np.sqrt(both["expected"])
    assert abs(scatter.mean()) < 4 / np.sqrt(len(both))
    assert 0.85 < scatter.var() < 1.15


def test_hardly_anybody_is_referred_on_a_weekend_or_a_bank_holiday(figures: Figures) -> None:
    drawn = draw_referrals(np.random.default_rng(5), figures, pathways=5_000, trusts=TEES, period=YEAR)
    days = pd.Series(drawn["received"])
    assert (days.dt.dayofweek >= 5).mean() < 0.03
    assert (days == pd.Timestamp("2024-12-25")).sum() < 0.5 * len(days) / 260
    assert days.is_monotonic_increasing


def test_services_differ_between_the_trusts_as_in_life(figures: Figures) -> None:
    drawn = draw_referrals(np.random.default_rng(5), figures, pathways=20_000, trusts=TEES, period=YEAR)
    urgent = drawn[drawn["route"] == "USC"].groupby(["suspected", "trust"]).size().unstack(fill_value=0)
    assert urgent.loc["breast", "RVW"] > 3 * urgent.loc["breast", "RTR"]
    assert urgent.loc["skin", "RVW"] < 0.01 * urgent.loc["skin", "RTR"]
    assert urgent.loc["head_neck", "RTR"] > 10 * urgent.loc["head_neck", "RVW"]
