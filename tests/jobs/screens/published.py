"""A small synthetic publication, as the publish step would leave it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql import types as T
from sqlalchemy import BigInteger, Boolean, Date, DateTime, Double, Engine, Integer, Numeric, String, Table
from sqlalchemy.types import TypeEngine

from jobs.screens.tables import EXTRACT_FILE, FRESHNESS, PERFORMANCE, PTL, RUN, WAITLIST
from libs.settings import Trust
from libs.warehouse.dialects import make_engine
from libs.warehouse.publication import Moment, TableChange, publish
from libs.warehouse.rows import arrow_type
from libs.warehouse.schema import warehouse_table

TRUSTS = {
    "RVW": Trust(name="North Tees and Hartlepool NHS FT", system="infoflex", cadence_minutes=60),
    "RTR": Trust(name="South Tees Hospitals NHS FT", system="scr", cadence_minutes=60),
}
AS_AT = datetime(2024, 8, 1, 9)  # UTC: 10:00 in London
KEYS = {
    PTL: ["pathway_key"],
    WAITLIST: ["org", "tumour_site"],
    PERFORMANCE: ["month", "org", "standard"],
    FRESHNESS: ["trust", "system", "expected_at"],
    EXTRACT_FILE: ["file_id"],
    RUN: ["run_id", "step"],
}
Rows = Sequence[Mapping[str, Any]]


def publish_rows(folder: Path, rows: Mapping[Table, Rows]) -> Engine:
    """A publication of these rows; a table that is not named is published empty."""
    engine = make_engine(f"sqlite:///{folder}/reporting.sqlite")
    changes = [_change(table, rows.get(table, [])) for table in KEYS]
    moment = Moment(run_id="run-3", as_at=AS_AT, published_at=AS_AT + timedelta(minutes=1))
    publish(engine, changes, moment)
    return engine


def _change(screen: Table, rows: Rows) -> TableChange:
    columns = T.StructType([T.StructField(column.name, _spark_type(column.type)) for column in screen.columns])
    table = warehouse_table(screen.name, columns, KEYS[screen])
    schema = pa.schema([(column.name, arrow_type(column)) for column in table.columns])
    return TableChange(table, 1, pa.Table.from_pylist([dict(row) for row in rows], schema=schema))


def _spark_type(kind: TypeEngine[Any]) -> T.DataType:
    spark: list[tuple[type[Any], T.DataType]] = [
        (String, T.StringType()),
        (Boolean, T.BooleanType()),
        (BigInteger, T.LongType()),
        (Integer, T.IntegerType()),
        (Double, T.DoubleType()),
        (Numeric, T.DecimalType(12, 2)),
        (DateTime, T.TimestampType()),
        (Date, T.DateType()),
    ]
    return next(found for sql, found in spark if isinstance(kind, sql))
