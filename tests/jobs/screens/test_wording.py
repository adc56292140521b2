from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.screens.wording import (
    bar,
    days_left,
    full_time,
    interval_bar,
    local_date,
    local_time,
    month_name,
    per_cent,
    probability,
    reason_sentence,
    sentence,
    share,
    site,
)  # fmt: skip


def test_times_are_read_in_london() -> None:
    assert local_time(datetime(2024, 8, 1, 9)) == "Thu 1 Aug 10:00"
    assert local_time(datetime(2024, 1, 1, 9)) == "Mon 1 Jan 09:00"
    assert full_time(datetime(2024, 7, 31, 23, 30)) == "Thu 1 Aug 2024, 00:30"
    assert local_date(datetime(2024, 7, 31, 23, 30)) == date(2024, 8, 1)


@pytest.mark.parametrize(
    ("number", "written"), [("1204.00", "1,204"), ("412.50", "412.5"), ("0.00", "0"), ("100", "100")]
)
def test_a_share_keeps_its_halves_and_no_empty_decimals(number: str, written: str) -> None:
    assert share(Decimal(number)) == written


def test_a_percentage_rounds_half_up_and_needs_a_denominator() -> None:
    assert per_cent(Decimal("0.5"), Decimal(8)) == "6.3 %"
    assert per_cent(Decimal(0), Decimal(0)) == "-"


@pytest.mark.parametrize(
    ("chance", "written"),
    [(0.0, "<1 %"), (0.0099, "<1 %"), (0.014, "1 %"), (0.5, "50 %"), (0.99, "99 %"), (0.994, ">99 %"), (1.0, ">99 %")],
)
def test_nothing_is_certain_in_whole_per_cent(chance: float, written: str) -> None:
    assert probability(chance) == written


def test_codes_become_words_and_written_text_stays() -> None:
    assert site("lower_gi") == "Lower GI"
    assert site("breast") == "Breast"
    assert sentence("book_mdt") == "Book MDT"
    assert sentence("Chase MDT outcome at RVW") == "Chase MDT outcome at RVW"
    assert sentence(None) == "-"


def test_the_last_day_in_time_is_today() -> None:
    assert [days_left(days) for days in (0, 1, 2)] == ["today", "1 day", "2 days"]


def test_a_month_and_a_reason_are_written_out() -> None:
    assert month_name("2024-07") == "July 2024"
    assert reason_sentence("SIGNATURE_WRONG").startswith("The signature does not fit")
    assert reason_sentence("NEVER_HEARD_OF") == "No reason was noted."


@given(st.lists(st.integers(0, 500), min_size=4, max_size=4), st.integers(0, 100))
def test_a_bar_is_as_long_as_its_share_of_the_longest(parts: list[int], more: int) -> None:
    longest = sum(parts) + more
    drawn = bar(parts, longest=longest, width=40)
    expected = round(40 * sum(parts) / longest) if longest else 0
    assert len(drawn) == (max(expected, 1) if sum(parts) else 0)
    assert list(drawn) == sorted(drawn, key="░▒▓█".index)


@given(st.lists(st.floats(0, 500), min_size=3, max_size=3), st.floats(0, 100), st.integers(2, 60))
def test_an_interval_is_drawn_in_its_order_and_within_its_width(
    values: list[float], more: float, width: int
) -> None:  # fmt: skip
    low, middle, high = sorted(values)
    drawn = interval_bar(low, middle, high, longest=high + more, width=width)
    assert 1 <= len(drawn) <= width
    assert drawn.count("┃") == 1
    assert list(drawn.replace("┃", "")) == sorted(drawn.replace("┃", ""), key="█▒".index)
