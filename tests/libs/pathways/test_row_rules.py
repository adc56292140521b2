"""Every row rule, on drawn rows: it is told of all that break it, and of none that keep it."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from libs.nhs import dates
from libs.pathways.date_order import DONE, ORDER, InOrder
from libs.pathways.row_rules import ROW_RULES
from tests.libs.pathways.whole_rows import CONTRACTS, EXTRACTED_AT, REPEAT, told_of

Cells = st.SearchStrategy[Mapping[str, str]]
FEW_FRAMES = settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
ROWS = 5  # drawn for each rule and side
TODAY = EXTRACTED_AT.date()
REFERRED = date(2025, 3, 14)  # in the whole row


class Drawn(NamedTuple):
    """Cells with which a row breaks a rule, and cells with which it keeps it."""

    breaks: Cells
    keeps: Cells
    system: str = "scr"


def cell(column: str, texts: st.SearchStrategy[str], **others: str) -> Cells:
    return texts.map(lambda text: {column: text, **others})


def days(first: date, last: date) -> st.SearchStrategy[date]:
    return st.dates(first, last)


def iso(day: date) -> str:
    return f"{day:%Y-%m-%d} 00:00"


def check_digit(first_nine: str) -> str | None:
    remainder = sum(int(digit) * weight for digit, weight in zip(first_nine, range(10, 1, -1), strict=True)) % 11
    return {0: "0", 1: None}.get(remainder, str(11 - remainder))


def column_of(name: str) -> str:
    """The register's column of a canonical one, named by section and column."""
    section, _, field = name.partition(".")
    return next(str(source.column) for one, of, source in CONTRACTS["scr"].sources() if (one, of) == (section, field))


def in_order(pair: InOrder) -> Drawn:
    earlier, later = column_of(pair.earlier), column_of(pair.later)

    def apart(gaps: st.SearchStrategy[int]) -> Cells:
        anchors = days(date(1910, 1, 2), TODAY)
        return st.builds(lambda day, gap: {earlier: iso(day), later: iso(day + timedelta(gap))}, anchors, gaps)

    return Drawn(apart(st.integers(-3_000, -1)), apart(st.integers(0, 3_000)))


def exchanged(day: date) -> date | None:
    return date(day.year, day.day, day.month) if day.day <= 12 and day.day != day.month else None


def is_told_by_its_order(day: date) -> bool:
    """Whether a day on which a patient was told, once exchanged, lies before the referral or after the extract."""
    other = exchanged(day)
    return other is not None and not REFERRED <= other <= TODAY


TOLD_BY_THEIR_ORDER = [
    day
    for day in (REFERRED + timedelta(ahead) for ahead in range((TODAY - REFERRED).days + 1))
    if is_told_by_its_order(day)
]
small = st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=9)
digits = lambda count: st.text("0123456789", min_size=count, max_size=count)  # noqa: E731
blank = st.text(" \t\u00a0\u2003\u200b\ufeff", max_size=4)
nine = digits(9).filter(lambda first: check_digit(first) is not None and len(set(first)) > 1)
separators = st.sampled_from(["", " ", "-", "\u2013", "\u2011", "\u00a0", "\u200b"])
valid_numbers = st.builds(
    lambda first, gap: gap.join([first[:3], first[3:6], first[6:] + str(check_digit(first))]), nine, separators
)
wrong_numbers = st.builds(
    lambda first, more: first + str((int(check_digit(first) or 0) + more) % 10), nine, st.integers(1, 9)
)
damaged_numbers = st.one_of(
    st.builds(
        lambda first, rest: f"{first}.{rest}E+09",
        st.sampled_from("123456789"),
        st.text("0123456789", min_size=1, max_size=8),
    ),
    st.integers(7, 9).flatmap(digits),
    nine.map(lambda first: f"4{first}.00"),
    nine.map(lambda first: f"4,{first[:3]},{first[3:6]},{first[6:]}"),
)
mobiles = st.builds(lambda gap, rest: f"07{rest[:3]}{gap}{rest[3:]}", st.sampled_from(["", " ", "-"]), digits(9))
unknown_words = small.filter(
    lambda word: word not in {"breast", "skin", "urology", "lung", "brain", "sarcoma", "cup", "other"}
)
known_words = st.sampled_from(["Breast", "LUNG", " skin ", "Head and Neck", "upper gi\u00a0"])
postcodes = st.sampled_from(["TS19 8PE", "ts248ph", "dl6-1jg", "EC1A 1BB", " m1 1ae", "GIR 0AA"])
harmful = st.sampled_from(["=cmd|'/C calc'!A0", "10234;DROP", "\u0410<b>", "1\n2", "x" * 61, "@a", "-1"])
keys = st.text("ABC0123456789/-", min_size=1, max_size=20).map(lambda rest: f"A{rest}")
number = "NHS_NUMBER"
dated = st.sampled_from(["{0:%Y-%m-%d}", "{0:%Y-%m-%d} 09:30", "{0:%d/%m/%Y}", "{0:%d-%b-%y}"])
written_dates = st.builds(lambda form, day: form.format(day), dated, days(date(1970, 1, 1), TODAY))
out_of_the_calendar = days(date(1000, 1, 1), date(1752, 12, 30)) | days(date(2200, 1, 1), date(9999, 12, 30))

DRAWN: Mapping[str, Drawn] = {
    "PATHWAY_ID_MISSING": Drawn(cell("CARE_ID", blank), cell("CARE_ID", keys)),
    "PATIENT_ID_MISSING": Drawn(cell("PATIENT_ID", blank), cell("PATIENT_ID", keys)),
    "KEY_NOT_UNDERSTOOD": Drawn(
        st.one_of(cell("CARE_ID", harmful), cell("PATIENT_ID", harmful)), cell("CARE_ID", keys, PATIENT_ID="A-1/2")
    ),
    "ROW_REPEATED": Drawn(cell(REPEAT, st.integers(2, 9).map(str)), cell(REPEAT, st.just("1"))),
    "NHS_NUMBER_MISSING": Drawn(cell(number, blank), cell(number, st.one_of(valid_numbers, wrong_numbers))),
    "NHS_NUMBER_UNVERIFIED": Drawn(
        cell("NHS_NUMBER_STATUS", st.sampled_from(["02", "3", "04", "8", ""])),
        cell("NHS_NUMBER_STATUS", st.sampled_from(["01", "1", " 1 "])),
    ),
    "NHS_NUMBER_REPEATED_DIGIT": Drawn(
        cell(number, st.builds(lambda one, gap: gap.join([one * 3, one * 3, one * 4]), digits(1), separators)),
        cell(number, st.one_of(valid_numbers, small.map(lambda word: word[0] * 10))),
    ),
    "NHS_NUMBER_DAMAGED": Drawn(cell(number, damaged_numbers), cell(number, st.one_of(valid_numbers, small))),
    "NHS_NUMBER_CHECK_DIGIT": Drawn(
        cell(number, wrong_numbers), cell(number, st.one_of(valid_numbers, damaged_numbers))
    ),
    "NHS_NUMBER_NOT_UNDERSTOOD": Drawn(
        cell(number, st.one_of(small, st.builds("{}, {}".format, valid_numbers, valid_numbers))),
        cell(number, st.one_of(valid_numbers, wrong_numbers, damaged_numbers)),
    ),
    "DATE_NOT_UNDERSTOOD": Drawn(
        cell("MDT_DATE", st.one_of(small, st.sampled_from(["2025-02-30", "31/04/2025", "12/2025", "45781"]))),
        cell("MDT_DATE", written_dates),
    ),
    "DATE_IMPOSSIBLE": Drawn(
        cell("MDT_DATE", out_of_the_calendar.map(iso)),
        cell("MDT_DATE", days(date(1753, 1, 2), date(2199, 12, 31)).map(iso)),
    ),
    "DATE_DEFAULT": Drawn(
        cell("MDT_DATE", st.sampled_from(dates.DEFAULTS).map(lambda day: f"{day.year:04d}-{day:%m-%d}")),
        cell("MDT_DATE", days(date(1970, 1, 1), TODAY).map(iso)),
    ),
    "NUMBER_NOT_UNDERSTOOD": Drawn(
        cell("N2_14_ADJ_TIME", st.one_of(small, st.integers(10_000, 10**12).map(str), st.just("1.5"))),
        cell("N2_14_ADJ_TIME", st.integers(0, 9_999).flatmap(lambda days: st.sampled_from([f"{days}", f"{days}.0"]))),
    ),
    "YES_NO_NOT_UNDERSTOOD": Drawn(
        cell("ESCALATED", small.filter(lambda word: word not in {"yes", "true", "false"})),
        cell("ESCALATED", st.sampled_from(["Y", "n", "Yes", "NO", "true", "0", ""])),
    ),
    "NAME_NOT_UNDERSTOOD": Drawn(
        cell("Patient Name", small.map(lambda word: f"({word})")),
        cell("Patient Name", st.builds("{}, {} (Mrs)".format, small, small)),
        "infoflex",
    ),
    "WORD_UNMAPPED": Drawn(cell("L_CANCER_SITE", unknown_words), cell("L_CANCER_SITE", known_words)),
    "CODE_NOT_UNDERSTOOD": Drawn(cell("N4_2_DIAGNOSIS_CODE", harmful), cell("N4_2_DIAGNOSIS_CODE", keys)),
    "CODE_NOT_IN_LIST": Drawn(
        cell("SEX", st.one_of(small, st.integers(3, 8).map(str))), cell("SEX", st.sampled_from(["1", "2", "9", ""]))
    ),
    "ORGANISATION_NOT_UNDERSTOOD": Drawn(
        cell("ORG_CODE_TREAT", small.map(lambda word: f"{word} of nowhere")),
        cell("ORG_CODE_TREAT", st.sampled_from(["RTRAT", "rvw", "James Cook", "NVC01", "GEC"])),
    ),
    "POSTCODE_NOT_UNDERSTOOD": Drawn(
        cell("POSTCODE", small | postcodes.map(lambda one: one[:-1]) | postcodes.map("\u0422{}".format)),
        cell("POSTCODE", postcodes),
    ),
    "PHONE_NOT_UNDERSTOOD": Drawn(
        cell("PHONE", digits(6) | mobiles.map(lambda one: one[:-1]) | st.builds("{} {}".format, mobiles, mobiles)),
        cell("PHONE", mobiles),
    ),
    "POSTCODE_OF_NO_PLACE": Drawn(
        cell("POSTCODE", st.sampled_from(["ZZ99 3VZ", "zz993wz", "ZZ99", "ZZ99 3CZ"])), cell("POSTCODE", postcodes)
    ),
    "TEXT_CUT": Drawn(
        cell("SURNAME", st.integers(101, 5_000).map("a".__mul__)), cell("SURNAME", st.integers(1, 100).map("a".__mul__))
    ),
    "NOTE_IDENTIFIES": Drawn(
        cell("TRACKING_COMMENT", st.builds("{0} {1} {0}".format, small, mobiles)),
        cell("TRACKING_COMMENT", st.builds("12/5 {} booked".format, st.sampled_from(["CT", "OGD", "histo"]))),
    ),
    "BIRTH_DATE_MISSING": Drawn(cell("DOB", blank), cell("DOB", st.one_of(written_dates, small))),
    "REFERRAL_DATE_MISSING": Drawn(
        cell("N2_6_RECEIPT_DATE", blank), cell("N2_6_RECEIPT_DATE", st.one_of(written_dates, small))
    ),
    "SITE_MISSING": Drawn(cell("L_CANCER_SITE", blank), cell("L_CANCER_SITE", st.one_of(known_words, unknown_words))),
    "SUSPECTED_TYPE_MISSING": Drawn(
        cell("N2_12_CANCER_TYPE", blank, N2_16_OP_REFERRAL="17"),
        st.one_of(cell("N2_12_CANCER_TYPE", blank), cell("N2_12_CANCER_TYPE", st.just("7"), N2_16_OP_REFERRAL="17")),
    ),
    "TRANSFER_DATE_MISSING": Drawn(
        cell("TERTIARY_DATE", blank, TERTIARY_TO="RTR", TERTIARY_FROM="RVW"),
        st.one_of(
            cell("TERTIARY_DATE", blank), cell("TERTIARY_DATE", st.just("2025-04-20"), TERTIARY_TO="RTR")
        ),
    ),
    "TREATMENT_NUMBER_MISSING": Drawn(
        cell("TREAT_NO", blank),
        st.one_of(cell("TREAT_NO", st.just("2")), cell("TREAT_NO", blank, DTT_DATE="", TREAT_START_DATE="")),
    ),
    **{pair.rule_code: in_order(pair) for pair in ORDER},
    "DAY_MONTH_SWAPPED": Drawn(
        cell("L_PT_INFORMED_DATE", st.sampled_from(TOLD_BY_THEIR_ORDER).map(exchanged).map(iso)),
        cell("L_PT_INFORMED_DATE", days(REFERRED, TODAY).map(iso)),
    ),
    "DATE_IN_FUTURE": Drawn(
        st.builds(
            lambda name, ahead: {"TERTIARY_DATE": "2025-04-20", column_of(name): iso(TODAY + timedelta(days=ahead))},
            st.sampled_from(DONE),
            st.integers(1, 4_000),
        ),
        cell("PLANNED_TREAT_DATE", days(TODAY, date(2199, 12, 31)).map(iso), NEXT_ACTION_TARGET="2026-06-01"),
    ),
    "DECEASED_BUT_OPEN": Drawn(
        cell("DATE_DEATH", days(REFERRED, TODAY).map(iso)),
        cell("DATE_DEATH", days(REFERRED, TODAY).map(iso), CLOSED_DATE="2025-06-01"),
    ),
}  # fmt: skip


@pytest.mark.spark
@FEW_FRAMES
@given(st.data())
def test_a_rule_is_told_of_all_rows_that_break_it_and_of_none_that_keep_it(
    spark: SparkSession, data: st.DataObject
) -> None:
    for system in ("scr", "infoflex"):
        drawn = [
            (rule, is_broken, cells)
            for rule, of_rule in DRAWN.items()
            if of_rule.system == system
            for is_broken, side in ((True, of_rule.breaks), (False, of_rule.keeps))
            for cells in data.draw(st.lists(side, min_size=ROWS, max_size=ROWS), label=rule)
        ]
        told = told_of(spark, system, [cells for _, _, cells in drawn])
        for (rule, is_broken, cells), found in zip(drawn, told, strict=True):
            rules = {found["refused_as"], *(fault["rule_code"] for fault in found["faults"])}
            assert (rule in rules) == is_broken, f"{rule} of {dict(cells)}"


def test_every_rule_of_a_row_is_drawn() -> None:
    assert set(DRAWN) == set(ROW_RULES) - {"PATHWAY_DUPLICATED"}  # of pairs of rows: test_duplicates
