"""Source rows of both registers as canonical columns: every word they use, and what is lost, by name only."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql.types import StructType

from libs.feeds import load_contracts
from libs.pathways.canonical import SECTIONS
from libs.pathways.canonicalise import canonical_rows
from libs.settings import conf_folder
from tests.libs.pathways.register_words import (
    INFOFLEX_ROW,
    INFOFLEX_TREATMENT_WORDS,
    INFOFLEX_WORDS,
    SCR_ROW,
    SCR_TREATMENT_WORDS,
    SCR_WORDS,
    TYPE_OF_SITE,
    UNKNOWN,
    Words,
)

Cells = Mapping[str, str | None]
CONTRACTS = load_contracts(conf_folder())
# Every test's source rows by register, so that Spark is asked once a register.
ASKED: dict[str, list[Cells]] = {system: [] for system in CONTRACTS}


def _ask(system: str, cells: Sequence[Cells]) -> tuple[str, slice]:
    """Put source rows, of which only the given cells are filled, on the list; the answer finds their canonical rows."""
    asked = ASKED[system]
    assert all(set(row) <= set(CONTRACTS[system].columns) for row in cells)
    asked.extend(cells)
    return system, slice(len(asked) - len(cells), len(asked))


def rows_of(system: str, *cells: Cells) -> pytest.MarkDecorator:
    """Give the test, as `rows`, the canonical rows of these source rows."""
    return pytest.mark.parametrize("rows", [_ask(system, cells)], indirect=True, ids=[system])


@pytest.fixture(scope="module")
def canonical(spark: SparkSession) -> dict[str, list[Row]]:
    answered = {}
    for system, asked in ASKED.items():
        contract = CONTRACTS[system]
        schema = StructType().add("_row_number", "integer")
        for column in contract.columns:
            schema = schema.add(column, "string")
        values = [(number, *map(cells.get, contract.columns)) for number, cells in enumerate(asked)]
        found = canonical_rows(spark.createDataFrame(values, schema), contract).collect()
        answered[system] = sorted(found, key=lambda row: row["_row_number"])
    return answered


@pytest.fixture
def rows(canonical: dict[str, list[Row]], request: pytest.FixtureRequest) -> list[Row]:
    system, place = request.param
    return canonical[system][place]


def _told(row: Row) -> dict[str, Any]:
    """The canonical columns of a row that hold something, and what was not understood if anything was."""
    told = {
        name: value
        for section in SECTIONS
        if row[section] is not None
        for name, value in row[section].asDict().items()
        if value is not None
    }
    return told | ({"lost": _lost(row)} if row["faults"] else {})


def _lost(row: Row) -> list[str]:
    """The columns of which something could not be understood."""
    return [fault["field"] for fault in row["faults"]]


def _london(moment: datetime) -> datetime:
    """As `collect` gives it: the machine's own time without its zone."""
    return moment.replace(tzinfo=ZoneInfo("Europe/London")).astimezone().replace(tzinfo=None)


def _said(words: Words) -> list[tuple[str, str, str, str]]:
    return [(column, word, name, code) for column, (name, codes) in words.items() for word, code in codes.items()]


def _words_asked(system: str, words: Words, beside: Cells) -> tuple[tuple[str, slice], Words]:
    return _ask(system, [{**beside, column: word} for column, word, _, _ in _said(words)]), words


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        _words_asked("scr", SCR_WORDS, {}),
        _words_asked("scr", SCR_TREATMENT_WORDS, {"TREAT_NO": "1"}),
        _words_asked("infoflex", INFOFLEX_WORDS, {}),
        _words_asked("infoflex", INFOFLEX_TREATMENT_WORDS, {"Tx Seq": "1"}),
    ],
    indirect=["rows"],
    ids=["scr", "scr treatments", "infoflex", "infoflex treatments"],
)
def test_every_word_of_a_register_becomes_its_code(rows: list[Row], words: Words) -> None:
    said = _said(words)
    found = {(column, word): _told(row).get(name) for (column, word, name, _), row in zip(said, rows, strict=True)}
    assert found == {(column, word): code for column, word, _, code in said}
    assert [_lost(row) for row in rows] == [[]] * len(rows)


@rows_of("infoflex", {"FDS Outcome": "  BENIGN - Disch "}, {"Tumour Site": "lgi"})
def test_case_and_blanks_around_a_word_do_not_matter(rows: list[Row]) -> None:
    assert [_told(row) for row in rows] == [{"fds_end_reason": "02"}, {"tumour_site": "lower_gi"}]


BY_SITE = ("2WW", "BCSP", "Breast Screening", "Cx Screening", "Lung Screening")
SUSPECTED: dict[tuple[str, str], str | None] = {
    **{(kind, site): code for kind in BY_SITE for site, code in TYPE_OF_SITE.items()},
    **{("Breast Symp", site): "16" for site in TYPE_OF_SITE},
    **{(kind, site): None for kind in ("Upgrade", "Routine") for site in TYPE_OF_SITE},
}


@rows_of("infoflex", *({"Ref Type": kind, "Tumour Site": site} for kind, site in SUSPECTED))
def test_infoflex_says_the_suspected_cancer_by_site_for_a_suspicion_or_a_screen_only(rows: list[Row]) -> None:
    found = [row["pathway"]["suspected_cancer_type"] for row in rows]
    assert dict(zip(SUSPECTED, found, strict=True)) == SUSPECTED
    assert [_lost(row) for row in rows] == [[]] * len(rows)


@rows_of("infoflex", {"Ref Type": "Walk-in", "Tumour Site": "Lung"})
def test_an_unknown_kind_of_referral_loses_the_suspected_cancer_by_name(rows: list[Row]) -> None:
    assert [_told(row) for row in rows] == [{"tumour_site": "lung", "lost": ["suspected_cancer_type"]}]


@rows_of("infoflex", {"Ref Type": "2WW", "Tumour Site": "Elbow"})
def test_an_unknown_site_loses_the_site_and_on_infoflex_the_suspected_cancer(rows: list[Row]) -> None:
    assert [_told(row) for row in rows] == [{"lost": ["tumour_site", "suspected_cancer_type"]}]


SCR_TYPES = [f"{code:02d}" for code in range(1, 18)]


@rows_of("scr", *({"N2_12_CANCER_TYPE": code, "L_CANCER_SITE": "Other"} for code in SCR_TYPES))
def test_scr_types_are_kept_and_non_specific_symptoms_are_a_site(rows: list[Row]) -> None:
    assert [row["pathway"]["suspected_cancer_type"] for row in rows] == SCR_TYPES
    assert [row["pathway"]["tumour_site"] for row in rows] == ["other"] * 16 + ["non_specific"]
    assert [_lost(row) for row in rows] == [[]] * 17


@rows_of("scr", {"L_CANCER_SITE": "Colorectal", "N2_12_CANCER_TYPE": ""})
def test_scr_without_a_type_has_a_site_and_no_suspected_cancer(rows: list[Row]) -> None:
    assert [_told(row) for row in rows] == [{"tumour_site": "lower_gi"}]


@pytest.mark.parametrize(
    ("rows", "cases"),
    [
        (_ask(system, [{column: text} for column, (_, text) in cases.items()]), cases)
        for system, cases in UNKNOWN.items()
    ],
    indirect=["rows"],
    ids=list(UNKNOWN),
)
def test_what_is_not_understood_is_null_and_reported_by_field_name_only(
    rows: list[Row], cases: dict[str, tuple[str, str]]
) -> None:
    expected = {column: [name] for column, (name, _) in cases.items()}
    assert {column: _lost(row) for column, row in zip(cases, rows, strict=True)} == expected
    kept = {name: value for row in rows for name, value in _told(row).items() if name != "lost"}
    assert kept == ({"family_name": "SMITH"} if "Patient Name" in cases else {})


@pytest.mark.parametrize(
    "rows",
    [_ask(system, [dict.fromkeys(CONTRACTS[system].columns, "  "), {}]) for system in CONTRACTS],
    indirect=True,
    ids=list(CONTRACTS),
)
def test_an_empty_row_is_empty_and_complains_of_nothing(rows: list[Row]) -> None:
    for row in rows:
        assert _told(row) == {}
        assert _lost(row) == []
        assert (row["transfer"], row["treatment"]) == (None, None)
        assert set(row["patient"].asDict().values()) == {None}


NULLS = ["N/K", "n/k", " N/K ", ".", "-", "01/01/1900"]


@rows_of("infoflex", *(dict.fromkeys(CONTRACTS["infoflex"].columns, spelling) for spelling in NULLS))
def test_the_null_spellings_of_infoflex_are_nothing_wherever_they_stand(rows: list[Row]) -> None:
    assert [_told(row) for row in rows] == [{}] * len(NULLS)


@rows_of("scr", {"SURNAME": "N/K", "FORENAME": "."})
def test_a_null_spelling_of_one_register_is_a_text_in_the_other(rows: list[Row]) -> None:
    assert [_told(row) for row in rows] == [{"family_name": "N/K", "given_name": "."}]


@rows_of("scr", {"SURNAME": "=cmd|' /C calc'!A0", "NEXT_ACTION": "+1"}, {"CARE_ID": "=1+1", "PATIENT_ID": "8871"})
def test_what_a_spreadsheet_would_compute_is_made_harmless_and_no_key(rows: list[Row]) -> None:
    texts, key = rows
    assert _told(texts) == {"family_name": "'=cmd|' /C calc'!A0", "next_action": "'+1"}
    assert (key["pathway"]["source_pathway_id"], key["is_key_lost"]) == (None, True)


@rows_of("scr", {"SURNAME": "A" * 1_000_000}, {"CARE_ID": "9" * 61}, {"DOB": "1" * 1_000_000})
def test_text_of_any_length_is_cut_or_emptied_and_told_of(rows: list[Row]) -> None:
    name, key, day = rows
    assert name["patient"]["family_name"] == "A" * 100
    assert [fault["rule_code"] for fault in name["faults"]] == ["TEXT_CUT"]
    assert key["is_key_lost"]
    assert [fault["rule_code"] for fault in day["faults"]] == ["DATE_NOT_UNDERSTOOD"]


@rows_of("scr", {"DOB": "1900-01-01 00:00"}, {"L_PT_INFORMED_DATE": "2099-12-31 00:00"})
def test_default_dates_of_scr_are_nothing_and_are_told_of(rows: list[Row]) -> None:
    assert [_told(row) for row in rows] == [{"lost": ["born_on"]}, {"lost": ["informed_on"]}]
    assert {fault["rule_code"] for row in rows for fault in row["faults"]} == {"DATE_DEFAULT"}


@rows_of("infoflex", {"Date of Death": "30/12/1899"}, {"Last Edit": "01/01/1753 00:00"})
def test_default_dates_of_infoflex_are_nothing_and_are_told_of(rows: list[Row]) -> None:
    assert [_told(row) for row in rows] == [{"lost": ["died_on"]}, {"lost": ["source_updated_at"]}]
    assert {fault["rule_code"] for row in rows for fault in row["faults"]} == {"DATE_DEFAULT"}


@rows_of("scr", SCR_ROW)
def test_a_row_of_scr_becomes_one_canonical_row(rows: list[Row]) -> None:
    (row,) = rows
    assert _told(row) == {
        "source_patient_id": "8871", "nhs_number": "9990000018", "nhs_number_status": "01",
        "hospital_number": "A123456", "family_name": "O'NEILL", "given_name": "Jane", "born_on": date(1951, 4, 2),
        "sex": "2", "ethnic_category": "A", "postcode": "TS19 8PE", "source_pathway_id": "10234",
        "tumour_site": "lower_gi", "suspected_cancer_type": "07", "priority_type": "3", "referral_source": "03",
        "referral_received_on": date(2024, 5, 1), "first_seen_on": date(2024, 5, 10), "first_seen_org": "RVW",
        "first_seen_adjustment_days": 4, "first_seen_adjustment_reason": "3", "is_escalated": True,
        "tracking_note": "12/5 scope done - JB", "source_updated_at": _london(datetime(2024, 6, 1, 7, 58)),
        "transfer_on": date(2024, 6, 1), "transfer_from_org": "RVW", "transfer_to_org": "RTR", "transfer_reason": "9",
        "treatment_number": 1, "treatment_on": date(2024, 7, 1), "treatment_event": "01", "treatment_modality": "23",
        "treatment_adjustment_days": 0,
    }  # fmt: skip


@rows_of("infoflex", INFOFLEX_ROW)
def test_a_row_of_infoflex_becomes_one_canonical_row(rows: list[Row]) -> None:
    (row,) = rows
    assert _told(row) == {
        "source_patient_id": "H0012", "hospital_number": "H0012", "nhs_number": "9990000018",
        "family_name": "SMITH-JONES", "given_name": "Mary Ann", "born_on": date(1951, 4, 2), "sex": "2",
        "postcode": "ZZ99 3VZ", "source_pathway_id": "P77", "tumour_site": "head_neck", "suspected_cancer_type": "13",
        "priority_type": "3", "referral_received_on": date(2024, 5, 1), "first_seen_on": date(2024, 5, 10),
        "first_seen_adjustment_days": 5, "first_seen_adjustment_reason": "3", "first_test_done_on": date(2024, 5, 12),
        "is_escalated": False, "source_updated_at": _london(datetime(2024, 6, 1, 7, 58)),
        "transfer_on": date(2024, 6, 1), "transfer_reason": "9", "treatment_number": 2,
        "decision_to_treat_on": date(2024, 6, 7), "treatment_event": "02",
    }  # fmt: skip


STATUSES = ["Attended", "attended ", "DNA", "Booked", ""]


@rows_of("infoflex", *({"1st Appt": "10/05/2024", "1st Appt Status": status} for status in STATUSES))
def test_an_appointment_that_was_not_attended_is_no_first_seen_date(rows: list[Row]) -> None:
    assert [row["pathway"]["first_seen_on"] is not None for row in rows] == [True, True, False, False, False]
    assert [_lost(row) for row in rows] == [[]] * 5


NAMES = {
    "SMITH, Jane (Mrs)": ("SMITH", "Jane"),
    "SMITH, Jane": ("SMITH", "Jane"),
    "SMITH,Jane (Dr)": ("SMITH", "Jane"),
    "O'NEILL , Jane Ann ( Ms )": ("O'NEILL", "Jane Ann"),
}


@rows_of("infoflex", *({"Patient Name": name} for name in NAMES))
def test_names_are_taken_apart_however_the_title_stands(rows: list[Row]) -> None:
    found = [(row["patient"]["family_name"], row["patient"]["given_name"]) for row in rows]
    assert dict(zip(NAMES, found, strict=True)) == NAMES


@rows_of("scr", {"TREAT_START_DATE": "2024-07-01"}, {"TREAT_NO": "2"})
def test_a_row_without_treatment_number_has_no_treatment(rows: list[Row]) -> None:
    with_date_only, with_number_only = rows
    assert with_date_only["treatment"] is None
    assert with_number_only["treatment"]["treatment_number"] == 2


@rows_of("infoflex", {"IPT To": "RTR"}, {"IPT Date": "01/06/2024"})
def test_a_row_without_transfer_date_has_no_transfer(rows: list[Row]) -> None:
    without, with_date = rows
    assert without["transfer"] is None
    assert with_date["transfer"]["transfer_on"] == date(2024, 6, 1)


@rows_of("scr", {"TREAT_NO": "1", "TREATMENT_SETTING": "99"})
def test_a_national_code_for_not_known_is_nothing_and_is_not_reported(rows: list[Row]) -> None:
    assert [_told(row) for row in rows] == [{"treatment_number": 1}]


@pytest.mark.parametrize("system", ["scr", "infoflex"])
def test_underscore_columns_pass_untouched_and_the_structs_have_the_silver_types(
    spark: SparkSession, system: str
) -> None:
    contract = CONTRACTS[system]
    passed = "_file_id bigint, _extra map<string,string>, _presence string"
    rows = spark.createDataFrame([(7, {"Ward": " 9 "}, " present ")], passed)
    source = rows.selectExpr("*", *(f"cast(null as string) as `{column}`" for column in contract.columns))
    result = canonical_rows(source, contract)
    told = ["faults", "is_key_lost", "has_unmarked_transfer", "has_unmarked_treatment"]
    assert result.columns == ["_file_id", "_extra", "_presence", *SECTIONS, *told]
    for section, schema in SECTIONS.items():
        found = result.schema[section].dataType
        assert isinstance(found, StructType)
        assert [(field.name, field.dataType) for field in found] == [(f.name, f.dataType) for f in schema]
    first = result.first()
    assert first is not None
    assert (first["_file_id"], first["_extra"], first["_presence"]) == (7, {"Ward": " 9 "}, " present ")
