"""What stands beside a model: frequencies of names, names that are surely names, and keys that too many share.

They hold names, so they stay where patients' records may be (design 7); the model goes to MLflow without them.
"""

from collections.abc import Mapping

import pyarrow as pa

from ml.linkage.backend import DuckDBBackend
from ml.linkage.comparisons import FREQUENCIES_OF
from ml.linkage.households import KNOWN_GIVEN
from ml.linkage.records import PLACEHOLDERS
from ml.linkage.scoring import CROWDED
from ml.linkage.splink_model import frequency_table

TABLES = (*(frequency_table(column) for column in FREQUENCIES_OF), KNOWN_GIVEN, CROWDED, *PLACEHOLDERS.values())


def taken(backend: DuckDBBackend) -> dict[str, pa.Table]:
    """The tables that a fit has made."""
    return {name: backend.fetch(f"select * from {name} order by all") for name in TABLES}


def used(backend: DuckDBBackend, tables: Mapping[str, pa.Table]) -> None:
    """Make the tables of an earlier fit, so that records that came since are compared as those were."""
    for name in TABLES:
        backend.register(name, tables[name])
