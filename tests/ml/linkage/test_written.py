"""Cells as people write them: what is read of them, and what stands for nothing."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.linkage import written
from ml.linkage.backend import DuckDBBackend


def read(**cells: list[str | None]) -> dict[str, list[str | bool | None]]:
    count = len(next(iter(cells.values())))
    texts = {name: pa.array(of, pa.string()) for name, of in cells.items()}
    table = pa.table(
        {**texts, "ordinal": range(count), "source": [0] * count, "has_status": ["nhs_number_status" in cells] * count}
    )
    with DuckDBBackend(threads=1) as backend:
        backend.register("written", table)
        return backend.fetch(written.as_records("written", cells)).to_pydict()


def can_exist(number: str) -> bool:
    """NHS Data Dictionary, NHS NUMBER: the rule in plain Python."""
    digits = [int(each) for each in number]
    check = 11 - sum(digit * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False)) % 11
    return len(digits) == 10 and len(set(digits)) > 1 and check % 11 == digits[9] and check != 10


@settings(deadline=None, max_examples=20)  # each example starts an engine
@given(st.lists(st.integers(0, 999_999_999), max_size=20))
def test_a_number_is_taken_where_its_check_digit_is_right(first_nine: list[int]) -> None:
    right = [f"{nine:09d}{last}" for nine in [111_111_111, *first_nine] for last in range(10)]
    assert read(nhs_number=right)["nhs_number"] == [number if can_exist(number) else None for number in right]


def test_a_number_may_be_written_with_blanks_and_is_nobodys_where_one_digit_is_repeated() -> None:
    found = read(nhs_number=["943 476 5919", "943-476-5919", "0000000000", "94347659190", "9.43E+09", "", None])
    assert found["nhs_number"] == ["9434765919", "9434765919", None, None, None, None, None]


def test_a_valid_number_counts_as_verified_without_a_status_and_by_its_status_where_there_is_one() -> None:
    assert read(nhs_number=["9434765919", "1"])["is_verified"] == [True, False]
    found = read(nhs_number=["9434765919"] * 4, nhs_number_status=["01", "1", "02", None])
    assert found["is_verified"] == [True, True, False, False]


@pytest.mark.parametrize(
    ("as_written", "as_read"),
    [
        ("1956-04-09", "19560409"),
        ("1956-04-09T00:00:00", "19560409"),
        ("19560409", "19560409"),
        ("09/04/1956", "19560409"),
        ("9.4.1956", "19560409"),
        ("1956-13-45", "19561345"),
        ("1900-01-01", None),
        ("0000-00-00", None),
        ("unknown", None),
    ],
)
def test_a_birth_date_is_read_year_first(as_written: str, as_read: str | None) -> None:
    assert read(birth_date=[as_written])["birth_date"] == [as_read]


def test_sex_may_be_spelled_anyhow() -> None:
    spelled = ["M", "male", "1", " Man ", "F", "Female", "2", "woman", "9", "not known", "x"]
    assert read(sex=spelled)["sex"] == ["1"] * 4 + ["2"] * 4 + [None] * 3


@pytest.mark.parametrize("nothing", ["", "  ", "-", "N/A", "unknown", "Not Known", "NULL"])
def test_what_stands_for_nothing_is_null(nothing: str) -> None:
    found = read(**{name: [nothing] for name in written.COLUMNS})
    assert all(found[name] == [None] for name in found if name not in ("ordinal", "source", "is_verified"))


def test_places_that_are_none_and_numbers_of_one_digit_say_nothing() -> None:
    found = read(postcode=["ZZ99 3WZ", "TS1 1AA"], phone=["000000", "01642 850850"], local_id=["9999", "A1"])
    assert found["postcode"] == [None, "TS1 1AA"]
    assert found["phone"] == [None, "01642850850"]
    assert found["local_id"] == [None, "A1"]
