from datetime import UTC, datetime

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.warehouse.difference import difference

KEYS = ["trust", "number"]
ROWS = st.dictionaries(
    st.tuples(st.sampled_from(["RTR", "RVW"]), st.integers(0, 5)), st.integers(-(2**63), 2**63 - 1), max_size=12
)


def hashes(rows: dict[tuple[str, int], int]) -> pa.Table:
    return pa.table(
        {
            "trust": pa.array([trust for trust, _ in rows], pa.string()),
            "number": pa.array([number for _, number in rows], pa.int32()),
            "row_hash": pa.array(list(rows.values()), pa.int64()),
        }
    )


def keys_of(table: pa.Table) -> set[tuple[str, int]]:
    return {(row["trust"], row["number"]) for row in table.to_pylist()}


@settings(deadline=None)
@given(ROWS, ROWS)
def test_the_difference_leads_from_what_is_published_to_what_is(
    current: dict[tuple[str, int], int], published: dict[tuple[str, int], int]
) -> None:
    changed, vanished = difference(hashes(current), hashes(published), KEYS)
    assert keys_of(changed) == {key for key in current if published.get(key) != current[key]}
    assert keys_of(vanished) == set(published) - set(current)
    assert changed.num_rows == len(keys_of(changed))
    assert vanished.num_rows == len(keys_of(vanished))


@settings(deadline=None)
@given(ROWS)
def test_equal_rows_have_no_difference_in_any_order(rows: dict[tuple[str, int], int]) -> None:
    backwards = dict(reversed(rows.items()))
    changed, vanished = difference(hashes(rows), hashes(backwards), KEYS)
    assert (changed.num_rows, vanished.num_rows) == (0, 0)


def test_a_zoned_time_in_the_key_meets_the_published_one_in_utc() -> None:
    hour = datetime(2024, 7, 1, 9, tzinfo=UTC)
    current = pa.table({"at": pa.array([hour], pa.timestamp("us", tz="Europe/London")), "row_hash": [1]})
    published = pa.table({"at": pa.array([hour.replace(tzinfo=None)], pa.timestamp("us")), "row_hash": [1]})
    changed, vanished = difference(current, published, ["at"])
    assert (changed.num_rows, vanished.num_rows) == (0, 0)
