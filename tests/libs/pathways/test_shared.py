"""Which trust's copy speaks for a linked pathway: the facts, the tracking, the transfer and the treatments."""

from datetime import date, datetime
from typing import Any

import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from libs.pathways.shared import one_pathway, one_treatment
from libs.pathways.versions import KEY, empty_history
from libs.rules import load_rules
from tests.libs.pathways.linked_rows import frame_of, schema_of

AS_AT = date(2025, 6, 30)
MEMBERS = schema_of(["pathway_key", *KEY])
TRANSFERS = schema_of([*KEY, "transfer_on", "transfer_from_org", "transfer_to_org", "transfer_reason"])
TREATMENTS = schema_of(
    [
        *KEY, "treatment_number", "decision_to_treat_on", "planned_treatment_on", "treatment_on", "treatment_event",
        "treatment_modality", "treatment_adjustment_days", "treatment_org",
    ]
)  # fmt: skip
SYSTEMS = {"RTR": "scr", "RVW": "infoflex"}
Copy = tuple[str, str, dict[str, Any]]  # case, trust, what the trust's copy says


def key(case: str, trust: str) -> dict[str, str]:
    return {"trust": trust, "system": SYSTEMS[trust], "source_pathway_id": f"{trust} {case}"}


def basal(case: str, diagnosis: str, morphology: str | None) -> Copy:
    return (case, "RVW", {"diagnosis_icd10": diagnosis, "morphology": morphology})


# RTR's copies come first here, so that nothing but the first-seen organisation can prefer RVW's.
COPIES: list[Copy] = [
    ("facts", "RTR", {"first_seen_org": "RVW", "diagnosis_icd10": "C34.9", "priority_type": "1"}),
    ("facts", "RVW", {"first_seen_org": "RVW", "diagnosis_icd10": "C34.1", "priority_type": "3"}),
    ("lacking", "RTR", {"first_seen_org": "RVW", "mdt_on": date(2025, 5, 9), "diagnosis_icd10": "C34.9"}),
    ("lacking", "RVW", {"first_seen_org": "RVW", "diagnosis_icd10": "C34.1"}),
    ("never seen", "RTR", {"diagnosis_icd10": "C34.9"}),
    ("never seen", "RVW", {"diagnosis_icd10": "C34.1"}),
    ("sent", "RTR", {"first_seen_org": "RVW", "next_action": "operate"}),
    ("sent", "RVW", {"first_seen_org": "RVW", "next_action": "nothing", "closed_on": date(2025, 6, 1)}),
    ("to be sent", "RTR", {"first_seen_org": "RVW", "next_action": "wait", "is_departed": True}),
    ("to be sent", "RVW", {"first_seen_org": "RVW", "next_action": "send"}),
    ("sent away", "RVW", {"first_seen_org": "RVW", "next_action": "ask the other trust"}),
    ("two dates", "RTR", {"first_seen_org": "RVW"}),
    ("two dates", "RVW", {"first_seen_org": "RVW"}),
    ("told", "RTR", {"first_seen_org": "RVW", "informed_on": date(2025, 5, 20), "fds_end_reason": "01"}),
    ("told", "RVW", {"first_seen_org": "RVW", "fds_end_reason": "02"}),
    ("planned to tell", "RTR", {"first_seen_org": "RVW", "informed_on": date(2025, 6, 20), "fds_end_reason": "01"}),
    ("planned to tell", "RVW", {"first_seen_org": "RVW", "informed_on": date(2025, 7, 10), "fds_end_reason": "01"}),
    ("no sender", "RTR", {"first_seen_org": "RVW"}),
    ("no sender", "RVW", {"first_seen_org": "RVW"}),
    ("for tests", "RVW", {"first_seen_org": "RVW"}),
    ("sent on", "RTR", {"first_seen_org": "RVW"}),
    ("sent on", "RVW", {"first_seen_org": "RVW"}),
    ("told twice", "RTR", {"first_seen_org": "RVW", "informed_on": date(2025, 5, 1), "fds_end_reason": "01"}),
    ("told twice", "RVW", {"first_seen_org": "RVW", "informed_on": date(2025, 5, 20), "fds_end_reason": "01"}),
    # A continuation: the receiver registered the patient anew, and saw them first.
    (
        "continued",
        "RTR",
        {
            "referral_received_on": date(2025, 6, 3),
            "first_seen_on": date(2025, 6, 10),
            "first_seen_org": "RTR",
            "next_action": "operate",
        },
    ),
    ("continued", "RVW", {"referral_received_on": date(2025, 5, 1), "next_action": "nothing"}),
    ("to be continued", "RTR", {"referral_received_on": date(2025, 5, 20), "next_action": "wait"}),
    ("to be continued", "RVW", {"referral_received_on": date(2025, 5, 1), "next_action": "send"}),
    basal("basal", "C44.3", "8090/3"),
    basal("basal, older notation", "C44.3", "M80903"),
    basal("melanoma in skin code", "C44.3", "8720/3"),
    basal("skin without morphology", "C44.3", None),
    basal("basal word elsewhere", "C50.1", "8090/3"),
]
TRANSFERRED: list[Copy] = [
    ("sent", "RVW", {"transfer_on": AS_AT, "transfer_from_org": "RVW", "transfer_to_org": "RTR"}),
    ("to be sent", "RVW", {"transfer_on": date(2025, 7, 1), "transfer_from_org": "RVW", "transfer_to_org": "RTR"}),
    ("sent away", "RVW", {"transfer_on": date(2025, 6, 1), "transfer_from_org": "RVW", "transfer_to_org": "RTD"}),
    ("no sender", "RTR", {"transfer_on": date(2025, 6, 10), "transfer_to_org": "RTR"}),
    ("no sender", "RVW", {"transfer_on": date(2025, 6, 8), "transfer_from_org": "RVW", "transfer_to_org": "RTR"}),
    (
        "for tests",
        "RVW",
        {
            "transfer_on": date(2025, 6, 8),
            "transfer_from_org": "RVW",
            "transfer_to_org": "RTR",
            "transfer_reason": "1",
        },
    ),
    ("sent on", "RTR", {"transfer_on": date(2025, 6, 20), "transfer_from_org": "RTR", "transfer_to_org": "RTD"}),
    ("sent on", "RVW", {"transfer_on": date(2025, 6, 1), "transfer_from_org": "RVW", "transfer_to_org": "RTR"}),
    ("continued", "RVW", {"transfer_on": date(2025, 6, 2), "transfer_from_org": "RVW", "transfer_to_org": "RTR"}),
    ("to be continued", "RVW", {"transfer_on": date(2025, 7, 1), "transfer_to_org": "RTR"}),
    ("two dates", "RTR", {"transfer_on": date(2025, 6, 4), "transfer_from_org": "RVW", "transfer_to_org": "RTR"}),
    ("two dates", "RVW", {"transfer_on": date(2025, 6, 2), "transfer_from_org": "RVW", "transfer_to_org": "RTR"}),
]


@pytest.fixture(scope="module")
def merged(spark: SparkSession) -> dict[str, Row]:
    came_at = {"RTR": datetime(2025, 5, 1, 8), "RVW": datetime(2025, 5, 1, 9)}
    pathways = [
        {"is_departed": False, **key(case, trust), "first_extracted_at": came_at[trust], **said}
        for case, trust, said in COPIES
    ]
    frame = one_pathway(
        frame_of(spark, MEMBERS, [{"pathway_key": case, **key(case, trust)} for case, trust, _ in COPIES]),
        frame_of(spark, empty_history(), pathways),
        frame_of(spark, TRANSFERS, [{**key(case, trust), **said} for case, trust, said in TRANSFERRED]),
        as_at_on=F.lit(AS_AT),
        rules=load_rules(),
    )
    rows = frame.collect()
    assert len(rows) == len({case for case, _, _ in COPIES})
    return {row["pathway_key"]: row for row in rows}


def test_the_facts_come_from_the_trust_where_the_patient_was_first_seen(merged: dict[str, Row]) -> None:
    assert (merged["facts"]["diagnosis_icd10"], merged["facts"]["route"]) == ("C34.1", "USC")


def test_a_fact_that_this_copy_lacks_comes_from_the_other(merged: dict[str, Row]) -> None:
    assert (merged["lacking"]["diagnosis_icd10"], merged["lacking"]["mdt_on"]) == ("C34.1", date(2025, 5, 9))


def test_before_the_patient_is_seen_the_copy_that_came_first_speaks(merged: dict[str, Row]) -> None:
    assert (merged["never seen"]["diagnosis_icd10"], merged["never seen"]["holding_trust"]) == ("C34.9", "RTR")


def test_after_a_transfer_the_tracking_comes_from_the_trust_that_holds_the_patient(merged: dict[str, Row]) -> None:
    row = merged["sent"]
    assert (row["holding_trust"], row["next_action"], row["closed_on"]) == ("RTR", "operate", None)


def test_until_a_transfer_happens_the_first_trust_holds_the_patient(merged: dict[str, Row]) -> None:
    row = merged["to be sent"]
    assert (row["holding_trust"], row["next_action"], row["is_departed"]) == ("RVW", "send", False)


def test_a_continuation_begins_with_the_referral_of_the_trust_that_sent_the_patient(merged: dict[str, Row]) -> None:
    row = merged["continued"]
    assert (row["referral_received_on"], row["first_seen_on"]) == (date(2025, 5, 1), date(2025, 6, 10))
    assert row["conflicts"] == "referral_received_on: RTR 2025-06-03, RVW 2025-05-01, counted 2025-05-01"


def test_the_baton_of_a_continuation_goes_over_on_the_day_of_the_transfer(merged: dict[str, Row]) -> None:
    told = {case: merged[case] for case in ("continued", "to be continued")}
    assert {case: (row["holding_trust"], row["next_action"]) for case, row in told.items()} == {
        "continued": ("RTR", "operate"),
        "to be continued": ("RVW", "send"),
    }


def test_where_the_holder_sends_no_extract_the_first_trust_still_tells_what_is_done(merged: dict[str, Row]) -> None:
    row = merged["sent away"]
    assert (row["holding_trust"], row["next_action"]) == ("RTD", "ask the other trust")


def test_the_transfer_comes_from_the_trust_that_received_it(merged: dict[str, Row]) -> None:
    assert merged["two dates"]["transfer_on"] == date(2025, 6, 4)


def test_the_trust_that_told_the_patient_is_named_and_its_outcome_goes_with_its_date(merged: dict[str, Row]) -> None:
    row = merged["told"]
    assert (row["told_by"], row["informed_on"], row["fds_end_reason"]) == ("RTR", date(2025, 5, 20), "01")


def test_of_two_trusts_that_told_the_first_seen_one_counts(merged: dict[str, Row]) -> None:
    assert (merged["told twice"]["told_by"], merged["told twice"]["informed_on"]) == ("RVW", date(2025, 5, 20))


def test_a_shared_pathway_names_its_trusts_and_their_own_numbers(merged: dict[str, Row]) -> None:
    shared, alone = merged["facts"], merged["sent away"]
    assert (shared["is_shared"], shared["tracked_by"]) == (True, "RTR, RVW")
    assert shared["local_pathway_ids"] == "RTR:RTR facts; RVW:RVW facts"
    assert (alone["is_shared"], alone["tracked_by"]) == (False, "RVW")


@pytest.mark.parametrize(
    ("case", "is_basal_cell"),
    [
        ("basal", True),
        ("basal, older notation", True),
        ("melanoma in skin code", False),
        ("skin without morphology", False),
        ("basal word elsewhere", False),
    ],
)
def test_basal_cell_carcinoma_is_known_by_skin_and_morphology(
    merged: dict[str, Row], case: str, is_basal_cell: bool
) -> None:
    assert merged[case]["is_basal_cell"] is is_basal_cell


def test_a_treatment_comes_from_the_trust_that_gave_it_and_what_it_lacks_from_the_other(spark: SparkSession) -> None:
    told: list[tuple[str, int, dict[str, Any]]] = [
        ("RVW", 1, {"treatment_org": "RTR", "treatment_modality": "02", "planned_treatment_on": date(2025, 6, 9)}),
        ("RTR", 1, {"treatment_org": "RTR", "treatment_modality": "23", "treatment_on": date(2025, 6, 10)}),
        ("RVW", 2, {"treatment_org": "RVW", "treatment_modality": "05"}),
        ("RTR", 2, {"treatment_org": "RVW", "treatment_modality": "03"}),
    ]
    treatments = one_treatment(
        frame_of(spark, MEMBERS, [{"pathway_key": "k", **key("k", trust)} for trust in SYSTEMS]),
        frame_of(
            spark, TREATMENTS, [{**key("k", trust), "treatment_number": number, **said} for trust, number, said in told]
        ),
    )
    assert {row["treatment_number"]: row["treatment_conflicts"] for row in treatments.collect()} == {
        1: "treatment_modality: RTR 23, RVW 02, counted 23",
        2: "treatment_modality: RTR 03, RVW 05, counted 05",
    }
    first, second = sorted(treatments.collect(), key=lambda row: row["treatment_number"])
    assert (first["treatment_modality"], first["treatment_on"]) == ("23", date(2025, 6, 10))
    assert first["planned_treatment_on"] == date(2025, 6, 9)
    assert (second["treatment_number"], second["treatment_modality"]) == (2, "05")


def test_what_copies_say_differently_is_shown_with_the_value_that_counts(merged: dict[str, Row]) -> None:
    assert merged["told twice"]["conflicts"] == ("informed_on: RTR 2025-05-01, RVW 2025-05-20, counted 2025-05-20")
    assert merged["two dates"]["conflicts"] == "transfer_on: RTR 2025-06-04, RVW 2025-06-02, counted 2025-06-04"
    assert merged["facts"]["conflicts"] == (
        "priority_type: RTR 1, RVW 3, counted 3; diagnosis_icd10: RTR C34.9, RVW C34.1, counted C34.1"
    )


def test_a_fact_that_one_copy_lacks_is_no_conflict(merged: dict[str, Row]) -> None:
    assert merged["to be sent"]["conflicts"] is None
    assert merged["sent away"]["conflicts"] is None


def test_two_copies_of_one_transfer_are_one_with_the_receivers_date(merged: dict[str, Row]) -> None:
    assert [tuple(transfer) for transfer in merged["two dates"]["transfers"]] == [(date(2025, 6, 4), "RVW", "RTR")]
    assert merged["facts"]["transfers"] is None


def test_the_receivers_copy_without_a_sender_is_of_the_transfer_that_the_sender_tells_of(
    merged: dict[str, Row],
) -> None:
    assert [tuple(transfer) for transfer in merged["no sender"]["transfers"]] == [(date(2025, 6, 10), "RVW", "RTR")]


def test_a_transfer_for_tests_hands_nobody_over_for_treatment(merged: dict[str, Row]) -> None:
    assert merged["for tests"]["transfers"] is None


def test_of_several_transfers_the_last_that_has_happened_says_who_holds_the_patient(merged: dict[str, Row]) -> None:
    row = merged["sent on"]
    assert (row["holding_trust"], row["transfer_on"]) == ("RTD", date(2025, 6, 20))
    assert [transfer["transfer_to_org"] for transfer in row["transfers"]] == ["RTR", "RTD"]


def test_a_telling_that_is_only_planned_does_not_hide_one_that_has_happened(merged: dict[str, Row]) -> None:
    row = merged["planned to tell"]
    assert (row["told_by"], row["informed_on"]) == ("RTR", date(2025, 6, 20))
