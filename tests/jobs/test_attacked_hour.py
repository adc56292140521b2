"""Every attack that we know of lies in landing at once: each has its answer, none reaches bronze or stops the hour."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs import arrivals
from libs.intake.envelope import Opener, parse_name
from libs.intake.ledger import Moment
from libs.settings import Settings
from tests.jobs.tiny_feeds import SYSTEM, Feeds, make_feeds, told, written
from tests.libs.intake.conftest import ARRIVED, CLAIMS, World, world
from tests.libs.intake.test_attacks import ATTACKS

pytestmark = pytest.mark.spark
__all__ = ["world"]


@pytest.fixture
def feeds(spark: SparkSession, tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch) -> Feeds:
    """A platform with the keys and the small limits of the attacked world."""

    def of_world(settings: Settings) -> Opener:
        return world.opener

    monkeypatch.setattr("jobs.ingest.make_opener", of_world)
    keys = {"RVW": world.keys["rvw"], "RTR": world.keys["rtr"], "platform": world.keys["ec"]}
    return make_feeds(spark, tmp_path / "root", keys, f"platform={CLAIMS.aud}")


def test_each_attack_is_answered_by_its_reason_and_the_honest_extract_is_taken(feeds: Feeds, world: World) -> None:
    assert arrivals.make_opener(feeds.settings).platform_name == world.opener.platform_name
    landing, expected = feeds.settings.paths.landing / "RVW", {}
    for number, attack in enumerate(each for each in ATTACKS if each.arrived_at is not None):
        content = attack.make(world)
        arrived_at = datetime.fromtimestamp(attack.arrived_at or ARRIVED, UTC)
        feeds.put(landing / f"{number}" / attack.file_name, content, arrived_at)
        said = parse_name(attack.file_name)
        # In an hour the file's name is held against the trust's register before the file is opened.
        is_of_register = said is None or said.trust != "RVW" or said.system == SYSTEM
        expected[hashlib.sha256(content).hexdigest()] = attack.reason if is_of_register else "CONTRACT_UNKNOWN"
    honest: Moment = datetime.fromtimestamp(CLAIMS.iat, UTC) + timedelta(hours=1), CLAIMS.seq + 1
    feeds.deliver("RVW", honest, told(A="one"))
    assert len(written(told(A="one"))) < world.opener.max_extract_bytes
    feeds.ingest()
    ledger = feeds.ledger()
    assert {row["sha256"]: row["reason"] for row in ledger if row["status"] != "accepted"} == expected
    assert [(row["sequence"], row["row_count"]) for row in ledger if row["status"] == "accepted"] == [(honest[1], 1)]
    assert feeds.standing("RVW", honest) == told(A="one")
    assert len(feeds.bronze()) == 1
    assert feeds.waiting() == []
    assert len(expected) > 150
