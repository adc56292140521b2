"""What is compared of a record."""

import pyarrow as pa

from ml.linkage.backend import DuckDBBackend
from ml.linkage.records import COLUMNS, worded


def test_the_first_given_name_is_the_first_that_is_written_whatever_else_somebody_is_called() -> None:
    given = [("Mary Anne", None), ("Anne", "Mary"), ("Zoe", "Bob Peter"), ("Baby", "John Paul"), ("Charles", "Charles")]
    cells = {name: pa.nulls(len(given), pa.string()) for name in COLUMNS}
    cells |= {"given_name": pa.array([name for name, _ in given]), "middle_name": pa.array([name for _, name in given])}
    with DuckDBBackend(threads=1) as backend:
        backend.register("written", pa.table({**cells, "ordinal": range(len(given)), "source": [0] * len(given)}))
        found = backend.fetch(f"select * from ({worded('written')}) made order by ordinal")  # noqa: S608
    assert found["first_given"].to_pylist() == ["MARY", "ANNE", "ZOE", "JOHN", "CHARLES"]
    assert found["forenames"].to_pylist()[2] == ["ZOE", "BOB", "PETER"]
