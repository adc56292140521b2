"""One Spark session for the whole run, since starting one costs more than most tests; settings in their own folder."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from libs.lakehouse.session import start_session
from libs.settings import Settings, load_settings


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    root = tmp_path_factory.mktemp("session")
    session = start_session(load_settings("local", [f"paths.root={root}", "spark.master=local[2]"]), "tests")
    yield session
    session.stop()


@pytest.fixture
def make_settings(tmp_path: Path) -> Callable[..., Settings]:
    """Settings of `local` whose folders all lie in the test's own folder."""
    return lambda *overrides: load_settings("local", [f"paths.root={tmp_path / 'root'}", *overrides])


@pytest.fixture
def settings(make_settings: Callable[..., Settings]) -> Settings:
    return make_settings()
