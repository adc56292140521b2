"""`clock-file`: the three national clocks, the allocation and the flags of the rows in a CSV file."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.row_file import RowFile, RowFileError, column_name, read_rows, write_rows
from libs.pathways.file_rows import INPUT, OUTPUT, READ, as_text, recorded, timed
from libs.rules import Rules

_ROWS_AT_ONCE = 200_000  # with their traces 400 MB: what comes back from Spark at once must stay below 1 GiB
_WORTH_COMPILING = 5_000


def open_rows(path: Path) -> RowFile:
    """Read a file of rows; every column but `id` may be missing. Raises RowFileError for what can't be read."""
    return read_rows(path, required=("id",), known=INPUT)


def clock_file(
    spark: SparkSession,
    rows: RowFile,
    output: Path,
    rules: Rules,
    *,
    as_at_on: date | None = None,
    listener: Callable[[int], None] = lambda done: None,
) -> int:
    """Time every row and write `output`: the file's columns as they are, then `OUTPUT`; return the number of rows.

    A column of the file that bears the name of an output column is computed anew. `as_at_on` is the date of the list
    for rows without their own; `listener` is told how many rows are done.
    """
    kept = [place for place, name in enumerate(rows.header) if column_name(name) not in OUTPUT]

    def parts() -> Iterator[pa.Table]:
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            came = rows.cells.slice(start, _ROWS_AT_ONCE).select(kept)
            texts = texts_of(rows).slice(start, _ROWS_AT_ONCE)
            found = as_text(timed(recorded_rows(spark, texts, rules, as_at_on), rules)).toArrow()
            if found.num_rows != came.num_rows:
                raise RowFileError("rows were lost", do="Report this line.", file=rows.path.name)
            yield pa.table([*came.columns, *found.columns], names=[f"{place}" for place in range(len(header))])
            listener(min(start + _ROWS_AT_ONCE, len(rows)))

    header = [*(rows.header[place] for place in kept), *OUTPUT]
    write_rows(output, header, parts())
    return len(rows)


def texts_of(rows: RowFile) -> pa.Table:
    """The columns that the engine reads; one that the file does not have is empty."""
    columns = {name: rows.column(name) for name in READ}
    empty = pa.chunked_array([pa.nulls(len(rows), pa.string())])
    return pa.table({name: empty if column is None else column for name, column in columns.items()})


def recorded_rows(spark: SparkSession, texts: pa.Table, rules: Rules, as_at_on: date | None) -> DataFrame:
    """The canonical rows of a table with the text columns `READ`, any other column as it is."""
    frame = spark.createDataFrame(texts)
    if texts.num_rows > _WORTH_COMPILING:
        # Spark's optimiser computes a small local frame by itself, interpreted and on one core: quick for few rows,
        # since nothing is compiled, and slow for many. A step between keeps it from that.
        frame = frame.coalesce(spark.sparkContext.defaultParallelism)
    return recorded(frame, rules, as_at_on=F.lit(as_at_on).cast("date"))
