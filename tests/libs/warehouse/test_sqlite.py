"""What a file can show: SQLite's own functions read it."""

from sqlalchemy import Engine

from libs.warehouse.publication import TableChange, publish
from tests.libs.warehouse.gold_frames import moment, standards, standards_table


def test_dates_and_times_can_be_read_by_sqlite_itself(sqlite: Engine) -> None:
    publish(sqlite, [TableChange(standards_table(), 1, standards({"pathway_key": "a1"}))], moment(9))
    with sqlite.connect() as connection:
        text = "select date(clock_start_on, '+62 days'), strftime('%H:%M', seen_at) from pathway_standard"
        assert connection.exec_driver_sql(text).all() == [("2024-09-01", "12:00")]
        assert connection.exec_driver_sql("select as_at from load").scalar() == "2024-08-01 09:00:00.000000"
