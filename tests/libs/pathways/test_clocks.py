"""The clocks against the project's worked vectors."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from libs.pathways.allocation import with_allocation
from libs.pathways.clocks import with_clocks
from libs.rules import Rule, load_rules
from tests.libs.pathways.linked_rows import transferred

RULES = load_rules()
VECTORS = Path(__file__).with_name("cwt_vectors.csv")
# column of the vectors: canonical column
DATES = {
    "referral": "referral_received_on",
    "upgrade": "upgraded_on",
    "first_seen": "first_seen_on",
    "fds_end": "informed_on",
    "dtt": "decision_to_treat_on",
    "treat": "treatment_on",
    "ipt": "transfer_on",
    "asof": "as_at_on",
}
CODES = {
    "id": "id",
    "route": "route",
    "fds_reason": "fds_end_reason",
    "fds_excl": "fds_exclusion_reason",
    "icd10": "diagnosis_icd10",
    "event": "treatment_event",
    "modality": "treatment_modality",
    "first_seen_org": "first_seen_org",
    "upgrade_org": "upgrade_org",
    "inv_org": "transfer_from_org",
    "treat_org": "treatment_org",
    "closed": "closed_reason",
}
DAYS = {"fs_adj": "first_seen_adjustment_days", "tx_adj": "treatment_adjustment_days"}
SCHEMA = ", ".join(
    [
        *(f"{name} date" for name in DATES.values()),
        *(f"{name} string" for name in CODES.values()),
        *(f"{name} int" for name in DAYS.values()),
        "is_basal_cell boolean",
    ]
)


def pathways(spark: SparkSession, *rows: dict[str, Any]) -> DataFrame:
    """Rows with the columns that clocks need; what a row does not name is null."""
    columns = [*DATES.values(), *CODES.values(), *DAYS.values(), "is_basal_cell"]
    blank = {**dict.fromkeys(columns), "is_basal_cell": False}
    return transferred(
        spark.createDataFrame([tuple({**blank, **row}[name] for name in columns) for row in rows], SCHEMA)
    )


def vectors() -> list[dict[str, str]]:
    with VECTORS.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def as_pathway(vector: dict[str, str]) -> dict[str, Any]:
    return {
        **{name: date.fromisoformat(vector[source]) if vector[source] else None for source, name in DATES.items()},
        **{name: vector[source] or None for source, name in CODES.items()},
        **{name: int(vector[source] or 0) for source, name in DAYS.items()},
        "is_basal_cell": vector["bcc"] == "True",
    }


@pytest.fixture(scope="module")
def timed(spark: SparkSession) -> dict[str, Row]:
    frame = pathways(spark, *(as_pathway(vector) for vector in vectors()))
    return {row["id"]: row for row in with_allocation(with_clocks(frame, RULES), RULES).collect()}


def text(value: Any) -> str:
    return "" if value is None else str(value)


def number(value: Any) -> str:
    return f"{float(value):g}"


@pytest.mark.parametrize("vector", vectors(), ids=lambda vector: f"{vector['id']} {vector['what'][:40]}")
def test_every_worked_vector_comes_out_exactly(timed: dict[str, Row], vector: dict[str, str]) -> None:
    row = timed[vector["id"]]
    for standard, prefix in (("clock_28", "fds"), ("clock_31", "d31"), ("clock_62", "d62")):
        clock = row[standard]
        expected = [
            vector[f"{prefix}_{part}"] for part in ("start", "stop", "days", "last_ok", "first_breach", "outcome")
        ]
        parts = ("start_on", "stop_on", "days", "last_compliant_on", "first_breach_on", "outcome")
        assert [text(clock[part]) for part in parts] == expected
    assert text(row["clock_62"]["adjustment_days"]) == vector["d62_adj"]
    assert text(row["clock_28"]["month"]) == vector["fds_month"]
    assert text(row["clock_31"]["month"] or row["clock_62"]["month"]) == vector["tx_month"]


@pytest.mark.parametrize("vector", vectors(), ids=lambda vector: f"{vector['id']} {vector['what'][:40]}")
def test_every_worked_vector_is_allocated_exactly(timed: dict[str, Row], vector: dict[str, str]) -> None:
    allocation = timed[vector["id"]]["allocation"]
    shares = "; ".join(
        f"{share['trust']}={number(share['within_share'])}/{number(share['denominator_share'])}"
        for share in allocation["shares"] or []
    )
    found = [text(allocation[part]) for part in ("method", "scenario", "phase_38_days", "phase_24_days")]
    assert [*found, shares] == [
        vector[part] for part in ("alloc_method", "alloc_scenario", "days_38_phase", "days_24_phase", "alloc")
    ]


def test_a_treatment_date_in_the_future_does_not_stop_the_clock(spark: SparkSession) -> None:
    planned = {
        "id": "p",
        "route": "USC",
        "referral_received_on": date(2024, 5, 1),
        "treatment_on": date(2024, 7, 20),
        "treatment_event": "01",
        "as_at_on": date(2024, 7, 3),
    }
    clock = with_clocks(pathways(spark, planned), RULES).collect()[0]["clock_62"]
    assert (clock["outcome"], clock["days"], clock["stop_on"]) == ("OPEN_BREACHED", 63, None)


def test_a_closed_untreated_pathway_has_no_62_day_clock(spark: SparkSession) -> None:
    closed = {"id": "p", "route": "USC", "referral_received_on": date(2024, 5, 1), "closed_reason": "DIED"}
    assert with_clocks(pathways(spark, closed), RULES).collect()[0]["clock_62"]["outcome"] == "NOT_APPLICABLE"


def test_a_clock_without_its_start_says_so(spark: SparkSession) -> None:
    clock = with_clocks(pathways(spark, {"id": "p", "route": "USC"}), RULES).collect()[0]["clock_28"]
    assert (clock["outcome"], clock["days"]) == ("NO_CLOCK_START", None)


def test_a_negative_adjustment_is_invalid_also_where_another_outweighs_it(spark: SparkSession) -> None:
    row = {
        **as_pathway(next(vector for vector in vectors() if vector["id"] == "V21")),
        "first_seen_adjustment_days": -5,
        "treatment_adjustment_days": 10,
    }
    found = with_clocks(pathways(spark, row), RULES).collect()[0]
    assert found["clock_28"]["outcome"] == "INVALID_ADJ_EXCEEDS_WAIT"
    assert found["clock_62"]["outcome"] == "INVALID_ADJ_EXCEEDS_WAIT"
    assert (found["clock_31"]["outcome"], found["clock_31"]["days"]) == ("BREACH", 33)


def test_a_rule_is_chosen_by_the_day_on_which_the_clock_stopped(spark: SparkSession) -> None:
    """A decision to treat stopped the clock before the shorter limit came into force, the telling came after."""
    limit = Rule[int].model_validate(
        [
            {"from": "2023-10-01", "value": 28, "source": "a test"},
            {"from": "2025-07-01", "value": 21, "source": "a test"},
        ]
    )
    standards = {**RULES.standards, "28": RULES.standards["28"].model_copy(update={"limit_days": limit})}
    row = {
        "id": "p",
        "route": "USC",
        "referral_received_on": date(2025, 6, 1),
        "decision_to_treat_on": date(2025, 6, 25),
        "informed_on": date(2025, 7, 5),
        "fds_end_reason": "01",
    }
    changed = RULES.model_copy(update={"standards": standards})
    clock = with_clocks(pathways(spark, row), changed).collect()[0]["clock_28"]
    assert (clock["days"], clock["outcome"], clock["last_compliant_on"]) == (24, "WITHIN", date(2025, 6, 29))


def test_what_is_told_after_the_list_ends_nothing_yet(spark: SparkSession) -> None:
    row = {
        "id": "p",
        "route": "USC",
        "referral_received_on": date(2025, 6, 1),
        "informed_on": date(2025, 7, 10),
        "fds_end_reason": "02",
        "as_at_on": date(2025, 7, 1),
    }
    found = with_clocks(pathways(spark, row), RULES).collect()[0]
    assert (found["clock_28"]["outcome"], found["clock_62"]["outcome"]) == ("OPEN_BREACHED", "OPEN")
