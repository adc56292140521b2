from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.settings import conf_folder
from libs.synthetic.comparison.counted_waits import counted_waits, last_year
from libs.synthetic.providers import load_published_figures
from tests.libs.synthetic.comparison.happened import pathways, treatments

YEAR = last_year(datetime(2025, 3, 31, 18))
PROVIDERS = load_published_figures(conf_folder()).providers
SENT = {"transfer_to": "RTR", "transfer_reason": "9"}


def counted(pathway: dict[str, Any], *given: dict[str, Any]) -> pd.DataFrame:
    return counted_waits(pathways(pathway), treatments(*given), PROVIDERS, YEAR)


def of(rows: pd.DataFrame, standard: str) -> list[tuple[str, int, float, float]]:
    kept = rows[rows["standard"] == standard]
    return list(kept[["provider", "days", "counted", "within"]].itertuples(index=False, name=None))


def shared(transfer: int, treatment: int) -> list[tuple[str, float, float]]:
    """Who counts how much of a pathway that goes over on one day and is treated on another, by days from referral."""
    start = np.datetime64("2024-05-01")
    row = {**SENT, "transfer_on": str(start + transfer)}
    treated = {"treatment_on": str(start + treatment), "decision_to_treat_on": str(start + transfer)}
    rows = counted(row, {**treated, "treatment_org": "RTRAT"})
    return [(provider, counts, within) for provider, _, counts, within in of(rows, "d62")]


def test_a_referral_of_the_first_of_may_told_on_the_twenty_ninth_is_within() -> None:
    assert of(counted({"informed_on": "2024-05-29"}), "fds") == [("RVW", 28, 1, 1)]
    assert of(counted({"informed_on": "2024-05-30"}), "fds") == [("RVW", 29, 1, 0)]


def test_a_missed_first_appointment_comes_off_the_28_days() -> None:
    row = {"informed_on": "2024-05-31", "first_seen_adjustment_days": 5}
    assert of(counted(row), "fds") == [("RVW", 25, 1, 1)]


def test_an_earlier_decision_to_treat_ends_the_28_days() -> None:
    told = {"informed_on": "2024-06-10"}
    assert of(counted(told, {"decision_to_treat_on": "2024-05-25"}), "fds") == [("RVW", 24, 1, 1)]
    assert of(counted(told, {"decision_to_treat_on": "2024-04-25"}), "fds") == [("RVW", 40, 1, 0)]


@pytest.mark.parametrize("route", ["UPGRADE", "OTHER"])
def test_nobody_upgraded_or_routine_has_28_days(route: str) -> None:
    assert not of(counted({"route": route, "upgraded_on": "2024-05-05"}), "fds")


def test_the_excluded_do_not_count_but_for_reason_one_past_day_28() -> None:
    excluded = {"fds_end_reason": "03", "fds_exclusion_reason": "01"}
    assert not of(counted({**excluded, "informed_on": "2024-05-20"}), "fds")
    assert of(counted({**excluded, "informed_on": "2024-06-20"}), "fds") == [("RVW", 50, 1, 0)]
    assert not of(counted({**excluded, "fds_exclusion_reason": "04", "informed_on": "2024-06-20"}), "fds")


def test_what_ended_outside_the_year_does_not_count() -> None:
    early = {"referral_received_on": "2024-03-01", "first_seen_on": "2024-03-08", "informed_on": "2024-03-29"}
    assert not of(counted(early), "fds")
    assert not of(counted({}, {"treatment_on": "2025-04-01"}), "d31")


def test_every_treatment_has_31_days_at_the_trust_that_gave_it() -> None:
    second = {
        "pathway_id": 0, "treatment_number": 2, "treatment_event": "02", "treatment_modality": "05",
        "decision_to_treat_on": "2024-07-01", "treatment_on": "2024-08-10", "treatment_adjustment_days": 10,
        "treatment_org": "RTRAT",
    }  # fmt: skip
    rows = counted({}, {}, second)
    assert of(rows, "d31") == [("RVW", 19, 1, 1), ("RTR", 30, 1, 1)]
    kinds = rows[rows["standard"] == "d31"][["route_or_stage", "breakdown"]].to_numpy().tolist()
    assert kinds == [["first", "surgery"], ["subsequent", "radiotherapy"]]


def test_declined_treatment_counts_nowhere() -> None:
    assert counted({}, {"treatment_modality": "98"})["standard"].tolist() == ["fds"]


def test_an_upgrade_starts_62_days_and_its_adjustment_counts_only_if_it_came_before_the_first_appointment() -> None:
    row = {"route": "UPGRADE", "upgraded_on": "2024-05-06", "first_seen_adjustment_days": 3}
    assert of(counted(row, {}), "d62") == [("RVW", 42, 1, 1)]
    assert of(counted({**row, "upgraded_on": "2024-05-15"}, {}), "d62") == [("RVW", 36, 1, 1)]


def test_a_pathway_of_one_trust_is_its_own() -> None:
    assert of(counted({}, {"treatment_on": "2024-07-20", "treatment_adjustment_days": 18}), "d62") == [
        ("RVW", 62, 1, 1)
    ]


def test_without_a_transfer_date_two_trusts_share_alike() -> None:
    rows = counted({}, {"treatment_org": "RTRAT", "treatment_on": "2024-07-20"})
    assert of(rows, "d62") == [("RVW", 80, 0.5, 0), ("RTR", 80, 0.5, 0)]


@pytest.mark.parametrize(
    ("transfer", "treatment", "expected"),
    [
        (30, 50, [("RVW", 0.5, 0.5), ("RTR", 0.5, 0.5)]),
        (30, 60, [("RVW", 0.5, 0.5), ("RTR", 0.5, 0.5)]),
        (45, 60, [("RTR", 1, 1)]),
        (38, 63, [("RTR", 1, 0)]),
        (45, 69, [("RVW", 1, 0)]),
        (45, 70, [("RVW", 0.5, 0), ("RTR", 0.5, 0)]),
    ],
)
def test_a_shared_pathway_is_allocated_by_its_six_scenarios(
    transfer: int, treatment: int, expected: list[tuple[str, float, float]]
) -> None:
    assert shared(transfer, treatment) == expected


@given(transfer=st.integers(1, 120), later=st.integers(0, 120))
def test_every_shared_pathway_counts_once_and_is_within_as_a_whole(transfer: int, later: int) -> None:
    shares = shared(transfer, transfer + later)
    assert sum(counts for _, counts, _ in shares) == 1
    assert sum(within for *_, within in shares) == (transfer + later <= 62)


def test_small_cancers_count_in_the_group_that_the_tables_have_them_in() -> None:
    rows = counted({"cancer_group": "testicular"}, {})
    assert rows.loc[rows["standard"] == "d62", "breakdown"].tolist() == ["urology_other"]
