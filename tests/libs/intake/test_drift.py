"""A header is held against its contract: what differs is told, in names that surely are names of columns."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.feeds import Dialect, FeedContract
from libs.intake.drift import Drift, drift, read_header
from libs.intake.parsing import read_extract
from libs.intake.reasons import REASONS, Refusal

COMMA = Dialect(delimiter=",", quote='"', encoding="utf-8")
CONTRACT = FeedContract.model_construct(dialect=COMMA, columns=("ID", "NAME", "NOTE"), mandatory=("ID", "NAME"))


def refused(line: str, contract: FeedContract = CONTRACT) -> tuple[str, str | None]:
    refusal = read_header(line, contract)
    assert isinstance(refusal, Refusal)
    return refusal.reason, refusal.detail


def test_a_header_as_agreed_has_no_drift() -> None:
    assert drift(["NOTE", "NAME", "ID"], CONTRACT) == Drift((), ())
    assert (Drift((), ()).extra_columns, Drift((), ()).missing_columns) == (None, None)


def test_extra_and_missing_columns_are_told_and_refuse_nothing() -> None:
    parsed = read_extract(b"ID,NAME,Ref (new)\n1,a,x\n", contract=CONTRACT, rows=1)
    assert not isinstance(parsed, Refusal)
    assert (parsed.drift.extra_columns, parsed.drift.missing_columns) == ("Ref (new)", "NOTE")


@pytest.mark.parametrize("name", ["SMITH, Jane", "9990000018", "DOB 19500101", "", "é", "x" * 41, "a\nb", "<b>", "_x"])
def test_what_does_not_look_like_a_name_is_counted_and_not_shown(name: str) -> None:
    found = drift(["ID", "NAME", "NOTE", name], CONTRACT)
    assert found.extra_columns == "1 whose name is not shown"
    assert drift(["ID", "NAME", "NOTE", "NEW", name], CONTRACT).extra_columns == (
        "NEW and 1 more whose name is not shown"
    )


def test_of_very_many_extra_columns_some_are_named_and_the_rest_counted() -> None:
    told = drift(["ID", "NAME", *(f"C{number}" for number in range(60))], CONTRACT).extra_columns or ""
    assert told.startswith("C0, C1, ")
    assert told.endswith("C49 and 10 more whose names are not shown")


def test_no_name_is_told_of_a_line_that_may_be_no_header() -> None:
    assert drift(["ID", "SMITH"], CONTRACT) == Drift((), ("NAME", "NOTE"), untold=1)


@given(st.lists(st.text(max_size=50), max_size=6))
def test_whatever_stands_in_a_header_no_long_number_is_told(names: list[str]) -> None:
    told = drift(["ID", "NAME", *names], CONTRACT).extra_columns or ""
    assert not re.search(r"[0-9]{5}", told)
    assert told.isascii()


def test_missing_mandatory_columns_are_named_as_the_contract_does() -> None:
    assert refused("ID,SMITH") == ("COLUMNS_MISSING", "NAME")
    names = tuple(f"C{number}" for number in range(25))
    wide = FeedContract.model_construct(dialect=COMMA, columns=names, mandatory=names)
    detail = refused("C0,x", wide)[1]
    assert detail == ", ".join(names[1:21]) + " and 4 more"


def test_columns_in_other_capitals_are_missing_and_the_reason_is_told() -> None:
    assert refused("id,name,note") == (
        "COLUMNS_MISSING",
        "ID, NAME; 3 of the contract's names stand there in other capitals or with other blanks",
    )


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        ("ID,NAME,NOTE,NOTE", "NOTE stands there twice"),
        ("ID,NAME,SMITH,SMITH", "a column that the contract does not know stands there twice"),
        ('ID,NAME,"NOTE', "a quote in the first line never closes, or stands where none may"),
        ("", "the first line is empty"),
        (",,", "the first line is empty"),
        ("7,SMITH,9990000018", "the first line holds none of the contract's column names"),
        ("7|SMITH|9990000018", "the first line holds none of the contract's column names"),
    ],
)
def test_a_line_that_is_no_usable_header_is_refused_without_a_word_of_it(line: str, detail: str) -> None:
    assert refused(line) == ("HEADER_WRONG", detail)


@pytest.mark.parametrize(
    ("delimiter", "spoken"), [(";", "a semicolon"), ("|", "a pipe"), ("\t", "a tab"), (",", "a comma")]
)
@pytest.mark.parametrize("agreed", [",", "|"])
def test_another_delimiter_is_named(delimiter: str, spoken: str, agreed: str) -> None:
    contract = CONTRACT.model_copy(update={"dialect": COMMA.model_copy(update={"delimiter": agreed})})
    line = delimiter.join(["ID", "NAME", "NEW"])
    if delimiter == agreed:
        assert read_header(line, contract) == ["ID", "NAME", "NEW"]
    else:
        told = {",": "a comma", "|": "a pipe"}[agreed]
        assert refused(line, contract) == (
            "DELIMITER_WRONG",
            f"columns are separated by {spoken}, the contract says {told}",
        )


@pytest.mark.parametrize("system", ["infoflex", "scr"])
def test_the_contracts_own_header_in_another_dialect_is_seen_as_that(
    contracts: dict[str, FeedContract], system: str
) -> None:
    contract = contracts[system]
    line = ";".join(contract.columns)
    assert refused(line, contract)[0] == "DELIMITER_WRONG"


@given(st.text(max_size=60))
def test_any_first_line_is_a_header_or_refused_for_a_reason(line: str) -> None:
    found = read_header(line, CONTRACT)
    assert isinstance(found, list) or found.reason in REASONS
