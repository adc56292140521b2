"""Which pairs are looked at: those that agree on one of these keys; all others are taken for two people."""

from ml.linkage.backend import Backend

# Each key is an expression over a comparable record; null blocks nothing. Every one lets some field be wrong
# altogether, and none brings together more than a few records for each that there is.
KEYS = {
    "number": "number",
    "local": "local",
    "phone": "phone",
    "address": "address",
    "birth": "birth",
    "birth_and_family": "birth || '|' || left(family, 1)",
    "birth_and_given": "birth || '|' || left(given, 1)",
    "birth_and_place": "birth || '|' || place",
    "birth_exchanged": "case when right(birth, 4) <= '1231' then left(birth, 4) "
    "|| least(substr(birth, 5, 2), substr(birth, 7, 2)) || greatest(substr(birth, 5, 2), substr(birth, 7, 2)) end "
    "|| left(family, 2)",
    "names": "family || '|' || first_given",
    "names_and_year": "family || '|' || first_given || '|' || left(birth, 4)",
    "names_and_day": "family || '|' || first_given || '|' || right(birth, 4)",
    "names_exchanged": "least(family, given) || '|' || greatest(family, given) || '|' || left(birth, 4)",
    "either_name_and_place": "least(family, given) || '|' || place",
    "given_and_place": "first_given || '|' || place",
    "family_and_place": "family || '|' || place",
    "family_and_month": "family || '|' || left(birth, 6)",
    "given_and_month": "first_given || '|' || left(birth, 6) || '|' || left(family, 1)",
    "family_and_day": "family || '|' || right(birth, 4)",
    "given_and_day": "first_given || '|' || right(birth, 4) || '|' || left(family, 1)",
    "year_and_place": "left(birth, 4) || '|' || place",
    "day_and_place": "right(birth, 4) || '|' || place",
    "letters_and_year": "left(family, 3) || '|' || left(given, 3) || '|' || left(birth, 4)",
    "letters_and_day": "left(family, 3) || '|' || left(given, 3) || '|' || right(birth, 4)",
}
# A value that more records share says little of who they are (a placeholder, a hostel, a common name), and its pairs
# would cost its square.
_MOST_OF_ONE_VALUE = 1_000
_MOST = {"names": 60, "birth": 15}


def make_keys(backend: Backend, records: str, keys: str) -> None:
    """Make the table of the keys of comparable records: one row a record and key, `ordinal` and `key`, a hash.

    The hash is DuckDB's and may be another in another version of it.
    """
    # Signed, since keys that are kept lie in a table of a kind that knows no unsigned numbers.
    every = " union all ".join(
        f"select ordinal, '{name}' as name, (hash('{name}', {sql}) >> 1)::bigint as key"
        f" from {records} where {sql} is not null"
        for name, sql in KEYS.items()
    )
    backend.make(keys, every)


def make_crowded(backend: Backend, keys: str, crowded: str) -> None:
    """Make the table of the keys that too many of these records share: `key`."""
    most = " ".join(f"when '{name}' then {count}" for name, count in _MOST.items())
    backend.make(
        crowded,
        f"select key from {keys} group by name, key having count(*) > case name {most} else {_MOST_OF_ONE_VALUE} end",
    )


def pairs(keys: str, crowded: str) -> str:
    """The SQL of the pairs that share a key which is not crowded: `left` and `right`, the lesser ordinal left."""
    return (
        f"with open as (select ordinal, key from {keys} where key not in (select key from {crowded}))"
        ' select distinct l.ordinal as "left", r.ordinal as "right"'
        " from open l join open r on l.key = r.key and l.ordinal < r.ordinal"
    )
