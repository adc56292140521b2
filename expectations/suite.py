"""What a suite is: the measures that Spark takes of a table's rows, and what Great Expectations expects of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any

from great_expectations import expectations as gxe
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

CRITICAL = "critical"
WARNING = "warning"
CHANGED, WHOLE = "changed", "whole"
WHOLE_KEY = "whole_key"
ROWS_OF_KEY = "rows_of_key"


@dataclass(frozen=True)
class Suite:
    """The expectations of one table; `measures` are all that leaves Spark of its rows, and none identifies a patient.

    A measure is null where its expectation does not apply to the row. `ROWS_OF_KEY`, how often the row's key stands in
    the table, is taken for every suite that has a key. `scope` says what is measured: a table's changed rows, or one
    row about the whole of it.
    """

    table_name: str
    key: tuple[str, ...]
    measures: Mapping[str, Column]
    expectations: tuple[gxe.Expectation, ...]
    scope: str = CHANGED

    @property
    def name(self) -> str:
        """The table and what of it is measured: one page of Data Docs."""
        return f"{self.table_name}.{self.scope}"


def measured(rows: DataFrame, suite: Suite, *, is_changed: Column) -> DataFrame:
    """The suite's measures of the changed rows of a table.

    How often a key stands is counted over the whole table, since the other row of a repeated key may be an old one.
    """
    changed = rows.where(is_changed).select(*(F.col(name).alias(f"_{name}") for name in suite.key))
    is_same_key = reduce(and_, (F.col(name).eqNullSafe(F.col(f"_{name}")) for name in suite.key))
    of_changed_keys = rows.join(changed, is_same_key, "left_semi")
    counted = of_changed_keys.withColumn(ROWS_OF_KEY, F.count("*").over(Window.partitionBy(*suite.key)))
    measures = [measure.alias(name) for name, measure in suite.measures.items()]
    return counted.where(is_changed).select(ROWS_OF_KEY, *measures)


def keyed_suite(
    table_name: str,
    key: tuple[str, ...],
    measures: Mapping[str, Column],
    expectations: tuple[gxe.Expectation, ...],
    *,
    row: str,
) -> Suite:
    """A suite that expects a whole key on each row, and each key once; `row` is what a person calls a row."""
    is_whole = reduce(and_, (F.col(name).isNotNull() for name in key))
    of_key = (
        critical(
            gxe.ExpectColumnValuesToNotBeNull, "KEY_MISSING", f"Every {row} has its whole key.", column=WHOLE_KEY
        ),
        critical(
            gxe.ExpectColumnValuesToBeInSet, "KEY_REPEATED", f"Every {row} stands once.", column=ROWS_OF_KEY,
            value_set=[1],
        ),
    )  # fmt: skip
    return Suite(table_name, key, {WHOLE_KEY: F.when(is_whole, 1), **measures}, (*of_key, *expectations))


def critical(kind: type[gxe.Expectation], rule_code: str, sentence: str, **arguments: Any) -> gxe.Expectation:
    """An expectation whose failure keeps the last publication in place, since people would be misled."""
    return kind(severity=CRITICAL, meta={"rule_code": rule_code}, description=sentence, **arguments)


def warning(kind: type[gxe.Expectation], rule_code: str, sentence: str, **arguments: Any) -> gxe.Expectation:
    """An expectation whose failure is reported; the publication goes on."""
    return kind(severity=WARNING, meta={"rule_code": rule_code}, description=sentence, **arguments)
