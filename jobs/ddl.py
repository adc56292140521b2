"""The definition of the SQL database, as a script for its administrator: what `publish` makes, and how."""

from sqlalchemy import Table

from jobs.publish import TABLES, Published
from jobs.published_columns import columns_of
from libs.warehouse.definition import definition
from libs.warehouse.load import LOAD
from libs.warehouse.schema import warehouse_table


def ddl(dialect: str) -> str:
    """The statements for mssql, postgresql or sqlite; they need no lake, no Spark session and no database.

    Raises SettingsError for another dialect.
    """
    return definition([LOAD, *(sql_table(table) for table in TABLES)], dialect)


def sql_table(published: Published) -> Table:
    """The SQL table of a published one, with the comments of its columns."""
    return warehouse_table(published.name, columns_of(published.name), published.key, lengths=published.lengths)
