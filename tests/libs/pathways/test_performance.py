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
from pyspark.sql import functions as F

from libs.errors import RulesError
from libs.pathways.performance import BANDS, bands_by_standard, performance_month
from libs.pathways.standards import pathway_standards
from libs.rules import Publication, Rules, load_rules
from tests.libs.pathways.linked_rows import linked_pathways, linked_treatments

REFERRED = date(2025, 1, 1)
# What is found where a type is suspected.
DIAGNOSES = {"03": "C34.1", "08": "C43.9", "10": "C71.2", "11": "C61", None: "C50.1"}
HALF, WHOLE, NONE = Decimal("0.50"), Decimal("1.00"), Decimal("0.00")


def case(
    name: str, suspected: str | None, *, told: int, treated: int | None, sent: int | None = None, treating: str = "RVW"
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """A pathway and its treatment, each day counted from the referral at RVW; `suspected` is a code of DIAGNOSES."""
    pathway = {
        "pathway_key": name,
        "suspected_cancer_type": suspected,
        "referral_received_on": REFERRED,
        "first_seen_org": "RVW",
        "informed_on": REFERRED + timedelta(days=told),
        "fds_end_reason": "01",
        "told_by": "RVW",
        "diagnosis_icd10": DIAGNOSES[suspected],
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


# The cancer names the case.
CASES = [
    case("1", "03", told=20, treated=62, sent=38, treating="RTR"),
    case("2", "03", told=20, treated=90, sent=38, treating="RTR"),
    case("3", "08", told=20, treated=74, sent=50, treating="RTR"),
    case("4", "10", told=29, treated=None),
    case("5", None, told=28, treated=40),
    case("6", "11", told=20, treated=90, sent=50, treating="RTD"),
]
LUNG, SKIN, PROSTATE = "Lung", "Skin", "Urological - Prostate"
SUSPECTED_BRAIN = "Suspected brain/central nervous system tumours"


@pytest.fixture(scope="module")
def performance(spark: SparkSession) -> list[Row]:
    return performance_month(standards(spark, CASES), load_rules()).collect()


def shares(performance: list[Row], standard: str, group: str, org: str) -> list[tuple[str, Decimal, Decimal, Decimal]]:
    return sorted(
        (row["month"], row["denominator_share"], row["within_share"], row["breach_share"])
        for row in performance
        if (row["standard"], row["tumour_group"], row["org"]) == (standard, group, org)
    )


def test_a_shared_wait_within_its_limit_is_half_each_providers(performance: list[Row]) -> None:
    assert shares(performance, "62", LUNG, "RVW") == [("2025-03", HALF, HALF, NONE)]


def test_each_wait_counts_in_the_month_of_its_own_treatment(performance: list[Row]) -> None:
    # The second wait is all the treating trust's breach: sent in time, treated late.
    assert shares(performance, "62", LUNG, "RTR") == [
        ("2025-03", HALF, HALF, NONE),
        ("2025-04", WHOLE, NONE, WHOLE),
    ]


def test_a_provider_without_a_share_has_no_row(performance: list[Row]) -> None:
    assert shares(performance, "62", SKIN, "RVW") == [("2025-03", WHOLE, NONE, WHOLE)]
    assert shares(performance, "62", SKIN, "RTR") == []


def test_a_provider_that_sends_no_extract_is_accountable_too(performance: list[Row]) -> None:
    assert shares(performance, "62", PROSTATE, "RTD") == [("2025-04", HALF, NONE, HALF)]


def test_a_wait_that_still_runs_is_in_no_month(performance: list[Row]) -> None:
    assert shares(performance, "62", "Other (a)", "RVW") == []
    assert shares(performance, "28", SUSPECTED_BRAIN, "RVW") == [("2025-01", WHOLE, NONE, WHOLE)]


def test_28_days_are_counted_by_what_was_suspected_and_the_treatments_by_what_was_found(
    performance: list[Row],
) -> None:
    groups = {
        standard: {row["tumour_group"] for row in performance if row["standard"] == standard}
        for standard in ("28", "31", "62")
    }
    assert groups["31"] == groups["62"] == {LUNG, SKIN, "Breast", PROSTATE}
    assert groups["28"] == {
        "Suspected lung cancer",
        "Suspected skin cancer",
        SUSPECTED_BRAIN,
        "Suspected urological malignancies (excluding testicular)",
        "Missing or Invalid",
    }


def test_what_is_not_known_or_does_not_apply_is_named_in_the_key(spark: SparkSession, performance: list[Row]) -> None:
    of_28 = {(row["stage"], row["modality_group"]) for row in performance if row["standard"] == "28"}
    assert of_28 == {("-", "-")}
    bare = standards(spark, CASES[:1]).withColumn("tumour_group", F.lit(None).cast("string"))
    assert {row["tumour_group"] for row in performance_month(bare, load_rules()).collect()} == {"-"}


EDGES = {"28": [0, 14, 15, 28, 29, 42, 43, 62, 63, 200], "31": [0, 31, 32, 38, 39, 48, 49, 62, 63, 200]}
EDGES["62"] = [0, 31, 32, 38, 39, 48, 49, 62, 63, 76, 77, 90, 91, 104, 105, 300]
FILLED = {
    "28": ("days_0_14", "days_15_28", "days_29_42", "days_43_62", "days_over_62"),
    "31": ("days_0_31", "days_32_38", "days_39_48", "days_49_62", "days_over_62"),
    "62": ("days_0_31", "days_32_38", "days_39_48", "days_49_62", "days_63_76", "days_77_90", "days_91_104",
           "days_over_104"),
}  # fmt: skip


def test_the_first_and_the_last_day_of_a_band_are_in_it_and_no_other_band_is_filled(spark: SparkSession) -> None:
    rows = [Row(standard=standard, days_waited=day, org=f"{day:03}") for standard in EDGES for day in EDGES[standard]]
    waits = spark.createDataFrame(rows).selectExpr(
        "standard", "days_waited", "org as investigating_trust", "cast(1 as decimal(3,1)) as investigating_share",
        "cast(null as string) as treating_trust", "cast(0 as decimal(3,1)) as treating_share", "'USC' as route",
        "'Lung' as tumour_group", "'first' as stage", "'Surgery' as modality_group", "'2025-01' as reporting_month",
        "date'2025-01-31' as clock_stop_on", "'WITHIN' as outcome",
    )  # fmt: skip
    found = performance_month(waits, load_rules()).orderBy("org").collect()
    for standard, bands in FILLED.items():
        of_standard = [row for row in found if row["standard"] == standard]
        assert [band for row in of_standard for band in BANDS if row[band]] == [
            band for band in bands for _ in ("first day", "last day")
        ]
        for row in of_standard:
            assert [row[band] is not None for band in BANDS] == [band in bands for band in BANDS]
            assert sum(row[band] or 0 for band in BANDS) == row["denominator_share"] == WHOLE


def test_the_columns_of_bands_are_those_of_the_rules_and_there_is_no_other() -> None:
    found = bands_by_standard(load_rules())
    assert found == FILLED
    assert {band for bands in found.values() for band in bands} == set(BANDS)


def with_bands(*versions: tuple[str, dict[str, list[int]]]) -> Rules:
    """The rules, with other wait bands, each from its day on."""
    rules = load_rules()
    said = [{"from": day, "value": bands, "source": "a test"} for day, bands in versions]
    other = Publication.model_validate({**rules.publication.model_dump(by_alias=True), "wait_bands": said})
    return rules.model_copy(update={"publication": other})


NOW = {"28": [14, 28, 42, 62], "31": [31, 38, 48, 62], "62": [31, 38, 48, 62, 76, 90, 104]}


def test_bands_that_change_hold_for_the_clocks_that_stop_from_their_day_on(spark: SparkSession) -> None:
    rules = with_bands(("2023-10-01", NOW), ("2025-04-01", {**NOW, "62": [31, 38, 48, 62]}))
    found = performance_month(standards(spark, CASES), rules).where("standard = '62'").collect()
    of_months = {
        month: {band for row in found for band in BANDS if row["month"] == month and row[band]}
        for month in ("2025-03", "2025-04")
    }
    assert of_months == {"2025-03": {"days_49_62", "days_63_76"}, "2025-04": {"days_over_62"}}


def test_a_band_that_has_no_column_is_refused_before_anything_is_counted() -> None:
    rules = with_bands(("2023-10-01", NOW), ("2025-04-01", {**NOW, "28": [14, 28, 42]}))
    with pytest.raises(RulesError, match=r"no column.*published_columns"):
        bands_by_standard(rules)


waits = st.lists(
    st.tuples(
        st.integers(0, 60),
        st.one_of(st.none(), st.integers(20, 120)),
        st.one_of(st.none(), st.integers(0, 80)),
        st.sampled_from(["RVW", "RTR", "RTD"]),
        st.sampled_from(["03", "08", None]),
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
            case(f"{index}", suspected, told=told, treated=treated, sent=sent, treating=treating)
            for index, (told, treated, sent, treating, suspected) in enumerate(waits)
        ],
    ).persist()
    try:
        closed = [row for row in rows.collect() if row["outcome"] in ("WITHIN", "BREACH")]
        performance = performance_month(rows, load_rules()).collect()
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
        assert row["denominator_share"] == sum(row[band] or 0 for band in BANDS)
        found[row["month"], row["standard"], row["org"], "WITHIN"] += row["within_share"]
        found[row["month"], row["standard"], row["org"], "BREACH"] += row["breach_share"]
    assert {key: share for key, share in found.items() if share} == {
        key: share for key, share in expected.items() if share
    }
    assert sum(row["denominator_share"] for row in performance) == len(closed)


def test_a_wait_whose_treating_trust_is_not_known_loses_no_share(spark: SparkSession) -> None:
    pathway, treatment = case("1", "03", told=20, treated=50)
    rows = (
        performance_month(standards(spark, [(pathway, {**treatment, "treatment_org": None})]), load_rules())
        .where("standard = '62'")
        .collect()
    )
    assert sum(row["denominator_share"] for row in rows) in (0, 1)
