"""What a source column says of a canonical one on a row, and the fault that is told where it can't be understood."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from libs.feeds import FeedContract, Source, word_key
from libs.nhs import dates, nhs_number, organisations, phone, plain_text, postcode
from libs.pathways.canonical import CODES, LONGEST
from libs.words import TrustWords

LARGEST = 9_999  # of a whole number
LONGEST_WORD = 80  # of what is looked at of a number, a postcode or a name of an organisation
_LOOKED_AT = 4  # how many times a column's length is looked through for a part
LONGEST_LISTED = 60  # of a word that is listed because nobody knows it
_BLANK = r"\s\p{Z}\p{Cc}\p{Cf}"  # of any kind, and what can't be seen
# Each looks at a run of blanks once, from its beginning: else a long run would cost its square.
_AT_THE_ENDS = rf"^[{_BLANK}]++|(?<![{_BLANK}])[{_BLANK}]++\z"
_BORDER = "|"  # between cells; one within a text only adds places to look at
_UNPLAIN = "[^ -~]"  # most rows are of printable ASCII, which has no blank but the space: told by a cheaper search
_BLANK_AT_A_BORDER = rf"(?:^|[|]) *+[{_BLANK}&&[^ ]]|[{_BLANK}&&[^ ]] *+(?:[|]|\z)"
_TRIMMED = "_trimmed"
_MOMENTS = frozenset({"date", "timestamp"})
_YES, _NO = ("Y", "YES", "TRUE", "1"), ("N", "NO", "FALSE", "0")
_NOT_UNDERSTOOD = {
    "code": "CODE_NOT_UNDERSTOOD",
    "integer": "NUMBER_NOT_UNDERSTOOD",
    "boolean": "YES_NO_NOT_UNDERSTOOD",
    "text": "NAME_NOT_UNDERSTOOD",
    "phone": "PHONE_NOT_UNDERSTOOD",
    "postcode": "POSTCODE_NOT_UNDERSTOOD",
    "organisation": "ORGANISATION_NOT_UNDERSTOOD",
}


@dataclass(frozen=True)
class Vocabulary:
    """What words mean beside the feed contract: trusts' own by (system, map), and organisations' names and codes."""

    words: Mapping[tuple[str, str], TrustWords] = field(default_factory=dict)
    organisations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """What one source gives on a row; whether it holds something that can't be understood, by which rule, and the word.

    `read` is computed first, under the name `place`: the other columns are said of it, so that they stay small, however
    often they are asked. `is_lost` is None where nothing ever is. `word` is null but for what an officer can map:
    words, codes and organisations.
    """

    place: str
    read: Column
    value: Column
    is_lost: Column | None
    rule: Column
    word: Column


def reading(source: Source, name: str, contract: FeedContract, vocabulary: Vocabulary, *, place: str) -> Reading:
    """Read one source of the canonical column `name`, from text columns without null spellings."""
    applies = _applies(source)
    nothing = F.lit(None).cast("string")
    if source.column is None:
        fixed = _where(applies, F.lit(source.value))
        return Reading(place, fixed, F.col(place), None, nothing, nothing)
    read = F.col(place)
    value = dates.recorded(read) if source.kind in _MOMENTS else read
    is_lost = _is_lost(source, name, contract, vocabulary, value=value)
    is_word = source.kind in {"code", "organisation"}
    word = F.substring(_text(source), 1, LONGEST_LISTED) if is_word else nothing
    from_text = _where(applies, _read(source, name, contract, vocabulary))
    return Reading(place, from_text, value, is_lost, _rule(source, name, read), word)


def is_like_a_code(text: Column) -> Column:
    """Whether text is short and of letters, digits and what codes have between: nothing that does harm."""
    return text.rlike(r"^[\p{L}\p{N}][\p{L}\p{N} ./_:#()-]{0,59}$")


def column(name: str) -> Column:
    """A column of the source, whatever signs its name holds."""
    return F.col(f"`{name}`")


def _text(source: Source) -> Column:
    return column(str(source.column))


def _where(applies: Column | None, value: Column) -> Column:
    return value if applies is None else F.when(applies, value)


def _applies(source: Source) -> Column | None:
    """Whether a source counts on this row; None if it always does."""
    if source.when is None:
        return None
    other = column(source.when.column)
    if source.when.words is None:
        return other.isNotNull()
    return F.coalesce(F.upper(other).isin(*map(word_key, source.when.words)), F.lit(False))


def _read(source: Source, name: str, contract: FeedContract, vocabulary: Vocabulary) -> Column:
    """What a source's text says in the type of its canonical column; null if it can't be understood."""
    text = _text(source)
    start = F.substring(text, 1, LONGEST_WORD)
    match source.kind:
        case "code":
            return _read_code(source, name, contract, vocabulary)
        case "organisation":
            return organisations.trust_of(start, vocabulary.organisations)
        case "text":
            return plain_text.plain(_part(text, source, name), longest=LONGEST[name])
        case "nhs_number" | "phone" | "postcode":
            return _read_identifier(start, source.kind)
        case _:
            return _read_typed(start, source)


def _read_identifier(text: Column, kind: str) -> Column:
    if kind == "phone":
        return phone.normalise(text)
    if kind == "postcode":
        written = postcode.normalise(text)
        return F.when(postcode.is_valid(written), written)
    number = nhs_number.normalise(text)
    return F.when(nhs_number.is_valid(number), number)


def _read_typed(text: Column, source: Source) -> Column:
    pivot = dates.PIVOT if source.pivot is None else source.pivot
    match source.kind:
        case "date":
            return dates.to_date(str(source.column), pivot=pivot)
        case "timestamp":
            return dates.to_timestamp(str(source.column), pivot=pivot)
        case "integer":
            # Days and numbers of treatments: a date typed into such a field would carry a clock out of the calendar.
            number = F.regexp_replace(text, r"[.]0+\z", "").try_cast("int")  # a spreadsheet gives 11 back as 11.0
            return F.when(number.between(-LARGEST, LARGEST), number)
        case _:
            word = F.upper(text)
            return F.when(word.isin(*_YES), F.lit(True)).when(word.isin(*_NO), F.lit(False))


def is_cut(source: Source, name: str) -> Column:
    """Whether a text is longer than its canonical column `name`; false where there is none."""
    text = _text(source)
    return (F.length(text) > LONGEST[name]) & plain_text.is_too_long(_part(text, source, name), LONGEST[name])


def _part(text: Column, source: Source, name: str) -> Column:
    """What a source takes of a text: the whole of it, or what its pattern finds in the beginning."""
    if source.pattern is None:
        return text
    part = F.trim(F.regexp_extract(F.substring(text, 1, _LOOKED_AT * LONGEST[name]), source.pattern, 1))
    return F.when(part != "", part)


def _read_code(source: Source, name: str, contract: FeedContract, vocabulary: Vocabulary) -> Column:
    word = _word(source)
    if source.map is None:
        return F.when(word.isin(*sorted(CODES[name])) if name in CODES else is_like_a_code(word), word)
    known = _decoded(word, contract.words(source.map))
    own = vocabulary.words.get((contract.system, source.map))
    if own is None:
        return known
    # As it was typed and as it is padded: the list of unknown words holds what was typed.
    spellings = _of_trust(source)
    of_trust = F.coalesce(*(_decoded(spelling, own.codes) for spelling in spellings), known)
    # A word that the trust says means nothing means nothing, whatever the contract knows of it.
    is_silent = reduce(or_, (spelling.isin(*own.silent) for spelling in spellings))
    return F.when(~is_silent, of_trust) if own.silent else of_trust


def _word(source: Source) -> Column:
    word = F.upper(_text(source))
    if source.pad is None:
        return word
    return F.when(F.length(word) < source.pad, F.lpad(word, source.pad, "0")).otherwise(word)


def _of_trust(source: Source) -> list[Column]:
    """A trust's word as it may stand in its own list: as it was typed, and padded where the list is."""
    spellings = [_word(source)] if source.pad is None else [_word(source), F.upper(_text(source))]
    return [F.concat_ws(TrustWords.SEPARATOR, F.col("_trust"), spelling) for spelling in spellings]


def _decoded(word: Column, words: Mapping[str, str | None]) -> Column:
    """The code of a word; null for a word that means nothing or isn't known."""
    pairs = "\x1e".join(f"{local}\x1f{code}" for local, code in words.items() if code is not None)
    # One literal, which Spark turns into a map once: a quarter of the code of a chain of `when`.
    return F.try_element_at(F.str_to_map(F.lit(pairs), F.lit("\x1e"), F.lit("\x1f")), word)


def _is_lost(
    source: Source, name: str, contract: FeedContract, vocabulary: Vocabulary, *, value: Column
) -> Column | None:
    if source.kind == "text" and source.pattern is None:
        return None
    facts = [value.isNull(), _text(source).isNotNull()]
    if source.map is not None:
        silent = [word for word, code in contract.words(source.map).items() if code is None]
        own = vocabulary.words.get((contract.system, source.map))
        if silent:
            facts.append(~_word(source).isin(*silent))
        if own is not None and own.silent:
            facts += [~spelling.isin(*own.silent) for spelling in _of_trust(source)]
    applies = _applies(source)
    return reduce(and_, facts if applies is None else [*facts, applies])


def _rule(source: Source, name: str, read: Column) -> Column:
    """The rule by which a value of this source that is not understood is emptied."""
    if source.kind in _MOMENTS:
        unread = F.when(read.isNull(), "DATE_NOT_UNDERSTOOD")
        return unread.when(dates.is_possible(read), "DATE_DEFAULT").otherwise("DATE_IMPOSSIBLE")
    if source.kind == "nhs_number":
        return _rule_of_number(F.substring(_text(source), 1, LONGEST_WORD))
    if source.kind == "code" and source.map is not None:
        return F.lit("WORD_UNMAPPED")
    return F.lit("CODE_NOT_IN_LIST" if name in CODES else _NOT_UNDERSTOOD[source.kind])


def _rule_of_number(text: Column) -> Column:
    number = nhs_number.normalise(text)
    return (
        F.when(nhs_number.is_one_digit_repeated(number), "NHS_NUMBER_REPEATED_DIGIT")
        .when(nhs_number.is_ten_digits(number), "NHS_NUMBER_CHECK_DIGIT")
        .when(nhs_number.is_damaged(number), "NHS_NUMBER_DAMAGED")
        .otherwise("NHS_NUMBER_NOT_UNDERSTOOD")
    )


def texts(rows: DataFrame, contract: FeedContract, passed: Sequence[Column]) -> DataFrame:
    """`passed`, and every column of the contract as trimmed text, null where it holds one of its null spellings."""
    cells = [column(name) for name in contract.columns]
    # Nearly every row has no more than spaces about its cells, which a search of the whole row tells. What else can
    # stand there costs a search of each cell, done on the other rows only; there it is one expression for all of them.
    whole = F.concat_ws(_BORDER, *cells)
    blanks = whole.rlike(_UNPLAIN) & whole.rlike(_BLANK_AT_A_BORDER)
    without = F.transform(F.array(*cells), lambda cell: F.regexp_replace(cell, _AT_THE_ENDS, ""))
    marked = rows.select(*passed, *cells, F.when(blanks, without).alias(_TRIMMED))
    trimmed = (_trimmed_text(name, place, contract.nulls).alias(name) for place, name in enumerate(contract.columns))
    return marked.select(*passed, *trimmed)


def _trimmed_text(name: str, place: int, nulls: Sequence[str]) -> Column:
    """SQL, since of sixty cells each would be built by a dozen calls from Python."""
    text = f"coalesce({_TRIMMED}[{place}], trim(`{name}`))"
    spellings = sorted({word_key(null) for null in nulls} - {""})
    if not spellings:
        return F.expr(f"nullif({text}, '')")
    # Capitals cost a copy of the text, and only a short one can be a spelling of nothing.
    longest = max(len(spelling.encode()) for spelling in spellings)
    listed = ", ".join(_literal(spelling) for spelling in ("", *spellings))
    return F.expr(f"case when octet_length({text}) > {longest} or upper({text}) not in ({listed}) then {text} end")


def _literal(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
