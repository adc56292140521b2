"""What becomes of a file: a sentence of the ledger's rules each, and what holds for any files at all."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.intake.ledger import Candidate, Decision, LedgerEntry, decide
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
) -> Candidate:
    """A file whose hour and content follow from its sequence number unless the test says otherwise."""
    name = f"{trust}-{sequence}"
    moment = NOON + timedelta(hours=sequence if hour is None else hour)
    return Candidate(path or name, name, content or name, trust, "scr", kind, sequence, moment, reason)


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
    )


def outcomes(decisions: list[Decision]) -> list[tuple[str, str | None]]:
    return [(decision.candidate.file_name, decision.reason or decision.status) for decision in decisions]


def rounds(decisions: list[Decision]) -> dict[str, int | None]:
    return {decision.candidate.file_name: decision.round for decision in decisions}


def test_a_first_file_is_accepted_in_the_first_round() -> None:
    assert decide([file()], []) == [Decision(file(), 1, "accepted", None, 1)]


def test_no_files_need_no_decision() -> None:
    assert decide([], [entry(file())]) == []


def test_file_ids_continue_after_the_ledgers_largest_in_order_of_round_time_trust_and_sequence() -> None:
    files = [file(2), file(1, trust="RTR", hour=2), file(1), file(3, reason="DAMAGED")]
    ledger = [entry(file(9, hour=-9), file_id=17), entry(file(8, hour=-8), file_id=4)]
    decisions = decide(files, ledger)
    assert [(each.candidate.file_name, each.file_id) for each in decisions] == [
        ("RVW-1", 18),
        ("RTR-1", 19),
        ("RVW-3", 20),
        ("RVW-2", 21),
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


@pytest.mark.parametrize("kind", ["full", "delta"])
@pytest.mark.parametrize("hour", [3, 4])
def test_a_state_as_old_as_the_newest_one_taken_or_older_is_out_of_order(kind: str, hour: int) -> None:
    ledger = [entry(file(7, hour=4)), entry(file(6, hour=2), file_id=2)]
    assert outcomes(decide([file(8, hour=hour, kind=kind)], ledger)) == [("RVW-8", "OUT_OF_ORDER")]


def test_a_newer_state_is_taken() -> None:
    assert outcomes(decide([file(8, hour=5)], [entry(file(7, hour=4))])) == [("RVW-8", "accepted")]


def test_an_older_state_of_another_trust_is_in_order() -> None:
    assert outcomes(decide([file(1, trust="RTR")], [entry(file(7))])) == [("RTR-1", "accepted")]


def test_history_may_come_after_newer_states() -> None:
    assert outcomes(decide([file(1, kind="history")], [entry(file(7))])) == [("RVW-1", "accepted")]


def test_history_does_not_make_an_older_state_late() -> None:
    assert outcomes(decide([file(3)], [entry(file(7, kind="history"))])) == [("RVW-3", "accepted")]


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


def test_each_state_of_a_feed_has_a_round_of_its_own_in_order_of_time() -> None:
    assert rounds(decide([file(3), file(1), file(2)], [])) == {"RVW-1": 1, "RVW-2": 2, "RVW-3": 3}


def test_trusts_share_rounds() -> None:
    files = [file(1), file(2), file(1, trust="RTR", hour=9), file(2, trust="RTR", hour=10)]
    assert rounds(decide(files, [])) == {"RVW-1": 1, "RVW-2": 2, "RTR-1": 1, "RTR-2": 2}


def test_history_files_share_a_round_before_the_states_that_follow() -> None:
    files = [file(3), file(1, kind="history"), file(2, kind="history"), file(4)]
    assert rounds(decide(files, [])) == {"RVW-1": 1, "RVW-2": 1, "RVW-3": 2, "RVW-4": 3}


def test_history_after_a_state_has_a_later_round() -> None:
    files = [file(1), file(2, kind="history"), file(3, kind="history"), file(4)]
    assert rounds(decide(files, [])) == {"RVW-1": 1, "RVW-2": 2, "RVW-3": 2, "RVW-4": 3}


def test_a_file_that_is_not_accepted_takes_no_round() -> None:
    files = [file(1), file(2, reason="DAMAGED"), file(3, content="RVW-1"), file(4)]
    assert rounds(decide(files, [])) == {"RVW-1": 1, "RVW-2": None, "RVW-3": None, "RVW-4": 2}


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
        assert (each.status == "accepted") == (each.reason is None) == (each.round is not None)
        assert each.reason is None or each.reason in REASONS


@given(FILES, LEDGER, st.randoms())
def test_the_order_of_files_and_ledger_does_not_matter(
    files: list[Candidate], ledger: list[LedgerEntry], order: random.Random
) -> None:
    shuffled, rows = list(files), list(ledger)
    order.shuffle(shuffled)
    order.shuffle(rows)
    assert decide(shuffled, rows) == decide(files, ledger)


@given(FILES, LEDGER)
def test_what_is_accepted_was_never_seen_and_stands_in_order(files: list[Candidate], ledger: list[LedgerEntry]) -> None:
    before = [row for row in ledger if row.status == "accepted"]
    accepted = [each for each in decide(files, ledger) if each.status == "accepted"]
    new = [each.candidate for each in accepted]
    contents = [row.sha256 for row in new]
    assert len(set(contents)) == len(contents)
    assert not set(contents) & {row.sha256 for row in before}
    # Beyond the last id of a round lie only files of later rounds
    assert [each.round for each in accepted] == sorted(each.round or 0 for each in accepted)
    for trust in ("RVW", "RTR"):
        states = [each for each in accepted if each.candidate.trust == trust and each.candidate.kind != "history"]
        moments = [each.candidate.extracted_at for each in states]
        newest = max((row.extracted_at for row in before if row.trust == trust), default=NOON - timedelta(hours=1))
        assert all(earlier < later for earlier, later in zip([newest, *moments], moments, strict=False))
        assert len({each.round for each in states}) == len(states)
        mine = [each.round for each in accepted if each.candidate.trust == trust]
        assert mine == sorted(mine)
        assert set(mine) == set(range(1, max(mine, default=0) + 1))


@given(FILES, LEDGER)
def test_a_run_that_is_repeated_takes_nothing_twice(files: list[Candidate], ledger: list[LedgerEntry]) -> None:
    first = decide(files, ledger)
    after = [*ledger, *(entry(each.candidate, each.file_id, each.status) for each in first)]
    again = decide(files, after)
    taken = {each.candidate.sha256 for each in first if each.status == "accepted"}
    assert not taken & {each.candidate.sha256 for each in again if each.status == "accepted"}
