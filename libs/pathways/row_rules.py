"""The rules by which a row or a value is refused or warned of, in sentences for those who look after a trust's data.

The catalogue in docs/row_rules.md is generated from here. Where a rule looks is in `reading`, `judging`, `date_order`,
`silver` and `duplicates`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Reach = Literal["record", "integrity"]
Severity = Literal["reject", "null the field", "warn"]


@dataclass(frozen=True)
class RowRule:
    """A rule: what it reaches, what happens to the data, and what a data officer is told. No sentence holds a value.

    `reach`: `record` concerns one field or row by itself, `integrity` facts that contradict each other. What concerns a
    whole submission is said of files (`libs/intake/reasons.py`).
    """

    code: str
    reach: Reach
    severity: Severity
    sentence: str
    source: str


def _emptied(code: str, what: str, do: str, source: str) -> RowRule:
    sentence = f"{what}: the field was left empty, the rest of the row was taken. {do}"
    return RowRule(code, "record", "null the field", sentence, source)


def _warned(code: str, what: str, do: str, source: str, *, reach: Reach = "record") -> RowRule:
    return RowRule(code, reach, "warn", f"{what}. Everything was taken. {do}", source)


def _out_of_order(code: str, what: str) -> RowRule:
    return _warned(
        code, what, "One of the two dates is wrong: correct it in the register.", "cwt-rules 7.5, 9", reach="integrity"
    )


_CORRECT = "Correct it in the register."
_REGISTER_ROWS = (
    RowRule(
        "PATHWAY_ID_MISSING", "record", "reject",
        "The row has no pathway number, so it can't be told which pathway it belongs to: the row was refused. Give it"
        " its number in the register.",
        "design 4.3",
    ),
    RowRule(
        "PATIENT_ID_MISSING", "record", "reject",
        "The row has no patient number, so it can't be told whose pathway it is: the row was refused. Give it its"
        " number in the register.",
        "design 4.3",
    ),
    RowRule(
        "KEY_NOT_UNDERSTOOD", "record", "reject",
        "The pathway number or the patient number holds signs that no such number does, or is longer than 60"
        " characters: the row was refused. Correct it in the register.",
        "issue 8",
    ),
    RowRule(
        "ROW_REPEATED", "integrity", "reject",
        "Another row of this extract has the same row key: the first of them was taken, this one was refused. Send each"
        " row once, each treatment under a number of its own.",
        "design 4.2",
    ),
)  # fmt: skip
_NUMBERS = (
    _warned(
        "NHS_NUMBER_MISSING", "The patient has no NHS number", "Trace it: without it the patient's records at"
        " other trusts are not found.", "cwt-rules 7.5",
    ),
    _warned(
        "NHS_NUMBER_UNVERIFIED", "The NHS number's status is not 01, present and verified", "Trace it: until then it"
        " joins no records by itself.", "cwt-rules 4.2",
    ),
    _emptied(
        "NHS_NUMBER_REPEATED_DIGIT", "The NHS number is one digit ten times, which is nobody's", "Trace the number.",
        "cwt-rules 6.1",
    ),
    _emptied(
        "NHS_NUMBER_DAMAGED", "The NHS number was damaged by a spreadsheet: in powers of ten, or a digit is lost",
        "Take it from the patient index again, as text.", "cwt-rules 6.1",
    ),
    _emptied(
        "NHS_NUMBER_CHECK_DIGIT", "The NHS number has a wrong check digit: a digit is mistyped, or two are exchanged",
        "Trace the number.", "cwt-rules 6.1",
    ),
    _emptied("NHS_NUMBER_NOT_UNDERSTOOD", "What stands for the NHS number is no number", _CORRECT, "cwt-rules 6.1"),
)  # fmt: skip
_VALUES = (
    _emptied("DATE_NOT_UNDERSTOOD", "The date is in no form that is known", _CORRECT, "cwt-rules 7.4"),
    _emptied("DATE_IMPOSSIBLE", "The date lies before 1753 or after 2199", _CORRECT, "cwt-rules 7.5"),
    _emptied(
        "DATE_DEFAULT", "The date is one that software writes where nobody entered any, such as 1900-01-01",
        "Enter the date in the register, or empty it.", "cwt-rules 7.5",
    ),
    _emptied("NUMBER_NOT_UNDERSTOOD", "The value is no whole number of a size that can be", _CORRECT, "design 4.3"),
    _emptied("YES_NO_NOT_UNDERSTOOD", "The value is neither yes nor no", _CORRECT, "design 4.3"),
    _emptied("NAME_NOT_UNDERSTOOD", "The name is not in the form of the feed contract", _CORRECT, "cwt-rules 7.4"),
    _emptied(
        "WORD_UNMAPPED", "The word is not in the feed contract's list nor in the trust's own",
        "Add it to conf/vocabulary/words.csv (`cancollaborate words` lists it), or correct it in the register.",
        "cwt-rules 7.4",
    ),
    _emptied(
        "CODE_NOT_UNDERSTOOD", "The code holds signs that no code does, or is longer than 60 characters", _CORRECT,
        "issue 8",
    ),
    _emptied("CODE_NOT_IN_LIST", "The code is not in the national list", _CORRECT, "cwt-rules 4.2 to 4.12"),
    _emptied(
        "ORGANISATION_NOT_UNDERSTOOD", "The organisation is no ODS code and no name that is known",
        "Write its code, or add the name to conf/vocabulary/organisations.yml.", "cwt-rules 6.3, 7.5",
    ),
    _emptied("POSTCODE_NOT_UNDERSTOOD", "The postcode has no postcode's form", _CORRECT, "cwt-rules 6.2"),
    _emptied(
        "PHONE_NOT_UNDERSTOOD", "What stands for the telephone number is no number of the United Kingdom, or several",
        "Enter one number.", "cwt-rules 7.4",
    ),
    _warned(
        "POSTCODE_OF_NO_PLACE", "The postcode is a pseudo-postcode: no fixed abode, or not known",
        "Enter the address if there is one.", "cwt-rules 6.2",
    ),
    RowRule(
        "TEXT_CUT", "record", "warn",
        "The text is longer than any such field needs: it was cut, the rest of the row was taken. Shorten it in the"
        " register.",
        "issue 8",
    ),
    RowRule(
        "NOTE_IDENTIFIES", "record", "warn",
        "The note held a name, a telephone or NHS number, a postcode or an e-mail address: it was taken without them."
        " Keep them out of notes.",
        "cwt-rules 7.5",
    ),
)  # fmt: skip
_MISSING = (
    _warned("BIRTH_DATE_MISSING", "The patient has no birth date", "Enter it: it tells namesakes apart.", "design 4.3"),
    _warned(
        "REFERRAL_DATE_MISSING", "The pathway has no date on which the referral was received",
        "Enter it: no clock can start without it.", "cwt-rules 1.1",
    ),
    _warned("SITE_MISSING", "The pathway has no tumour site", "Enter it: it stands on no site's list.", "cwt-rules 5"),
    _warned(
        "SUSPECTED_TYPE_MISSING", "The referral from a screening programme has no suspected cancer type, or one that no"
        " programme screens for",
        "Enter the programme's type: the pathway is counted as missing or invalid.", "cwt-rules 5.3, 7.5",
    ),
    _warned(
        "TRANSFER_DATE_MISSING", "A transfer between trusts has no date", "Enter it: without it a shared breach is"
        " divided in halves.", "cwt-rules 7.5",
    ),
    RowRule(
        "TREATMENT_NUMBER_MISSING", "record", "warn",
        "The row tells of a treatment without its number, so the treatment was not taken; the pathway was. Number it in"
        " the register.",
        "design 4.3",
    ),
)  # fmt: skip
_ORDER = (
    _out_of_order("RECEIVED_BEFORE_DECIDED", "The referral was received before it was decided on"),
    _out_of_order("FIRST_SEEN_BEFORE_REFERRAL", "The patient was first seen before the referral was received"),
    _out_of_order("INFORMED_BEFORE_REFERRAL", "The patient was told before the referral was received"),
    _out_of_order("UPGRADED_BEFORE_REFERRAL", "The pathway was upgraded before the referral was received"),
    _out_of_order("TESTED_BEFORE_REFERRAL", "The first test was done before the referral was received"),
    _out_of_order("TEST_DONE_BEFORE_BOOKED", "The first test was done before it was booked"),
    _out_of_order("TEST_REPORTED_BEFORE_DONE", "The first test was reported before it was done"),
    _out_of_order("LAST_REPORT_BEFORE_FIRST", "The last report came before the first"),
    _out_of_order("DISCUSSED_BEFORE_REFERRAL", "The team discussed the patient before the referral was received"),
    _out_of_order("DIAGNOSED_BEFORE_REFERRAL", "The diagnosis was made before the referral was received"),
    _out_of_order("TRANSFERRED_BEFORE_REFERRAL", "The patient was transferred before the referral was received"),
    _out_of_order("DECISION_BEFORE_REFERRAL", "The treatment was decided on before the referral was received"),
    _out_of_order("TREATED_BEFORE_DECISION", "The treatment began before it was decided on"),
    _out_of_order("TREATED_BEFORE_REFERRAL", "The treatment began before the referral was received"),
    _out_of_order("CLOSED_BEFORE_REFERRAL", "The pathway was closed before the referral was received"),
    _out_of_order("BORN_AFTER_REFERRAL", "The patient was born after the referral was received"),
    _out_of_order("DIED_BEFORE_REFERRAL", "The patient died before the referral was received"),
)
_CONTRADICTIONS = (
    _warned(
        "DAY_MONTH_SWAPPED", "The order of the dates is impossible, and with day and month of this one exchanged it is"
        " not", _CORRECT, "cwt-rules 7.5", reach="integrity",
    ),
    _warned(
        "DATE_IN_FUTURE", "Something that is recorded as done has a date after the extract: it counts from that day on",
        "Enter what is planned as planned.", "cwt-rules 7.5", reach="integrity",
    ),
    _warned(
        "DECEASED_BUT_OPEN", "The patient has died and the pathway is open", "Close it in the register.",
        "cwt-rules 1.4, 7.5", reach="integrity",
    ),
    RowRule(
        "PATHWAY_DUPLICATED", "integrity", "warn",
        "The same referral of the same patient stands under another pathway number too, which is counted: an open"
        " one before a closed one, then the fuller. This one is not. Merge them in the register.",
        "cwt-rules 7.5",
    ),
)  # fmt: skip

ROW_RULES: Mapping[str, RowRule] = {
    rule.code: rule for rule in (*_REGISTER_ROWS, *_NUMBERS, *_VALUES, *_MISSING, *_ORDER, *_CONTRADICTIONS)
}
