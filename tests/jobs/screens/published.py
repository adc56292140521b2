"""A small synthetic publication, as the publish step would leave it."""

import io
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql import types as T
from rich.console import Console
from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Date,
    DateTime,
    Double,
    Engine,
    Integer,
    Numeric,
    String,
    Table,
    update,
)
from sqlalchemy.types import TypeEngine

from jobs.screens.queries.publication import publication
from jobs.screens.tables import DQ, EXTRACT_FILE, FORECAST, FRESHNESS, PERFORMANCE, PTL, RISK, RUN, WAITLIST
from libs.settings import Trust
from libs.warehouse.dialects import make_engine
from libs.warehouse.load import LOAD
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
    RISK: ["pathway_key", "standard", "scored_on"],
    FORECAST: ["org", "tumour_site", "stage", "period", "origin"],
    DQ: ["run_id", "source", "table_name", "rule_code"],
}
MODELLED = (RISK, FORECAST, DQ)  # tables that an older publication, or one before a first model, does not hold
Rows = Sequence[Mapping[str, Any]]


def publish_rows(folder: Path, rows: Mapping[Table, Rows], *, without: Collection[Table] = ()) -> Engine:
    """A publication of these rows; a table that is not named is published empty, unless it stands in `without`."""
    engine = make_engine(f"sqlite:///{folder}/reporting.sqlite")
    changes = [_change(table, rows.get(table, [])) for table in KEYS if table not in without]
    moment = Moment(run_id="run-3", as_at=AS_AT, published_at=AS_AT + timedelta(minutes=1))
    publish(engine, changes, moment)
    return engine


def refused_rule(**other: Any) -> dict[str, Any]:
    """A critical rule of the quality gate that a run an hour after this publication did not meet."""
    row = {
        "run_id": "run-4", "source": "all", "table_name": "gold.ptl_current", "rule_code": "BAND_WRONG",
        "severity": "critical", "checked": 5, "failed": 1, "quarantined": 0, "status": "failed",
        "sentence": "Bands fit.", "as_at": AS_AT + timedelta(hours=1),
    }  # fmt: skip
    return row | other


def stand_as_at(engine: Engine, table: Table, moment: datetime) -> None:
    """Make a table look as if it had last been published at another moment, as after a run that the gate refused."""
    with engine.begin() as connection:
        connection.execute(update(LOAD).where(LOAD.c.table_name == table.name).values(as_at=moment))


def shown(engine: Engine, show: Callable[[Console, Connection], None], *, width: int = 110) -> str:
    """What a section prints."""
    console = Console(width=width, record=True, file=io.StringIO(), highlight=False)
    with publication(engine, ()) as connection:
        show(console, connection)
    return console.export_text()


def lines_with(text: str, word: str) -> list[str]:
    """The lines that hold the word, with one space between words."""
    return [" ".join(line.split()) for line in text.splitlines() if word in line]


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
