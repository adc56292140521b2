"""Relatives at one address: what the model takes for one person and is not.

Fellegi and Sunter's model takes fields for independent. Within a family they are not: twins differ in nothing but the
given name, a father and a son of one name in nothing but the birth date. Where records hold families, a pair that
contradicts itself in one of these is never joined by the model; people decide it.
"""

import re

from ml.linkage.backend import DuckDBBackend
from ml.linkage.comparisons import BIRTH, NAMES, SEX, Comparison
from ml.linkage.splink_model import LEVEL, is_at

# A mistake in the given name and one in the birth date have nothing to do with each other: both come together about as
# often as chance has it. Relatives differ in both far oftener than in one.
_MOST_ODDS = 5.0
# With fewer pairs that contradict themselves nothing can be told, and families are taken to be there.
_FEWEST = 50
_MOST_AT_ONE_PLACE = 200  # a hostel or a placeholder
_LONGEST_SLIP_YEARS = 12  # a wrong year is one or ten off; a generation is more

_GIVEN_CONTRADICTS = ("differs", "family name like only", "family name only")
_BIRTH_CONTRADICTS = ("differs", "two digits")


_YEARS_APART = "abs(try_cast(left(birth_l, 4) as integer) - try_cast(left(birth_r, 4) as integer))"
_GIVEN_DIFFERS = f"({is_at(NAMES, *_GIVEN_CONTRADICTS)} and given_l is not null and given_r is not null)"
_SEX_DIFFERS = f"({is_at(SEX, 'differs')} and given_l <> given_r and not {is_at(NAMES, 'exchanged')})"

GIVEN_CONTRADICTS = f"coalesce({_GIVEN_DIFFERS} or {_SEX_DIFFERS}, false)"
BIRTH_CONTRADICTS = (
    f"coalesce({is_at(BIRTH, *_BIRTH_CONTRADICTS)} "
    f"or ({is_at(BIRTH, 'one digit')} and {_YEARS_APART} > {_LONGEST_SLIP_YEARS}), false)"
)


def are_there(backend: DuckDBBackend, table: str) -> bool:
    """Whether comparable records hold families: among those of one family name at one place, whether
    given names and birth dates differ together far oftener than mistakes would.
    """
    pairs = " union ".join(
        f"select l.ordinal as one, r.ordinal as other from {table} l join {table} r"
        f" on l.family = r.family and l.{place} = r.{place} and l.ordinal < r.ordinal"
        f" where l.{place} not in (select {place} from {table} where {place} is not null"
        f" group by {place} having count(*) > {_MOST_AT_ONE_PLACE})"
        for place in ("place", "address")
    )
    levels = ", ".join(f"{_level_of(each)} as {LEVEL}{each.name}" for each in (NAMES, BIRTH, SEX))
    sides = ", ".join(f"{side}.{name} as {name}_{side}" for name in ("given", "birth") for side in "lr")
    counted = backend.fetch(f"""
        with pairs as ({pairs}),
        levelled as (
            select {levels}, {sides} from pairs
            join {table} l on l.ordinal = pairs.one join {table} r on r.ordinal = pairs.other
            where l.given is not null and r.given is not null and l.birth is not null and r.birth is not null
        ),
        judged as (select {GIVEN_CONTRADICTS} as given, {BIRTH_CONTRADICTS} as birth from levelled)
        select given, birth, count(*) as pairs from judged group by all
    """)
    count = {(row["given"], row["birth"]): row["pairs"] for row in counted.to_pylist()}
    only_given, only_birth = count.get((True, False), 0), count.get((False, True), 0)
    if only_given + only_birth < _FEWEST:
        return True
    odds = count.get((False, False), 0) * count.get((True, True), 0) / max(only_given * only_birth, 1)
    return bool(odds > _MOST_ODDS)


def _level_of(comparison: Comparison) -> str:
    conditions = " ".join(
        f"when {level.condition} then {len(comparison.levels) - place}" for place, level in enumerate(comparison.levels)
    )
    sql = f"case when {comparison.is_null} then -1 {conditions} else 0 end"
    return re.sub(r"\b(\w+)_([lr])\b", r"\2.\1", sql)
