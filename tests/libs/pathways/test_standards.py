"""One row a pathway, standard and treatment: who is accountable, in which month, for which part of the wait."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import Row, SparkSession

from libs.pathways.standards import KEY, pathway_standards
from libs.rules import load_rules
from tests.libs.pathways.linked_rows import linked_pathways, linked_treatments

REFERRED = date(2025, 1, 1)
HALF, WHOLE, NONE = Decimal("0.5"), Decimal("1.0"), Decimal("0.0")


def pathway(name: str, **said: Any) -> dict[str, Any]:
    cancer = {
        "first_seen_org": "RVW",
        "diagnosis_icd10": "C34.1",
        "informed_on": date(2025, 1, 25),
        "fds_end_reason": "01",
        "told_by": "RVW",
    }
    return {"pathway_key": name, "referral_received_on": REFERRED, **cancer, **said}


def treatment(name: str, **said: Any) -> dict[str, Any]:
    usual = {"decision_to_treat_on": date(2025, 2, 1), "treatment_on": date(2025, 2, 20), "treatment_org": "RVW"}
    return {"pathway_key": name, **usual, **said}


def sent_on(day: date) -> dict[str, Any]:
    return {"transfer_on": day, "transfer_from_org": "RVW", "transfer_to_org": "RTR", "is_shared": True}


PATHWAYS = [
    pathway("at one trust"),
    pathway("shared", **sent_on(date(2025, 2, 1))),
    pathway("sent late", **sent_on(date(2025, 2, 20))),
    pathway("treated thrice"),
    pathway("untreated", informed_on=None, fds_end_reason=None, told_by=None),
    pathway("upgraded", route="UPGRADE", upgraded_on=REFERRED, upgrade_org="RVW"),
    pathway("told elsewhere", told_by="RTR"),
]
TREATMENTS = [
    treatment("at one trust"),
    treatment("shared", treatment_org="RTR"),
    treatment("sent late", treatment_org="RTR", treatment_on=date(2025, 3, 10)),
    treatment("treated thrice"),
    treatment("treated thrice", treatment_number=2, treatment_event="02", treatment_modality="02", treatment_org="RTR"),
    treatment("treated thrice", treatment_number=3, treatment_event="02", treatment_modality="05"),
    treatment("upgraded", treatment_modality="08"),
    treatment("told elsewhere", treatment_modality=None),
]


@pytest.fixture(scope="module")
def standards(spark: SparkSession) -> dict[tuple[str, str, int], Row]:
    frame = pathway_standards(linked_pathways(spark, *PATHWAYS), linked_treatments(spark, *TREATMENTS), load_rules())
    rows = frame.collect()
    by_key = {(row["pathway_key"], row["standard"], row["treatment_number"]): row for row in rows}
    assert len(by_key) == len(rows), KEY
    return by_key


Standards = dict[tuple[str, str, int], Row]


def credit(row: Row) -> tuple[str | None, Decimal, str | None, Decimal]:
    return (row["investigating_trust"], row["investigating_share"], row["treating_trust"], row["treating_share"])


def test_a_shared_wait_divides_into_halves(standards: Standards) -> None:
    assert credit(standards["shared", "62", 1]) == ("RVW", HALF, "RTR", HALF)


def test_a_wait_at_one_trust_is_whole(standards: Standards) -> None:
    assert credit(standards["at one trust", "62", 1]) == ("RVW", NONE, "RVW", WHOLE)


def test_a_breach_after_a_late_transfer_and_a_prompt_treatment_is_all_the_investigating_trusts(
    standards: Standards,
) -> None:
    row = standards["sent late", "62", 1]
    assert (row["outcome"], *credit(row)) == ("BREACH", "RVW", WHOLE, "RTR", NONE)


def test_the_28_day_standard_is_credited_to_the_trust_that_told_the_patient(standards: Standards) -> None:
    row = standards["told elsewhere", "28", 0]
    assert (row["investigating_trust"], row["investigating_share"], row["treating_share"]) == ("RTR", WHOLE, NONE)
    assert (row["stage"], row["modality_group"]) == (None, None)


def test_the_31_day_standard_is_credited_whole_to_the_trust_that_treats(standards: Standards) -> None:
    assert credit(standards["shared", "31", 1]) == (None, NONE, "RTR", WHOLE)


def test_every_treatment_has_a_31_day_row_and_only_the_first_a_62_day_row(standards: Standards) -> None:
    rows = sorted(key[1:] for key in standards if key[0] == "treated thrice")
    assert rows == [("28", 0), ("31", 1), ("31", 2), ("31", 3), ("62", 1)]


def test_first_and_subsequent_treatments_are_told_apart(standards: Standards) -> None:
    stages = [standards["treated thrice", "31", number]["stage"] for number in (1, 2, 3)]
    assert stages == ["first", "subsequent", "subsequent"]


def test_modalities_fall_into_the_published_groups(standards: Standards) -> None:
    groups = [standards["treated thrice", "31", number]["modality_group"] for number in (1, 2, 3)]
    assert groups == ["Surgery", "Anti-cancer drug regimen", "Radiotherapy"]
    assert standards["upgraded", "31", 1]["modality_group"] == "Other"
    assert standards["told elsewhere", "31", 1]["modality_group"] is None


def test_an_untreated_pathway_has_its_three_rows_and_no_share_in_any_month(standards: Standards) -> None:
    rows = [standards["untreated", *key] for key in (("28", 0), ("31", 1), ("62", 1))]
    assert [row["outcome"] for row in rows] == ["OPEN_BREACHED", "NOT_APPLICABLE", "OPEN_BREACHED"]
    for row in rows:
        assert (row["reporting_month"], row["investigating_share"], row["treating_share"]) == (None, None, None)


def test_an_upgrade_has_no_28_day_clock_and_nobody_accountable_for_it(standards: Standards) -> None:
    row = standards["upgraded", "28", 0]
    assert (row["outcome"], row["investigating_trust"], row["clock_start_on"]) == ("NOT_APPLICABLE", None, None)


def test_diagnosis_counts_in_the_month_of_telling_and_treatment_in_the_month_of_treatment(
    standards: Standards,
) -> None:
    months = [standards["at one trust", *key]["reporting_month"] for key in (("28", 0), ("31", 1), ("62", 1))]
    assert months == ["2025-01", "2025-02", "2025-02"]


def test_the_shares_of_every_closed_wait_make_one(standards: Standards) -> None:
    closed = [row for row in standards.values() if row["outcome"] in ("WITHIN", "BREACH")]
    assert len(closed) == 19
    assert {row["investigating_share"] + row["treating_share"] for row in closed} == {WHOLE}
