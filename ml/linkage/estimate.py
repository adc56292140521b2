"""How good a model is where no NHS number helps: verified ones are blanked, and tell afterwards who is one person."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from ml.linkage import beside
from ml.linkage.backend import Backend
from ml.linkage.model import Model
from ml.linkage.persons import persons
from ml.linkage.scoring import Thresholds, make_pairs, prepare, scored_pairs

FEWEST_PAIRS = 20  # with fewer no share means anything
_BLANKED = "blanked_records"


@dataclass(frozen=True)
class Estimate:
    """Pairs of records of different registers: how many are of one person (`true`), how many the model made (`made`)
    and how many of these are true (`right`).
    """

    true: int
    made: int
    right: int

    @property
    def precision(self) -> float | None:
        """The share of the pairs made that are true; None where none was made."""
        return self.right / self.made if self.made else None

    @property
    def recall(self) -> float | None:
        """The share of the true pairs that was made; None where there is none."""
        return self.right / self.true if self.true else None

    @property
    def is_enough(self) -> bool:
        """Whether there are enough true pairs, and pairs made, to judge by."""
        return min(self.true, self.made) >= FEWEST_PAIRS


def estimate(
    backend: Backend,
    records: str,
    model: Model,
    tables: Mapping[str, pa.Table],
    *,
    short_forms: pa.Table,
    thresholds: Thresholds,
) -> Estimate:
    """Link the records that have a verified number as if none had, and count pairs by the numbers.

    `records` names a table with `records.COLUMNS`, `ordinal`, `source` (the register) and `arrived_at`; `tables` are
    what stands beside the model. The records that were prepared before are no longer so afterwards.
    """
    backend.make(
        _BLANKED,
        f"select * replace (cast(null as varchar) as nhs_number, false as is_verified) from {records}"
        " where is_verified and nhs_number is not null",
    )
    prepare(backend, _BLANKED, short_forms, tables)
    beside.used(backend, tables)
    make_pairs(backend)
    pairs = scored_pairs(backend, model, thresholds).to_pandas()
    known = backend.fetch(f"select ordinal, arrived_at, source, null as identity from {_BLANKED}").to_pandas()
    backend.register("estimated", pa.Table.from_pandas(_person_of(known, pairs), preserve_index=False))
    return _counted(backend, records)


def _person_of(known: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    return (
        persons(known, pairs).of_records[["ordinal", "person"]] if len(known) else known[["ordinal"]].assign(person=0)
    )


def _counted(backend: Backend, records: str) -> Estimate:
    """One number with two birth dates is somebody's mistake: such a pair counts neither way."""
    counted = backend.fetch(f"""
        with known as (
            select ordinal, source, nhs_number, birth_date, person from {records} join estimated using (ordinal)
        ),
        pairs as (
            select l.ordinal as one, r.ordinal as other from known l join known r on l.nhs_number = r.nhs_number
                and l.source < r.source
            union
            select l.ordinal, r.ordinal from known l join known r on l.person = r.person and l.source < r.source
        ),
        judged as (
            select l.nhs_number = r.nhs_number as is_true, l.person = r.person as is_made,
                coalesce(l.birth_date <> r.birth_date, false) as birth_differs
            from pairs join known l on l.ordinal = pairs.one join known r on r.ordinal = pairs.other
        )
        select count(*) filter (is_true) as true_pairs, count(*) filter (is_made) as made,
            count(*) filter (is_true and is_made) as right_pairs
        from judged where not (is_true and birth_differs)
    """).to_pylist()[0]
    return Estimate(counted["true_pairs"], counted["made"], counted["right_pairs"])
