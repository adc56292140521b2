"""The screen of one pathway says what came out, until when there is time, who answers for it and why."""

import io
from dataclasses import replace
from datetime import date

import pytest
from rich.console import Console

from jobs.explained import Explained, Happening, Sentence, Sharing, Side, Wait
from jobs.screens.explain import show_explained

TRACE = (
    Sentence("62.start", "route USC, referral received 2024-05-01", "the clock starts on 2024-05-01"),
    Sentence("62.outcome", "74 days against 62", "BREACH, counted in 2024-07"),
)
BREACH = Wait(
    standard="62", outcome="BREACH", start_on=date(2024, 5, 1), stop_on=date(2024, 7, 14), adjustment_days=0, days=74,
    last_compliant_on=date(2024, 7, 2), first_breach_on=date(2024, 7, 3), month="2024-07",
    sharing=Sharing((Side("RVW", "investigating", 1.0), Side("RTR", "treating", 0.0)), "6SCENARIO", 5), trace=TRACE,
)  # fmt: skip
OPEN = replace(BREACH, outcome="OPEN", stop_on=None, days=40, month=None, sharing=Sharing())
PATHWAY = Explained(
    name="V39",
    route="USC",
    as_at_on=date(2024, 7, 31),
    happenings=(
        Happening(date(2024, 7, 14), "Treatment began", "RTR"),
        Happening(date(2024, 5, 1), "Referral received"),
        Happening(date(2024, 6, 20), "Transferred", "RVW"),
    ),
    waits=(Wait("31", "NOT_APPLICABLE", trace=(Sentence("31.event", "event 98", "no plan is known yet"),)), BREACH),
)


def screen(explained: Explained, *, width: int = 80, is_synthetic: bool = False) -> str:
    console = Console(width=width, record=True, file=io.StringIO())
    show_explained(console, explained, is_synthetic=is_synthetic)
    return console.export_text()


def words(text: str) -> str:
    """The screen as running text, whatever the width at which it was broken."""
    return " ".join(text.replace("│", " ").split())


@pytest.mark.parametrize("width", [60, 80, 120])
def test_it_says_what_came_out_until_when_there_was_time_and_who_answers(width: int) -> None:
    text = words(screen(PATHWAY, width=width))
    assert "62 days, referral to first treatment: breach by 12 days, day 74" in text
    assert "In time until Tue 2 Jul 2024; the first day of breach is Wed 3 Jul 2024." in text
    assert "Who answers for it: RVW for all of it, RTR for none of it (scenario 5 of 6). Counted in July 2024." in text
    assert "62.start Route USC, referral received 2024-05-01: the clock starts on 2024-05-01." in text


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_longer_than_the_terminal(width: int) -> None:
    assert max(len(line.rstrip()) for line in screen(PATHWAY, width=width).splitlines()) <= width


def test_what_happened_stands_in_the_order_of_its_dates_with_the_day_of_the_pathway_and_the_deadline() -> None:
    lines = [words(line) for line in screen(PATHWAY).splitlines()]
    first = lines.index("Day 0 is Wed 1 May 2024.") + 3
    assert lines[first : first + 5] == [
        "Wed 1 May 2024 0 Referral received",
        "Thu 20 Jun 2024 50 Transferred RVW",
        "Tue 2 Jul 2024 62 Last day to treat (62 days)",
        "Sun 14 Jul 2024 74 Treatment began RTR",
        "Wed 31 Jul 2024 91 Date of this list",
    ]


def test_what_lies_after_the_list_is_said_to_be_planned() -> None:
    assert "Treatment began (planned, after this list)" in screen(replace(PATHWAY, as_at_on=date(2024, 7, 1)))


def test_a_standard_that_does_not_apply_says_why() -> None:
    text = words(screen(PATHWAY))
    assert "31 days, decision to treatment: does not apply 31.event Event 98: no plan is known yet." in text


@pytest.mark.parametrize(
    ("as_at_on", "said"),
    [
        (date(2024, 6, 10), "open, day 40, 22 days left"),
        (date(2024, 7, 1), "open, day 40, 1 day left"),
        (date(2024, 7, 2), "open, day 40, today is the last day"),
        (date(2024, 7, 3), "open and 1 day past the limit, day 40"),
    ],
)
def test_an_open_wait_says_how_many_days_are_left_or_past(as_at_on: date, said: str) -> None:
    assert f"first treatment: {said}\n" in screen(replace(PATHWAY, as_at_on=as_at_on, waits=(OPEN,)))


def test_a_wait_within_the_limit_says_what_was_to_spare() -> None:
    within = replace(BREACH, outcome="WITHIN", stop_on=date(2024, 7, 2), days=62)
    assert "in time, day 62, 0 days to spare" in screen(replace(PATHWAY, waits=(within,)))


def test_an_open_wait_without_a_date_of_the_list_says_what_to_give() -> None:
    text = words(screen(replace(PATHWAY, as_at_on=None, waits=(replace(OPEN, days=None),))))
    assert "first treatment: open, no day to count to" in text
    assert "Without a date of the list an open wait has no days: give --as-at." in text
    assert "--as-at" not in screen(replace(PATHWAY, as_at_on=None))


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("EXCLUDED", "excluded, not counted"),
        ("NO_CLOCK_START", "no clock runs, its first date is missing"),
        ("INVALID_NEGATIVE", "invalid, stops before it starts; not counted"),
        ("INVALID_ADJ_EXCEEDS_WAIT", "invalid, more days are taken off than were waited; not counted"),
    ],
)
def test_a_wait_that_is_not_counted_says_why(outcome: str, said: str) -> None:
    assert said in words(screen(replace(PATHWAY, waits=(replace(BREACH, outcome=outcome, sharing=Sharing()),))))


def test_halves_and_what_would_be_today_are_told() -> None:
    sides = (Side("RVW", "investigating", 0.5), Side("RTR", "treating", 0.5))
    shared = replace(BREACH, sharing=Sharing(sides, "5050"))
    today = replace(OPEN, sharing=Sharing(sides, "6SCENARIO", 6, is_if_today=True))
    text = words(screen(replace(PATHWAY, waits=(shared, today))))
    assert "Who answers for it: RVW for half of it, RTR for half of it (shared, no transfer that counts)." in text
    assert "If it ended today, these would answer for it: RVW for half of it, RTR for half of it" in text


def test_each_of_several_treatments_is_named() -> None:
    second = replace(BREACH, standard="31", treatment_number=2)
    text = screen(replace(PATHWAY, waits=(second,)))
    assert "31 days, decision to treatment, treatment 2: breach" in text
    assert "Last day to treat (31 days), treatment 2" in text


def test_flags_say_what_is_to_be_mended() -> None:
    flags = ("DEFAULT_DATE:first_seen", "DTT_AFTER_TREATMENT", "UNREADABLE:closed")
    text = words(screen(replace(PATHWAY, flags=flags)))
    assert "DEFAULT_DATE:first_seen: first_seen holds a date that only software writes" in text
    assert "DTT_AFTER_TREATMENT: treatment was decided after it began." in text
    assert "UNREADABLE:closed: closed can't be read: it counts as not recorded." in text
    assert "To mend in the record" not in screen(PATHWAY)


def test_where_the_copies_of_two_trusts_differ_both_are_shown_with_the_one_that_counts() -> None:
    conflict = "informed_on: RTR 2025-05-20, RVW 2025-05-19, counted 2025-05-19"
    text = words(screen(replace(PATHWAY, conflicts=(conflict,))))
    assert "Where the trusts' copies differ Informed: RTR 2025-05-20, RVW 2025-05-19, counted 2025-05-19" in text


def test_only_a_synthetic_pathway_says_so() -> None:
    assert "SYNTHETIC" in screen(PATHWAY, is_synthetic=True)
    assert "SYNTHETIC" not in screen(PATHWAY)


def test_nothing_that_a_file_holds_is_obeyed_by_the_terminal() -> None:
    text = screen(replace(PATHWAY, name="\x1b[31m[bold]V1", facts=("diagnosis \x1b[2J[/red]",)))
    assert "\x1b" not in text
    assert "[bold]V1" in text
    assert "[/red]" in text
