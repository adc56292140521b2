"""The words of the two registers and their codes, words that neither knows, and one synthetic row of each."""

# source column -> (canonical column, local word -> code)
Words = dict[str, tuple[str, dict[str, str]]]

SCR_WORDS: Words = {
    "L_CANCER_SITE": (
        "tumour_site",
        {
            "Breast": "breast", "Colorectal": "lower_gi", "Skin": "skin", "Gynaecology": "gynaecology",
            "Head and Neck": "head_neck", "Urology": "urology", "Upper GI": "upper_gi", "Lung": "lung",
            "Haematology": "haematology", "Brain": "brain", "Sarcoma": "sarcoma", "Paediatric": "children",
            "CUP": "other", "Other": "other",
        },
    ),
    "N2_4_PRIORITY_TYPE": ("priority_type", {"01": "1", "02": "2", "03": "3", "3": "3"}),
    "N2_16_OP_REFERRAL": ("referral_source", {"03": "03", "3": "03", "17": "17", "92": "92"}),
    "SEX": ("sex", {"1": "1", "2": "2", "9": "9"}),
    "N2_15_ADJ_REASON": ("first_seen_adjustment_reason", {"3": "3"}),
    "FD_END_REASON": ("fds_end_reason", {"1": "01", "2": "02", "3": "03", "4": "04"}),
    "FD_EXCLUSION_REASON": ("fds_exclusion_reason", {"1": "01", "5": "05"}),
    "N2_13_CANCER_STATUS": ("cancer_status", {"14": "14", "03": "03", "3": "03", "69": "69"}),
    "N1_3_ORG_CODE_SEEN": ("first_seen_org", {"RVWAE": "RVW", "RVWAA": "RVW", "RTRAT": "RTR", "RTR45": "RTR"}),
    "N_UPGRADE_ORG_CODE": ("upgrade_org", {"RTR": "RTR"}),
    "CLOSED_REASON": (
        "closed_reason",
        {"1": "NOT_CANCER", "2": "TREATED", "3": "DIED", "4": "PRIVATE", "5": "NO_TREATMENT"},
    ),
    "NHS_NUMBER_STATUS": ("nhs_number_status", {"01": "01", "1": "01", "08": "08"}),
}  # fmt: skip
INFOFLEX_WORDS: Words = {
    "Sex": ("sex", {"M": "1", "F": "2", "Not known": "9"}),
    "Tumour Site": (
        "tumour_site",
        {
            "Breast": "breast", "LGI": "lower_gi", "Lower GI": "lower_gi", "Bowel": "lower_gi", "Skin": "skin",
            "Gynae": "gynaecology", "H&N": "head_neck", "Urology": "urology", "Urology-Prostate": "urology",
            "UGI": "upper_gi", "HPB": "upper_gi", "Lung": "lung", "Haem": "haematology", "Brain/CNS": "brain",
            "Sarcoma": "sarcoma", "Paeds": "children", "NSS": "non_specific", "Other": "other",
        },
    ),
    "Urgency": ("priority_type", {"2WW": "3", "Urgent": "2", "Routine": "1"}),
    "Ref Source": (
        "referral_source",
        {"GP": "03", "Dentist": "92", "A&E": "04", "Consultant": "05", "Screening": "17", "Other": "97"},
    ),
    "FDS Outcome": (
        "fds_end_reason",
        {"Ca confirmed": "01", "benign - disch": "02", "Excluded": "03", "Interval scan": "04"},
    ),
    "FDS Excl": ("fds_exclusion_reason", {"1": "01", "5": "05"}),
    "Closed Reason": (
        "closed_reason",
        {
            "Disch - no Ca": "NOT_CANCER", "Tx complete": "TREATED", "RIP": "DIED", "Private": "PRIVATE",
            "No Tx": "NO_TREATMENT",
        },
    ),
    "Org First Seen": ("first_seen_org", {"RVWAE": "RVW"}),
    "Diagnosis": ("diagnosis_icd10", {"C18.7": "C18.7", "c50.4": "C50.4"}),
    "UPI": ("pathway_identifier", {"abc 123": "ABC 123"}),
}  # fmt: skip
INFOFLEX_TREATMENT_WORDS: Words = {
    "Tx Event": ("treatment_event", {"First": "01", "Subsequent": "02", "Recurrence": "03", "Progression": "10"}),
    "Tx Type": (
        "treatment_modality",
        {
            "Surg": "23", "Chemo": "02", "Hormone": "03", "Chemo-RT": "04", "RT": "05", "Brachy": "06", "Immuno": "15",
            "Active Mon": "08", "BSC": "09", "Declined": "98",
        },
    ),
    "Tx Setting": ("treatment_setting", {"IP": "01", "DC": "02", "OP": "03"}),
    "Pause Reason": ("treatment_adjustment_reason", {"Pt choice": "8"}),
    "Treating Trust": ("treatment_org", {"RTRAT": "RTR"}),
}  # fmt: skip
SCR_TREATMENT_WORDS: Words = {
    "TREATMENT_EVENT": ("treatment_event", {"01": "01", "7": "07", "12": "12"}),
    "TREATMENT": ("treatment_modality", {"23": "23", "2": "02", "98": "98"}),
    "TREATMENT_SETTING": ("treatment_setting", {"01": "01", "04": "04"}),
    "ADJ_CODE": ("treatment_adjustment_reason", {"8": "8"}),
    "ORG_CODE_TREAT": ("treatment_org", {"RTR45": "RTR"}),
}

# What each Infoflex site says of the suspected cancer when the referral is a suspicion or comes from a screen.
TYPE_OF_SITE = {
    "Breast": "01", "LGI": "07", "Lower GI": "07", "Bowel": "07", "Skin": "08", "Gynae": "09", "H&N": "13",
    "Urology": "11", "Urology-Prostate": "11", "UGI": "06", "HPB": "06", "Lung": "03", "Haem": "04", "Brain/CNS": "10",
    "Sarcoma": "14", "Paeds": "02", "NSS": "17", "Other": "15",
}  # fmt: skip

# register -> source column -> (canonical column that is lost, text that can't be understood)
UNKNOWN: dict[str, dict[str, tuple[str, str]]] = {
    "scr": {
        "NHS_NUMBER": ("nhs_number", "9990000019"), "NHS_NUMBER_STATUS": ("nhs_number_status", "09"),
        "DOB": ("born_on", "soon"), "SEX": ("sex", "F"), "POSTCODE": ("postcode", "TS1 1CC"),
        "L_CANCER_SITE": ("tumour_site", "Elbow"), "N2_12_CANCER_TYPE": ("suspected_cancer_type", "18"),
        "N2_4_PRIORITY_TYPE": ("priority_type", "04"), "N2_16_OP_REFERRAL": ("referral_source", "99"),
        "N2_6_RECEIPT_DATE": ("referral_received_on", "2024-02-30 00:00"),
        "N1_3_ORG_CODE_SEEN": ("first_seen_org", "North Tees"), "N2_14_ADJ_TIME": ("first_seen_adjustment_days", "ten"),
        "FD_END_REASON": ("fds_end_reason", "5"), "CLOSED_REASON": ("closed_reason", "9"),
        "ESCALATED": ("is_escalated", "perhaps"), "LAST_UPDATED": ("source_updated_at", "yesterday"),
        "TERTIARY_DATE": ("transfer_on", "0202-05-01"), "TREAT_NO": ("treatment_number", "first"),
        "TREATMENT": ("treatment_modality", "25"), "TREATMENT_EVENT": ("treatment_event", "13"),
        "TREATMENT_SETTING": ("treatment_setting", "05"), "ADJ_DAYS": ("treatment_adjustment_days", "1.5"),
    },
    "infoflex": {
        "NHS No": ("nhs_number", "111 111 1111"), "D.O.B.": ("born_on", "31/02/1951"), "Sex": ("sex", "Z"),
        "Patient Name": ("given_name", "SMITH"), "Post Code": ("postcode", "North Rd"),
        "Urgency": ("priority_type", "Soon"), "Ref Source": ("referral_source", "Friend"),
        "Date Ref Recd": ("referral_received_on", "1/5/24"), "FDS Outcome": ("fds_end_reason", "told"),
        "DNA Adj Days": ("first_seen_adjustment_days", "5 days"), "Escalated": ("is_escalated", "?"),
        "Closed Reason": ("closed_reason", "gone"), "IPT Reason": ("transfer_reason", "bed"),
        "Tx Event": ("treatment_event", "2nd"), "Tx Type": ("treatment_modality", "Magic"),
        "Tx Setting": ("treatment_setting", "Home"), "Pause Reason": ("treatment_adjustment_reason", "weather"),
        "Last Edit": ("source_updated_at", "01/06/2024 25:61"),
    },
}  # fmt: skip

SCR_ROW = {
    "CARE_ID": "10234", "PATIENT_ID": "8871", "NHS_NUMBER": "9990000018", "NHS_NUMBER_STATUS": "01",
    "HOSPITAL_NUMBER": "A123456", "SURNAME": "O'NEILL", "FORENAME": "Jane", "DOB": "1951-04-02 00:00", "SEX": "2",
    "ETHNICITY": "a", "POSTCODE": "ts198pe", "L_CANCER_SITE": "Colorectal", "N2_12_CANCER_TYPE": "07",
    "N2_4_PRIORITY_TYPE": "03", "N2_16_OP_REFERRAL": "03", "N2_6_RECEIPT_DATE": "2024-05-01 00:00",
    "N2_9_FIRST_SEEN_DATE": "2024-05-10 09:30", "N1_3_ORG_CODE_SEEN": "RVWAE", "N2_14_ADJ_TIME": "4",
    "N2_15_ADJ_REASON": "3", "TERTIARY_DATE": "2024-06-01 00:00", "TERTIARY_FROM": "RVWAE", "TERTIARY_TO": "RTRAT",
    "TERTIARY_REASON": "9", "TREAT_NO": "1", "TREAT_START_DATE": "2024-07-01 00:00", "TREATMENT_EVENT": "01",
    "TREATMENT": "23", "ADJ_DAYS": "0", "ESCALATED": "Y", "TRACKING_COMMENT": "12/5 scope done - JB",
    "LAST_UPDATED": "2024-06-01 07:58",
}  # fmt: skip
INFOFLEX_ROW = {
    "Pathway No": "P77", "Hosp No": "H0012", "NHS No": "999 000 0018",
    "Patient Name": "SMITH-JONES, Mary Ann (Mrs)",
    "D.O.B.": "02-Apr-51", "Sex": "F", "Post Code": "ZZ99 3VZ", "Tumour Site": "H&N", "Ref Type": "2WW",
    "Urgency": "2WW", "Date Ref Recd": "01/05/2024", "1st Appt": "10/05/2024", "1st Appt Status": "Attended",
    "1st DNA Date": "06/05/2024", "DNA Adj Days": "5", "Test Done": "12-May-24", "IPT Date": "01/06/2024",
    "IPT Reason": "For treatment", "Tx Seq": "2", "DTT Date": "07/06/2024", "Tx Event": "Subsequent",
    "62 Day Breach Date": "02/07/2024", "Days Wait": "40", "Escalated": "No", "Last Edit": "01/06/2024 07:58",
}  # fmt: skip
