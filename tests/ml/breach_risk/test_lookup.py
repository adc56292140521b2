"""The look-up table: rates of groups, the smaller the group the closer to those above it."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.breach_risk.lookup import FEWEST, Lookup, fit_lookup

DAYS = (0, 14)


def rows(*groups: tuple[str, str, str, float, int, int]) -> pd.DataFrame:
    """Route, site, trust, days waited, and how many of how many breached."""
    names = ("route", "tumour_site", "first_trust", "days_waited", "is_breach")
    lines = [
        (route, site, trust, days, number < breached)
        for route, site, trust, days, breached, count in groups
        for number in range(count)
    ]
    return pd.DataFrame(lines, columns=list(names))


def rate(lookup: Lookup, route: str, site: str, trust: str, days: float) -> float:
    return float(lookup.predict(rows((route, site, trust, days, 0, 1)))[0])


def test_a_small_group_is_drawn_to_the_group_above_it_and_a_large_one_is_not() -> None:
    past = rows(
        ("USC", "lung", "RVW", 0, 300, 1000),
        ("USC", "lung", "RTR", 0, 1, 1),
        ("USC", "skin", "RVW", 0, 50, 1000),
    )
    lookup = fit_lookup(past, days=DAYS)
    assert rate(lookup, "USC", "lung", "RVW", 0) == pytest.approx(0.3, abs=0.01)
    assert rate(lookup, "USC", "lung", "RTR", 0) < 0.4  # the one who breached does not make it 1
    assert rate(lookup, "USC", "skin", "RVW", 0) == pytest.approx(0.05, abs=0.01)


def test_a_group_of_few_leaves_no_rate_of_its_own_from_which_to_read_what_became_of_them() -> None:
    past = rows(
        ("USC", "lung", "RVW", 0, 30, 100),
        ("USC", "lung", "RTR", 0, 1, FEWEST - 1),
        ("UPGRADE", "brain", "RTR", 0, 1, 1),
        ("USC", "skin", "RTR", 0, 5, FEWEST),
    )
    lookup = fit_lookup(past, days=DAYS)
    kept = {group for rates in lookup.rates for group in rates}
    assert kept == {"0", "0|USC", "0|USC|lung", "0|USC|lung|RVW", "0|USC|skin", "0|USC|skin|RTR"}
    assert rate(lookup, "USC", "lung", "RTR", 0) == lookup.rates[2]["0|USC|lung"]
    assert rate(lookup, "UPGRADE", "brain", "RTR", 0) == lookup.rates[0]["0"]


def test_without_strength_a_rate_is_the_bare_share() -> None:
    lookup = fit_lookup(
        rows(("USC", "lung", "RVW", 0, 10, 30), ("USC", "lung", "RTR", 0, 0, 50)), days=DAYS, strength=0
    )
    assert rate(lookup, "USC", "lung", "RVW", 0) == pytest.approx(1 / 3)


def test_a_group_that_was_never_seen_gets_the_rate_of_the_group_above_it() -> None:
    past = rows(
        ("USC", "lung", "RVW", 0, 30, 100), ("USC", "skin", "RVW", 0, 5, 100), ("BSYM", "breast", "RVW", 0, 1, 100)
    )
    lookup = fit_lookup(past, days=DAYS, strength=0)
    assert rate(lookup, "USC", "lung", "R0A", 0) == pytest.approx(0.3)
    assert rate(lookup, "USC", "brain", "R0A", 0) == pytest.approx(35 / 200)
    assert rate(lookup, "SCREEN", "brain", "R0A", 0) == pytest.approx(36 / 300)


def test_a_day_belongs_to_the_last_band_that_has_begun() -> None:
    past = rows(("USC", "lung", "RVW", 0, 10, 100), ("USC", "lung", "RVW", 14, 60, 100))
    lookup = fit_lookup(past, days=DAYS, strength=0)
    assert [rate(lookup, "USC", "lung", "RVW", each) for each in (0, 13, 14, 60)] == pytest.approx([0.1, 0.1, 0.6, 0.6])


def test_what_is_written_is_read_back_and_tells_no_counts() -> None:
    lookup = fit_lookup(rows(("USC", "lung", "RVW", 0, 3, 1237), ("USC", "skin", "RTR", 14, 2, 7)), days=DAYS)
    text = lookup.to_json()
    assert Lookup.from_json(text) == lookup
    assert "1237" not in text


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.integers(1, 9), st.data()), min_size=1))
def test_a_rate_never_leaves_the_range_of_what_was_seen(groups: list[tuple[str, str, int, st.DataObject]]) -> None:
    drawn = [(route, site, "RVW", 0.0, data.draw(st.integers(0, n)), n) for route, site, n, data in groups]
    past = rows(*drawn)
    found = fit_lookup(past, days=DAYS).predict(past)
    assert ((found >= 0) & (found <= 1)).all()
    assert found.min() <= past["is_breach"].mean() + 1e-12
    assert found.max() >= past["is_breach"].mean() - 1e-12
