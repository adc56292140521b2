"""The records of `silver.patient` as linkage takes them, out of Spark."""

import pyarrow as pa

from libs.lakehouse.tables import Lake
from libs.pathways.linkage_records import linkage_records


def read_records(lake: Lake) -> pa.Table:
    """Every record in the order of its `ordinal`, so that whatever is learnt from them is the same each time.

    Raises StepOrderError before anything was cleansed.
    """
    records = linkage_records(lake.read("silver.patient")).toArrow()
    return records.sort_by("ordinal")
