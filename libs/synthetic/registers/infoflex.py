"""Infoflex: words, UK dates, several spellings of nothing, one row per pathway and further rows per treatment."""

import numpy as np
import pandas as pd

from libs.synthetic.draws import Array
from libs.synthetic.faults.corruption import HABIT_BITS
from libs.synthetic.mixing import pick, stirred
from libs.synthetic.registers.text import dates, moments, numbers, spelled_otherwise, words

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
    "lower_gi": ("LGI", "Lower GI", "Bowel"),
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
_SCREENED_TYPES = {"07": "BCSP", "01": "Breast Screening", "09": "Cx Screening", "03": "Lung Screening"}
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
# Words of people's own for outcomes and treatments: nobody else knows all of them.
_OWN_WORDS = {
    "Ca confirmed": "malignant - see MDT", "benign - disch": "NAD, d/c to GP", "Excluded": "off pathway",
    "Interval scan": "rpt CT 3/12", "Surg": "WLE + SLNB", "Chemo": "SACT", "RT": "Rad RT", "Hormone": "LHRH",
    "Chemo-RT": "CRT", "Immuno": "pembro", "BSC": "pall care", "Active Mon": "watch & wait", "Declined": "pt refused",
}  # fmt: skip
# Keys, and columns in which a person sees at once that there is nothing, are left empty.
_ALWAYS_EMPTY = frozenset({"Pathway No", "Hosp No", "Tx Seq", "Last Edit"})


def write_rows(rows: pd.DataFrame, *, seed: int) -> list[Array]:
    """The columns of the extract, in the order of the header, as text; `seed` settles each pathway's spellings."""
    habit = stirred(rows["pathway_id"].to_numpy(), seed)
    has = {name: (rows["habits"].to_numpy() & bit) != 0 for name, bit in HABIT_BITS.items()}
    day = {column: _dates(rows, column, has) for column in map(str, rows) if column.endswith("_on")}
    code = {column: words(rows[column]) for column in map(str, rows) if rows[column].dtype == object}
    missed, pause = numbers(rows["first_seen_adjustment_days"]), numbers(rows["treatment_adjustment_days"])
    identity = [
        code["source_pathway_id"], code["source_patient_id"], _spaced(code["nhs_number"], has),
        code["nhs_number_status"], _names(code), dates(rows["born_on"], "%d/%m/%Y"), words(rows["sex"], _SEX),
        code["ethnic_category"], code["postcode"], code["phone"], code["gp_practice"], day["died_on"],
    ]  # fmt: skip
    referral = [
        _sites(rows, habit, has), _referral_types(rows), words(rows["priority_type"], _URGENCY),
        words(rows["referral_source"], _SOURCE), day["referral_decided_on"], day["referral_received_on"],
        day["appointment_on"], _attendance(rows), day["did_not_attend_on"], missed, code["first_seen_org"],
        day["upgraded_on"], code["upgrade_org"],
    ]  # fmt: skip
    investigation = [
        day["first_test_booked_on"], day["first_test_done_on"], day["first_test_reported_on"],
        day["last_test_reported_on"], day["mdt_on"], day["informed_on"], _outcomes(rows, habit, has),
        _plain(code["fds_exclusion_reason"]), code["diagnosis_icd10"],
        day["diagnosed_on"], code["morphology"], day["transfer_on"], code["transfer_from_org"], code["transfer_to"],
        words(rows["transfer_reason"], _SENT), code["pathway_identifier"], code["pathway_identifier_issuer"],
    ]  # fmt: skip
    treatment = [
        numbers(rows["treatment_number"]), day["decision_to_treat_on"], day["planned_treatment_on"],
        day["treatment_on"], words(rows["treatment_event"], _EVENT), _treatments(rows, habit, has),
        words(rows["treatment_setting"], _SETTING), pause, np.where(pause == "", "", "Pt choice"),
        _trusts(code["treatment_org"]), _breach_dates(rows, has), _days_waited(rows),
    ]  # fmt: skip
    tracking = [
        day["closed_on"], words(rows["closed_reason"], _CLOSED), code["next_action"], code["next_action_owner"],
        day["next_action_due_on"], np.where(rows["is_escalated"], "Yes", "No"), code["tracking_note"],
        day["last_tracked_on"], moments(rows["source_updated_at"], "%d/%m/%Y"),
    ]  # fmt: skip
    return _spell_nothing([*identity, *referral, *investigation, *treatment, *tracking], habit, has["nothing_in_words"])


def _dates(rows: pd.DataFrame, column: str, has: dict[str, Array]) -> Array:
    """DD/MM/YYYY; some type months in letters and a short year."""
    plain, letters = dates(rows[column], "%d/%m/%Y"), np.flatnonzero(has["month_in_letters"])
    plain[letters] = dates(rows[column].iloc[letters], "%d-%b-%y")
    return plain


def _spell_nothing(columns: list[Array], habit: Array, has: Array) -> list[Array]:
    """Write what is missing as some people do: in part N/K, a dot, a dash, and in dates 01/01/1900."""
    rows = np.flatnonzero(has)
    for number, (title, column) in enumerate(zip(HEADER.split(DELIMITER), columns, strict=True)):
        if title in _ALWAYS_EMPTY:
            continue
        empty = rows[column[rows] == ""]
        draw = pick(stirred(habit[empty].view(np.int64), number), 100)
        is_date = title.startswith("Date ") or title.endswith((" Date", " Dt")) or title in _OTHER_DATES
        nothing = np.select([draw < 11, draw < 20, draw < 27], ["N/K", "-", "."], default="").astype(object)
        column[empty] = np.where((draw >= 93) & is_date, "01/01/1900", nothing)
    return columns


_OTHER_DATES = frozenset(
    {"1st Appt", "Test Booked", "Test Done", "Test Reported", "Last Report", "Action Due", "Last Tracked"}
)


def _names(code: dict[str, Array]) -> Array:
    """SURNAME, Forename (Title), as far as they are known."""
    family, title = code["family_name"], code["title"]
    capitals = words(family, {each: each.upper() for each in set(family.tolist())})
    marked = words(title, {each: f" ({each})" if each else "" for each in set(title.tolist())})
    given = words(code["given_name"], {each: f", {each}" if each else "" for each in set(code["given_name"].tolist())})
    return np.asarray(capitals + given + marked)


def _spaced(number: Array, has: dict[str, Array]) -> Array:
    """Some clerks write the NHS number 3-3-4."""
    rows = np.flatnonzero(has["number_spaced"])
    result = number.copy()
    result[rows] = [f"{each[:3]} {each[3:6]} {each[6:]}" if len(each) == 10 else each for each in number[rows].tolist()]
    return result


def _plain(code: Array) -> Array:
    return words(code, {each: each.lstrip("0") for each in set(code.tolist())})


def _trusts(organisations: Array) -> Array:
    """Treating trusts by their code; what is no code of a site stands as it was typed."""
    known = set(organisations.tolist())
    return words(organisations, {each: each[:3] if len(each) == 5 and each.isupper() else each for each in known})


def _sites(rows: pd.DataFrame, habit: Array, has: dict[str, Array]) -> Array:
    site = rows["tumour_site"].to_numpy()
    group = rows["cancer_group"].where(rows["diagnosed_on"].notna()).to_numpy()  # nobody knows it before
    fine = np.where((site == "urology") & (group == "prostate"), "prostate", site)
    fine = np.where((site == "upper_gi") & (group == "hepatobiliary"), "hepatobiliary", fine)
    word = words(fine, {key: spellings[0] for key, spellings in _SITES.items()})
    for key in [key for key, spellings in _SITES.items() if len(spellings) > 1]:
        at = np.flatnonzero(has["site_in_other_word"] & (fine == key))
        word[at] = np.array(_SITES[key][1:], dtype=object)[pick(habit[at], len(_SITES[key]) - 1, turn=2)]
    return word


def _outcomes(rows: pd.DataFrame, habit: Array, has: dict[str, Array]) -> Array:
    word = _cased(words(rows["fds_end_reason"], _OUTCOME), habit, has)
    return spelled_otherwise(word, np.flatnonzero(has["outcome_in_free_text"]), _OWN_WORDS)


def _treatments(rows: pd.DataFrame, habit: Array, has: dict[str, Array]) -> Array:
    word = _cased(words(rows["treatment_modality"], _TYPE), habit, has)
    return spelled_otherwise(word, np.flatnonzero(has["treatment_in_local_word"]), _OWN_WORDS)


def _cased(word: Array, habit: Array, has: dict[str, Array]) -> Array:
    """In capitals, in small letters, or with a space at the end."""
    kind = np.where(has["word_in_other_case"], pick(habit, 3, turn=3), -1)
    for number, spell in enumerate((str.upper, str.lower, _with_a_space)):
        rows = np.flatnonzero(kind == number)
        word[rows] = [spell(each) for each in word[rows].tolist()]
    return word


def _with_a_space(word: str) -> str:
    return f"{word} " if word else ""


def _referral_types(rows: pd.DataFrame) -> Array:
    is_screen = (rows["route"] == "SCREEN").to_numpy()
    # Without a valid type of cancer nobody knows which programme it was: the word for neither stands there.
    known = is_screen & np.isin(rows["suspected_cancer_type"].to_numpy().astype(str), list(_SCREENED_TYPES))
    screen = words(rows["suspected_cancer_type"].where(known), _SCREENED_TYPES)
    other = words(rows["route"].where(~is_screen), _ROUTES)
    return np.where(known, screen, np.where(is_screen, "Routine", other)).astype(object)


def _attendance(rows: pd.DataFrame) -> Array:
    attended = rows["first_seen_on"].notna()
    missed = rows["did_not_attend_on"].notna() & rows["rebooked_on"].isna()
    status = np.where(rows["appointment_on"].notna(), "Booked", "")
    return np.where(attended, "Attended", np.where(missed, "DNA", status)).astype(object)


def _clock_start(rows: pd.DataFrame) -> pd.Series:
    return rows["upgraded_on"].fillna(rows["referral_received_on"])


def _breach_dates(rows: pd.DataFrame, has: dict[str, Array]) -> Array:
    """Day 62 for some teams, day 63 for others; adjustments are forgotten."""
    breach = _clock_start(rows) + pd.to_timedelta(np.where(has["breach_on_day_63"], 63, 62), unit="D")
    return dates(breach.where(rows["route"] != "OTHER"), "%d/%m/%Y")


def _days_waited(rows: pd.DataFrame) -> Array:
    """Days on the day that the row was last saved: nobody recounts them overnight."""
    until = rows["treatment_on"].fillna(rows["closed_on"]).fillna(rows["source_updated_at"].dt.normalize())
    return numbers((until - _clock_start(rows)).dt.days.clip(lower=0), hide_zero=False)
