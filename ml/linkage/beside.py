"""What stands beside a model: frequencies of names, names that are surely names, and keys that too many share.

They hold names, so they stay where patients' records may be (design 7); the model goes to MLflow without them.
"""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from ml.linkage.backend import Backend
from ml.linkage.comparisons import FREQUENCIES_OF
from ml.linkage.frequencies import fill_frequencies, shared_table
from ml.linkage.households import KNOWN_GIVEN
from ml.linkage.records import PLACEHOLDERS
from ml.linkage.scoring import CROWDED, RECORDS

# Each table with its columns: a term, and in the tables of frequencies how frequent it is.
_COLUMNS = {
    **{shared_table(column): (column, f"tf_{column}") for column in FREQUENCIES_OF},
    KNOWN_GIVEN: ("given",),
    CROWDED: ("key",),
    **{table: ("value",) for table in PLACEHOLDERS.values()},
}
TABLES = tuple(_COLUMNS)
# All of them as one table, for a store of one: `kind` is the name in `TABLES`, and keys are written as text.
TERMS = pa.schema([("kind", pa.string()), ("term", pa.string()), ("frequency", pa.float64())])


def taken(backend: Backend) -> dict[str, pa.Table]:
    """The tables that a fit has made, without the names that a single record has."""
    return {name: backend.fetch(f"select * from {name} order by all") for name in TABLES}


def used(backend: Backend, tables: Mapping[str, pa.Table]) -> None:
    """Make the tables of an earlier fit, so that records that came since are compared as those were.

    The records at hand must be prepared before: a name of theirs that the tables lack counts as one record's.
    """
    for name in TABLES:
        backend.register(name, tables[name])
    fill_frequencies(backend, RECORDS)


def as_terms(tables: Mapping[str, pa.Table]) -> pa.Table:
    """The tables as one, of the columns `TERMS`."""
    return pa.concat_tables([_as_terms(name, tables[name]) for name in TABLES])


def from_terms(terms: pa.Table) -> dict[str, pa.Table]:
    """The tables that `as_terms` made one; columns beside `TERMS` are passed over, and rows may come in any order."""
    return {name: _from_terms(name, terms.filter(pc.equal(terms["kind"], name))) for name in TABLES}


def _as_terms(name: str, table: pa.Table) -> pa.Table:
    term, *frequency = _COLUMNS[name]
    columns = [
        pa.repeat(name, len(table)),
        table[term].cast(pa.string()),
        table[frequency[0]] if frequency else pa.nulls(len(table), pa.float64()),
    ]
    return pa.table(columns, schema=TERMS)


def _from_terms(name: str, terms: pa.Table) -> pa.Table:
    term, *frequency = _COLUMNS[name]
    kind = pa.int64() if name == CROWDED else pa.string()
    found = {term: terms["term"].cast(kind)}
    if frequency:
        found[frequency[0]] = terms["frequency"]
    return pa.table(found)
