"""Rows as data officers write them, each with its verdict, which comes from what the rules say and not from the code.

`written_rows.csv`: `cells` are what differs from a whole row of the register, `Column=value` parted by ` ;; `. In a
value `\\t`, `\\x20` or `\\u00a0` stands for a sign that can't be seen, and `{40}` for what is before it, forty times.
`verdict` is `fine`, the rule by which the row is refused, or what is told of it as `RULE:field`, with blanks between.
"""

import csv
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql.types import StructType

from libs.feeds import load_contracts
from libs.organisations import load_organisations
from libs.pathways import silver
from libs.pathways.judging import judged_rows
from libs.pathways.reading import Vocabulary
from libs.pathways.row_rules import ROW_RULES
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


class WrittenRow(NamedTuple):
    """A row of the file: the cells that differ from a whole row, and what must be told of it."""

    name: str
    system: str
    cells: Mapping[str, str]
    refused_as: str | None
    told: list[str]


def value(written: str) -> str:
    """A value with its signs as they are: `\\t` is a tab, and `ab{3}` is ababab."""
    repeated = re.sub(r"(?s)^(.*)\{(\d+)\}", lambda found: found[1] * int(found[2]), written)
    return repeated.encode("latin-1", "backslashreplace").decode("unicode_escape")


def written_row(name: str, system: str, cells: str, verdict: str) -> WrittenRow:
    parts = [part.partition("=") for part in cells.split(" ;; ")] if cells else []
    told = [] if verdict == "fine" else verdict.split(" ")
    refused_as = told[0] if told and ":" not in told[0] else None
    changed = {column: value(text) for column, _, text in parts}
    assert changed.keys() <= {*CONTRACTS[system].columns, REPEAT}, f"a column of {name!r} is none of {system}"
    return WrittenRow(name, system, changed, refused_as, [] if refused_as else sorted(told))


def read_rows() -> list[WrittenRow]:
    with (Path(__file__).parent / "written_rows.csv").open(encoding="utf-8", newline="") as file:
        return [written_row(**row) for row in csv.DictReader(file)]


ROWS = read_rows()


def row_id(row: WrittenRow) -> str:
    return f"{row.system}: {row.name}"


@pytest.fixture(scope="module")
def judged(spark: SparkSession) -> dict[tuple[str, str], Row]:
    """What is told of each row, by register and name: one frame a register."""
    organisations = load_organisations(conf_folder() / "vocabulary").rolled_up()
    found: dict[tuple[str, str], Row] = {}
    for system, whole in WHOLE.items():
        contract = CONTRACTS[system]
        schema = StructType().add("_name", "string").add("_trust", "string").add("_presence", "string")
        schema = schema.add("_extracted_at", "timestamp").add(REPEAT, "integer")
        for name in contract.columns:
            schema = schema.add(name, "string")
        frame = [
            (
                row.name,
                TRUSTS[system],
                "present",
                EXTRACTED_AT,
                int(row.cells.get(REPEAT, 1)),
                *({**whole, **row.cells}.get(name, "") for name in contract.columns),
            )
            for row in ROWS
            if row.system == system
        ]
        rows = judged_rows(spark.createDataFrame(frame, schema), contract, Vocabulary({}, organisations))
        told = rows.select("_name", silver.refused_as().alias("refused_as"), "faults").collect()
        found |= {(system, row["_name"]): row for row in told}
    return found


@pytest.mark.spark
@pytest.mark.parametrize("row", ROWS, ids=row_id)
def test_a_written_row_is_told_its_faults_and_no_others(judged: Mapping[tuple[str, str], Row], row: WrittenRow) -> None:
    found = judged[row.system, row.name]
    assert found["refused_as"] == row.refused_as
    if row.refused_as is None:
        assert sorted(f"{fault['rule_code']}:{fault['field']}" for fault in found["faults"]) == row.told


def test_no_two_rows_of_a_register_have_the_same_name() -> None:
    assert len(set(map(row_id, ROWS))) == len(ROWS)


def test_every_rule_that_one_row_can_break_is_broken_by_some_row() -> None:
    broken = {told.partition(":")[0] for row in ROWS for told in (*row.told, row.refused_as) if told}
    assert broken == set(ROW_RULES) - {"PATHWAY_DUPLICATED"}


def test_every_cell_can_be_written_in_its_registers_encoding() -> None:
    cells = [(row.system, text) for row in ROWS for text in row.cells.values()]
    assert all(text.encode(CONTRACTS[system].dialect.encoding) for system, text in cells if text)
