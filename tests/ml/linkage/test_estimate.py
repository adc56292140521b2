"""The estimate of a linkage model: numbers are blanked for it and tell afterwards which pairs are true."""

from datetime import datetime

import pyarrow as pa
import pytest

from ml.linkage import beside
from ml.linkage.backend import DuckDBBackend
from ml.linkage.estimate import Estimate, estimate
from ml.linkage.fit import fit
from ml.linkage.records import COLUMNS
from ml.linkage.scoring import Thresholds, prepare

SHORT_FORMS = pa.table({"given": ["BILL"], "short_of": ["WILLIAM"]})
# Register, number (none of them exists), whether it is verified, family name, given name, birth date, postcode.
RECORDS = [
    # One person in two registers, found by what else is known.
    (1, "1", True, "Armstrong", "William", "19510309", "TS1 4AB"),
    (2, "1", True, "Armstrong", "Bill", "19510309", "TS1 4AB"),
    # One person under two names and at two addresses: nothing but the number says so.
    (1, "2", True, "Okonkwo", "Chidi", "19481102", "TS3 6QT"),
    (2, "2", True, "Smith", "Margaret", "19481102", "NE1 1AA"),
    # Two people who look like one.
    (1, "3", True, "Fairweather", "Joan", "19550514", "TS10 1AA"),
    (2, "4", True, "Fairweather", "Joan", "19550514", "TS10 1AA"),
    # One number, two birth dates: counts neither way.
    (1, "5", True, "Kowalczyk", "Agnieszka", "19710909", "TS8 9PL"),
    (2, "5", True, "Kowalczyk", "Agnieszka", "19710908", "TS8 9PL"),
    # Nobody knows.
    (1, "6", False, "Thornton", "Amy", "19900202", "TS17 5BB"),
    (2, "6", True, "Thornton", "Amy", "19900202", "TS17 5BB"),
]


def records(rows: list[tuple[int, str, bool, str, str, str, str]]) -> pa.Table:
    names = ("source", "nhs_number", "is_verified", "family_name", "given_name", "birth_date", "postcode")
    columns = {name: pa.nulls(len(rows), pa.string()) for name in COLUMNS}
    ordinals = pa.array([*range(len(rows))], pa.int64())
    arrived_at = pa.array([datetime(2025, 1, 1)] * len(rows))
    told = {name: pa.array([row[place] for row in rows]) for place, name in enumerate(names)}
    return pa.table({**columns, **told, "ordinal": ordinals, "arrived_at": arrived_at})


def estimated(rows: list[tuple[int, str, bool, str, str, str, str]]) -> Estimate:
    with DuckDBBackend(threads=1) as backend:
        backend.register("records", records(rows))
        prepare(backend, "records", SHORT_FORMS)
        model = fit(backend)
        return estimate(
            backend, "records", model, beside.taken(backend), short_forms=SHORT_FORMS, thresholds=Thresholds(0.95, 0.5)
        )


def test_pairs_are_counted_by_their_verified_numbers_which_the_model_did_not_see() -> None:
    found = estimated(RECORDS)
    assert found == Estimate(true=2, made=2, right=1)
    assert (found.precision, found.recall) == (0.5, 0.5)


def test_two_records_of_one_register_are_no_pair_of_the_estimate() -> None:
    of_one_register = [(1, *rest) for _, *rest in RECORDS]
    assert estimated(of_one_register) == Estimate(true=0, made=0, right=0)


def test_without_verified_numbers_nothing_can_be_told() -> None:
    found = estimated([(source, number, False, *rest) for source, number, _, *rest in RECORDS])
    assert (found.precision, found.recall) == (None, None)


@pytest.mark.parametrize(("true", "is_enough"), [(19, False), (20, True)])
def test_fewer_than_twenty_true_pairs_are_too_few_to_judge_by(true: int, is_enough: bool) -> None:
    assert Estimate(true, true, true).is_enough is is_enough
