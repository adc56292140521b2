"""Source rows become canonical columns, as a feed contract says: trimmed, null spellings removed, words decoded."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from libs.feeds import FeedContract, Source, word_key
from libs.nhs import dates, nhs_number, organisations, postcode
from libs.pathways.canonical import CODES, SECTIONS

# A section whose marking column is empty isn't there at all: most rows have no transfer, many no treatment.
_MARKED_BY = {"transfer": "transfer_on", "treatment": "treatment_number"}
_MOMENTS = frozenset({"date", "timestamp"})
LARGEST = 9_999  # of a whole number
_YES, _NO = ("Y", "YES", "TRUE", "1"), ("N", "NO", "FALSE", "0")


@dataclass(frozen=True)
class _Reading:
    """What one source gives on a row, and whether it holds something that can't be understood (None: it never does)."""

    value: Column
    is_lost: Column | None


_Readings = dict[tuple[str, str], list[_Reading]]


def canonical_rows(rows: DataFrame, contract: FeedContract) -> DataFrame:
    """Turn rows of source text into structs `patient`, `pathway`, `transfer` and `treatment`.

    Columns whose name starts with an underscore pass untouched. `transfer` is null without a transfer date, `treatment`
    without a treatment number. `not_understood` names the canonical columns that are null although their source held
    something.
    """
    passed = [_column(name) for name in rows.columns if name.startswith("_")]
    texts = [_without_nulls(_column(name), contract.nulls).alias(name) for name in contract.columns]
    readings = {
        (section, name): [_reading(source, name, contract) for source in sources]
        for section, columns in contract.fields.items()
        for name, sources in columns.items()
    }
    sections = [_section(section, contract, readings) for section in SECTIONS]
    return rows.select(*passed, *texts).select(*passed, *sections, _not_understood(readings))


def _column(name: str) -> Column:
    return F.col(f"`{name}`")


def _without_nulls(text: Column, nulls: Sequence[str]) -> Column:
    """Trimmed text, or null for one of the contract's null spellings."""
    trimmed = F.trim(text)
    spellings = {"", *map(word_key, nulls), *(word_key(null).lower() for null in nulls)}
    return F.when(~trimmed.isin(*sorted(spellings)), trimmed)


def _reading(source: Source, name: str, contract: FeedContract) -> _Reading:
    applies = _applies(source)
    if source.column is None:
        return _Reading(_where(applies, F.lit(source.value)), is_lost=None)
    read = _read(source, name, contract)
    value = dates.recorded(read) if source.kind in _MOMENTS else read
    return _Reading(_where(applies, value), _is_lost(source, name, contract, read=read))


def _where(applies: Column | None, value: Column) -> Column:
    return value if applies is None else F.when(applies, value)


def _applies(source: Source) -> Column | None:
    """Whether a source counts on this row; None if it always does."""
    if source.when is None:
        return None
    other = _column(source.when.column)
    if source.when.words is None:
        return other.isNotNull()
    return F.coalesce(F.upper(other).isin(*map(word_key, source.when.words)), F.lit(False))


def _read(source: Source, name: str, contract: FeedContract) -> Column:
    """What a source's text says in the type of its canonical column; null if it can't be understood."""
    text = _column(str(source.column))
    match source.kind:
        case "code":
            return _read_code(text, source, name, contract)
        case "nhs_number":
            number = nhs_number.normalise(text)
            return F.when(nhs_number.is_valid(number), number)
        case "postcode":
            written = postcode.normalise(text)
            return F.when(postcode.is_valid(written), written)
        case "organisation":
            return organisations.trust_of(text)
        case "text":
            return text if source.pattern is None else _part(text, source.pattern)
        case _:
            return _read_typed(text, source)


def _read_typed(text: Column, source: Source) -> Column:
    pivot = dates.PIVOT if source.pivot is None else source.pivot
    match source.kind:
        case "date":
            return dates.to_date(text, pivot=pivot)
        case "timestamp":
            return dates.to_timestamp(text, pivot=pivot)
        case "integer":
            # Days and numbers of treatments: a date typed into such a field would carry a clock out of the calendar.
            number = text.try_cast("int")
            return F.when(number.between(-LARGEST, LARGEST), number)
        case _:
            word = F.upper(text)
            return F.when(word.isin(*_YES), F.lit(True)).when(word.isin(*_NO), F.lit(False))


def _part(text: Column, pattern: str) -> Column:
    part = F.trim(F.regexp_extract(text, pattern, 1))
    return F.when(part != "", part)


def _read_code(text: Column, source: Source, name: str, contract: FeedContract) -> Column:
    word = _word(text, source)
    if source.map is not None:
        return _decoded(word, contract.words(source.map))
    return F.when(word.isin(*sorted(CODES[name])), word) if name in CODES else word


def _word(text: Column, source: Source) -> Column:
    word = F.upper(text)
    if source.pad is None:
        return word
    return F.when(F.length(word) < source.pad, F.lpad(word, source.pad, "0")).otherwise(word)


def _decoded(word: Column, words: dict[str, str | None]) -> Column:
    """The code of a word; null for a word that means nothing or isn't known."""
    pairs = "\x1e".join(f"{local}\x1f{code}" for local, code in words.items() if code is not None)
    # One literal, which Spark turns into a map once: a quarter of the code of a chain of `when`.
    return F.try_element_at(F.str_to_map(F.lit(pairs), F.lit("\x1e"), F.lit("\x1f")), word)


def _is_lost(source: Source, name: str, contract: FeedContract, *, read: Column) -> Column | None:
    takes_any_text = source.kind == "text" and source.pattern is None
    takes_any_code = source.kind == "code" and source.map is None and name not in CODES
    if takes_any_text or takes_any_code:
        return None
    text = _column(str(source.column))
    is_unread = read.isNull()
    if source.kind in _MOMENTS:
        is_unread = is_unread | ~dates.is_possible(read)
    facts = [is_unread, text.isNotNull()]
    silent = [word for word, code in contract.words(source.map).items() if code is None] if source.map else []
    if silent:
        facts.append(~_word(text, source).isin(*silent))
    applies = _applies(source)
    return reduce(and_, facts if applies is None else [*facts, applies])


def _section(section: str, contract: FeedContract, readings: _Readings) -> Column:
    """The struct of a section; null if the column that marks it is null."""
    keys = {"source_patient_id": contract.patient_key, "source_pathway_id": contract.pathway_key}
    values = [
        _outside_whole_stage(_column(keys[field.name]))
        if field.name in keys
        else _value(readings.get((section, field.name), [])).cast(field.dataType)
        for field in SECTIONS[section]
    ]
    whole = F.struct(*(value.alias(name) for value, name in zip(values, SECTIONS[section].names, strict=True)))
    marker = _MARKED_BY.get(section)
    if marker is not None:
        whole = F.when(_value(readings[section, marker]).isNotNull(), whole)
    return whole.alias(section)


def _outside_whole_stage(column: Column) -> Column:
    """The column itself, by a function that keeps its projection out of Spark's whole-stage compilation.

    Compiled whole, sixty columns are one method near or past Java's 64 KB, which the JVM interprets or refuses: two to
    four times slower here. Outside, Spark splits them into small methods and evaluates what they share once.
    """
    return F.element_at(F.transform(F.array(column), lambda element: element), 1)


def _value(readings: Sequence[_Reading]) -> Column:
    """The first reading that gives something."""
    values = [reading.value for reading in readings]
    return F.coalesce(*values) if values else F.lit(None)


def _not_understood(readings: _Readings) -> Column:
    """Names of the canonical columns of which some source was lost and none gave a value."""
    lost: dict[str, Column] = {}
    for (_, name), column_readings in readings.items():
        facts = [reading.is_lost for reading in column_readings if reading.is_lost is not None]
        if facts:
            is_lost = reduce(or_, facts)
            lost[name] = is_lost if len(column_readings) == 1 else is_lost & _value(column_readings).isNull()
    names = F.array_compact(F.array(*(F.when(is_lost, name) for name, is_lost in lost.items())))
    # Spark interprets array_compact, so it is asked only on the few rows that need it.
    nothing = F.array().cast("array<string>")
    return F.when(reduce(or_, lost.values()), names).otherwise(nothing).alias("not_understood")
