"""A file of one's own is read as people write it: whatever the spelling, the same clocks come of the same facts."""

import pytest
from pyspark.sql import SparkSession

from libs.pathways.file_rows import OUTPUT
from tests.libs.pathways.file_texts import Cells, timed_texts, treated

SHARED = {"inv_org": "RVW", "treat_org": "RTR", "ipt": "2024-06-20"}
UNTREATED = {"route": "USC", "referral": "2024-05-01"}
PLAIN: dict[str, Cells] = {
    "treated": treated(**SHARED),
    "subsequent": treated(event="03"),
    "declined": treated(modality="98"),
    "excluded": UNTREATED | {"fds_end": "2024-05-21", "fds_reason": "03", "fds_excl": "01"},
    "died": UNTREATED | {"closed": "DIED"},
    "untreated": UNTREATED | {"closed": "NO_TREATMENT"},
    "basal cell": treated(icd10="C44.3", bcc="true"),
    "no basal cell": treated(icd10="C44.3", bcc="false"),
    "adjusted": treated(tx_adj="11"),
    "other": treated(route="OTHER"),
}
# of the same facts as the row named: another way to write them
SPELLED: dict[str, tuple[str, Cells]] = {
    "route in small letters with space": ("treated", treated(route=" usc ", **SHARED)),
    "dates by slashes": (
        "treated",
        treated(referral="01/05/2024", fds_end="20/05/2024 09:15", **SHARED | {"ipt": "20/06/2024"}),
    ),
    "dates with letters": ("treated", treated(referral="01-May-24", dtt="10-JUN-24 14:00", **SHARED)),
    "dates with times": ("treated", treated(referral="2024-05-01T00:00:00", treat=" 2024-06-28 23:59 ", **SHARED)),
    "moments of a summer night in UTC": (
        "treated",
        treated(referral="2024-04-30T23:00:00Z", fds_end="2024-05-19T23:30:00+00:00", dtt="2024-06-10T22:59Z",
                treat="2024-06-28T00:30:00+01:00", **SHARED | {"ipt": "2024-06-19T23:00:00.000Z"}),
    ),
    "codes without their zero": ("treated", treated(event="1", fds_reason="1", modality=" 23", **SHARED)),
    "codes as a spreadsheet's numbers": ("treated", treated(event="1.0", fds_reason="1.0", modality="23.0", **SHARED)),
    "event 3": ("subsequent", treated(event="3")),
    "modality 98.0": ("declined", treated(modality="98.0")),
    "reasons 3 and 1": ("excluded", PLAIN["excluded"] | {"fds_reason": "3", "fds_excl": "1"}),
    "sites of the trusts": (
        "treated",
        treated(first_seen_org="rvwae", **SHARED | {"inv_org": "RVWAE ", "treat_org": "rtrat"}),
    ),
    "diagnosis without dot": ("treated", treated(icd10="c341", **SHARED)),
    "closed in small letters": ("died", UNTREATED | {"closed": "Died"}),
    "closed in words": ("untreated", UNTREATED | {"closed": "no treatment"}),
    "days as a spreadsheet's number": ("adjusted", treated(tx_adj="11.0")),
    "days with plus and space": ("adjusted", treated(tx_adj=" +11 ", fs_adj="0.0")),
    "route empty": ("other", treated(route="")),
    **{f"basal cell {word}": ("basal cell", treated(icd10="C44.3", bcc=word)) for word in ("True", "1", "Y", "1.0")},
    **{f"not basal cell {word}": ("no basal cell", treated(icd10="C44.3", bcc=word)) for word in ("", "False", "0")},
}  # fmt: skip
OWN: dict[str, Cells] = {
    "hospital by name": treated(first_seen_org="Elsewhere General", treat_org="rvw"),
    "no trust at all": treated(first_seen_org="", treat_org=""),
    "transfer without a sender": treated(ipt="2024-06-20", treat_org="RTR"),
    "sender of one's own": treated(ipt="2024-06-20", inv_org="RVW", first_seen_org="RTD", treat_org="RTR"),
    "own date of the list": UNTREATED | {"asof": "2024-06-10"},
    "date of the list from the command": UNTREATED,
    "date of the list at night": UNTREATED | {"asof": "2024-06-09T23:30:00Z"},
    "planned": treated(asof="2024-06-20"),
    "spring": {"route": "USC", "referral": "2024-03-30", "asof": "2024-03-31T23:00:00Z"},
    "autumn": {"route": "USC", "referral": "2024-10-26T23:00:00Z", "asof": "2024-10-27T23:59:59Z"},
    "leap day": {
        "route": "USC", "referral": "2024-02-01T12:00:00Z", "fds_end": "2024-02-29T23:59:00Z", "fds_reason": "02",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> dict[str, Cells]:
    spelled = {name: cells for name, (_, cells) in SPELLED.items()}
    return timed_texts(spark, PLAIN | spelled | OWN, as_at_on="2024-07-15")


@pytest.mark.parametrize("name", SPELLED)
def test_another_spelling_of_the_same_facts_comes_to_the_same(found: dict[str, Cells], name: str) -> None:
    plain = SPELLED[name][0]
    as_written = [column for column in OUTPUT if column != "trace"]
    assert {column: found[name][column] for column in as_written} == {
        column: found[plain][column] for column in as_written
    }


def test_the_plain_rows_differ_in_what_they_are_named_for(found: dict[str, Cells]) -> None:
    assert found["treated"]["alloc"] == "RVW=0/0; RTR=1/1"
    assert (found["subsequent"]["d31_outcome"], found["subsequent"]["d62_outcome"]) == ("WITHIN", "NOT_APPLICABLE")
    assert (found["declined"]["d31_outcome"], found["declined"]["tx_month"]) == ("NOT_APPLICABLE", "")
    assert found["excluded"]["fds_outcome"] == "EXCLUDED"
    assert found["died"]["d62_outcome"] == found["untreated"]["d62_outcome"] == "NOT_APPLICABLE"
    assert found["basal cell"]["d31_outcome"] == "NOT_APPLICABLE"
    assert found["no basal cell"]["d31_outcome"] == "WITHIN"
    assert (found["adjusted"]["d31_days"], found["adjusted"]["d62_adj"]) == ("7", "11")
    assert (found["other"]["fds_outcome"], found["other"]["d31_outcome"]) == ("NOT_APPLICABLE", "WITHIN")


def test_an_organisation_that_is_no_code_stays_as_it_is_written_in_capitals(found: dict[str, Cells]) -> None:
    assert found["hospital by name"]["alloc"] == "ELSEWHERE GENERAL=0.5/0.5; RVW=0.5/0.5"


def test_a_wait_without_any_trust_is_counted_and_shared_by_nobody(found: dict[str, Cells]) -> None:
    row = found["no trust at all"]
    assert (row["d62_outcome"], row["alloc_method"], row["alloc"]) == ("WITHIN", "SOLO", "")


def test_a_transfer_without_an_investigating_provider_has_no_sender_and_leaves_half_each(
    found: dict[str, Cells],
) -> None:
    row = found["transfer without a sender"]
    assert (row["alloc_method"], row["alloc"]) == ("5050", "RVW=0.5/0.5; RTR=0.5/0.5")


def test_the_recorded_investigating_provider_goes_before_the_trust_that_saw_the_patient_first(
    found: dict[str, Cells],
) -> None:
    assert found["sender of one's own"]["alloc"].startswith("RVW=")


def test_the_rows_own_date_of_the_list_goes_before_that_of_the_command(found: dict[str, Cells]) -> None:
    assert (found["own date of the list"]["fds_days"], found["own date of the list"]["fds_outcome"]) == (
        "40", "OPEN_BREACHED",
    )  # fmt: skip
    assert found["date of the list from the command"]["fds_days"] == "75"
    assert found["date of the list at night"]["fds_days"] == "40"


def test_a_treatment_after_the_date_of_the_list_has_not_happened(found: dict[str, Cells]) -> None:
    assert (found["planned"]["d62_outcome"], found["planned"]["d62_stop"]) == ("OPEN", "")
    assert found["planned"]["fds_outcome"] == "WITHIN"


def test_a_day_is_london_s_on_both_sides_of_a_clock_change_and_of_a_leap_day(found: dict[str, Cells]) -> None:
    # Summer time began on 31 March and ended on 27 October.
    assert (found["spring"]["fds_start"], found["spring"]["fds_days"]) == ("2024-03-30", "2")
    assert (found["autumn"]["fds_start"], found["autumn"]["fds_days"]) == ("2024-10-27", "0")
    assert (found["leap day"]["fds_stop"], found["leap day"]["fds_days"]) == ("2024-02-29", "28")


def test_an_open_leg_without_any_date_of_the_list_has_no_days_and_is_open(spark: SparkSession) -> None:
    row = timed_texts(spark, {"open": UNTREATED})["open"]
    assert (row["fds_days"], row["fds_outcome"], row["fds_last_ok"]) == ("", "OPEN", "2024-05-29")
    assert (row["d62_days"], row["d62_outcome"]) == ("", "OPEN")


def test_the_trace_tells_of_all_three_standards(found: dict[str, Cells]) -> None:
    trace = found["other"]["trace"]
    assert trace.startswith("[28.route] route OTHER: the standard does not time this route. [31.scope] ")
    assert trace.endswith("[62.route] route OTHER: the standard does not time this route.")
