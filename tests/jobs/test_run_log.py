"""The run log: what it keeps of an error fits the column in which it is published."""

import pyarrow as pa
import pytest

from jobs.publish import RUNS
from jobs.published_columns import columns_of
from jobs.run_log import ERROR_LENGTH, shortened
from jobs.steps import describe
from libs.errors import HeldBackError
from libs.warehouse.rows import conform
from libs.warehouse.schema import warehouse_table

MANY_RULES = "; ".join(f"gold.pathway_standard OUTCOME_WRONG: {number:,} of 123,456" for number in range(20))


@pytest.mark.parametrize("error", [None, "", "WarehouseError: the database refused", "x" * ERROR_LENGTH])
def test_an_error_that_fits_its_column_is_kept_as_it_is(error: str | None) -> None:
    assert shortened(error) == error


def test_a_gate_that_held_back_for_many_rules_does_not_keep_the_runs_from_being_published() -> None:
    error = describe(HeldBackError("the quality gate held gold back", do="Correct the cause.", failed=MANY_RULES))
    assert len(error) > ERROR_LENGTH
    columns = columns_of("run")
    values = {**{name: ["x"] for name in RUNS.key}, "error": [shortened(error)]}
    table = warehouse_table("run", columns, RUNS.key, lengths=RUNS.lengths)
    rows = pa.table({name: values.get(name, [None]) for name in columns.names})
    kept = conform(table, rows).column("error").to_pylist()[0]
    assert len(kept) == ERROR_LENGTH
    assert kept.startswith("HeldBackError: the quality gate held gold back")
    assert kept.endswith("…")
