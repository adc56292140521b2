"""The route of a referral, in the order in which the rules are asked."""

from datetime import date
from itertools import product

import pytest
from pyspark.sql import SparkSession

from libs.pathways.route import route
from libs.rules import load_rules

UPGRADED = date(2025, 3, 1)
Referral = tuple[str | None, str | None, str | None, date | None]  # priority, referral type, source, upgrade date
CASES: dict[str, tuple[Referral, str]] = {
    "an urgent referral of suspected cancer is USC": (("3", "05", "03", None), "USC"),
    "an urgent referral without type and source is USC": (("3", None, None, None), "USC"),
    "breast symptoms without suspicion are a route of their own": (("3", "16", "03", None), "BSYM"),
    "an urgent referral by a screening programme is screening": (("2", "05", "17", None), "SCREEN"),
    "screening stays screening when it is upgraded": (("2", "05", "17", UPGRADED), "SCREEN"),
    "an upgrade date turns suspected cancer into an upgrade": (("3", "05", "03", UPGRADED), "UPGRADE"),
    "an upgrade date turns breast symptoms into an upgrade": (("3", "16", "03", UPGRADED), "UPGRADE"),
    "a routine referral that was upgraded is an upgrade": (("1", None, "05", UPGRADED), "UPGRADE"),
    "an upgrade of unknown priority and source is an upgrade": ((None, None, None, UPGRADED), "UPGRADE"),
    "a routine referral is on no cancer route": (("1", None, "03", None), "OTHER"),
    "an urgent referral from elsewhere than screening is not screening": (("2", "05", "03", None), "OTHER"),
    "a two week wait from screening fits no route": (("3", "05", "17", None), "OTHER"),
    "a two week wait from screening is no upgrade either": (("3", "05", "17", UPGRADED), "OTHER"),
    "a routine referral from screening is no screening": (("1", None, "17", None), "OTHER"),
    "a row that says nothing is on no cancer route": ((None, None, None, None), "OTHER"),
}
EVERY_REFERRAL = list(
    product((None, "1", "2", "3"), (None, "05", "16"), (None, "03", "17"), (None, UPGRADED)),
)
SCHEMA = "priority_type string, suspected_cancer_type string, referral_source string, upgraded_on date"


@pytest.fixture(scope="module")
def routes(spark: SparkSession) -> dict[Referral, str]:
    referrals = list(dict.fromkeys([*(referral for referral, _ in CASES.values()), *EVERY_REFERRAL]))
    rows = spark.createDataFrame(referrals, SCHEMA).select("*", route(load_rules()).alias("route")).collect()
    return {tuple(row)[:4]: row["route"] for row in rows}


@pytest.mark.parametrize("case", CASES)
def test_a_referral_takes_the_first_route_that_fits(routes: dict[Referral, str], case: str) -> None:
    referral, expected = CASES[case]
    assert routes[referral] == expected


def test_every_referral_has_a_route(routes: dict[Referral, str]) -> None:
    assert set(routes) >= set(EVERY_REFERRAL)
    assert set(routes.values()) == {"USC", "BSYM", "SCREEN", "UPGRADE", "OTHER"}


def test_outside_screening_an_upgrade_date_alone_makes_an_upgrade(routes: dict[Referral, str]) -> None:
    for (_, _, source, upgraded_on), found in routes.items():
        assert (found == "UPGRADE") == (upgraded_on is not None and source != "17")
