"""What becomes of files however they come: late, twice, held, released, loaded again, taken by two runs at once."""

import os
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from jobs import ingest
from jobs.backfill import Period, put_back_period, release_held
from jobs.extract_ledger import TABLE
from libs.errors import ConcurrentRunError, Terminal
from libs.intake.reasons import REASONS
from libs.lakehouse.tables import Lake, open_lake
from tests.jobs.tiny_feeds import Feeds, Keys, at, make_feeds, make_keys, told

pytestmark = pytest.mark.spark
ACCEPTED = ("accepted", None)


@pytest.fixture(scope="module")
def keys() -> Keys:
    return make_keys()


@pytest.fixture
def feeds(spark: SparkSession, tmp_path: Path, keys: Keys) -> Feeds:
    return make_feeds(spark, tmp_path / "root", keys)


def test_a_late_full_extract_adds_its_moment_and_changes_nothing_newer(feeds: Feeds) -> None:
    feeds.deliver("RVW", at(1), told(A="one", B="one"))
    feeds.deliver("RVW", at(3), told(A="one", B="three"))
    feeds.ingest()
    feeds.cleanse()
    feeds.deliver("RVW", at(2), told(A="two", C="two"))
    feeds.ingest()
    feeds.cleanse(after=2)
    assert feeds.answers() == [ACCEPTED] * 3
    assert feeds.standing("RVW", at(1)) == told(A="one", B="one")
    assert feeds.standing("RVW", at(2)) == told(A="two", C="two")
    assert feeds.standing("RVW", at(3)) == told(A="one", B="three")
    assert feeds.silver("patient", "source_patient_id", "family_name") == [
        ("HA", "one"),
        ("HB", "three"),
        ("HC", "two"),
    ]
    current = feeds.silver("pathway", "source_pathway_id", "is_departed")
    assert current == [("A", False), ("B", False), ("C", True)]


def test_a_late_delta_changes_what_no_newer_extract_told(feeds: Feeds) -> None:
    feeds.deliver("RVW", at(1), told(A="one", B="one", C="one"))
    feeds.deliver("RVW", at(3), told(A="one"), kind="delta")
    feeds.ingest()
    feeds.deliver("RVW", at(2), told(A="two", B="two"), kind="delta")
    feeds.ingest()
    assert feeds.standing("RVW", at(3)) == told(A="one", B="two", C="one")


def test_a_late_extract_is_refused_where_the_newer_original_is_gone(feeds: Feeds) -> None:
    """Without it nobody could tell which of the late one's rows it had told anew."""
    feeds.deliver("RVW", at(3), told(A="three"))
    feeds.ingest()
    [original] = feeds.settings.paths.archive.rglob("*.jwe")
    original.write_bytes(original.read_bytes()[:-4] + b"AAAA")
    feeds.deliver("RVW", at(2), told(A="two"))
    feeds.ingest()
    assert feeds.answers() == [ACCEPTED, ("quarantined", "OUT_OF_ORDER")]
    assert feeds.standing("RVW", at(3)) == told(A="three")


def test_whatever_comes_again_is_answered_and_taken_once(feeds: Feeds) -> None:
    """The same bytes in another folder, under the same path in a later run, sealed again; and other content."""
    path = feeds.deliver("RVW", at(1), told(A="one"))
    content, arrived_at = path.read_bytes(), at(1)[0] + timedelta(minutes=3)
    feeds.put(path.parent / "again" / path.name, content, arrived_at)
    feeds.ingest()
    feeds.put(path, content, arrived_at)
    feeds.ingest()
    feeds.deliver("RVW", at(1), told(A="one"), arrives=timedelta(minutes=9))
    feeds.ingest()
    feeds.deliver("RVW", at(2, 1), told(A="other"))
    feeds.ingest()
    duplicate = ("duplicate", "DUPLICATE")
    assert feeds.answers() == [ACCEPTED, duplicate, duplicate, duplicate, ("quarantined", "SEQUENCE_REUSED")]
    assert len(feeds.bronze()) == 1
    assert feeds.waiting() == []


def test_many_files_of_a_trust_are_one_pass_with_one_commit_a_table(feeds: Feeds) -> None:
    for hour in range(1, 25):
        feeds.deliver("RVW", at(hour), told(A=f"{hour}", **({"B": "b"} if hour % 2 else {})))
    outcome = feeds.ingest()
    assert outcome.commits == 2
    assert feeds.answers() == [ACCEPTED] * 24
    assert feeds.standing("RVW", at(23)) == told(A="23", B="b")
    assert feeds.standing("RVW", at(24)) == told(A="24")


def test_more_than_one_pass_may_hold_is_taken_in_passes(spark: SparkSession, tmp_path: Path, keys: Keys) -> None:
    feeds = make_feeds(spark, tmp_path / "root", keys, "intake.pass_mib=1")
    draw = random.Random(1)  # noqa: S311 - draws of a test
    many = {(f"P{number}", "1"): f"{draw.getrandbits(2400):x}" for number in range(1_500)}
    for hour in (1, 2, 3):
        feeds.deliver("RVW", at(hour), {place: (f"{hour}{name}", "") for place, name in many.items()})
    feeds.ingest()
    assert feeds.answers() == [ACCEPTED] * 3
    assert len({row["batch_id"] for row in feeds.ledger()}) > 1
    assert len(feeds.standing("RVW", at(3))) == 1_500


def test_a_full_extract_that_shrank_is_held_until_it_is_released(feeds: Feeds) -> None:
    feeds.deliver("RVW", at(1), told(A="one", B="one", C="one"))
    feeds.ingest()
    feeds.deliver("RVW", at(2), told(A="two"))
    feeds.ingest()
    [_, held] = feeds.ledger()
    assert (held["status"], held["reason"]) == ("quarantined", "FULL_SHRANK")
    assert held["detail"] == "it has 1 rows, the full extract before it had 3"
    assert len(feeds.standing("RVW", at(2))) == 3
    release_held(feeds.spark, feeds.settings, held["file_id"])
    feeds.ingest()
    assert feeds.answers()[2:] == [ACCEPTED]
    assert feeds.standing("RVW", at(2)) == told(A="two")
    with pytest.raises(Terminal, match="not held"):
        release_held(feeds.spark, feeds.settings, held["file_id"])


def test_a_backfill_brings_back_what_bronze_lost_and_changes_nothing_else(feeds: Feeds) -> None:
    for hour in (1, 2, 3):
        feeds.deliver("RVW", at(hour), told(A=f"{hour}", B="b"))
        feeds.deliver("RTR", at(hour), told(Z=f"{hour}"))
    feeds.ingest()
    before = {trust: [feeds.standing(trust, at(hour)) for hour in (1, 2, 3)] for trust in ("RVW", "RTR")}
    lost = "_trust = 'RVW' and _extracted_at < timestamp'2025-06-02T02:30:00Z'"
    open_lake(feeds.spark, feeds.settings)._table("bronze.infoflex_row").delete(lost)
    assert feeds.standing("RVW", at(2)) == {}
    found = put_back_period(feeds.spark, feeds.settings, Period("RVW"), has_quarantined=False)
    assert (found.files, found.missing, len(feeds.waiting())) == (3, 0, 3)
    feeds.ingest()
    assert {trust: [feeds.standing(trust, at(hour)) for hour in (1, 2, 3)] for trust in ("RVW", "RTR")} == before
    assert {row["_repeat"] for row in feeds.bronze()} == {1}
    # Once more, and nothing is left to write.
    put_back_period(feeds.spark, feeds.settings, Period("RVW", at(2)[0].date(), at(2)[0].date()), has_quarantined=False)
    assert feeds.ingest().rows_changed == 0


def test_a_file_that_comes_again_after_a_backfill_is_a_duplicate_and_the_original_stays(feeds: Feeds) -> None:
    path = feeds.deliver("RVW", at(1), told(A="one"))
    content = path.read_bytes()
    feeds.ingest()
    put_back_period(feeds.spark, feeds.settings, Period("RVW"), has_quarantined=False)
    feeds.ingest()
    feeds.put(path, content, at(1)[0])
    feeds.ingest()
    assert feeds.answers() == [ACCEPTED, ACCEPTED, ("duplicate", "DUPLICATE")]
    assert [kept.read_bytes() for kept in feeds.settings.paths.archive.rglob("*.jwe")] == [content]


def test_a_backfill_replaces_no_file_that_waits_and_takes_each_of_one_name(feeds: Feeds) -> None:
    """A file came cut short, and whole under the same name; now a third of the name waits in landing."""
    path = feeds.deliver("RVW", at(1), told(A="one"))
    whole = path.read_bytes()
    feeds.put(path, whole[:-9], at(1)[0])
    feeds.ingest()
    feeds.put(path, whole, at(1)[0])
    feeds.ingest()
    feeds.put(path, b"another", at(1)[0])
    put_back_period(feeds.spark, feeds.settings, Period("RVW"), has_quarantined=True)
    feeds.ingest()
    assert sorted(feeds.answers()[2:], key=str) == sorted(
        [ACCEPTED, ("quarantined", "DAMAGED"), ("quarantined", "NOT_SEALED")], key=str
    )
    assert [kept.read_bytes() for kept in feeds.settings.paths.archive.rglob("*.jwe")] == [whole]


def test_an_accepted_original_stays_in_the_archive_whatever_is_said_of_it_later(feeds: Feeds) -> None:
    feeds.deliver("RVW", at(1), told(A="one"))
    feeds.ingest()
    [kept] = feeds.settings.paths.archive.rglob("*.jwe")
    ring = feeds.settings.paths.secrets / feeds.settings.keys.trusts.scope / feeds.settings.keys.trusts.key
    ring.write_text('{"keys": []}')
    put_back_period(feeds.spark, feeds.settings, Period("RVW"), has_quarantined=False)
    assert not kept.exists()
    feeds.ingest()
    assert feeds.answers()[1:] == [("quarantined", "SENDER_KEY_UNKNOWN")]
    assert kept.exists()
    assert feeds.standing("RVW", at(1)) == told(A="one")


def test_a_file_that_is_replaced_while_it_is_judged_waits_for_the_next_run(
    feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = feeds.deliver("RVW", at(1), told(A="one"))
    whole = path.read_bytes()
    feeds.put(path, b"cut short", at(1)[0])
    original = Lake.append_as_next

    def replaced(*args: object, **options: object) -> None:
        feeds.put(path.with_suffix(".part"), whole, at(1)[0]).replace(path)
        monkeypatch.setattr(Lake, "append_as_next", original)
        original(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Lake, "append_as_next", replaced)
    feeds.ingest()
    assert feeds.waiting() == [path]
    feeds.ingest()
    assert feeds.answers() == [("quarantined", "NOT_SEALED"), ACCEPTED]


def test_names_that_no_file_system_or_text_takes_are_answered_and_stop_nothing(feeds: Feeds) -> None:
    landing = feeds.settings.paths.landing
    feeds.put(landing / "RVW" / f"{'x' * 251}.csv", b"long", at(1)[0])
    feeds.put(
        Path(os.fsdecode(bytes(landing) + b"/RVW/T\xfcv/RVW_infoflex_20250602T010000Z_000009.jwe")), b"a", at(1)[0]
    )
    feeds.put(Path(os.fsdecode(bytes(landing) + b"/RVW/\xff.jwe")), b"b", at(1)[0])
    feeds.deliver("RVW", at(1), told(A="one"))
    feeds.ingest()
    assert sorted(feeds.answers(), key=str) == sorted([ACCEPTED, *[("quarantined", "NAME_INVALID")] * 3], key=str)
    assert feeds.waiting() == []
    assert feeds.ingest().commits == 0


def test_what_a_late_extract_says_of_one_row_overwrites_no_newer_fact_of_its_pathway(feeds: Feeds) -> None:
    """A delta at eleven names the second row only; the late one of ten the first row, with another patient's name."""
    both = {("A", "1"): ("Old", ""), ("A", "2"): ("Old", "")}
    feeds.deliver("RVW", at(9), both)
    feeds.deliver("RVW", at(11), {("A", "2"): ("New", "")}, kind="delta")
    feeds.ingest()
    feeds.cleanse()
    feeds.deliver("RVW", at(10), {("A", "1"): ("Late", "")}, kind="delta")
    feeds.ingest()
    feeds.cleanse(after=2)
    assert feeds.silver("patient", "family_name") == [("New",)]


def test_a_backfill_judges_refused_files_anew_once_what_was_wrong_is_mended(feeds: Feeds) -> None:
    ring = feeds.settings.paths.secrets / feeds.settings.keys.trusts.scope / feeds.settings.keys.trusts.key
    whole = ring.read_text()
    ring.write_text('{"keys": []}')
    feeds.deliver("RVW", at(1), told(A="one"))
    feeds.ingest()
    assert feeds.answers() == [("quarantined", "SENDER_KEY_UNKNOWN")]
    ring.write_text(whole)
    put_back_period(feeds.spark, feeds.settings, Period("RVW"), has_quarantined=True)
    feeds.ingest()
    assert feeds.answers()[1:] == [ACCEPTED]


def test_a_backfill_of_a_trust_that_nobody_configured_is_told(feeds: Feeds) -> None:
    with pytest.raises(Terminal, match="no such trust"):
        put_back_period(feeds.spark, feeds.settings, Period("XYZ"), has_quarantined=False)


@pytest.fixture(params=["before the ledger", "before bronze"])
def overtaken(request: pytest.FixtureRequest, feeds: Feeds, monkeypatch: pytest.MonkeyPatch) -> Iterator[Feeds]:
    """A run that another overtakes: it takes all that lies in landing, and a file more, before this one writes."""
    method = "append_as_next" if request.param == "before the ledger" else "append"
    original = getattr(Lake, method)
    other = feeds.settings.model_copy(
        update={"paths": feeds.settings.paths.model_copy(update={"checkpoints": feeds.settings.paths.root / "other"})}
    )

    def overtake(*args: object, **options: object) -> None:
        monkeypatch.setattr(Lake, method, original)
        feeds.deliver("RVW", at(1, 0), told(A="zero", B="zero"))
        feeds.ingest(other)
        original(*args, **options)

    monkeypatch.setattr(Lake, method, overtake)
    yield feeds


def test_of_two_runs_at_once_the_second_stops_and_nothing_is_lost_or_taken_twice(overtaken: Feeds) -> None:
    """The overtaking run saw one file more, so the same ids mean other files to it."""
    overtaken.deliver("RVW", at(1), told(A="one"))
    overtaken.deliver("RVW", at(2), told(A="one", C="two"))
    with pytest.raises(ConcurrentRunError, match="another run"):
        overtaken.ingest()
    overtaken.ingest()
    assert overtaken.answers() == [ACCEPTED] * 3
    assert overtaken.waiting() == []
    assert overtaken.standing("RVW", at(1, 0)) == told(A="zero", B="zero")
    assert overtaken.standing("RVW", at(1)) == told(A="one")
    assert overtaken.standing("RVW", at(2)) == told(A="one", C="two")


def test_a_second_run_on_the_same_stream_is_told_to_wait(feeds: Feeds, monkeypatch: pytest.MonkeyPatch) -> None:
    original, told_to_wait = Lake.append_as_next, []

    def run_meanwhile(*args: object, **options: object) -> None:
        monkeypatch.setattr(Lake, "append_as_next", original)
        with pytest.raises(ConcurrentRunError) as fault:
            feeds.ingest()
        told_to_wait.append(str(fault.value))
        original(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Lake, "append_as_next", run_meanwhile)
    feeds.deliver("RVW", at(1), told(A="one"))
    feeds.ingest()
    assert "Let it finish" in told_to_wait[0]
    assert feeds.answers() == [ACCEPTED]


def test_a_checkpoint_that_is_damaged_or_deleted_loses_nothing(feeds: Feeds) -> None:
    feeds.deliver("RVW", at(1), told(A="one"))
    feeds.ingest()
    checkpoint = feeds.settings.paths.checkpoints / "landing"
    for path in checkpoint.rglob("offsets/*"):
        path.write_bytes(b"damaged")
    feeds.deliver("RVW", at(2), told(A="two"))
    with pytest.raises(Terminal, match="Delete the checkpoint"):
        feeds.ingest()
    for path in sorted(checkpoint.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    feeds.ingest()
    assert feeds.answers() == [ACCEPTED] * 2


NAMES = st.one_of(
    st.sampled_from(["RVW_infoflex_20250602T010000Z_000001.jwe", "RVW_infoflex_20250602T020000Z_000002.jwe", "_x.jwe"]),
    st.text(st.characters(blacklist_characters="/\x00", blacklist_categories=("Cs",)), min_size=1, max_size=40).filter(
        lambda name: name not in (".", "..") and not name.startswith(".") and len(name.encode()) < 200
    ),
)


@given(
    files=st.dictionaries(
        st.tuples(st.sampled_from(["RVW", "RTR", "XYZ", "ü %20"]), NAMES), st.binary(max_size=300), max_size=25
    )
)
@hypothesis_settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_bytes_lie_in_landing_the_step_ends_and_the_ledger_explains_them(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory, keys: Keys, files: dict[tuple[str, str], bytes]
) -> None:
    feeds = make_feeds(spark, tmp_path_factory.mktemp("any") / "root", keys)
    feeds.deliver("RTR", at(1), told(A="one"))
    for (folder, name), content in files.items():
        feeds.put(feeds.settings.paths.landing / folder / name, content, at(1)[0])
    feeds.ingest()
    ledger = feeds.ledger()
    assert feeds.waiting() == []
    assert len(ledger) == len(files) + 1
    assert sum(row["status"] == "accepted" for row in ledger) == 1
    assert all(row["reason"] in REASONS for row in ledger if row["status"] != "accepted")
    assert feeds.standing("RTR", at(1)) == told(A="one")


def test_an_empty_landing_makes_no_table(feeds: Feeds) -> None:
    assert feeds.ingest().commits == 0
    assert not open_lake(feeds.spark, feeds.settings).exists(TABLE)


def test_a_landing_folder_that_is_not_there_is_told_before_spark_starts(feeds: Feeds) -> None:
    feeds.settings.paths.landing.rmdir()
    with pytest.raises(Terminal, match="landing folder does not exist"):
        ingest.check_landing(feeds.settings)
