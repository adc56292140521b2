"""The Somerset Cancer Register: codes, ISO dates with minutes, one row per pathway and treatment."""

import numpy as np
import pandas as pd

from libs.synthetic.draws import Array
from libs.synthetic.faults.corruption import HABIT_BITS
from libs.synthetic.registers.text import dates, moments, numbers, words

DELIMITER, ENCODING = ",", "utf-8"
HEADER = (
    "CARE_ID,PATIENT_ID,NHS_NUMBER,NHS_NUMBER_STATUS,HOSPITAL_NUMBER,SURNAME,FORENAME,DOB,SEX,ETHNICITY,POSTCODE,PHONE,"
    "GP_PRACTICE,DATE_DEATH,L_CANCER_SITE,N2_12_CANCER_TYPE,N2_4_PRIORITY_TYPE,N2_16_OP_REFERRAL,N2_5_DECISION_DATE,"
    "N2_6_RECEIPT_DATE,N2_9_FIRST_SEEN_DATE,N1_3_ORG_CODE_SEEN,N2_14_ADJ_TIME,N2_15_ADJ_REASON,N_UPGRADE_DATE,"
    "N_UPGRADE_ORG_CODE,FIRST_TEST_BOOKED,FIRST_TEST_DONE,FIRST_TEST_REPORTED,LAST_TEST_REPORTED,MDT_DATE,"
    "L_PT_INFORMED_DATE,FD_END_REASON,FD_EXCLUSION_REASON,N2_13_CANCER_STATUS,N4_1_DIAGNOSIS_DATE,N4_2_DIAGNOSIS_CODE,"
    "N4_5_HISTOLOGY,TERTIARY_DATE,TERTIARY_FROM,TERTIARY_TO,TERTIARY_REASON,PATHWAY_ID,PATHWAY_ID_ISSUER,TREAT_NO,"
    "DTT_DATE,PLANNED_TREAT_DATE,TREAT_START_DATE,TREATMENT_EVENT,TREATMENT,TREATMENT_SETTING,ADJ_DAYS,ADJ_CODE,"
    "ORG_CODE_TREAT,CLOSED_DATE,CLOSED_REASON,NEXT_ACTION,NEXT_ACTION_OWNER,NEXT_ACTION_TARGET,ESCALATED,"
    "TRACKING_COMMENT,DATE_LAST_TRACKED,LAST_UPDATED"
)
_DAY, _DATE = "%Y-%m-%d 00:00", "%Y-%m-%d"
_SITES = {
    "breast": "Breast",
    "lower_gi": "Colorectal",
    "skin": "Skin",
    "gynaecology": "Gynaecology",
    "head_neck": "Head and Neck",
    "urology": "Urology",
    "upper_gi": "Upper GI",
    "lung": "Lung",
    "haematology": "Haematology",
    "brain": "Brain",
    "sarcoma": "Sarcoma",
    "children": "Paediatric",
    "non_specific": "Other",
    "other": "Other",
}
# Numeric codes that some people type without the leading nought.
_OFTEN_UNPADDED = ("N2_12_CANCER_TYPE", "N2_16_OP_REFERRAL", "TREATMENT_EVENT", "TREATMENT", "N2_4_PRIORITY_TYPE")
_TITLES = HEADER.split(",")
_CLOSED = {"NOT_CANCER": "1", "TREATED": "2", "DIED": "3", "PRIVATE": "4", "NO_TREATMENT": "5"}


def write_rows(rows: pd.DataFrame, *, seed: int) -> list[Array]:
    """The columns of the extract, in the order of the header, as text. `seed` is not needed: SCR's habits are drawn."""
    habits = rows["habits"].to_numpy()
    day = {column: dates(rows[column], _DAY) for column in map(str, rows) if column.endswith("_on")}
    code = {column: words(rows[column]) for column in map(str, rows) if rows[column].dtype == object}
    treated = rows["treatment_number"].notna().to_numpy()
    seen = rows["first_seen_on"] + pd.to_timedelta(_clinic_minutes(rows), unit="min")
    missed = numbers(rows["first_seen_adjustment_days"])
    pause = numbers(rows["treatment_adjustment_days"])
    identity = [
        code["source_pathway_id"], code["source_patient_id"], code["nhs_number"], code["nhs_number_status"],
        code["hospital_number"], _upper(code["family_name"]), code["given_name"],
        day["born_on"], code["sex"], code["ethnic_category"], code["postcode"], code["phone"], code["gp_practice"],
        day["died_on"],
    ]  # fmt: skip
    referral = [
        words(rows["tumour_site"], _SITES), code["suspected_cancer_type"], _padded(code["priority_type"]),
        code["referral_source"], day["referral_decided_on"], day["referral_received_on"], moments(seen, _DATE),
        code["first_seen_org"], missed, np.where(missed == "", "", "3"), day["upgraded_on"], code["upgrade_org"],
    ]  # fmt: skip
    investigation = [
        day["first_test_booked_on"], day["first_test_done_on"], day["first_test_reported_on"],
        day["last_test_reported_on"], day["mdt_on"], day["informed_on"], _one_digit(code["fds_end_reason"]),
        _one_digit(code["fds_exclusion_reason"]), _status(rows), day["diagnosed_on"], code["diagnosis_icd10"],
        code["morphology"], day["transfer_on"], code["transfer_from_org"], code["transfer_to"], code["transfer_reason"],
    ]  # fmt: skip
    treatment = [
        # The identifier stands on the treatment: a pathway without one shows none.
        np.where(treated, code["pathway_identifier"], ""), np.where(treated, code["pathway_identifier_issuer"], ""),
        numbers(rows["treatment_number"]), day["decision_to_treat_on"], day["planned_treatment_on"],
        day["treatment_on"], code["treatment_event"], code["treatment_modality"], code["treatment_setting"], pause,
        np.where(pause == "", "", "8"), code["treatment_org"],
    ]  # fmt: skip
    tracking = [
        day["closed_on"], words(rows["closed_reason"], _CLOSED), code["next_action"], code["next_action_owner"],
        day["next_action_due_on"], np.where(rows["is_escalated"], "Y", "N"), code["tracking_note"],
        day["last_tracked_on"], moments(rows["source_updated_at"], _DATE),
    ]  # fmt: skip
    columns = [*identity, *referral, *investigation, *treatment, *tracking]
    is_local = (habits & HABIT_BITS["status_local"]) != 0
    place = _TITLES.index("N2_13_CANCER_STATUS")
    columns[place] = np.where(is_local & (columns[place] == "03"), "69", columns[place])
    is_unpadded = np.flatnonzero(habits & HABIT_BITS["code_unpadded"])
    for title in _OFTEN_UNPADDED:
        column = columns[_TITLES.index(title)] = columns[_TITLES.index(title)].copy()
        column[is_unpadded] = _one_digit(column[is_unpadded])
    return columns


def _upper(names: Array) -> Array:
    codes, distinct = pd.factorize(names)
    return np.array([each.upper() for each in distinct.tolist()], dtype=object)[codes]


def _clinic_minutes(rows: pd.DataFrame) -> Array:
    """The time of the first appointment: a slot of the morning that stays the same for a pathway."""
    return np.asarray(8 * 60 + 30 + 10 * (rows["pathway_id"].to_numpy() * 7919 % 24))


def _padded(priority: Array) -> Array:
    return words(priority, {each: f"0{each}" if each else "" for each in set(priority.tolist())})


def _one_digit(code: Array) -> Array:
    return words(code, {each: each.lstrip("0") for each in set(code.tolist())})


def _status(rows: pd.DataFrame) -> Array:
    """The patient status (cwt-rules 4.6): suspected, no cancer, or how far the treatment of a cancer has come."""
    is_symptomatic = rows["route"].to_numpy() == "BSYM"
    reason = rows["fds_end_reason"].to_numpy()
    is_cancer = rows["diagnosed_on"].notna().to_numpy() & (rows["cancer_group"].notna()).to_numpy()
    number = rows["treatment_number"].fillna(0).to_numpy(dtype=int)
    begun = rows["treatment_on"].notna().to_numpy() & (rows["treatment_modality"] != "98").to_numpy()
    status = np.where(is_symptomatic, "09", "14").astype(object)
    status = np.where(np.isin(reason, ["02", "03", "04"]), "03", status)
    # Routine referrals have no end of 28 days: the closing says what came of them.
    status = np.where((rows["closed_reason"] == "NOT_CANCER").to_numpy(), "03", status)
    status = np.where(is_cancer, "10", status)
    status = np.where(is_cancer & (number > 0), np.where(number > 1, "13", "11"), status)
    status = np.where(begun, np.where(number > 1, "21", "08"), status)
    untreated = rows["closed_reason"].isin(["PRIVATE", "NO_TREATMENT"]).to_numpy() & is_cancer
    return np.where(untreated, "07", status)
