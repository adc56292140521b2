"""Which pairs are looked at: those that agree on one of these keys; all others are taken for two people."""

# Each key is an expression over a comparable record. Null blocks nothing. A name and a part of a date or place let
# one field be wrong altogether; the first letters let it be misspelled at its end.
KEYS = {
    "number": "number",
    "local": "local",
    "phone": "phone",
    "birth": "birth",
    "names": "family || '|' || first_given",
    "birth_exchanged": "case when right(birth, 4) <= '1231' then left(birth, 4) "
    "|| least(substr(birth, 5, 2), substr(birth, 7, 2)) || greatest(substr(birth, 5, 2), substr(birth, 7, 2)) end "
    "|| left(family, 2)",
    "either_name_and_place": "least(family, given) || '|' || place",
    "given_and_place": "first_given || '|' || place",
    "family_and_place": "family || '|' || place",
    "family_and_month": "family || '|' || left(birth, 6)",
    "given_and_month": "first_given || '|' || left(birth, 6)",
    "family_and_day": "family || '|' || right(birth, 4)",
    "given_and_day": "first_given || '|' || right(birth, 4)",
    "year_and_place": "left(birth, 4) || '|' || place",
    "day_and_place": "right(birth, 4) || '|' || place",
    "address": "address",
    "names_exchanged": "least(family, given) || '|' || greatest(family, given)",
    "letters_and_month": "left(family, 3) || '|' || left(given, 3) || '|' || substr(birth, 5, 2)",
    "letters_and_year": "left(family, 3) || '|' || left(given, 3) || '|' || left(birth, 4)",
}
# A value that more records than this share says nothing of who they are (a placeholder, a hostel), and its pairs would
# cost its square.
MOST_OF_ONE_VALUE = 3_000
PREFIX = "block_"


def with_keys(table: str) -> str:
    """The SQL that adds the keys to comparable records, null where too many share one."""
    keys = ", ".join(f"{sql} as {PREFIX}{name}" for name, sql in KEYS.items())
    kept = ", ".join(
        f"case when count(*) over (partition by {PREFIX}{name}) <= {MOST_OF_ONE_VALUE} then {PREFIX}{name} end "
        f"as {PREFIX}{name}"
        for name in KEYS
    )
    return f"with keyed as (select *, {keys} from {table}) select * replace ({kept}) from keyed"


def rules() -> list[str]:
    """The conditions on `l` and `r`, in the order in which they take pairs."""
    return [f"l.{PREFIX}{name} = r.{PREFIX}{name}" for name in KEYS]
