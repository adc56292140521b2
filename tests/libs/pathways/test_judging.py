"""What the row rules find on rows of a register, a sentence of the catalogue each; what is whole has no fault."""

from collections.abc import Mapping
from datetime import datetime

import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql.types import StructType

from libs.feeds import load_contracts
from libs.organisations import load_organisations
from libs.pathways.judging import SCREENED_TYPES, judged_rows
from libs.pathways.reading import Vocabulary
from libs.pathways.row_rules import ROW_RULES
from libs.rules import load_rules
from libs.settings import conf_folder
from libs.words import TrustWords

pytestmark = pytest.mark.spark
CONTRACTS = load_contracts(conf_folder())
TODAY = "2025-06-02"
# A row of SCR of which nothing is wrong; each case changes some of its cells.
WHOLE = {
    "CARE_ID": "10", "PATIENT_ID": "8", "NHS_NUMBER": "9990000018", "NHS_NUMBER_STATUS": "01", "SURNAME": "SMITH",
    "FORENAME": "Jane", "DOB": "1951-04-02 00:00", "SEX": "2", "POSTCODE": "TS19 8PE", "PHONE": "+44 7700 900123",
    "L_CANCER_SITE": "Colorectal", "N2_12_CANCER_TYPE": "07", "N2_4_PRIORITY_TYPE": "03", "N2_16_OP_REFERRAL": "03",
    "N2_5_DECISION_DATE": "2025-03-13 00:00", "N2_6_RECEIPT_DATE": "2025-03-14 00:00",
    "N2_9_FIRST_SEEN_DATE": "2025-03-20 09:30", "N1_3_ORG_CODE_SEEN": "RVWAE",
    "FIRST_TEST_BOOKED": "2025-03-21 00:00", "FIRST_TEST_DONE": "2025-03-28 00:00",
    "FIRST_TEST_REPORTED": "2025-03-31 00:00", "LAST_TEST_REPORTED": "2025-04-02 00:00",
    "L_PT_INFORMED_DATE": "2025-04-03 00:00", "FD_END_REASON": "01", "TREAT_NO": "1", "DTT_DATE": "2025-04-14 00:00",
    "TREAT_START_DATE": "2025-05-16 00:00", "TREATMENT_EVENT": "01", "TREATMENT": "23",
    "TRACKING_COMMENT": "12/5 colonoscopy done, await histo - JB",
}  # fmt: skip
# The changed cells, and the (rule, field) that are found then.
CASES: list[tuple[str, Mapping[str, str], list[tuple[str, str]]]] = [
    ("a whole row", {}, []),
    ("no number", {"NHS_NUMBER": ""}, [("NHS_NUMBER_MISSING", "nhs_number")]),
    ("repeated digits", {"NHS_NUMBER": "4444444444"}, [("NHS_NUMBER_REPEATED_DIGIT", "nhs_number")]),
    ("a wrong check digit", {"NHS_NUMBER": "9990000019"}, [("NHS_NUMBER_CHECK_DIGIT", "nhs_number")]),
    ("powers of ten", {"NHS_NUMBER": "9.99E+09"}, [("NHS_NUMBER_DAMAGED", "nhs_number")]),
    ("a digit lost", {"NHS_NUMBER": "999000001"}, [("NHS_NUMBER_DAMAGED", "nhs_number")]),
    ("no number at all", {"NHS_NUMBER": "see notes"}, [("NHS_NUMBER_NOT_UNDERSTOOD", "nhs_number")]),
    ("a status that is not 01", {"NHS_NUMBER_STATUS": "03"}, [("NHS_NUMBER_UNVERIFIED", "nhs_number_status")]),
    ("no place", {"POSTCODE": "ZZ99 3VZ"}, [("POSTCODE_OF_NO_PLACE", "postcode")]),
    ("half a postcode", {"POSTCODE": "TS19 8P"}, [("POSTCODE_NOT_UNDERSTOOD", "postcode")]),
    ("two telephone numbers", {"PHONE": "01642 617617 / 07700 900123"}, [("PHONE_NOT_UNDERSTOOD", "phone")]),
    ("no birth date", {"DOB": ""}, [("BIRTH_DATE_MISSING", "born_on")]),
    ("a default date", {"DOB": "1900-01-01 00:00"}, [("DATE_DEFAULT", "born_on")]),
    ("no date", {"MDT_DATE": "tbc"}, [("DATE_NOT_UNDERSTOOD", "mdt_on")]),
    ("a year of the keyboard", {"MDT_DATE": "2525-04-02 00:00"}, [("DATE_IMPOSSIBLE", "mdt_on")]),
    ("no referral date", {"N2_6_RECEIPT_DATE": ""}, [("REFERRAL_DATE_MISSING", "referral_received_on")]),
    ("no site", {"L_CANCER_SITE": ""}, [("SITE_MISSING", "tumour_site")]),
    ("a word that nobody knows", {"L_CANCER_SITE": "Elbow"}, [("WORD_UNMAPPED", "tumour_site")]),
    ("a code in no list", {"SEX": "7"}, [("CODE_NOT_IN_LIST", "sex")]),
    ("days that are none", {"N2_14_ADJ_TIME": "a week"}, [("NUMBER_NOT_UNDERSTOOD", "first_seen_adjustment_days")]),
    ("neither yes nor no", {"ESCALATED": "perhaps"}, [("YES_NO_NOT_UNDERSTOOD", "is_escalated")]),
    ("a hospital that nobody knows", {"N1_3_ORG_CODE_SEEN": "St Elsewhere"},
     [("ORGANISATION_NOT_UNDERSTOOD", "first_seen_org")]),
    ("a screen without a type", {"N2_16_OP_REFERRAL": "17", "N2_12_CANCER_TYPE": ""},
     [("SUSPECTED_TYPE_MISSING", "suspected_cancer_type")]),
    ("a transfer without a date", {"TERTIARY_TO": "RTR"}, [("TRANSFER_DATE_MISSING", "transfer_on")]),
    ("a treatment without a number", {"TREAT_NO": ""}, [("TREATMENT_NUMBER_MISSING", "treatment_number")]),
    ("a note that identifies", {"TRACKING_COMMENT": "tel 07700 900123"}, [("NOTE_IDENTIFIES", "tracking_note")]),
    ("died and open", {"DATE_DEATH": "2025-05-20 00:00"}, [("DECEASED_BUT_OPEN", "closed_on")]),
    ("died and closed", {"DATE_DEATH": "2025-05-20 00:00", "CLOSED_DATE": "2025-05-21 00:00"}, []),
    ("treated before the decision", {"TREAT_START_DATE": "2025-04-13 00:00"},
     [("TREATED_BEFORE_DECISION", "treatment_on")]),
    ("told before the referral", {"L_PT_INFORMED_DATE": "2025-03-13 00:00"},
     [("INFORMED_BEFORE_REFERRAL", "informed_on")]),
    ("seen before the referral", {"N2_9_FIRST_SEEN_DATE": "2025-03-13 00:00"},
     [("FIRST_SEEN_BEFORE_REFERRAL", "first_seen_on")]),
    ("day and month exchanged", {"L_PT_INFORMED_DATE": "2025-03-04 00:00"},
     [("INFORMED_BEFORE_REFERRAL", "informed_on"), ("DAY_MONTH_SWAPPED", "informed_on")]),
    ("exchanged into the future", {"L_PT_INFORMED_DATE": "2025-06-05 00:00"},
     [("DATE_IN_FUTURE", "informed_on"), ("DAY_MONTH_SWAPPED", "informed_on")]),
    ("a plan where the treatment stands", {"TREAT_START_DATE": "2025-06-16 00:00"},
     [("DATE_IN_FUTURE", "treatment_on")]),
    ("a plan where plans stand", {"PLANNED_TREAT_DATE": "2025-06-16 00:00", "NEXT_ACTION_TARGET": "2025-06-16"}, []),
]  # fmt: skip


@pytest.fixture(scope="module")
def judged(spark: SparkSession) -> dict[int, Row]:
    contract = CONTRACTS["scr"]
    vocabulary = Vocabulary({}, load_organisations(conf_folder() / "vocabulary").rolled_up())
    schema = StructType().add("_row_number", "integer").add("_trust", "string").add("_presence", "string")
    schema = schema.add("_extracted_at", "timestamp")
    for name in contract.columns:
        schema = schema.add(name, "string")
    stamps = ("RTR", "present", datetime.fromisoformat(f"{TODAY}T09:00+00:00"))
    cells = [
        (number, *stamps, *({**WHOLE, **changed}.get(name, "") for name in contract.columns))
        for number, (_, changed, _) in enumerate(CASES)
    ]
    cells.append(
        (-1, "RTR", "pathway_gone", stamps[2], *("10" if name == "CARE_ID" else None for name in contract.columns))
    )
    rows = judged_rows(spark.createDataFrame(cells, schema), contract, vocabulary).collect()
    return {row["_row_number"]: row for row in rows}


@pytest.mark.parametrize("number", range(len(CASES)), ids=[name for name, _, _ in CASES])
def test_a_row_is_told_its_faults_and_no_others(judged: Mapping[int, Row], number: int) -> None:
    found = [(fault["rule_code"], fault["field"]) for fault in judged[number]["faults"]]
    assert sorted(found) == sorted(CASES[number][2])


def test_every_fault_that_is_told_stands_in_the_catalogue(judged: Mapping[int, Row]) -> None:
    assert {fault["rule_code"] for row in judged.values() for fault in row["faults"]} <= set(ROW_RULES)


def test_a_row_that_is_gone_has_no_fault(judged: Mapping[int, Row]) -> None:
    assert judged[-1]["faults"] == []


def test_a_note_is_taken_without_the_number_that_it_held(judged: Mapping[int, Row]) -> None:
    [place] = [number for number, case in enumerate(CASES) if case[0] == "a note that identifies"]
    assert judged[place]["pathway"]["tracking_note"] == "tel [phone]"


def test_words_are_told_only_of_what_can_be_mapped(judged: Mapping[int, Row]) -> None:
    words = {fault["word"] for row in judged.values() for fault in row["faults"]} - {None}
    assert words == {"Elbow", "7", "St Elsewhere"}


def test_a_trusts_own_word_goes_before_the_contracts(spark: SparkSession) -> None:
    contract = CONTRACTS["scr"]
    own = TrustWords({"RTR|LUNG": "other", "RTR|ELBOW": "sarcoma"}, ("RTR|KNEE", "RTR|BREAST"))
    vocabulary = Vocabulary({("scr", "site"): own}, {})
    cells = [(trust, "present", site) for site in ("Lung", "elbow", "Knee", "Breast") for trust in ("RTR", "RVW")]
    rows = spark.createDataFrame(cells, "_trust string, _presence string, L_CANCER_SITE string")
    others = [f"cast(null as string) as `{name}`" for name in contract.columns if name != "L_CANCER_SITE"]
    source = rows.selectExpr("*", "timestamp'2025-06-02' as _extracted_at", *others)
    found = judged_rows(source, contract, vocabulary).collect()
    sites = [row["pathway"]["tumour_site"] for row in found]
    unmapped = ["WORD_UNMAPPED" in {fault["rule_code"] for fault in row["faults"]} for row in found]
    assert sites == ["other", "lung", "sarcoma", None, None, None, None, "breast"]
    assert unmapped == [False, False, False, True, False, True, False, False]


def test_a_trusts_own_word_of_a_padded_list_may_stand_there_as_it_is_typed(spark: SparkSession) -> None:
    contract = CONTRACTS["scr"]
    own = TrustWords({"RTR|9": "01", "RTR|08": "02"}, ("RTR|6",))
    cells = [("RTR", "present", "1", word) for word in ("9", "8", "6", "5")]
    rows = spark.createDataFrame(cells, "_trust string, _presence string, TREAT_NO string, TREATMENT_SETTING string")
    others = [
        f"cast(null as string) as `{name}`"
        for name in contract.columns
        if name not in {"TREAT_NO", "TREATMENT_SETTING"}
    ]
    source = rows.selectExpr("*", "timestamp'2025-06-02' as _extracted_at", *others)
    found = judged_rows(source, contract, Vocabulary({("scr", "setting"): own}, {})).collect()
    assert [row["treatment"]["treatment_setting"] for row in found] == ["01", "02", None, None]
    unmapped = [any(fault["rule_code"] == "WORD_UNMAPPED" for fault in row["faults"]) for row in found]
    assert unmapped == [False, False, False, True]


def test_of_a_register_that_has_no_status_no_number_is_called_unverified(spark: SparkSession) -> None:
    contract = CONTRACTS["scr"].model_copy(update={"absent": ("nhs_number_status",)})
    cells = {**dict.fromkeys(contract.columns), **WHOLE, "NHS_NUMBER_STATUS": None, "_trust": "RTR"}
    schema = ", ".join(f"`{name}` string" for name in cells)
    rows = spark.createDataFrame([tuple(cells.values())], schema)
    source = rows.selectExpr("*", "timestamp'2025-06-02' as _extracted_at", "'present' as _presence")
    (found,) = judged_rows(source, contract, Vocabulary({}, {})).collect()
    assert "NHS_NUMBER_UNVERIFIED" not in {fault["rule_code"] for fault in found["faults"]}


def test_the_types_that_programmes_screen_for_are_those_of_the_rules() -> None:
    assert [entry.value for entry in load_rules().diagnoses.screening_suspected_types.root] == [SCREENED_TYPES]
