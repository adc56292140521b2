"""Records that say the same to the letter: two of each are compared, and what is true of these is true of all."""

from dataclasses import dataclass

import numpy as np

from ml.linkage.backend import Backend
from ml.linkage.clusters import Integers
from ml.linkage.records import COLUMNS


@dataclass(frozen=True)
class Repeats:
    """`kept`: the places of the records that are compared; `first` and `second`: for every record the places, among
    these, of the first and the second that say the same (the first twice where it stands alone).
    """

    kept: Integers
    first: Integers
    second: Integers

    def person(self, of_kept: Integers) -> Integers:
        """The person of every record, named after its first place, when the kept ones have these persons.

        Where the two that were kept are not one person by what they say, each of the others is somebody else too.
        """
        places = self.kept[of_kept]
        is_kept = np.zeros(len(self.first), dtype=bool)
        is_kept[self.kept] = True
        own = np.arange(len(self.first))
        person = np.where(of_kept[self.first] == of_kept[self.second], places[self.first], own)
        person[self.kept] = places
        return person


def repeats(backend: Backend, records: str, few: str) -> Repeats:
    """Make a table of the records without the third and every further one of a source that says the same as two before.

    `records` have `ordinal`, their place, and `source`; the place is given anew to those that are kept.
    """
    said = ", ".join(f"coalesce(cast({name} as varchar), '')" for name in COLUMNS)
    backend.make(
        f"{records}_numbered",
        f"with said as (select *, hash('one', source, {said}) as one, hash(source, {said}, 'two') as two"
        f" from {records})"
        " select *, row_number() over (partition by one, two order by ordinal) as number from said",
    )
    backend.make(
        few,
        "select * exclude (ordinal, number), ordinal as place, row_number() over (order by ordinal) - 1 as ordinal"
        f" from {records}_numbered where number <= 2",
    )
    found = backend.fetch(
        f"with copies as (select one, two, min(ordinal) as first, max(ordinal) as second from {few} group by one, two)"
        f" select first, second from {records}_numbered every join copies using (one, two) order by every.ordinal"
    )
    kept = backend.fetch(f"select place from {few} order by ordinal")
    columns = (kept.column("place"), found.column("first"), found.column("second"))
    return Repeats(*(column.to_numpy() for column in columns))
