"""What a model sees of a pathway on a day: what was known then, and nothing that came later."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from libs.pathways.canonical import PATHWAY, TRANSFER
from libs.pathways.shared import one_pathway
from libs.rules import load_rules
from ml.breach_risk.features import DATED, FEATURES, NOT_KNOWN, NOT_REACHED, with_features, with_first_treatment
from tests.libs.pathways.linked_rows import frame_of, linked_treatments, schema_of
from tests.ml.breach_risk.pathway_rows import LIST_ON, day, pathways

MOMENT = date(2025, 3, 3)
EARLIER = st.integers(0, 80).map(lambda days: MOMENT - timedelta(days=days))
LATER = st.none() | st.integers(1, 80).map(lambda days: MOMENT + timedelta(days=days))
CONTENTS: dict[str, list[Any]] = {
    "first_seen_adjustment_days": [None, 3, 9],
    "treatment_adjustment_days": [None, 4],
    "is_basal_cell": [False, True],
    "transfer_to_org": ["RTR", "RTD"],
    "diagnosis_icd10": ["C34.1", "D12.6", "C44.3"],
    "fds_end_reason": ["01", "02", "03", "04"],
    "treatment_event": ["01", "02"],
    "closed_reason": ["TREATED", "NOT_CANCER", "DIED"],
}


def content(name: str) -> st.SearchStrategy[Any]:
    return st.sampled_from(CONTENTS.get(name, ["RVW", "RTR", None]))


@st.composite
def twins(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """One pathway twice: the same up to the moment, and anything at all after it."""
    known: dict[str, Any] = {"referral_received_on": draw(EARLIER), "transfer_from_org": None, "as_at_on": MOMENT}
    known["tumour_site"] = draw(st.sampled_from(["lung", "skin", None]))
    known["priority_type"] = draw(st.sampled_from(["3", "2", "1"]))
    one, other = dict(known), dict(known)
    for fact, held in DATED.items():
        if draw(st.booleans()):
            happened = {fact: draw(EARLIER), **{name: draw(content(name)) for name in held}}
            one |= happened
            other |= happened
        else:
            one |= {fact: draw(LATER), **{name: draw(content(name)) for name in held}}
            other |= {fact: draw(LATER), **{name: draw(content(name)) for name in held}}
    return _sent(one), _sent(other)


def _sent(row: dict[str, Any]) -> dict[str, Any]:
    """A transfer, whenever it comes, starts from RVW and makes the receiver the holder."""
    if row["transfer_on"] is None:
        return row
    return {**row, "transfer_from_org": "RVW", "holding_trust": row["transfer_to_org"]}


def features_of(rows: DataFrame, *, standard: str = "62") -> dict[str, Row]:
    seen = with_features(rows, load_rules(), standard=standard).select("pathway_key", *FEATURES)
    return {row["pathway_key"]: row for row in seen.collect()}


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(pairs=st.lists(twins(), min_size=30, max_size=30), standard=st.sampled_from(["28", "62"]))
def test_no_fact_dated_after_the_moment_changes_a_feature(
    spark: SparkSession, pairs: list[tuple[dict[str, Any], dict[str, Any]]], standard: str
) -> None:
    rows = [
        {**row, "pathway_key": f"{number} {name}"}
        for number, pair in enumerate(pairs)
        for name, row in zip(("one", "other"), pair, strict=True)
    ]
    seen = features_of(pathways(spark, *rows), standard=standard)
    for number in range(len(pairs)):
        assert seen[f"{number} one"][1:] == seen[f"{number} other"][1:]


def test_a_fact_counts_from_its_own_day_on(spark: SparkSession) -> None:
    facts = {
        "referral_received_on": day(0), "first_seen_on": day(10), "first_seen_adjustment_days": 6, "mdt_on": day(20),
        "diagnosed_on": day(18), "diagnosis_icd10": "C34.1", "decision_to_treat_on": day(30),
        "transfer_on": day(25), "transfer_from_org": "RVW", "transfer_to_org": "RTR", "holding_trust": "RTR",
    }  # fmt: skip
    moments = {number: {**facts, "pathway_key": str(number), "as_at_on": day(number)} for number in (9, 10, 24, 25, 31)}
    seen = features_of(pathways(spark, *moments.values()))
    assert seen["9"]["days_since_first_seen"] == NOT_REACHED
    assert (seen["9"]["adjustment_days"], seen["10"]["adjustment_days"]) == (0, 6)
    assert (seen["9"]["stage"], seen["10"]["stage"], seen["24"]["stage"]) == (
        "referral received",
        "first seen",
        "discussed at MDT",
    )
    assert (seen["24"]["days_waited"], seen["24"]["days_in_stage"], seen["24"]["days_since_diagnosed"]) == (24, 4, 6)
    assert (seen["24"]["holding_trust"], seen["25"]["holding_trust"]) == ("RVW", "RTR")
    assert (seen["25"]["first_trust"], seen["25"]["days_since_transfer"]) == ("RVW", 0)
    assert (seen["31"]["stage"], seen["31"]["days_in_stage"]) == ("decision to treat", 1)


def test_the_62_days_of_an_upgraded_patient_start_with_the_upgrade(spark: SparkSession) -> None:
    upgraded = {
        "pathway_key": "upgraded", "priority_type": "2", "suspected_cancer_type": None, "referral_received_on": day(0),
        "upgraded_on": day(12), "as_at_on": day(20),
    }  # fmt: skip
    before = {**upgraded, "pathway_key": "before", "as_at_on": day(11)}
    seen = features_of(pathways(spark, upgraded, before))
    assert (seen["upgraded"]["route"], seen["upgraded"]["days_waited"]) == ("UPGRADE", 8)
    assert seen["upgraded"]["days_since_referral"] == 20
    assert (seen["before"]["route"], seen["before"]["suspected_cancer_type"]) == ("OTHER", NOT_KNOWN)


def test_no_feature_is_ever_null(spark: SparkSession) -> None:
    empty = {"pathway_key": "empty", "holding_trust": None, "tumour_site": None, "priority_type": None}
    assert None not in features_of(pathways(spark, empty))["empty"]


def copy_of(spark: SparkSession, *rows: dict[str, Any]) -> tuple[DataFrame, DataFrame, DataFrame]:
    """Members, pathways and transfers of one linked pathway, as silver holds the trusts' copies."""
    usual = {
        "system": "scr", "source_pathway_id": "1", "tumour_site": "lung", "priority_type": "3",
        "suspected_cancer_type": "06", "referral_received_on": day(0), "is_departed": False,
    }  # fmt: skip
    copies = [{**usual, **row} for row in rows]
    key = ("trust", "system", "source_pathway_id")
    members = frame_of(
        spark, schema_of(["pathway_key", *key]), [{**_only(row, key), "pathway_key": "x"} for row in copies]
    )
    names = [name for name in PATHWAY.names if name not in key]
    own = frame_of(
        spark, schema_of([*key, *names, "is_departed"]), [_only(row, (*key, *names, "is_departed")) for row in copies]
    )
    arrived = F.when(F.col("trust") == "RVW", F.lit(datetime(2024, 9, 3))).otherwise(F.lit(datetime(2024, 10, 3)))
    sent = [row for row in copies if row.get("transfer_on")]
    columns = [*key, *(name for name in TRANSFER.names if name not in key)]
    transfers = frame_of(spark, schema_of(columns), [_only(row, columns) for row in sent])
    return members, own.withColumn("first_extracted_at", arrived), transfers


def _only(row: dict[str, Any], names: Any) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name in names}


@pytest.mark.parametrize("standard", ["28", "62"])
def test_training_sees_of_a_past_day_what_scoring_saw_on_that_day(spark: SparkSession, standard: str) -> None:
    moment = day(21)
    by_then = {
        "first_seen_on": day(9), "first_seen_org": "RVW", "first_test_booked_on": day(11), "first_test_done_on": day(20)
    }  # fmt: skip
    later = {
        "first_test_reported_on": day(22), "mdt_on": day(26), "diagnosed_on": day(24), "diagnosis_icd10": "C34.1",
        "informed_on": day(28), "fds_end_reason": "01", "closed_on": day(90), "closed_reason": "TREATED",
        "transfer_on": day(30), "transfer_from_org": "RVW", "transfer_to_org": "RTR", "transfer_reason": "9",
    }  # fmt: skip
    sender = {"trust": "RVW", **by_then}
    receiver = {"trust": "RTR", "system": "infoflex", **by_then, **later}
    treated = linked_treatments(
        spark, {"pathway_key": "x", "decision_to_treat_on": day(35), "treatment_on": day(70), "treatment_org": "RTR"}
    )
    that_day = one_pathway(*copy_of(spark, sender), as_at_on=F.lit(moment), rules=load_rules())
    this_day = one_pathway(*copy_of(spark, {**sender, **later}, receiver), as_at_on=F.lit(LIST_ON), rules=load_rules())
    scored = with_first_treatment(that_day, treated.limit(0))
    trained = with_first_treatment(this_day, treated).withColumn("as_at_on", F.lit(moment))
    assert features_of(trained, standard=standard) == features_of(scored, standard=standard)


def test_the_first_treatment_is_the_one_with_the_lowest_number(spark: SparkSession) -> None:
    rows = pathways(spark, {"pathway_key": "x"}, {"pathway_key": "y"})
    rows = rows.drop("decision_to_treat_on", "planned_treatment_on", "treatment_on", "treatment_event")
    rows = rows.drop("treatment_modality", "treatment_adjustment_days", "treatment_org")
    treated = linked_treatments(
        spark,
        {"pathway_key": "x", "treatment_number": 2, "treatment_on": day(80)},
        {"pathway_key": "x", "treatment_number": 1, "treatment_on": day(50)},
    )
    found = with_first_treatment(rows, treated).select("pathway_key", "treatment_on").collect()
    assert {row[0]: row[1] for row in found} == {"x": day(50), "y": None}
