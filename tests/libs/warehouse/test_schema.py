import pytest
from pyspark.sql import types as T
from sqlalchemy.dialects import mssql, postgresql
from sqlalchemy.schema import CreateTable

from libs.errors import WarehouseError
from libs.warehouse.schema import shape_of, warehouse_table
from tests.libs.warehouse.gold_frames import COLUMNS, KEY, standards_table


def test_text_has_a_length_and_is_unicode_on_sql_server() -> None:
    statement = str(CreateTable(standards_table()).compile(dialect=mssql.dialect()))
    assert "pathway_key NVARCHAR(64) NOT NULL" in statement
    assert "route NVARCHAR(200) NULL" in statement
    assert "seen_at DATETIME2(6) NULL" in statement
    assert "max" not in statement.lower()


def test_the_published_table_stands_in_schema_reporting_with_its_key() -> None:
    statement = str(CreateTable(standards_table()).compile(dialect=postgresql.dialect()))
    assert "CREATE TABLE reporting.pathway_standard" in statement
    assert "PRIMARY KEY (pathway_key, standard)" in statement
    assert "share NUMERIC(12, 2)" in statement
    assert "days_waited INTEGER" in statement
    assert "row_hash BIGINT" in statement


def test_a_column_may_have_its_own_length() -> None:
    table = warehouse_table("pathway_standard", COLUMNS, KEY, lengths={"route": 2000})
    assert table.c.route.type.length == 2000


def test_a_comment_of_the_frame_becomes_the_comment_of_the_column() -> None:
    columns = T.StructType(
        [T.StructField("k", T.StringType()), T.StructField("n", T.LongType(), metadata={"comment": "rows, a count"})]
    )
    assert warehouse_table("t", columns, ["k"]).c.n.comment == "rows, a count"


def test_a_nested_type_is_refused_by_its_name() -> None:
    columns = T.StructType([T.StructField("k", T.StringType()), T.StructField("m", T.ArrayType(T.StringType()))])
    with pytest.raises(WarehouseError, match="column=m"):
        warehouse_table("t", columns, ["k"])


def test_a_key_that_the_frame_lacks_is_refused() -> None:
    with pytest.raises(WarehouseError, match="key names columns that the frame lacks"):
        warehouse_table("t", COLUMNS, ["pathway_id"])


@pytest.mark.parametrize(
    "changed",
    [
        warehouse_table("pathway_standard", COLUMNS, ["pathway_key"]),
        warehouse_table("pathway_standard", COLUMNS, KEY, lengths={"route": 20}),
        warehouse_table("pathway_standard", T.StructType(COLUMNS.fields[:-1]), KEY),
    ],
)
def test_the_shape_changes_with_key_length_and_columns(changed: object) -> None:
    assert shape_of(standards_table()) == shape_of(standards_table())
    assert shape_of(changed) != shape_of(standards_table())  # type: ignore[arg-type]
