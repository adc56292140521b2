"""What each provider is accountable for adds up to the closed waits, halves included."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, Row, SparkSession

from libs.pathways.performance import performance_month
from libs.pathways.standards import pathway_standards
from libs.rules import load_rules
from tests.libs.pathways.linked_rows import linked_pathways, linked_treatments

REFERRED = date(2025, 1, 1)
HALF, WHOLE, NONE = Decimal("0.50"), Decimal("1.00"), Decimal("0.00")


def case(
    name: str, site: str | None, *, told: int, treated: int | None, sent: int | None = None, treating: str = "RVW"
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """A pathway and its treatment, each day counted from the referral at RVW."""
    pathway = {
        "pathway_key": name,
        "tumour_site": site,
        "referral_received_on": REFERRED,
        "first_seen_org": "RVW",
        "informed_on": REFERRED + timedelta(days=told),
        "fds_end_reason": "01",
        "told_by": "RVW",
        "diagnosis_icd10": "C34.1",
        "transfer_on": None if sent is None else REFERRED + timedelta(days=sent),
        "transfer_from_org": None if sent is None else "RVW",
        "transfer_to_org": None if sent is None else treating,
    }
    if treated is None:
        return pathway, None
    treatment = {
        "pathway_key": name,
        "decision_to_treat_on": REFERRED + timedelta(days=max(treated - 20, 0)),
        "treatment_on": REFERRED + timedelta(days=treated),
        "treatment_org": treating,
    }
    return pathway, treatment


def standards(spark: SparkSession, cases: list[tuple[dict[str, Any], dict[str, Any] | None]]) -> DataFrame:
    treatments = [treatment for _, treatment in cases if treatment is not None]
    return pathway_standards(
        linked_pathways(spark, *(pathway for pathway, _ in cases)), linked_treatments(spark, *treatments), load_rules()
    )


# The tumour site names the case.
CASES = [
    case("1", "lung", told=20, treated=62, sent=38, treating="RTR"),
    case("2", "lung", told=20, treated=90, sent=38, treating="RTR"),
    case("3", "skin", told=20, treated=74, sent=50, treating="RTR"),
    case("4", "brain", told=29, treated=None),
    case("5", None, told=28, treated=40),
    case("6", "urology", told=20, treated=90, sent=50, treating="RTD"),
]


@pytest.fixture(scope="module")
def performance(spark: SparkSession) -> list[Row]:
    return performance_month(standards(spark, CASES)).collect()


def shares(performance: list[Row], standard: str, site: str, org: str) -> list[tuple[str, Decimal, Decimal, Decimal]]:
    return sorted(
        (row["month"], row["denominator_share"], row["within_share"], row["breach_share"])
        for row in performance
        if (row["standard"], row["tumour_site"], row["org"]) == (standard, site, org)
    )


def test_a_shared_wait_within_its_limit_is_half_each_providers(performance: list[Row]) -> None:
    assert shares(performance, "62", "lung", "RVW") == [("2025-03", HALF, HALF, NONE)]


def test_each_wait_counts_in_the_month_of_its_own_treatment(performance: list[Row]) -> None:
    # The second wait is all the treating trust's breach: sent in time, treated late.
    assert shares(performance, "62", "lung", "RTR") == [
        ("2025-03", HALF, HALF, NONE),
        ("2025-04", WHOLE, NONE, WHOLE),
    ]


def test_a_provider_without_a_share_has_no_row(performance: list[Row]) -> None:
    assert shares(performance, "62", "skin", "RVW") == [("2025-03", WHOLE, NONE, WHOLE)]
    assert shares(performance, "62", "skin", "RTR") == []


def test_a_provider_that_sends_no_extract_is_accountable_too(performance: list[Row]) -> None:
    assert shares(performance, "62", "urology", "RTD") == [("2025-04", HALF, NONE, HALF)]


def test_a_wait_that_still_runs_is_in_no_month(performance: list[Row]) -> None:
    assert shares(performance, "62", "brain", "RVW") == []
    assert shares(performance, "28", "brain", "RVW") == [("2025-01", WHOLE, NONE, WHOLE)]


def test_what_is_not_known_or_does_not_apply_is_named_in_the_key(performance: list[Row]) -> None:
    (row,) = [row for row in performance if (row["standard"], row["tumour_site"]) == ("28", "-")]
    assert (row["stage"], row["modality_group"], row["within_share"]) == ("-", "-", WHOLE)


waits = st.lists(
    st.tuples(
        st.integers(0, 60),
        st.one_of(st.none(), st.integers(20, 120)),
        st.one_of(st.none(), st.integers(0, 80)),
        st.sampled_from(["RVW", "RTR", "RTD"]),
        st.sampled_from(["lung", "skin", None]),
    ),
    min_size=20,
    max_size=60,
)


@given(waits=waits)
@hypothesis_settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_sums_of_performance_are_those_of_the_closed_waits(
    spark: SparkSession, waits: list[tuple[int, int | None, int | None, str, str | None]]
) -> None:
    rows = standards(
        spark,
        [
            case(f"{index}", site, told=told, treated=treated, sent=sent, treating=treating)
            for index, (told, treated, sent, treating, site) in enumerate(waits)
        ],
    ).persist()
    try:
        closed = [row for row in rows.collect() if row["outcome"] in ("WITHIN", "BREACH")]
        performance = performance_month(rows).collect()
    finally:
        rows.unpersist()
    expected: dict[tuple[str, str, str, str], Decimal] = defaultdict(Decimal)
    for row in closed:
        for side in ("investigating", "treating"):
            key = (row["reporting_month"], row["standard"], row[f"{side}_trust"], row["outcome"])
            expected[key] += row[f"{side}_share"]
    found: dict[tuple[str, str, str, str], Decimal] = defaultdict(Decimal)
    for row in performance:
        assert row["denominator_share"] == row["within_share"] + row["breach_share"]
        found[row["month"], row["standard"], row["org"], "WITHIN"] += row["within_share"]
        found[row["month"], row["standard"], row["org"], "BREACH"] += row["breach_share"]
    assert {key: share for key, share in found.items() if share} == {
        key: share for key, share in expected.items() if share
    }
    assert sum(row["denominator_share"] for row in performance) == len(closed)


def test_a_wait_whose_treating_trust_is_not_known_loses_no_share(spark: SparkSession) -> None:
    pathway, treatment = case("1", "lung", told=20, treated=50)
    rows = (
        performance_month(standards(spark, [(pathway, {**treatment, "treatment_org": None})]))
        .where("standard = '62'")
        .collect()
    )
    assert sum(row["denominator_share"] for row in rows) in (0, 1)
