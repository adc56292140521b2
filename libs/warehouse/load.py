"""The table `reporting.load`: what stands in the publication, and as at when."""

from sqlalchemy import BigInteger, Column, MetaData, String, Table

from libs.warehouse.dialects import SCHEMA, utc_timestamp

LOAD = Table(
    "load",
    MetaData(),
    Column("table_name", String(128), primary_key=True),
    Column("run_id", String(64), nullable=False),
    Column("as_at", utc_timestamp(), nullable=False, comment="the moment of the whole list, UTC"),
    Column("published_at", utc_timestamp(), nullable=False, comment="UTC"),
    Column("lake_version", BigInteger, nullable=False, comment="the lake table's state here: its last commit, in ms"),
    Column("row_count", BigInteger, nullable=False),
    Column("upserted_count", BigInteger, nullable=False, comment="rows written by this run; 0 if nothing changed"),
    Column("deleted_count", BigInteger, nullable=False, comment="rows that vanished in this run"),
    Column("shape", String(64), nullable=False, comment="hash of the table's columns; another hash: load it anew"),
    schema=SCHEMA,
)
