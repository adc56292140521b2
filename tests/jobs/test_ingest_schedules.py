"""Seeded schedules of arrivals, duplicates, crashes and restarts: bronze equals the distinct valid extracts."""

import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs import ingest
from libs.intake.ledger import Moment
from libs.lakehouse.tables import Lake
from tests.jobs.tiny_feeds import Feeds, Keys, Told, at, make_feeds, make_keys, read
from tests.libs.intake.told_model import Content, Place, agree, as_at, states

pytestmark = pytest.mark.spark
TRUSTS = ("RVW", "RTR")
HOURS = 5


class Killed(Exception):
    """The process ends here."""


@pytest.fixture(scope="module")
def keys() -> Keys:
    return make_keys()


@contextmanager
def killed_at(event: int) -> Iterator[None]:
    """Killed at the nth of what leaves a trace: before or after each write of a table, before or after each move."""
    count = 0
    commit, move = Lake._commit, ingest.put_away

    def tick() -> None:
        nonlocal count
        count += 1
        if count == event:
            raise Killed

    @contextmanager
    def killing(lake: Lake, name: str) -> Iterator[None]:
        tick()
        with commit(lake, name):
            yield
        tick()

    def moving(path: Path, destination: Path) -> None:
        tick()
        move(path, destination)
        tick()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Lake, "_commit", killing)
        patch.setattr(ingest, "put_away", moving)
        yield


def drawn_rows(rng: random.Random) -> dict[Place, Content]:
    rows: dict[Place, Content] = {}
    for pathway in ("1", "2", "3"):
        closed = rng.choice(["", "", "01/06/2025"])
        for number in rng.choice([[], ["1"], ["1", "2"]]):
            rows[pathway, number] = rng.choice("AB"), closed
    return rows


def play(feeds: Feeds, rng: random.Random) -> None:
    """Extracts of both trusts arrive in drawn portions and order, some more than once; runs are killed anywhere."""
    valid: dict[str, dict[Moment, Told]] = {trust: {} for trust in TRUSTS}
    arrivals = [(trust, at(hour)) for trust in TRUSTS for hour in range(1, HOURS + 1)]
    rng.shuffle(arrivals)
    kinds = {moment: rng.choice(["full", "full", "delta", "history"]) for moment in arrivals}
    sent: list[Path] = []
    while arrivals:
        for trust, moment in [arrivals.pop() for _ in range(min(len(arrivals), rng.randint(1, 4)))]:
            rows = drawn_rows(rng)
            path = feeds.deliver(trust, moment, rows, kind=kinds[trust, moment])
            valid[trust][moment] = kinds[trust, moment] == "full", rows
            again = path.parent / "again" / path.name
            if rng.random() < 0.3:
                feeds.put(again, path.read_bytes(), moment[0])
            if rng.random() < 0.2:
                feeds.deliver(trust, moment, rows, kind=kinds[trust, moment], folder="sealed again")
            if rng.random() < 0.2:  # another extract under a number that was used
                feeds.deliver(trust, (moment[0].replace(minute=30), moment[1]), drawn_rows(rng), folder="reused")
            sent.append(path)
        for _ in range(rng.choice([0, 1, 1, 2])):
            with suppress(Killed), killed_at(rng.randint(1, 14)):
                feeds.ingest()
        feeds.ingest()
        check(feeds, valid)


def check(feeds: Feeds, valid: dict[str, dict[Moment, Told]]) -> None:
    """What the ledger accepted are the valid extracts, each once; and bronze tells each of them as it was."""
    assert feeds.waiting() == []
    taken = [(row["trust"], row["sequence"]) for row in feeds.ledger() if row["status"] == "accepted"]
    assert sorted(taken) == sorted((trust, moment[1]) for trust, extracts in valid.items() for moment in extracts)
    bronze = feeds.bronze()
    for trust, extracts in valid.items():
        for moment, state in states(extracts).items():
            assert agree(as_at(bronze, trust, moment, read), state), (trust, moment)
    told = [(row["_trust"], row["_row_key"], row["_repeat"], row["_extracted_at"], row["_sequence"]) for row in bronze]
    assert len(set(told)) == len(told)


@pytest.mark.parametrize("seed", range(2))
def test_bronze_equals_the_distinct_valid_extracts_however_they_come(
    seed: int, spark: SparkSession, tmp_path: Path, keys: Keys
) -> None:
    play(make_feeds(spark, tmp_path / "root", keys, "intake.smallest_full_share=0"), random.Random(seed))  # noqa: S311


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(2, 52))
def test_bronze_equals_the_distinct_valid_extracts_in_fifty_schedules(
    seed: int, spark: SparkSession, tmp_path: Path, keys: Keys
) -> None:
    play(make_feeds(spark, tmp_path / "root", keys, "intake.smallest_full_share=0"), random.Random(seed))  # noqa: S311
