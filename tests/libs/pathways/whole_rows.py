"""A row of each register in which nothing is wrong, and what is told of rows that differ from it in some cells."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pyspark.sql import Row, SparkSession
from pyspark.sql.types import StructType

from libs.feeds import load_contracts
from libs.organisations import load_organisations
from libs.pathways import silver
from libs.pathways.judging import judged_rows
from libs.pathways.reading import Vocabulary
from libs.settings import conf_folder

CONTRACTS = load_contracts(conf_folder())
EXTRACTED_AT = datetime.fromisoformat("2025-06-02T09:00+00:00")
TRUSTS = {"scr": "RTR", "infoflex": "RVW"}
REPEAT = "_repeat"  # what intake says of a row whose key stands twice
# Days of dates are above 12, so that a day and a month are exchanged only where a written row does it.
WHOLE: Mapping[str, Mapping[str, str]] = {
    "scr": {
        "CARE_ID": "10234", "PATIENT_ID": "8871", "NHS_NUMBER": "9990000018", "NHS_NUMBER_STATUS": "01",
        "HOSPITAL_NUMBER": "A123456", "SURNAME": "SMITH", "FORENAME": "Jane", "DOB": "1951-04-22 00:00", "SEX": "2",
        "ETHNICITY": "A", "POSTCODE": "TS19 8PE", "PHONE": "07700 900123", "GP_PRACTICE": "A81001",
        "L_CANCER_SITE": "Colorectal", "N2_12_CANCER_TYPE": "07", "N2_4_PRIORITY_TYPE": "03",
        "N2_16_OP_REFERRAL": "03", "N2_5_DECISION_DATE": "2025-03-13 00:00", "N2_6_RECEIPT_DATE": "2025-03-14 00:00",
        "N2_9_FIRST_SEEN_DATE": "2025-03-20 09:30", "N1_3_ORG_CODE_SEEN": "RTRAT",
        "FIRST_TEST_BOOKED": "2025-03-21 00:00", "FIRST_TEST_DONE": "2025-03-28 00:00",
        "FIRST_TEST_REPORTED": "2025-03-31 00:00", "LAST_TEST_REPORTED": "2025-04-16 00:00",
        "MDT_DATE": "2025-04-22 00:00", "L_PT_INFORMED_DATE": "2025-04-17 00:00", "FD_END_REASON": "01",
        "N2_13_CANCER_STATUS": "08", "N4_1_DIAGNOSIS_DATE": "2025-04-16 00:00", "N4_2_DIAGNOSIS_CODE": "C18.7",
        "N4_5_HISTOLOGY": "M81403", "PATHWAY_ID": "RTR0000010234", "PATHWAY_ID_ISSUER": "RTR", "TREAT_NO": "1",
        "DTT_DATE": "2025-04-24 00:00", "PLANNED_TREAT_DATE": "2025-05-16 00:00",
        "TREAT_START_DATE": "2025-05-16 00:00", "TREATMENT_EVENT": "01", "TREATMENT": "23", "TREATMENT_SETTING": "01",
        "ORG_CODE_TREAT": "RTRAT", "NEXT_ACTION": "Chase histology", "NEXT_ACTION_OWNER": "Cancer tracker",
        "NEXT_ACTION_TARGET": "2025-06-20 00:00", "ESCALATED": "N",
        "TRACKING_COMMENT": "12/5 colonoscopy done, await histo - JB", "DATE_LAST_TRACKED": "2025-05-30 00:00",
        "LAST_UPDATED": "2025-06-01 07:58",
    },
    "infoflex": {
        "Pathway No": "P20417", "Hosp No": "0451236", "NHS No": "999 000 0123", "NHS No Status": "01",
        "Patient Name": "SMITH, Jane (Mrs)", "D.O.B.": "22/04/1951", "Sex": "F", "Ethnic Group": "A",
        "Post Code": "TS24 9AH", "Tel": "07700 900123", "GP Code": "A81001", "Tumour Site": "LGI", "Ref Type": "2WW",
        "Urgency": "2WW", "Ref Source": "GP", "Date Ref Decision": "13/03/2025", "Date Ref Recd": "14/03/2025",
        "1st Appt": "20/03/2025", "1st Appt Status": "Attended", "Org First Seen": "RVWAE",
        "Test Booked": "21/03/2025", "Test Done": "28/03/2025", "Test Reported": "31/03/2025",
        "Last Report": "16/04/2025", "MDT Date": "22/04/2025", "Date Pt Informed": "17/04/2025",
        "FDS Outcome": "Ca confirmed", "Diagnosis": "C18.7", "Date Diag": "16/04/2025", "Morphology": "8140/3",
        "UPI": "RVW0000020417", "UPI Issuer": "RVW", "Tx Seq": "1", "DTT Date": "24/04/2025",
        "Planned Tx Date": "16/05/2025", "Tx Date": "16/05/2025", "Tx Event": "First", "Tx Type": "Surg",
        "Tx Setting": "IP", "Treating Trust": "RVW", "62 Day Breach Date": "16/05/2025", "Days Wait": "63",
        "Next Action": "Chase histology", "Action Owner": "Cancer tracker", "Action Due": "20/06/2025",
        "Escalated": "N", "Tracking Notes": "12/5 colonoscopy done, await histo - JB", "Last Tracked": "30/05/2025",
        "Last Edit": "01/06/2025 07:58",
    },
}  # fmt: skip


def told_of(spark: SparkSession, system: str, rows: Sequence[Mapping[str, str]]) -> list[Row]:
    """For each row, given by the cells in which it differs from the whole one: `refused_as` and `faults`."""
    contract, whole = CONTRACTS[system], WHOLE[system]
    schema = StructType().add("_place", "integer").add("_trust", "string").add("_presence", "string")
    schema = schema.add("_extracted_at", "timestamp").add(REPEAT, "integer")
    for name in contract.columns:
        schema = schema.add(name, "string")
    frame = [
        (
            *(place, TRUSTS[system], "present", EXTRACTED_AT, int(cells.get(REPEAT, 1))),
            *({**whole, **cells}.get(name, "") for name in contract.columns),
        )
        for place, cells in enumerate(rows)
    ]
    organisations = load_organisations(conf_folder() / "vocabulary").rolled_up()
    judged = judged_rows(spark.createDataFrame(frame, schema), contract, Vocabulary({}, organisations))
    return judged.select("_place", silver.refused_as().alias("refused_as"), "faults").orderBy("_place").collect()
