"""Linked pathways and their treatments as `shared` makes them: a test names what matters, the rest is empty."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import BooleanType, DataType, DateType, StringType, StructField, StructType

from libs.pathways.allocation import TRANSFERS
from libs.pathways.canonical import PATHWAY, TRANSFER, TREATMENT
from libs.pathways.shared import INVESTIGATED, TOLD, TRACKED, TREATED

AS_AT = date(2025, 6, 30)

_TYPES: dict[str, DataType] = {
    **{field.name: field.dataType for section in (PATHWAY, TRANSFER, TREATMENT) for field in section},
    **dict.fromkeys(("is_departed", "is_shared", "is_basal_cell"), BooleanType()),
    "as_at_on": DateType(),
}


def schema_of(names: Sequence[str]) -> StructType:
    """Canonical columns in their own types, any other as text."""
    return StructType([StructField(name, _TYPES.get(name, StringType())) for name in names])


def frame_of(spark: SparkSession, schema: StructType, rows: Sequence[dict[str, Any]]) -> DataFrame:
    """Rows of the schema; a name that the schema does not know is a mistake of the test."""
    unknown = {name for row in rows for name in row} - set(schema.names)
    assert not unknown, f"no such column: {sorted(unknown)}"
    return spark.createDataFrame([tuple(row.get(name) for name in schema.names) for row in rows], schema)


def transferred(rows: DataFrame) -> DataFrame:
    """The rows with their one transfer as the array that allocation takes; no register names who is accountable."""
    to = F.col("transfer_to_org") if "transfer_to_org" in rows.columns else F.lit(None)
    transfer = F.array(F.struct("transfer_on", "transfer_from_org", to)).cast(TRANSFERS)
    none = F.lit(None).cast("string")
    return rows.withColumns(
        {
            "transfers": F.when(F.col("transfer_on").isNotNull(), transfer),
            "accountable_org": none,
        }
    )


def linked_pathways(spark: SparkSession, *rows: dict[str, Any]) -> DataFrame:
    """Linked pathways; what a row does not say: suspected cancer at one trust, nothing done yet, listed on AS_AT."""
    usual = {"route": "USC", "tracked_by": "RVW", "is_shared": False, "is_basal_cell": False, "as_at_on": AS_AT}
    schema = schema_of(
        [
            "pathway_key", *INVESTIGATED, *TOLD, "told_by", "transfer_on", "transfer_from_org", "transfer_to_org",
            "holding_trust", "tracked_by", "is_shared", "local_pathway_ids", "route", "is_basal_cell", "as_at_on",
            *TRACKED,
        ]
    )  # fmt: skip
    return transferred(frame_of(spark, schema, [{**usual, **row} for row in rows])).withColumn(
        "conflicts", F.lit(None).cast("string")
    )


def linked_treatments(spark: SparkSession, *rows: dict[str, Any]) -> DataFrame:
    """Treatments of linked pathways; what a row does not say: the first one, surgery as first treatment."""
    usual = {"treatment_number": 1, "treatment_event": "01", "treatment_modality": "23"}
    schema = schema_of(["pathway_key", "treatment_number", *TREATED])
    rows_of = frame_of(spark, schema, [{**usual, **row} for row in rows])
    return rows_of.withColumn("treatment_conflicts", F.lit(None).cast("string"))
