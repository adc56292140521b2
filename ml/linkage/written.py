"""Cells as people write them, read for linkage: what stands for nothing becomes null."""

from collections.abc import Collection
from functools import reduce

# The columns of a file that are taken, beside `record_id`; every other is passed over.
COLUMNS = (
    "nhs_number",
    "nhs_number_status",
    "family_name",
    "given_name",
    "middle_name",
    "birth_date",
    "sex",
    "postcode",
    "address",
    "phone",
    "local_id",
)
# Those of which a cell may be filled and say nothing.
READ = ("nhs_number", "birth_date", "sex")
_NOTHING = (
    "'', '-', '--', '.', '?', '*', 'X', 'XX', 'XXX', 'NULL', 'NONE', 'NAN', 'NA', 'N/A', 'NK', 'N/K', 'UNKNOWN', 'UNK',"
    " 'NOT KNOWN', 'NOT RECORDED', 'NOT GIVEN', 'TBC', 'TBA', 'PENDING', 'TEMP', 'TEST', 'NO NUMBER', 'NOT AVAILABLE'"
)
_MALE = "'1', 'M', 'MALE', 'MAN', 'BOY', 'HE', 'MR', 'MASCULINE'"
_FEMALE = "'2', 'F', 'FEMALE', 'WOMAN', 'W', 'GIRL', 'SHE', 'MRS', 'MS', 'MISS', 'FEMININE'"
# Dates that registers write where they have none (cwt-rules 7.5).
_NO_DATES = "'19000101', '18991230', '18991231', '17530101', '20991231', '99991231', '00010101', '11111111'"
_VERIFIED = "'1', '01', '1.0', '01.0'"


def as_records(table: str, columns: Collection[str]) -> str:
    """The SQL that makes records (`records.COLUMNS`) of text: `ordinal`, `source`, `COLUMNS` and `has_status`.

    Where a record's file has no status, a number that can exist counts as verified (design 3.1).
    """
    cells = ", ".join(_cell(name, columns) for name in COLUMNS)
    is_verified = f"(not has_status or coalesce(trim(nhs_number_status) in ({_VERIFIED}), false))"
    return f"""
        with told as (select ordinal, source, has_status, {cells} from {table}),
        bare as (select *, regexp_replace(nhs_number, '[^0-9]', '', 'g') as digits,
            regexp_replace(phone, '[^0-9]', '', 'g') as phone_digits, {_DATE} as date_digits from told),
        judged as (select *, {_is_valid_number("digits")} as is_number from bare)
        select ordinal, source, case when is_number then digits end as nhs_number,
            coalesce(is_number and {is_verified}, false) as is_verified, family_name, given_name, middle_name,
            case when date_digits not in ({_NO_DATES}) and {_not_repeated("date_digits")} then date_digits
                end as birth_date,
            case when upper(sex) in ({_MALE}) then '1' when upper(sex) in ({_FEMALE}) then '2' end as sex,
            case when not starts_with(upper(replace(postcode, ' ', '')), 'ZZ99') then postcode end as postcode,
            address, case when {_not_repeated("phone_digits")} then phone_digits end as phone,
            case when {_not_repeated("local_id")} then local_id end as local_id
        from judged order by ordinal
    """


def _cell(name: str, columns: Collection[str]) -> str:
    if name not in columns:
        return f"cast(null as varchar) as {name}"
    return f"case when upper(trim({name})) not in ({_NOTHING}) then trim({name}) end as {name}"


# Year first. A day first with a year of four digits can't be mistaken; anything else is compared as its digits stand.
_DATE = (
    "case when regexp_matches(birth_date, '^[0-9]{1,2}[^0-9][0-9]{1,2}[^0-9][0-9]{4}$') then "
    "regexp_extract(birth_date, '([0-9]{4})$', 1) "
    "|| lpad(regexp_extract(birth_date, '[^0-9]([0-9]{1,2})[^0-9]', 1), 2, '0') "
    "|| lpad(regexp_extract(birth_date, '^([0-9]{1,2})', 1), 2, '0') "
    "else nullif(left(regexp_replace(birth_date, '[^0-9]', '', 'g'), 8), '') end"
)


def _not_repeated(text: str) -> str:
    """Whether a text has two different characters: 0000000 stands for nothing."""
    return f"length(replace({text}, left({text}, 1), '')) > 0"


def _is_valid_number(digits: str) -> str:
    """Ten digits, modulus 11, not one digit ten times (cwt-rules 6.1)."""
    parts = [f"(ascii(substr({digits}, {place}, 1)) - 48) * {11 - place}" for place in range(1, 11)]
    weighted = reduce(lambda total, part: f"{total} + {part}", parts)
    return f"(length({digits}) = 10 and ({weighted}) % 11 = 0 and {_not_repeated(digits)})"
