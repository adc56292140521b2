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
    """Make the table of the keys of comparable records: `ordinal` and `keys`, a list of hashes in the order of `KEYS`.

    The hash is DuckDB's and may be another in another version of it. Where nothing is told, it is null.
    """
    # Signed, since keys that are kept lie in a table of a kind that knows no unsigned numbers.
    every = ", ".join(
        f"case when {sql} is not null then (hash('{name}', {sql}) >> 1)::bigint end" for name, sql in KEYS.items()
    )
    backend.make(keys, f"select ordinal, [{every}] as keys from {records}")


def make_crowded(backend: Backend, keys: str, crowded: str) -> None:
    """Make the table of the keys that too many of these records share: `key`."""
    most = ", ".join(str(_MOST.get(name, _MOST_OF_ONE_VALUE)) for name in KEYS)
    backend.make(
        crowded,
        f"select key from (select unnest(keys) as key, unnest([{most}]) as most from {keys}) each"
        " where key is not null group by key, most having count(*) > most",
    )


def open_keys(keys: str, crowded: str) -> str:
    """The SQL of the keys that bring pairs, those that are not crowded: one row a record and key, `ordinal`, `key`."""
    return (
        f"select ordinal, key from (select ordinal, unnest(keys) as key from {keys}) each"
        f" where key is not null and key not in (select key from {crowded})"
    )


def pairs(keys: str, crowded: str) -> str:
    """The SQL of the pairs that share a key which is not crowded: `left` and `right`, the lesser ordinal left."""
    return (
        f"with open as ({open_keys(keys, crowded)})"
        ' select distinct l.ordinal as "left", r.ordinal as "right"'
        " from open l join open r on l.key = r.key and l.ordinal < r.ordinal"
    )
