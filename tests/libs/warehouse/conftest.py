"""The databases that the publication is tested on: a SQLite file, and a PostgreSQL server started for the tests."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.schema import DropSchema

from libs.warehouse.dialects import SCHEMA, make_engine

SERVER = Path(__file__).parents[3] / "scripts" / "postgres"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A server of the tests' own, for the whole run; what it holds goes with it."""
    started = subprocess.run([SERVER, "start"], capture_output=True, text=True, check=False)
    if started.returncode:
        pytest.skip(started.stderr.strip() or "PostgreSQL did not start")
    folder = started.stdout.strip()
    yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
    subprocess.run([SERVER, "stop", folder], check=True)


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Engine]:
    """The server without a publication."""
    engine = make_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(DropSchema(SCHEMA, cascade=True, if_exists=True))
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Engine]:
    """A file that does not exist yet."""
    engine = make_engine(f"sqlite:///{tmp_path}/deep/reporting.sqlite")
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each database in turn: what the publication promises, it promises on all."""
    made: Engine = request.getfixturevalue(request.param)
    return made
