"""What is compared of a record: its cells as written become letters, digits and words that can be held side by side."""

# What a record may have, all but `is_verified` as text; a column that a source lacks is null in every row. Beside them
# each record has `ordinal`, its place among all, and `source`, its file or register.
COLUMNS = (
    "nhs_number",  # one that can exist, as digits
    "is_verified",
    "family_name",
    "given_name",
    "middle_name",
    "birth_date",  # eight digits, year first; a date that can't be is compared all the same
    "sex",  # 1 or 2
    "postcode",
    "address",
    "phone",
    "local_id",
)


SHORT_FORMS = "short_forms"  # the table of `given` and `short_of`: BILL is short of WILLIAM
# Of a local id or a telephone that so many records have and that are so many people by their birth dates (or names,
# where there is no date) none is anybody's own: TBC, or the ward's. The tables that hold them have a column `value`.
PLACEHOLDERS = {"phone": "placeholder_phones", "local": "placeholder_local_ids"}
_FEWEST_OF_A_PLACEHOLDER, _PEOPLE_OF_A_PLACEHOLDER = 3, 0.8


# Marks that stand in a name without being heard, and blanks, are let go: O'Brien is OBRIEN. (`translate` takes six
# times as long as a regular expression.)
_MARKS = "[-_.,;:/()*\"`\u00b4\u2018\u2019\u2010\u2011\u2012\u2013\u2014\t \u00a0''\\[\\]]"


# What registers write where they know no name, and of a child that has none yet.
_NO_FAMILY = "'UNKNOWN', 'UNK', 'NOTKNOWN', 'NK', 'NOTRECORDED', 'NOTGIVEN', 'NONAME', 'NONE', 'NULL', 'NA', 'TBC'"
_NO_GIVEN = (
    f"{_NO_FAMILY}, 'BABY', 'BABYBOY', 'BABYGIRL', 'INFANT', 'TWIN', 'TWINONE', 'TWINTWO', 'TWIN1', 'TWIN2', 'TWINI',"
    " 'TWINII', 'BOY', 'GIRL'"
)


def _plain(text: str) -> str:
    return f"strip_accents(upper({text}))"


def _letters(column: str) -> str:
    return f"nullif(regexp_replace({_plain(column)}, '{_MARKS}', '', 'g'), '')"


def _named(column: str, nothing: str) -> str:
    letters = _letters(column)
    return f"case when {letters} not in ({nothing}) then {letters} end"


def _words(text: str) -> str:
    spaced = f"regexp_replace({_plain(text)}, '{_MARKS}', ' ', 'g')"
    return f"list_filter(string_split({spaced}, ' '), lambda word: word <> '')"


_FORENAMES = _words("concat_ws(' ', given_name, middle_name)")
_BRITISH = "^[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}$"

# Each comparable column as an expression over `COLUMNS`, in the order in which they may use one another.
EXPRESSIONS = {
    "family": _named("family_name", _NO_FAMILY),
    "family_parts": f"list_filter({_words('family_name')}, lambda word: length(word) > 2)",
    "given": _named("given_name", _NO_GIVEN),
    # In their order: the first is what somebody is called by. (`list_distinct` keeps none.)
    "forenames": f"list_filter({_FORENAMES}, lambda word: word not in ({_NO_GIVEN}))",
    "birth": "nullif(birth_date, '')",
    "sex": "sex",
    "place": "nullif(regexp_replace(upper(postcode), '[-. \t\r\n]', '', 'g'), '')",
    "address": "nullif(regexp_replace(strip_accents(upper(address)), '[^A-Z0-9]', '', 'g'), '')",
    "address_words": "list_distinct(list_filter(string_split(regexp_replace(strip_accents(upper(address)), "
    "'[^A-Z0-9]+', ' ', 'g'), ' '), lambda word: word <> ''))",
    "phone": "nullif(right(phone, 10), '')",
    "local": "nullif(regexp_replace(upper(local_id), '[-./ ]', '', 'g'), '')",
    "number": "nhs_number",
}
_SECOND = {
    "full_name": "family || ' ' || given",
    "first_given": "forenames[1]",
    "birth_exchanged": "case when length(birth) = 8 then substr(birth, 1, 4) || substr(birth, 7, 2) "
    "|| substr(birth, 5, 2) end",
    "district": f"case when regexp_matches(place, '{_BRITISH}') then left(place, length(place) - 3) end",
}


def worded(table: str) -> str:
    """The SQL that makes words of the cells of a table with `ordinal`, `source` and `COLUMNS`."""
    first = ", ".join(f"{sql} as {name}" for name, sql in EXPRESSIONS.items())
    second = ", ".join(f"{sql} as {name}" for name, sql in _SECOND.items())
    return (
        f"with cleaned as (select ordinal, source, is_verified, {first} from {table}) select *, {second} from cleaned"
    )


def placeholder_values(worded_records: str, column: str) -> str:
    """The SQL of the values of a column that are nobody's own among these records."""
    return f"""
        select {column} as value from {worded_records} where {column} is not null group by {column}
        having count(*) >= {_FEWEST_OF_A_PLACEHOLDER}
            and count(distinct coalesce(birth, full_name)) >= {_PEOPLE_OF_A_PLACEHOLDER} * count(*)
    """


def comparable(worded_records: str) -> str:
    """The SQL that makes comparable records of worded ones, when the tables of `PLACEHOLDERS` and short forms stand."""
    own = ", ".join(
        f"case when not exists (select 1 from {table} where value = worded.{column}) then worded.{column} end"
        f" as {column}"
        for column, table in PLACEHOLDERS.items()
    )
    return f"""
        with formal as (
            select given as short, list_sort(list(distinct short_of)) as names from {SHORT_FORMS} group by given
        )
        select worded.* replace ({own}),
            list_prepend(worded.first_given, coalesce(formal.names, [])) as given_roots,
            case when worded.is_verified then worded.number end as verified_number
        from {worded_records} worded left join formal on worded.first_given = formal.short
    """
