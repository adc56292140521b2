"""Infoflex: words, UK dates, several spellings of nothing, one row per pathway and further rows per treatment."""

import numpy as np
import pandas as pd

from libs.synthetic.draws import Array
from libs.synthetic.registers.text import dates, numbers, words

DELIMITER, ENCODING = "|", "windows-1252"
HEADER = (
    "Pathway No|Hosp No|NHS No|NHS No Status|Patient Name|D.O.B.|Sex|Ethnic Group|Post Code|Tel|GP Code|Date of Death|"
    "Tumour Site|Ref Type|Urgency|Ref Source|Date Ref Decision|Date Ref Recd|1st Appt|1st Appt Status|1st DNA Date|"
    "DNA Adj Days|Org First Seen|Upgrade Dt|Upgrade Org|Test Booked|Test Done|Test Reported|Last Report|MDT Date|"
    "Date Pt Informed|FDS Outcome|FDS Excl|Diagnosis|Date Diag|Morphology|IPT Date|IPT From|IPT To|IPT Reason|UPI|"
    "UPI Issuer|Tx Seq|DTT Date|Planned Tx Date|Tx Date|Tx Event|Tx Type|Tx Setting|Pause Days|Pause Reason|"
    "Treating Trust|62 Day Breach Date|Days Wait|Closed Dt|Closed Reason|Next Action|Action Owner|Action Due|Escalated|"
    "Tracking Notes|Last Tracked|Last Edit"
)
_SITES = {
    "breast": ("Breast",),
    "lower_gi": ("LGI", "LGI", "Lower GI", "Bowel"),
    "skin": ("Skin",),
    "gynaecology": ("Gynae",),
    "head_neck": ("H&N",),
    "urology": ("Urology",),
    "prostate": ("Urology", "Urology-Prostate"),
    "upper_gi": ("UGI",),
    "hepatobiliary": ("UGI", "HPB"),
    "lung": ("Lung",),
    "haematology": ("Haem",),
    "brain": ("Brain/CNS",),
    "sarcoma": ("Sarcoma",),
    "children": ("Paeds",),
    "non_specific": ("NSS",),
    "other": ("Other",),
}
_ROUTES = {"USC": "2WW", "BSYM": "Breast Symp", "UPGRADE": "Upgrade", "OTHER": "Routine"}
_SCREENS = {"lower_gi": "BCSP", "breast": "Breast Screening", "gynaecology": "Cx Screening", "lung": "Lung Screening"}
_SEX = {"1": "M", "2": "F", "9": "Not known"}
_URGENCY = {"1": "Routine", "2": "Urgent", "3": "2WW"}
_SOURCE = {"03": "GP", "92": "Dentist", "04": "A&E", "05": "Consultant", "17": "Screening", "97": "Other"}
_OUTCOME = {"01": "Ca confirmed", "02": "benign - disch", "03": "Excluded", "04": "Interval scan"}
_EVENT = {"01": "First", "02": "Subsequent", "03": "Recurrence", "10": "Progression"}
_TYPE = {
    "23": "Surg", "02": "Chemo", "03": "Hormone", "04": "Chemo-RT", "05": "RT", "06": "Brachy", "15": "Immuno",
    "08": "Active Mon", "09": "BSC", "98": "Declined",
}  # fmt: skip
_SETTING = {"01": "IP", "02": "DC", "03": "OP"}
_SENT = {"9": "For treatment", "1": "For diagnostics"}
_CLOSED = {
    "NOT_CANCER": "Disch - no Ca",
    "TREATED": "Tx complete",
    "DIED": "RIP",
    "PRIVATE": "Private",
    "NO_TREATMENT": "No Tx",
}
# Keys, and columns in which a person sees at once that there is nothing, are left empty.
_ALWAYS_EMPTY = frozenset({"Pathway No", "Hosp No", "Tx Seq", "Last Edit"})


def write_rows(rows: pd.DataFrame, *, seed: int) -> list[Array]:
    """The columns of the extract, in the order of the header, as text; `seed` settles each pathway's spellings."""
    habit = _mixed(rows["pathway_id"].to_numpy(), seed)
    day = {column: _dates(rows, column, habit) for column in map(str, rows) if column.endswith("_on")}
    code = {column: words(rows[column]) for column in map(str, rows) if rows[column].dtype == object}
    missed, pause = numbers(rows["first_seen_adjustment_days"]), numbers(rows["treatment_adjustment_days"])
    identity = [
        code["source_pathway_id"], code["source_patient_id"], _spaced(code["nhs_number"], code["source_patient_id"]),
        code["nhs_number_status"], _names(code), dates(rows["born_on"], "%d/%m/%Y"), words(rows["sex"], _SEX),
        code["ethnic_category"], code["postcode"], code["phone"], code["gp_practice"], day["died_on"],
    ]  # fmt: skip
    referral = [
        _sites(rows, habit), _referral_types(rows), words(rows["priority_type"], _URGENCY),
        words(rows["referral_source"], _SOURCE), day["referral_decided_on"], day["referral_received_on"],
        day["appointment_on"], _attendance(rows), day["did_not_attend_on"], missed, code["first_seen_org"],
        day["upgraded_on"], code["upgrade_org"],
    ]  # fmt: skip
    investigation = [
        day["first_test_booked_on"], day["first_test_done_on"], day["first_test_reported_on"],
        day["last_test_reported_on"], day["mdt_on"], day["informed_on"], words(rows["fds_end_reason"], _OUTCOME),
        np.array([each.lstrip("0") for each in code["fds_exclusion_reason"]], dtype=object), code["diagnosis_icd10"],
        day["diagnosed_on"], code["morphology"], day["transfer_on"], code["transfer_from_org"], code["transfer_to"],
        words(rows["transfer_reason"], _SENT), code["pathway_identifier"], code["pathway_identifier_issuer"],
    ]  # fmt: skip
    treatment = [
        numbers(rows["treatment_number"]), day["decision_to_treat_on"], day["planned_treatment_on"],
        day["treatment_on"], words(rows["treatment_event"], _EVENT), words(rows["treatment_modality"], _TYPE),
        words(rows["treatment_setting"], _SETTING), pause, np.where(pause == "", "", "Pt choice"),
        np.array([each[:3] for each in code["treatment_org"]], dtype=object), _breach_dates(rows), _days_waited(rows),
    ]  # fmt: skip
    tracking = [
        day["closed_on"], words(rows["closed_reason"], _CLOSED), code["next_action"], code["next_action_owner"],
        day["next_action_due_on"], np.where(rows["is_escalated"], "Yes", "No"), code["tracking_note"],
        day["last_tracked_on"], dates(rows["source_updated_at"], "%d/%m/%Y %H:%M"),
    ]  # fmt: skip
    return _spell_nothing([*identity, *referral, *investigation, *treatment, *tracking], habit)


def _mixed(values: Array, seed: int) -> Array:
    """A well-stirred number per value that stays the same from hour to hour (splitmix64)."""
    mixed = values.astype(np.uint64) + np.uint64(seed * 0x9E3779B97F4A7C15 % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))


def _dates(rows: pd.DataFrame, column: str, habit: Array) -> Array:
    """DD/MM/YYYY; one pathway in twenty was typed with months in letters and a short year."""
    return np.where(habit % np.uint64(20) == 0, dates(rows[column], "%d-%b-%y"), dates(rows[column], "%d/%m/%Y"))


def _spell_nothing(columns: list[Array], habit: Array) -> list[Array]:
    """Write what is missing as people do: mostly empty, else N/K, a dot, a dash, and in dates 01/01/1900."""
    titles = HEADER.split(DELIMITER)
    spelled = []
    for number, (title, column) in enumerate(zip(titles, columns, strict=True)):
        if title in _ALWAYS_EMPTY:
            spelled.append(column)
            continue
        draw = (_mixed(habit, number + 1) % np.uint64(100)).astype(int)
        is_date = title.startswith("Date ") or title.endswith((" Date", " Dt")) or title in _OTHER_DATES
        nothing = np.select([draw < 5, draw < 9, draw < 12], ["N/K", "-", "."], default="").astype(object)
        nothing = np.where((draw >= 97) & is_date, "01/01/1900", nothing)
        spelled.append(np.where(column == "", nothing, column))
    return spelled


_OTHER_DATES = frozenset(
    {"1st Appt", "Test Booked", "Test Done", "Test Reported", "Last Report", "Action Due", "Last Tracked"}
)


def _names(code: dict[str, Array]) -> Array:
    parts = zip(code["family_name"], code["given_name"], code["title"], strict=True)
    return np.array([f"{family.upper()}, {given} ({title})" for family, given, title in parts], dtype=object)


def _spaced(number: Array, patient: Array) -> Array:
    """Some clerks write the NHS number 3-3-4."""
    pairs = zip(number, patient, strict=True)
    return np.array(
        [f"{each[:3]} {each[3:6]} {each[6:]}" if each and int(who[1:]) % 10 < 3 else each for each, who in pairs],
        dtype=object,
    )


def _sites(rows: pd.DataFrame, habit: Array) -> Array:
    site = rows["tumour_site"].to_numpy()
    group = rows["cancer_group"].where(rows["diagnosed_on"].notna() | (rows["route"] == "UPGRADE")).to_numpy()
    fine = np.where((site == "urology") & (group == "prostate"), "prostate", site)
    fine = np.where((site == "upper_gi") & (group == "hepatobiliary"), "hepatobiliary", fine)
    draws = (habit // np.uint64(64)).tolist()
    return np.array([_SITES[key][draw % len(_SITES[key])] for key, draw in zip(fine, draws, strict=True)], dtype=object)


def _referral_types(rows: pd.DataFrame) -> Array:
    is_screen = (rows["route"] == "SCREEN").to_numpy()
    screen = words(rows["tumour_site"].where(is_screen), _SCREENS)
    return np.where(is_screen, screen, words(rows["route"].where(~is_screen), _ROUTES))


def _attendance(rows: pd.DataFrame) -> Array:
    attended = rows["first_seen_on"].notna()
    missed = rows["did_not_attend_on"].notna() & rows["rebooked_on"].isna()
    status = np.where(rows["appointment_on"].notna(), "Booked", "")
    return np.where(attended, "Attended", np.where(missed, "DNA", status)).astype(object)


def _clock_start(rows: pd.DataFrame) -> pd.Series:
    return rows["upgraded_on"].fillna(rows["referral_received_on"])


def _breach_dates(rows: pd.DataFrame) -> Array:
    """Day 62 for some teams, day 63 for others; adjustments are forgotten."""
    habit = rows["tumour_site"].isin(["breast", "lower_gi", "skin", "lung"])
    breach = _clock_start(rows) + pd.to_timedelta(np.where(habit, 63, 62), unit="D")
    return dates(breach.where(rows["route"] != "OTHER"), "%d/%m/%Y")


def _days_waited(rows: pd.DataFrame) -> Array:
    """Days on the day that the row was last saved: nobody recounts them overnight."""
    until = rows["treatment_on"].fillna(rows["closed_on"]).fillna(rows["source_updated_at"].dt.normalize())
    return numbers((until - _clock_start(rows)).dt.days.clip(lower=0), hide_zero=False)
