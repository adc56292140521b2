"""A small gold-like table and its rows, written for the tests of the publication (synthetic)."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
from pyspark.sql import types as T
from sqlalchemy import Table

from libs.warehouse.publication import Moment
from libs.warehouse.schema import warehouse_table

COLUMNS = T.StructType(
    [
        T.StructField("pathway_key", T.StringType()),
        T.StructField("standard", T.StringType()),
        T.StructField("route", T.StringType()),
        T.StructField("clock_start_on", T.DateType()),
        T.StructField("seen_at", T.TimestampType()),
        T.StructField("days_waited", T.IntegerType()),
        T.StructField("is_shared", T.BooleanType()),
        T.StructField("share", T.DecimalType(12, 2)),
        T.StructField("seconds", T.DoubleType()),
        T.StructField("row_hash", T.LongType()),
    ]
)
KEY = ["pathway_key", "standard"]
ARROW = pa.schema(
    [
        ("pathway_key", pa.string()),
        ("standard", pa.string()),
        ("route", pa.string()),
        ("clock_start_on", pa.date32()),
        ("seen_at", pa.timestamp("us", tz="Europe/London")),
        ("days_waited", pa.int32()),
        ("is_shared", pa.bool_()),
        ("share", pa.decimal128(12, 2)),
        ("seconds", pa.float64()),
        ("row_hash", pa.int64()),
    ]
)


def standards_table(name: str = "pathway_standard") -> Table:
    return warehouse_table(name, COLUMNS, KEY)


def standards(*rows: dict[str, Any]) -> pa.Table:
    """Rows of the table above; what a row leaves out is filled in."""
    usual = {
        "standard": "62",
        "route": "USC",
        "clock_start_on": date(2024, 7, 1),
        "seen_at": datetime(2024, 7, 1, 12, tzinfo=UTC),
        "days_waited": 40,
        "is_shared": False,
        "share": Decimal("1.00"),
        "seconds": 1.5,
        "row_hash": 1,
    }
    return pa.Table.from_pylist([usual | row for row in rows], schema=ARROW)


def moment(hour: int) -> Moment:
    return Moment(run_id=f"run-{hour}", as_at=datetime(2024, 8, 1, hour), published_at=datetime(2024, 8, 1, hour, 5))
