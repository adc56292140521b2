"""Relatives at one address: what the model takes for one person and is not.

Fellegi and Sunter's model takes fields for independent. Within a family they are not: twins differ in nothing but the
given name, a father and a son of one name in nothing but the birth date. Where records hold families, a pair that
contradicts itself in one of these is never joined by the model; people decide it.
"""

from ml.linkage.backend import Backend
from ml.linkage.comparisons import BIRTH, GIVEN_FITS, NAMES, SEX, Comparison, on_sides
from ml.linkage.splink_model import LEVEL, is_at

# Records without families differ in given names, family names and birth dates alike, each by mistake, so both of two
# about as often as chance has it. Anything else (twins, spouses, a father and a son) speaks for families, and so does
# a file that is nearly clean: there it costs little to let people decide.
_LEAST_SHARE = 0.03  # of pairs that agree, for each of the three
_FEWEST = 200
_MOST_RATIO = 3.0
_MOST_ODDS = 5.0
_MOST_AT_ONE_PLACE = 200  # a hostel or a placeholder
_LONGEST_SLIP_YEARS = 12  # a wrong year is one or ten off; a generation is more

# The names that are surely names, and no misspelling of another: `given`.
KNOWN_GIVEN = "known_given"
_GIVEN_CONTRADICTS = ("differs", "family name like only", "family name only")
_FAMILY_CONTRADICTS = ("given name only", "given name like only")
_BIRTH_CONTRADICTS = ("differs", "two digits")


_YEARS_APART = "abs(try_cast(left(birth_l, 4) as integer) - try_cast(left(birth_r, 4) as integer))"
_GIVEN_DIFFERS = f"({is_at(NAMES, *_GIVEN_CONTRADICTS)} and given_l is not null and given_r is not null)"
_SEX_DIFFERS = f"({is_at(SEX, 'differs')} and given_l <> given_r and not {is_at(NAMES, 'exchanged')})"

# Harry and Larry are two names, Harry and Hary are one; Ann and Anna may be two where the birth date is another too.
_FITS = f"(given_l = given_r or {GIVEN_FITS} or {is_at(NAMES, 'exchanged')})"
_TWO_NAMES = (
    f"(not {_FITS} and (not {is_at(BIRTH, 'same')} or"
    f" (given_l in (select given from {KNOWN_GIVEN}) and given_r in (select given from {KNOWN_GIVEN}))))"
)
GIVEN_CONTRADICTS = f"coalesce({_GIVEN_DIFFERS} or {_SEX_DIFFERS} or {_TWO_NAMES}, false)"
BIRTH_CONTRADICTS = (
    f"coalesce({is_at(BIRTH, *_BIRTH_CONTRADICTS)} "
    f"or ({is_at(BIRTH, 'one digit')} and {_YEARS_APART} > {_LONGEST_SLIP_YEARS}), false)"
)


def are_there(backend: Backend, table: str) -> bool:
    """Whether comparable records hold families, as far as those tell that share a place and a name."""
    pairs = " union ".join(
        f"select l.ordinal as one, r.ordinal as other from {table} l join {table} r"
        f" on l.{name} = r.{name} and l.{place} = r.{place} and l.ordinal < r.ordinal"
        f" where l.{place} not in (select {place} from {table} where {place} is not null"
        f" group by {place} having count(*) > {_MOST_AT_ONE_PLACE})"
        for place in ("place", "address")
        for name in ("family", "given")
    )
    levels = ", ".join(f"{_level_of(each)} as {LEVEL}{each.name}" for each in (NAMES, BIRTH))
    sides = ", ".join(f"{side}.{name} as {name}_{side}" for name in ("given", "birth") for side in "lr")
    counted = backend.fetch(f"""
        with pairs as ({pairs}),
        levelled as (
            select {levels}, {sides} from pairs
            join {table} l on l.ordinal = pairs.one join {table} r on r.ordinal = pairs.other
            where l.full_name is not null and r.full_name is not null and l.birth is not null and r.birth is not null
        )
        select {is_at(NAMES, *_GIVEN_CONTRADICTS)} as given, {is_at(NAMES, *_FAMILY_CONTRADICTS)} as family,
            {BIRTH_CONTRADICTS} as birth, count(*) as pairs
        from levelled group by all
    """)
    count = {(row["given"], row["family"], row["birth"]): row["pairs"] for row in counted.to_pylist()}
    agree = count.get((False, False, False), 0)
    given, family, birth = (count.get((place == 0, place == 1, place == 2), 0) for place in range(3))
    both = count.get((True, False, True), 0)
    if agree < _FEWEST or min(given, family, birth) < _LEAST_SHARE * agree:
        return True
    return bool(max(given, birth) > _MOST_RATIO * family or agree * both > _MOST_ODDS * given * birth)


def _level_of(comparison: Comparison) -> str:
    conditions = " ".join(
        f"when {level.condition} then {len(comparison.levels) - place}" for place, level in enumerate(comparison.levels)
    )
    sql = f"case when {comparison.is_null} then -1 {conditions} else 0 end"
    return on_sides(sql)
