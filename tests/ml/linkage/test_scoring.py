"""What is done with a pair: who is joined, who is left apart, and whom people are asked of."""

import pyarrow as pa
import pytest

from jobs.short_names import short_forms
from ml.linkage import scoring
from ml.linkage.backend import DuckDBBackend
from ml.linkage.fit import fit
from ml.linkage.scoring import Thresholds, make_pairs, prepare, scored_pairs
from tests.benchmarks.index_entries import draw_index_entries
from tests.benchmarks.people import as_records
from tests.ml.linkage.made_records import JOHN, made_records

THRESHOLDS = Thresholds(accept=0.95, review=0.5)
NUMBER, OTHER_NUMBER = "9990000018", "9990000026"
JOINED, APART, ASKED, PASSED_OVER = "joined", "apart", "asked", "passed over"


def judged(one: dict[str, object], other: dict[str, object]) -> str:
    """What is made of two records, among a few others of whom nobody is like them."""
    strangers = [{"family_name": f"Stranger{place}", "given_name": "Zoe"} for place in range(3)]
    with DuckDBBackend(threads=1) as backend:
        backend.register("records", made_records(one, other, *strangers))
        prepare(backend, "records", short_forms())
        model = fit(backend)
        make_pairs(backend)
        found = scored_pairs(backend, model, THRESHOLDS).to_pylist()
    pair = [row for row in found if (row["left"], row["right"]) == (0, 1)]
    if not pair:
        return PASSED_OVER
    return JOINED if pair[0]["is_accepted"] else APART if pair[0]["is_apart"] else ASKED


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, JOINED),
        ({"given_name": "Jack"}, JOINED),
        ({"postcode": "LS1 1AA", "phone": None}, JOINED),
        ({"birth_date": "19481106"}, JOINED),
        # A father and a son; one of whom one record tells no birth date; a spouse.
        ({"birth_date": "19760923"}, APART),
        ({"birth_date": None}, APART),
        ({"given_name": "Mary", "sex": "2"}, APART),
        # What registers write where they know no name is no name.
        ({"given_name": "BABY"}, JOINED),
        ({"family_name": "Unknown", "given_name": "Not known"}, APART),
    ],
)
def test_a_pair_without_numbers_is_joined_unless_it_may_be_of_two_relatives(
    changes: dict[str, object], verdict: str
) -> None:
    assert judged(JOHN, {**JOHN, **changes}) == verdict


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"family_name": "Smith", "postcode": "LS1 1AA", "phone": None}, JOINED),
        ({"birth_date": None, "postcode": None, "phone": None}, JOINED),
        ({"birth_date": None, "given_name": "George"}, APART),
        ({"birth_date": "19760923"}, APART),
        ({"given_name": "Mary", "sex": "2"}, APART),
        ({"family_name": "Okonkwo", "given_name": "Chidi", "birth_date": "19551224", "postcode": "LS1 1AA"}, APART),
    ],
)
def test_one_verified_number_joins_unless_birth_date_or_names_contradict_it(
    changes: dict[str, object], verdict: str
) -> None:
    assert judged({**JOHN, "nhs_number": NUMBER}, {**JOHN, "nhs_number": NUMBER, **changes}) == verdict


def test_one_verified_number_joins_a_record_that_tells_nothing_else() -> None:
    assert judged({**JOHN, "nhs_number": NUMBER}, {"nhs_number": NUMBER}) == JOINED


def test_two_verified_numbers_are_two_people_however_like_they_are() -> None:
    assert judged({**JOHN, "nhs_number": NUMBER}, {**JOHN, "nhs_number": OTHER_NUMBER}) == APART


def test_two_given_names_under_one_number_in_one_register_may_be_twins() -> None:
    one = {**JOHN, "nhs_number": NUMBER, "source": 7}
    assert judged(one, {**one, "given_name": "Peter"}) == APART
    assert judged(one, {**one, "given_name": "Jack"}) == JOINED


@pytest.mark.parametrize("is_blanked", [False, True])
def test_no_pair_that_matters_is_let_go_before_all_is_compared(
    monkeypatch: pytest.MonkeyPatch, *, is_blanked: bool
) -> None:
    drawn = draw_index_entries(1_500, trusts=("RTR", "RVW"), shared=0.2, seed=5)
    with DuckDBBackend(threads=1) as backend:
        backend.register("records", as_records(drawn.patients, is_blanked=is_blanked))
        prepare(backend, "records", short_forms())
        model = fit(backend)
        make_pairs(backend)
        quick = scored_pairs(backend, model, THRESHOLDS)
        promising, every = (len(backend.fetch(f"from {table}")) for table in ("promising_pairs", "pairs"))
        monkeypatch.setattr(scoring, "_promising", lambda *_: "select * from pairs")
        slow = scored_pairs(backend, model, THRESHOLDS)
    assert model.is_learnt
    assert promising < every / 2
    assert _told(quick) == _told(slow)


def _told(pairs: pa.Table) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = pairs.sort_by([("left", "ascending"), ("right", "ascending")]).to_pylist()
    return rows
