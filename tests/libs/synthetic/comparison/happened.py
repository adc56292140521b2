"""Pathways and treatments put down by hand, for what counts them."""

from typing import Any

import pandas as pd

_PATHWAY: dict[str, Any] = {
    "person_id": 0, "trust": "RVW", "route": "USC", "suspected": "lung", "outcome": "TREATED", "cancer_group": "lung",
    "fds_end_reason": "01", "fds_exclusion_reason": None, "transfer_to": None, "transfer_reason": None,
    "referral_received_on": "2024-05-01", "upgraded_on": None, "first_seen_on": "2024-05-10",
    "informed_on": "2024-05-20", "transfer_on": None, "first_seen_adjustment_days": 0,
}  # fmt: skip
_TREATMENT: dict[str, Any] = {
    "treatment_number": 1, "treatment_event": "01", "treatment_modality": "23", "decision_to_treat_on": "2024-06-01",
    "treatment_on": "2024-06-20", "treatment_adjustment_days": 0, "treatment_org": "RVWAE",
}  # fmt: skip


def pathways(*rows: dict[str, Any]) -> pd.DataFrame:
    """A usual urgent lung pathway each, but for what is given."""
    return _dated(pd.DataFrame([{"pathway_id": at} | _PATHWAY | row for at, row in enumerate(rows)]))


def treatments(*rows: dict[str, Any]) -> pd.DataFrame:
    """A usual first operation each, of the pathway of its place, but for what is given."""
    frame = pd.DataFrame([{"pathway_id": at} | _TREATMENT | row for at, row in enumerate(rows)])
    return _dated(frame if rows else pd.DataFrame(columns=["pathway_id", *_TREATMENT]))


def _dated(frame: pd.DataFrame) -> pd.DataFrame:
    for name in frame.columns[frame.columns.str.endswith("_on")]:
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[s]")
    return frame
