"""Source rows become canonical columns, as a feed contract says: trimmed, null spellings removed, words decoded."""

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from libs.feeds import FeedContract
from libs.pathways.canonical import SECTIONS
from libs.pathways.reading import Reading, Vocabulary, column, is_cut, is_like_a_code, reading, texts

# A section whose marking column is empty isn't there at all: most rows have no transfer, many no treatment.
_MARKED_BY = {"transfer": "transfer_on", "treatment": "treatment_number"}
# What a row tells only where there was one.
_TOLD_BY = {"transfer": ("transfer_from_org", "transfer_to_org"), "treatment": ("decision_to_treat_on", "treatment_on")}
FAULT = "struct<rule_code:string,field:string,word:string>"
FAULTS = f"array<{FAULT}>"

_Readings = dict[tuple[str, str], list[Reading]]


def canonical_rows(rows: DataFrame, contract: FeedContract, vocabulary: Vocabulary | None = None) -> DataFrame:
    """Turn rows of source text into structs `patient`, `pathway`, `transfer` and `treatment`.

    Columns whose name starts with an underscore pass untouched; a vocabulary of trusts' own words needs `_trust` among
    them. `transfer` is null without a transfer date, `treatment` without a treatment number. `faults` (rule_code,
    field, word) names the canonical columns that are null although their source held something, and the texts that were
    cut; `has_unmarked_transfer` and `has_unmarked_treatment` tell of one that is null although the row tells of it, and
    `is_key_lost` of a number of the pathway or patient that is none.
    """
    passed = [column(name) for name in rows.columns if name.startswith("_")]
    readings: _Readings = {}
    for place, (section, name, source) in enumerate(contract.sources()):
        of_column = readings.setdefault((section, name), [])
        of_column.append(reading(source, name, contract, vocabulary or Vocabulary(), place=f"_read_{place}"))
    sections = [_section(section, contract, readings) for section in SECTIONS]
    told = [
        _faults(readings, contract),
        _is_key_lost(contract).alias("is_key_lost"),
        *(_is_unmarked(section, readings) for section in _MARKED_BY),
    ]
    cells = [column(name) for name in contract.columns]
    read = [each.read.alias(each.place) for of_column in readings.values() for each in of_column]
    # Each source is read once, below what is said of it: planned as one expression they are copied into each other.
    return texts(rows, contract, passed).select(*passed, *cells, *read).select(*passed, *sections, *told)


def _section(section: str, contract: FeedContract, readings: _Readings) -> Column:
    """The struct of a section; null if the column that marks it is null."""
    keys = {"source_patient_id": contract.patient_key, "source_pathway_id": contract.pathway_key}
    values = [
        _outside_whole_stage(_key(keys[field.name]))
        if field.name in keys
        else _value(readings.get((section, field.name), [])).cast(field.dataType)
        for field in SECTIONS[section]
    ]
    whole = F.struct(*(value.alias(name) for value, name in zip(values, SECTIONS[section].names, strict=True)))
    marker = _MARKED_BY.get(section)
    if marker is not None:
        whole = F.when(_value(readings.get((section, marker), [])).isNotNull(), whole)
    return whole.alias(section)


def _key(name: str) -> Column:
    """A register's own number; null where it holds what no number does, since mending it could make two of them one."""
    key = column(name)
    return F.when(is_like_a_code(key), key)


def _is_key_lost(contract: FeedContract) -> Column:
    keys = (contract.pathway_key, contract.patient_key)
    return reduce(or_, (F.coalesce(column(name).isNotNull() & _key(name).isNull(), F.lit(False)) for name in keys))


def _outside_whole_stage(key: Column) -> Column:
    """The column itself, by a function that keeps its projection out of Spark's whole-stage compilation.

    Compiled whole, sixty columns are one method near or past Java's 64 KB, which the JVM interprets or refuses: two to
    four times slower here. Outside, Spark splits them into small methods and evaluates what they share once.
    """
    return F.element_at(F.transform(F.array(key), lambda element: element), 1)


def _value(readings: Sequence[Reading]) -> Column:
    """The first reading that gives something."""
    values = [each.value for each in readings]
    return F.coalesce(*values) if values else F.lit(None)


def _is_unmarked(section: str, readings: _Readings) -> Column:
    """Whether a row tells of a transfer or treatment without what marks it, so that it can't be taken."""
    tells = reduce(or_, (_value(readings.get((section, name), [])).isNotNull() for name in _TOLD_BY[section]))
    return (_value(readings.get((section, _MARKED_BY[section]), [])).isNull() & tells).alias(f"has_unmarked_{section}")


def _faults(readings: _Readings, contract: FeedContract) -> Column:
    """The faults of a row: where some source of a column was lost and none gave a value, and where a text was cut."""
    found = [*_lost(readings), *_cut(contract)]
    told = F.array_compact(F.array(*(F.when(holds, fault.cast(FAULT)) for holds, fault in found)))
    # Spark interprets array_compact, so it is asked only on the few rows that need it.
    nothing = F.array().cast(FAULTS)
    return F.when(reduce(or_, (holds for holds, _ in found)), told).otherwise(nothing).alias("faults")


def _lost(readings: _Readings) -> Iterator[tuple[Column, Column]]:
    """Whether a column was lost, and the fault; of several sources that were lost the first is told of."""
    for (_, name), of_column in readings.items():
        has_none = _value(of_column).isNull() if len(of_column) > 1 else F.lit(True)
        for each in of_column:
            if each.is_lost is not None:
                yield has_none & each.is_lost, F.struct(each.rule, F.lit(name), each.word)
                has_none = has_none & ~F.coalesce(each.is_lost, F.lit(False))


def _cut(contract: FeedContract) -> Iterator[tuple[Column, Column]]:
    for _, name, source in contract.sources():
        if source.kind == "text":
            yield is_cut(source, name), F.struct(F.lit("TEXT_CUT"), F.lit(name), F.lit(None).cast("string"))
