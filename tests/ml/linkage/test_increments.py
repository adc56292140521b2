"""Records that come bit by bit make the same pairs as all at once, whatever the bits and their order."""

from collections.abc import Mapping

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.linkage import beside
from ml.linkage.backend import DuckDBBackend
from ml.linkage.fit import fit
from ml.linkage.increment import changed_keys, changed_open_keys, compared
from ml.linkage.model import Model
from ml.linkage.records import COLUMNS
from ml.linkage.scoring import Thresholds, make_pairs, prepare, scored_pairs

THRESHOLDS = Thresholds(accept=0.95, review=0.5)
SHORT_FORMS = pa.table({"given": ["BILL"], "short_of": ["WILLIAM"]})
PEOPLE = [
    ("Armstrong", "William", "19510309", "TS1 4AB"), ("Armstrong", "Bill", "19510309", "TS1 4AB"),
    ("Okonkwo", "Chidi", "19481102", "TS3 6QT"), ("Okonkwo", "Chidi", "19480211", "TS3 6QT"),
    ("Fairweather", "Margaret", "19550514", "TS10 1AA"), ("Fairwether", "Margaret", "19550514", "TS12 3BB"),
    ("Kowalczyk", "Agnieszka", "19710909", "TS8 9PL"), ("Smith", "Agnieszka", "19710909", "TS8 9PL"),
    ("Thornton", "Amy", "19900202", "TS17 5BB"), ("Thornton", "Lucy", "19900202", "TS17 5BB"),
    ("Hardcastle", "George", "19310601", "TS9 6DD"), ("Hardcastle", "George", "19591023", "TS9 6DD"),
]  # fmt: skip


def records(ordinals: list[int]) -> pa.Table:
    """The records of these places, which are their ordinals."""
    cells = dict(zip(("family_name", "given_name", "birth_date", "postcode"), zip(*PEOPLE, strict=True), strict=True))
    columns = {name: pa.nulls(len(ordinals), pa.string()) for name in COLUMNS if name != "is_verified"}
    written = {name: pa.array([of[ordinal] for ordinal in ordinals], pa.string()) for name, of in cells.items()}
    return pa.table(
        {
            **columns,
            **written,
            "is_verified": [False] * len(ordinals),
            "source": [0] * len(ordinals),
            "file_id": pa.array([1] * len(ordinals), pa.int64()),
            "ordinal": ordinals,
        }
    )


def pairs_of(
    known: list[int], changed: list[int], model: Model, tables: Mapping[str, pa.Table]
) -> set[tuple[object, ...]]:
    """The pairs of the changed records with one another and with those that are known and share a key."""
    with DuckDBBackend(threads=1) as backend:
        kept = changed_keys(backend, records(known), SHORT_FORMS, tables).to_pylist()
    with DuckDBBackend(threads=1) as backend:
        changed_keys(backend, records(changed), SHORT_FORMS, tables)
        known_keys = [(row["ordinal"], key, row["file_id"]) for row in kept for key in row["keys"] if key is not None]
        of_known = pd.DataFrame(known_keys, columns=["known", "key", "file_id"], dtype="int64")
        sharing = changed_open_keys(backend).to_pandas().merge(of_known, on="key")
        found = compared(
            backend,
            records(known),
            pa.Table.from_pandas(sharing.drop(columns="key"), preserve_index=False),
            model,
            THRESHOLDS,
            short_forms=SHORT_FORMS,
            beside=tables,
        )
    return compared_as(found)


def scored(backend: DuckDBBackend, model: Model) -> set[tuple[object, ...]]:
    make_pairs(backend)
    return compared_as(scored_pairs(backend, model, THRESHOLDS))


def compared_as(found: pa.Table) -> set[tuple[object, ...]]:
    """What tells of each pair."""
    return {(row["left"], row["right"], round(row["match_weight"], 9), row["is_accepted"]) for row in found.to_pylist()}


@pytest.fixture(scope="module")
def fitted() -> tuple[Model, dict[str, pa.Table]]:
    with DuckDBBackend(threads=1) as backend:
        backend.register("records", records([*range(len(PEOPLE))]))
        prepare(backend, "records", SHORT_FORMS)
        model = fit(backend)
        return model, beside.taken(backend)


def test_all_at_once_finds_who_is_one_and_who_may_be(fitted: tuple[Model, dict[str, pa.Table]]) -> None:
    everyone = [*range(len(PEOPLE))]
    found = pairs_of([], everyone, *fitted)
    assert {pair[:2] for pair in found if pair[3]} == {(0, 1), (2, 3), (4, 5), (6, 7)}
    assert {pair[:2] for pair in found if not pair[3]} == {(8, 9), (10, 11)}


@settings(max_examples=4, deadline=None)
@given(order=st.permutations(range(len(PEOPLE))), size=st.integers(1, len(PEOPLE)))
def test_bit_by_bit_finds_the_same_pairs(
    fitted: tuple[Model, dict[str, pa.Table]], order: list[int], size: int
) -> None:
    found: set[tuple[object, ...]] = set()
    for start in range(0, len(order), size):
        found |= pairs_of(order[:start], order[start : start + size], *fitted)
    everyone = [*range(len(PEOPLE))]
    assert found == pairs_of([], everyone, *fitted)


def test_a_key_that_a_record_has_no_more_brings_no_pair(fitted: tuple[Model, dict[str, pa.Table]]) -> None:
    with DuckDBBackend(threads=1) as backend:
        changed_keys(backend, records([1]), SHORT_FORMS, fitted[1])
        sharing = pa.table({"ordinal": [1], "known": [0], "file_id": pa.array([0], pa.int64())})
        found = compared(
            backend, records([0]), sharing, fitted[0], THRESHOLDS, short_forms=SHORT_FORMS, beside=fitted[1]
        )
    assert len(found) == 0


def test_a_model_is_kept_and_read_again_without_any_name(fitted: tuple[Model, dict[str, pa.Table]]) -> None:
    model, _ = fitted
    kept = model.to_json()
    assert Model.from_json(kept) == model
    assert not any(name in kept.upper() for person in PEOPLE for name in (person[0].upper(), person[1].upper()))


def test_what_was_kept_scores_as_the_fits_own_tables_do() -> None:
    everyone = [*range(len(PEOPLE))]
    with DuckDBBackend(threads=1) as backend:
        backend.register("records", records(everyone))
        prepare(backend, "records", SHORT_FORMS)
        model = fit(backend)
        own = scored(backend, model)
        terms = beside.as_terms(beside.taken(backend))
    reversed_terms = terms.take(pa.array(range(len(terms) - 1, -1, -1)))
    assert pairs_of([], everyone, model, beside.from_terms(reversed_terms)) == own
    assert len({weight for *_, weight, _ in own}) > 1


def test_a_name_that_one_record_has_is_not_kept(fitted: tuple[Model, dict[str, pa.Table]]) -> None:
    kept = beside.as_terms(fitted[1]).to_pylist()
    families = {row["term"]: row["frequency"] for row in kept if row["kind"] == "shared_frequency_of_family"}
    assert families.keys() == {None, "ARMSTRONG", "OKONKWO", "THORNTON", "HARDCASTLE"}
    assert all(frequency > families[None] for family, frequency in families.items() if family)


def test_a_name_that_came_since_weighs_like_one_that_a_single_record_had(
    fitted: tuple[Model, dict[str, pa.Table]],
) -> None:
    model, tables = fitted
    name = "shared_frequency_of_full_name"
    rare = tables[name].filter(pc.is_null(tables[name]["full_name"]))
    everyone = [*range(len(PEOPLE))]
    of_rare = pairs_of([], everyone, model, {**tables, name: rare})
    known = pairs_of([], everyone, model, tables)
    weight = {pair[:2]: pair[2] for pair in known}
    assert {pair[:2] for pair in of_rare if float(str(pair[2])) > float(str(weight[pair[:2]]))} == {(2, 3), (10, 11)}
