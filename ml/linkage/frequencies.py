"""How frequent each name is: agreeing on a rare one says more."""

from ml.linkage.backend import Backend
from ml.linkage.comparisons import FREQUENCIES_OF
from ml.linkage.households import KNOWN_GIVEN
from ml.linkage.records import SHORT_FORMS
from ml.linkage.splink_model import frequency_table

# In a small file every name looks frequent. So each counts as if it stood among so many more records in which a name is
# as frequent as names on the whole are.
_MORE_RECORDS = 5_000
_ON_THE_WHOLE = {"family": 1e-3, "full_name": 1e-5, "given": 5e-3}

# A name that so many have is no misspelling of another.
_FEWEST_OF_A_NAME, _SHARE_OF_A_NAME = 3, 2e-5


def shared_table(column: str) -> str:
    """The name of the table of the values that more than one record has, and how frequent each is.

    Its row without a value tells how frequent one is that a single record has: every other value.
    """
    return f"shared_{frequency_table(column)}"


def count_frequencies(backend: Backend, table: str, *, record_count: int) -> None:
    """Make the tables of shared values of comparable records, and of the given names that are surely names.

    They hold names, and stay where the records may be.
    """
    for column in FREQUENCIES_OF:
        more = _MORE_RECORDS * _ON_THE_WHOLE[column]
        every = f"{record_count + _MORE_RECORDS}.0"
        backend.make(
            shared_table(column),
            f"select {column}, (count(*) + {more}) / {every} as tf_{column} from {table} where {column} is not null"
            f" group by {column} having count(*) > 1"
            f" union all select null, (1 + {more}) / {every}",
        )
    fewest = max(_FEWEST_OF_A_NAME, _SHARE_OF_A_NAME * record_count)
    backend.make(
        KNOWN_GIVEN,
        f"select given from {table} where given is not null group by given having count(*) >= {fewest}"
        f" union select given from {SHORT_FORMS} union select short_of from {SHORT_FORMS}",
    )


def fill_frequencies(backend: Backend, table: str) -> None:
    """Make the tables of frequencies of all values of these comparable records out of those of the shared values.

    A value that was never counted is as rare as one that was counted once.
    """
    for column in FREQUENCIES_OF:
        shared = shared_table(column)
        backend.make(
            frequency_table(column),
            f"select here.{column}, coalesce(shared.tf_{column}, (select tf_{column} from {shared}"
            f" where {column} is null)) as tf_{column}"
            f" from (select distinct {column} from {table} where {column} is not null) here"
            f" left join {shared} shared on here.{column} = shared.{column}",
        )
