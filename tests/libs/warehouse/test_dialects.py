from pathlib import Path

import pytest

from libs.errors import MachineError, SettingsError
from libs.warehouse.dialects import is_absent, make_engine, place_of


def test_an_engine_alone_leaves_no_trace(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/new/reporting.sqlite")
    assert is_absent(engine)
    assert list(tmp_path.iterdir()) == []
    engine.connect().close()
    assert not is_absent(engine)


def test_the_file_is_whole_when_the_last_connection_closes(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/reporting.sqlite")
    with engine.begin() as connection:
        connection.exec_driver_sql("create table t (n int)")
    assert [path.name for path in tmp_path.iterdir()] == ["reporting.sqlite"]


@pytest.mark.parametrize("url", ["nonsense", "oracle9://host/db"])
def test_a_url_that_names_no_database_is_one_clear_line(url: str) -> None:
    with pytest.raises(SettingsError, match=r"Mend warehouse\.url"):
        make_engine(url)


def test_a_missing_driver_is_named_without_the_password() -> None:
    with pytest.raises(MachineError, match="driver=pymssql") as fault:
        make_engine("mssql+pymssql://reader:hunter2@server/db")
    assert "hunter2" not in str(fault.value)


def test_the_place_of_a_file_is_its_path() -> None:
    assert place_of(make_engine("sqlite:///build/demo/reporting.sqlite")) == "build/demo/reporting.sqlite"
