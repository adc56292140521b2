"""What becomes of a file: a sentence of the ledger's rules each, and what holds for any files at all."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.intake.ledger import Candidate, Decision, LedgerEntry, Terms, decide, moment, to_read_again
from libs.intake.reasons import REASONS

NOON = datetime(2025, 11, 1, 12, tzinfo=UTC)


def file(
    sequence: int = 1,
    *,
    hour: int | None = None,
    trust: str = "RVW",
    kind: str = "full",
    content: str | None = None,
    reason: str | None = None,
    path: str = "",
    rows: int | None = 10,
    extract: str | None = None,
) -> Candidate:
    """A file whose hour and content follow from its sequence number unless the test says otherwise."""
    name = f"{trust}-{sequence}"
    at = NOON + timedelta(hours=sequence if hour is None else hour)
    return Candidate(path or name, name, content or name, trust, "scr", kind, sequence, at, reason, rows, extract)


def entry(candidate: Candidate, file_id: int = 1, status: str = "accepted") -> LedgerEntry:
    return LedgerEntry(
        file_id,
        candidate.file_name,
        candidate.sha256,
        candidate.trust,
        candidate.system,
        candidate.kind,
        candidate.sequence,
        candidate.extracted_at,
        status,
        candidate.row_count,
        candidate.extract_sha256,
    )


def outcomes(decisions: list[Decision]) -> list[tuple[str, str | None]]:
    return [(decision.candidate.file_name, decision.reason or decision.status) for decision in decisions]


def test_a_first_file_is_accepted() -> None:
    assert decide([file()], []) == [Decision(file(), 1, "accepted", None)]


def test_no_files_need_no_decision() -> None:
    assert decide([], [entry(file())]) == []


def test_file_ids_continue_after_the_ledgers_largest_in_order_of_time_trust_and_sequence() -> None:
    files = [file(2), file(1, trust="RTR", hour=2), file(1), file(3, reason="DAMAGED")]
    ledger = [entry(file(9, hour=-9), file_id=17), entry(file(8, hour=-8), file_id=4)]
    decisions = decide(files, ledger)
    assert [(each.candidate.file_name, each.file_id) for each in decisions] == [
        ("RVW-1", 18),
        ("RTR-1", 19),
        ("RVW-2", 20),
        ("RVW-3", 21),
    ]


def test_the_same_content_again_is_a_duplicate_whatever_its_name() -> None:
    again = file(2, content="RVW-1")
    assert outcomes(decide([again], [entry(file(1))])) == [("RVW-2", "DUPLICATE")]
    assert decide([again], [entry(file(1))])[0].status == "duplicate"


def test_the_same_content_twice_in_one_run_is_taken_once() -> None:
    files = [file(1, path="b/RVW-1"), file(1, path="a/RVW-1")]
    assert [(each.candidate.path, each.status) for each in decide(files, [])] == [
        ("a/RVW-1", "accepted"),
        ("b/RVW-1", "duplicate"),
    ]


def test_a_file_that_was_quarantined_may_be_sent_again() -> None:
    assert outcomes(decide([file(1)], [entry(file(1), status="quarantined")])) == [("RVW-1", "accepted")]


def test_a_sequence_number_with_other_content_is_quarantined() -> None:
    other = file(1, hour=5, content="other")
    assert outcomes(decide([other], [entry(file(1))])) == [("RVW-1", "SEQUENCE_REUSED")]
    assert decide([other], [entry(file(1))])[0].status == "quarantined"


def test_a_sequence_number_used_twice_in_one_run_counts_for_the_earlier_extract() -> None:
    later, earlier = file(1, hour=5, content="later"), file(1, hour=4, content="earlier")
    decisions = decide([later, earlier], [])
    assert [(each.candidate.sha256, each.reason) for each in decisions] == [
        ("earlier", None),
        ("later", "SEQUENCE_REUSED"),
    ]


def test_another_trust_may_use_the_same_sequence_number() -> None:
    assert outcomes(decide([file(1, trust="RTR")], [entry(file(1))])) == [("RTR-1", "accepted")]


def test_the_same_extract_sealed_again_is_a_duplicate() -> None:
    """A transfer that failed is often repeated from the extract on: every sealing gives other bytes."""
    first, again = file(1, extract="e"), file(1, content="sealed again", extract="e")
    assert [each.status for each in decide([again], [entry(first)])] == ["duplicate"]


@pytest.mark.parametrize("change", [{"extract": "f"}, {"hour": 5}, {"kind": "delta"}])
def test_a_number_that_comes_again_with_anything_else_is_no_duplicate(change: dict[str, object]) -> None:
    again = file(**{"sequence": 1, "content": "sealed again", "extract": "e", **change})  # type: ignore[arg-type]
    assert outcomes(decide([again], [entry(file(1, extract="e"))])) == [("RVW-1", "SEQUENCE_REUSED")]


@pytest.mark.parametrize("kind", ["full", "delta", "history"])
def test_a_late_extract_is_taken_where_what_follows_can_be_read_again(kind: str) -> None:
    ledger = [entry(file(6, hour=2), file_id=2), entry(file(7, hour=4), file_id=3)]
    late = file(8, hour=3, kind=kind)
    assert [entry.file_id for entry in to_read_again([late], ledger)[late.path]] == [3]
    assert outcomes(decide([late], ledger, Terms(readable={3}))) == [("RVW-8", "accepted")]


@pytest.mark.parametrize("kind", ["full", "delta", "history"])
def test_a_late_extract_is_out_of_order_where_what_follows_is_gone(kind: str) -> None:
    ledger = [entry(file(6, hour=2), file_id=2), entry(file(7, hour=4), file_id=3)]
    assert outcomes(decide([file(8, hour=3, kind=kind)], ledger, Terms(readable={2}))) == [("RVW-8", "OUT_OF_ORDER")]


def test_what_follows_a_late_extract_is_read_again_up_to_the_next_full_one() -> None:
    kinds = {2: "delta", 3: "history", 4: "full", 5: "full"}
    ledger = [entry(file(number, kind=kind), file_id=number) for number, kind in kinds.items()]
    late = file(9, hour=1)
    assert [each.file_id for each in to_read_again([late], ledger)[late.path]] == [2, 3, 4]


def test_of_two_extracts_of_one_time_the_greater_number_is_the_later() -> None:
    late, newer = file(3, hour=1), file(9, hour=1)
    assert moment(late) < moment(newer)
    assert [each.file_id for each in to_read_again([late], [entry(newer, 7)])[late.path]] == [7]
    assert to_read_again([newer], [entry(late, 7)]) == {}


def test_a_file_that_was_taken_twice_is_read_again_once() -> None:
    ledger = [entry(file(7), file_id=3), entry(file(7), file_id=8)]
    assert [each.file_id for each in to_read_again([file(6)], ledger)["RVW-6"]] == [8]


def test_a_newer_state_is_taken() -> None:
    assert outcomes(decide([file(8, hour=5)], [entry(file(7, hour=4))])) == [("RVW-8", "accepted")]


def test_an_older_state_of_another_trust_is_in_order() -> None:
    assert outcomes(decide([file(1, trust="RTR")], [entry(file(7))])) == [("RTR-1", "accepted")]


def test_a_full_extract_with_far_fewer_rows_than_the_last_is_held_and_says_how_many() -> None:
    [held] = decide([file(2, rows=499)], [entry(file(1, rows=1000))], Terms(smallest_full_share=0.5))
    assert (held.status, held.reason) == ("quarantined", "FULL_SHRANK")
    assert held.detail == "it has 499 rows, the full extract before it had 1,000"


@pytest.mark.parametrize(
    "coming",
    [file(2, rows=500), file(2, rows=1, kind="delta"), file(2, rows=1, kind="history"), file(2, rows=1, trust="RTR")],
)
def test_what_is_no_smaller_than_its_share_or_no_full_extract_of_the_feed_is_not_held(coming: Candidate) -> None:
    decisions = decide([coming], [entry(file(1, rows=1000))], Terms(smallest_full_share=0.5))
    assert [each.status for each in decisions] == ["accepted"]


def test_full_extracts_of_one_pass_are_held_against_each_other_in_their_order() -> None:
    files = [file(3, rows=20), file(1, rows=100), file(2, rows=90)]
    decisions = decide(files, [], Terms(smallest_full_share=0.5))
    assert outcomes(decisions) == [("RVW-1", "accepted"), ("RVW-2", "accepted"), ("RVW-3", "FULL_SHRANK")]


def test_a_held_extract_that_was_released_is_taken() -> None:
    terms = Terms(smallest_full_share=0.5, released={"RVW-2"})
    assert outcomes(decide([file(2, rows=1)], [entry(file(1, rows=1000))], terms)) == [("RVW-2", "accepted")]


def test_a_file_that_was_taken_is_taken_once_more_where_it_was_released() -> None:
    assert outcomes(decide([file(1)], [entry(file(1))], Terms(released={"RVW-1"}))) == [("RVW-1", "accepted")]


def test_a_newer_state_that_was_not_taken_does_not_make_an_older_one_late() -> None:
    ledger = [entry(file(7), status="quarantined")]
    assert outcomes(decide([file(3), file(4, reason="DAMAGED")], ledger)) == [
        ("RVW-3", "accepted"),
        ("RVW-4", "DAMAGED"),
    ]


def test_a_refused_file_keeps_its_reason_even_if_its_content_was_taken_before() -> None:
    refused = file(2, content="RVW-1", reason="CLAIMS_DISAGREE")
    assert outcomes(decide([refused], [entry(file(1))])) == [("RVW-2", "CLAIMS_DISAGREE")]


def test_a_file_that_says_nothing_of_itself_comes_last_and_keeps_its_reason() -> None:
    unnamed = Candidate("x", "notes.txt", "n", None, None, None, None, None, "NAME_INVALID")
    assert outcomes(decide([unnamed, file(5)], [])) == [("RVW-5", "accepted"), ("notes.txt", "NAME_INVALID")]


def test_a_time_without_a_zone_is_a_fault_of_ours() -> None:
    naive = datetime(2025, 10, 26, 1, 30)
    with pytest.raises(ValueError, match="time zone"):
        Candidate("p", "n", "s", "RVW", "scr", "full", 1, naive)
    with pytest.raises(ValueError, match="time zone"):
        LedgerEntry(1, "n", "s", "RVW", "scr", "full", 1, naive, "accepted")


FILES = st.lists(
    st.builds(
        file,
        sequence=st.integers(1, 6),
        hour=st.integers(0, 6),
        trust=st.sampled_from(["RVW", "RTR"]),
        kind=st.sampled_from(["full", "delta", "history"]),
        content=st.sampled_from(["a", "b", "c", "d", "e", None]),
        reason=st.sampled_from([None, None, None, "DAMAGED"]),
        path=st.uuids().map(str),
    ),
    max_size=10,
)
LEDGER = st.lists(
    st.tuples(
        st.builds(file, sequence=st.integers(1, 6), trust=st.sampled_from(["RVW", "RTR"])),
        st.sampled_from(["accepted", "quarantined", "duplicate"]),
    ),
    max_size=4,
).map(lambda rows: [entry(row, number, status) for number, (row, status) in enumerate(rows, start=1)])


@given(FILES, LEDGER)
def test_every_file_gets_exactly_one_decision_with_a_known_reason(
    files: list[Candidate], ledger: list[LedgerEntry]
) -> None:
    decisions = decide(files, ledger)
    assert Counter(each.candidate for each in decisions) == Counter(files)
    assert [each.file_id for each in decisions] == list(range(len(ledger) + 1, len(ledger) + 1 + len(files)))
    for each in decisions:
        assert (each.status == "accepted") == (each.reason is None)
        assert each.reason is None or each.reason in REASONS


@given(FILES, LEDGER, st.randoms())
def test_the_order_of_files_and_ledger_does_not_matter(
    files: list[Candidate], ledger: list[LedgerEntry], order: random.Random
) -> None:
    shuffled, rows = list(files), list(ledger)
    order.shuffle(shuffled)
    order.shuffle(rows)
    assert decide(shuffled, rows) == decide(files, ledger)


@given(FILES, LEDGER, st.sets(st.integers(1, 4)))
def test_what_is_accepted_was_never_seen_and_shadows_nothing_newer(
    files: list[Candidate], ledger: list[LedgerEntry], readable: set[int]
) -> None:
    before = [row for row in ledger if row.status == "accepted"]
    new = [each.candidate for each in decide(files, ledger, Terms(readable=readable)) if each.status == "accepted"]
    contents = [row.sha256 for row in new]
    assert len(set(contents)) == len(contents)
    assert not set(contents) & {row.sha256 for row in before}
    numbers = [(row.trust, row.sequence) for row in (*new, *before)]
    assert all(numbers.count((row.trust, row.sequence)) == 1 for row in new)
    last_taken = {(row.trust, moment(row)): row for row in before}
    for row in new:
        newer = [each for each in last_taken.values() if each.trust == row.trust and moment(each) > moment(row)]
        first_full = min((moment(each) for each in newer if each.kind == "full"), default=None)
        shadowing = [each for each in newer if first_full is None or moment(each) <= first_full]
        assert all(each.file_id in readable for each in shadowing)


@given(FILES, LEDGER)
def test_a_run_that_is_repeated_takes_nothing_twice(files: list[Candidate], ledger: list[LedgerEntry]) -> None:
    first = decide(files, ledger)
    after = [*ledger, *(entry(each.candidate, each.file_id, each.status) for each in first)]
    again = decide(files, after)
    taken = {each.candidate.sha256 for each in first if each.status == "accepted"}
    assert not taken & {each.candidate.sha256 for each in again if each.status == "accepted"}
