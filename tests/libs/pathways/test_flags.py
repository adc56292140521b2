"""Every data quality flag of cwt-rules 9 and our own, each with a row that has it and one that only nearly does."""

import pytest
from pyspark.sql import SparkSession

from tests.libs.pathways.file_texts import Cells, timed_texts, treated

USC = {"route": "USC", "referral": "2024-05-01"}
SHARED = {"inv_org": "RVW", "treat_org": "RTR"}
# name of the row: its cells, and the flags that it must have
FLAGGED: dict[str, tuple[Cells, str]] = {
    "all is well": (treated(), ""),
    "nothing is recorded": ({}, ""),
    "every date is a default one": (
        {
            "route": "USC", "referral": "1900-01-01", "upgrade": "01/01/1753", "first_seen": "1899-12-30 00:00",
            "fds_end": "9999-12-31", "dtt": "2099-12-31", "treat": "1900-01-01", "ipt": "1900-01-01T00:00:00Z",
        },
        "DEFAULT_DATE:referral DEFAULT_DATE:upgrade DEFAULT_DATE:first_seen DEFAULT_DATE:fds_end DEFAULT_DATE:dtt "
        "DEFAULT_DATE:treat DEFAULT_DATE:ipt",
    ),
    "a default date of the list": (USC | {"asof": "1900-01-01"}, ""),
    "told by default, but decided": (
        USC | {"fds_end": "9999-12-31", "dtt": "2024-05-20"},
        "DEFAULT_DATE:fds_end FDS_END_MISSING_BUT_DTT_PRESENT",
    ),
    "decided, never told": (USC | {"dtt": "2024-05-20"}, "FDS_END_MISSING_BUT_DTT_PRESENT"),
    "decided, never told, symptoms": (USC | {"route": "BSYM", "dtt": "2024-05-20"}, "FDS_END_MISSING_BUT_DTT_PRESENT"),
    "decided, never told, screening": (
        USC | {"route": "SCREEN", "dtt": "2024-05-20"}, "FDS_END_MISSING_BUT_DTT_PRESENT",
    ),
    "decided, never told, upgrade": ({"route": "UPGRADE", "upgrade": "2024-05-01", "dtt": "2024-05-20"}, ""),
    "decided, never told, other": (USC | {"route": "OTHER", "dtt": "2024-05-20"}, ""),
    "decided the day after treatment": (treated(dtt="2024-06-29"), "DTT_AFTER_TREATMENT"),
    "decided on the day of treatment": (treated(dtt="2024-06-28"), ""),
    "transferred before the clock": (treated(ipt="2024-04-30", **SHARED), "IPT_DATE_OUT_OF_ORDER"),
    "transferred as the clock starts": (treated(ipt="2024-05-01", **SHARED), ""),
    "transferred after treatment": (treated(ipt="2024-06-29", **SHARED), "IPT_DATE_OUT_OF_ORDER"),
    "transferred on the day of treatment": (treated(ipt="2024-06-28", **SHARED), ""),
    "transferred before the upgrade": (
        treated(route="UPGRADE", fds_end="", upgrade="2024-05-10", ipt="2024-05-05", **SHARED),
        "IPT_DATE_OUT_OF_ORDER",
    ),
    "transferred before an open clock": (USC | {"ipt": "2024-04-01"}, "IPT_DATE_OUT_OF_ORDER"),
    "transferred without a clock, after treatment": (
        treated(route="OTHER", ipt="2024-07-01", **SHARED), "IPT_DATE_OUT_OF_ORDER",
    ),
    "transferred without a clock, before referral": (treated(route="OTHER", ipt="2024-04-01", **SHARED), ""),
    "told before referred": (USC | {"fds_end": "2024-04-30", "fds_reason": "02"}, "FDS_END_BEFORE_REFERRAL"),
    "told on the day of referral": (USC | {"fds_end": "2024-05-01", "fds_reason": "02"}, ""),
    "too much off 28 days": (USC | {"fds_end": "2024-05-20", "fds_reason": "02", "fs_adj": "20"}, "ADJ_EXCEEDS_WAIT"),
    "all off 28 days": (USC | {"fds_end": "2024-05-20", "fds_reason": "02", "fs_adj": "19"}, ""),
    "too much off 31 days": (treated(tx_adj="19"), "ADJ_EXCEEDS_WAIT"),
    "too much off 62 days": (
        treated(
            route="UPGRADE", fds_end="", upgrade="2024-06-20", first_seen="2024-06-21", dtt="2024-06-20", fs_adj="9",
        ),
        "ADJ_EXCEEDS_WAIT",
    ),
    "more days off than any wait has": (treated(tx_adj="10000"), "UNREADABLE:tx_adj"),
    "less than nothing off": (treated(tx_adj="-1"), "ADJ_EXCEEDS_WAIT"),
    "treated before referred": (
        treated(referral="2024-06-29", fds_end="2024-06-29"), "TREATMENT_BEFORE_CLOCK_START",
    ),
    "treated before upgraded": (
        treated(route="UPGRADE", fds_end="", upgrade="2024-06-29"), "TREATMENT_BEFORE_CLOCK_START",
    ),
    "treated again before referred": (
        treated(event="03", referral="2024-06-29", fds_end="2024-06-29"), "TREATMENT_BEFORE_CLOCK_START",
    ),
    "treated before referred, no clock": (treated(route="OTHER", referral="2024-06-29", fds_end=""), ""),
    "everything at once": (
        treated(referral="2024-06-29", upgrade="1900-01-01", ipt="2024-05-01", dtt="2024-06-30", asof="soon"),
        "DEFAULT_DATE:upgrade DTT_AFTER_TREATMENT IPT_DATE_OUT_OF_ORDER FDS_END_BEFORE_REFERRAL "
        "TREATMENT_BEFORE_CLOCK_START UNREADABLE:asof",
    ),
    "nothing can be read": (
        {
            "route": "urgent", "referral": "soon", "upgrade": "2024-13-01", "first_seen": "45413", "fs_adj": "a week",
            "fds_end": "30.05.2024", "fds_reason": "07", "fds_excl": "died", "icd10": "bowel", "bcc": "maybe",
            "event": "99", "dtt": "?", "treat": "1752-01-01", "modality": "surgery", "tx_adj": "1.5", "ipt": "-",
            "asof": "today", "closed": "moved away",
        },
        "UNREADABLE:route UNREADABLE:referral UNREADABLE:upgrade UNREADABLE:first_seen UNREADABLE:fs_adj "
        "UNREADABLE:fds_end UNREADABLE:fds_reason UNREADABLE:fds_excl UNREADABLE:icd10 UNREADABLE:bcc "
        "UNREADABLE:event UNREADABLE:dtt UNREADABLE:treat UNREADABLE:modality UNREADABLE:tx_adj UNREADABLE:ipt "
        "UNREADABLE:asof UNREADABLE:closed",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> dict[str, Cells]:
    return timed_texts(spark, {name: cells for name, (cells, _) in FLAGGED.items()})


@pytest.mark.parametrize("name", FLAGGED)
def test_a_row_has_exactly_the_flags_that_it_deserves(found: dict[str, Cells], name: str) -> None:
    assert found[name]["dq"] == FLAGGED[name][1]


def test_a_default_date_counts_as_not_recorded(found: dict[str, Cells]) -> None:
    row = found["every date is a default one"]
    assert (row["fds_outcome"], row["d62_outcome"], row["d62_start"]) == ("NO_CLOCK_START", "NO_CLOCK_START", "")
    assert found["a default date of the list"]["fds_days"] == ""
    assert found["told by default, but decided"]["fds_outcome"] == "OPEN"


def test_a_transfer_that_is_out_of_order_is_ignored_and_leaves_half_each(found: dict[str, Cells]) -> None:
    for name in ("transferred before the clock", "transferred after treatment", "transferred before the upgrade"):
        row = found[name]
        assert (row["alloc_method"], row["alloc"]) == ("5050", "RVW=0.5/0.5; RTR=0.5/0.5")
    assert found["transferred as the clock starts"]["alloc_method"] == "6SCENARIO"
    assert found["transferred on the day of treatment"]["days_24_phase"] == "0"


def test_what_cannot_be_read_counts_as_not_recorded(found: dict[str, Cells]) -> None:
    row = found["nothing can be read"]
    outcomes = [row["fds_outcome"], row["d31_outcome"], row["d62_outcome"]]
    assert outcomes == ["NOT_APPLICABLE"] * 3
    assert "route OTHER" in row["trace"]
