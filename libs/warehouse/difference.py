"""What changed between the rows that are and the rows that are published."""

from collections.abc import Sequence

import pyarrow as pa


def difference(current: pa.Table, published: pa.Table, keys: Sequence[str]) -> tuple[pa.Table, pa.Table]:
    """The keys to write (new, or with another `row_hash`) and the keys to delete (no longer there).

    Both tables hold the keys and `row_hash`; both results hold the keys only, typed as in `current`.
    """
    names = list(keys)
    columns = [*names, "row_hash"]
    now = current.select(columns)
    before = published.select(columns).cast(now.schema)
    changed = now.join(before, keys=columns, join_type="left anti").select(names)
    vanished = before.select(names).join(now.select(names), keys=names, join_type="left anti")
    return changed, vanished
