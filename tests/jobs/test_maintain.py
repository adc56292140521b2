"""Retention: what is past its day goes, what is not stays, and no hour afterwards comes out differently for it."""

import io
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs import maintain, run_log
from jobs.outcome import Run
from jobs.steps import STEPS, run_steps
from libs.errors import SettingsError, Terminal
from libs.feeds import load_contracts
from libs.intake.envelope import Claims, seal, sealed_name
from libs.intake.ledger import Moment
from libs.lakehouse.tables import Lake, open_lake, settle
from libs.settings import Settings, conf_folder, load_settings
from tests.jobs.commands import Run as Command
from tests.jobs.commands import run_command
from tests.jobs.conftest import Tables, differing, tables
from tests.jobs.tiny_feeds import MIDNIGHT, SYSTEM, Feeds, at, make_feeds, make_keys

__all__ = ["run_command"]

pytestmark = pytest.mark.spark
OVERRIDES = (
    "intake.smallest_full_share=0", "retention.late_days=30", "retention.bronze_days=120",
    "retention.history_days=120", "retention.archive_days=1000", "retention.quarantine_days=90",
)  # fmt: skip
HOUR = tuple(step for step in STEPS if step not in {"score", "publish"})
DAY_150, DAY_200 = at(24 * 150), at(24 * 200)
NIGHT = MIDNIGHT + timedelta(days=200)  # so bronze is thinned up to day 80
Rows = Mapping[tuple[str, str], Mapping[str, str]]


def row(name: str, *, closed: str = "", treated: str = "") -> dict[str, str]:
    """What an extract says of a pathway: its patient's name, when it was closed and treated."""
    said = {"Patient Name": name, "Closed Dt": closed, "Tx Date": treated}
    return {"Tumour Site": "Lung", "Urgency": "2WW", "Ref Source": "GP", "Date Ref Recd": "02/05/2025", **said}


def deliver(feeds: Feeds, trust: str, moment: Moment, rows: Mapping[str, Mapping[str, str]]) -> Path:
    """Seal a full extract of these pathways and put it into the trust's folder, two minutes after it was made."""
    names = load_contracts(conf_folder())[SYSTEM].mandatory
    target = io.StringIO(newline="")
    target.write("|".join(names) + "\r\n")
    for pathway, said in rows.items():
        cells = {"Pathway No": pathway, "Hosp No": f"H{pathway}", "Tx Seq": "1", **said}
        target.write("|".join(cells.get(name, "") for name in names) + "\r\n")
    seconds = int(moment[0].timestamp())
    claims = Claims(trust, feeds.settings.platform, SYSTEM, 1, moment[1], seconds, "full", len(rows))
    keys = {"signing_key": feeds.keys[trust][0], "platform_key": feeds.keys["platform"][1]}
    sealed = seal(target.getvalue().encode("windows-1252"), claims, **keys)
    place = feeds.settings.paths.landing / trust / sealed_name(claims)
    return feeds.put(place, sealed, moment[0] + timedelta(minutes=2))


def refuse(feeds: Feeds, moment: Moment) -> None:
    """Put a file that nobody can open into a trust's folder."""
    name = f"RVW_{SYSTEM}_{moment[0]:%Y%m%dT%H%M%SZ}_{90_000 + moment[1]:06d}.jwe"
    feeds.put(feeds.settings.paths.landing / "RVW" / name, b"x", moment[0])


@pytest.fixture(scope="module")
def lived(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Feeds:
    """Five months of two trusts, taken in and cleansed. Tests work on copies of it.

    A stays open and changes; B is treated and closed; C is gone from the extracts; D is closed and comes all the same.
    """
    feeds = make_feeds(spark, tmp_path_factory.mktemp("lived") / "root", make_keys(), *OVERRIDES)
    started = {name: row(f"{name} one", treated="01/03/2025") for name in "ABC"}
    treated, ended = row("B one", treated="01/04/2025"), row("B four", treated="10/05/2025", closed="01/06/2025")
    opened, closed = row("Dixon"), row("Dixon", closed="20/05/2025")
    deliver(feeds, "RVW", at(1), {**started, "D": opened})
    deliver(feeds, "RVW", at(3), {"A": row("A two"), "B": treated, "D": opened})
    deliver(feeds, "RVW", at(4), {"A": row("A two"), "B": ended, "D": closed})
    deliver(feeds, "RVW", DAY_150, {"A": row("A three"), "D": closed, "E": row("E one")})
    deliver(feeds, "RTR", at(1), {"X": row("X one")})
    deliver(feeds, "RTR", at(4), {"X": row("X two")})
    refuse(feeds, at(2))
    refuse(feeds, DAY_150)
    run_steps(spark, feeds.settings, ("ingest", "cleanse"), as_at=DAY_150[0] + timedelta(hours=1))
    return feeds


@pytest.fixture(scope="module")
def listed(lived: Feeds, tmp_path_factory: pytest.TempPathFactory) -> Feeds:
    """The same with the rest of the hour done, so that a run of its own finds how far each step has come."""
    feeds = copy_of(lived, tmp_path_factory.mktemp("listed") / "root")
    run_steps(feeds.spark, feeds.settings, ("link", "clocks", "gold"), as_at=DAY_150[0] + timedelta(hours=1))
    return feeds


def copy_of(feeds: Feeds, root: Path) -> Feeds:
    shutil.copytree(feeds.settings.paths.root, root)
    settings = load_settings("local", [f"paths.root={root}", f"trusts.RTR.system={SYSTEM}", *OVERRIDES])
    return replace(feeds, settings=settings)


@pytest.fixture
def copy(lived: Feeds, tmp_path: Path) -> Feeds:
    return copy_of(lived, tmp_path / "root")


def night(feeds: Feeds) -> Run:
    """A run at which every step has taken in all files."""
    taken_in = max(row["file_id"] for row in feeds.ledger())
    return Run("night", NIGHT, NIGHT, dict.fromkeys(("cleanse", "link", "clocks", "gold"), taken_in))


def removed(feeds: Feeds, *, is_look: bool = False, **days: int) -> dict[str, int]:
    """What is removed, or found by a look, by what it is."""
    settings = with_days(feeds.settings, **days)
    found = maintain.remove_due(open_lake(feeds.spark, settings), settings, night(feeds), is_look=is_look)
    assert all(one.removed == (0 if is_look else one.due) for one in found)
    return {_short(one.what): one.due for one in found}


def _short(what: str) -> str:
    place, _, kind = what.partition(": ")
    return kind if "." in place else f"{kind} of {place}"


def with_days(settings: Settings, **days: int) -> Settings:
    return settings.model_copy(update={"retention": settings.retention.model_copy(update=days)})


def everything(feeds: Feeds) -> Tables:
    found = tables(feeds.spark, feeds.settings, schema="bronze", without=frozenset())
    return {**found, **tables(feeds.spark, feeds.settings, schema="silver", without=frozenset())}


def originals(feeds: Feeds) -> list[str]:
    paths = feeds.settings.paths
    return sorted(path.name[:8] for folder in (paths.archive, paths.quarantine) for path in folder.rglob("*.jwe"))


def names_in_bronze(feeds: Feeds) -> list[str | None]:
    return sorted(row["Patient Name"] for row in feeds.bronze() if row["Patient Name"] is not None)


DUE = {
    "rows that newer ones superseded": 6,
    "content of rows of ended pathways": 2,
    "rows that a killed run left": 0,
    "superseded versions of ended pathways": 3,
}


def test_what_is_past_its_day_goes_what_is_not_stays_and_nothing_goes_twice(copy: Feeds) -> None:
    feeds = copy
    before, ledger, lying = everything(feeds), feeds.ledger(), originals(feeds)
    expected = {**DUE, "sealed originals of archive": 5, "sealed originals of quarantine": 1}
    assert removed(feeds, is_look=True, archive_days=180) == expected
    assert differing(everything(feeds), before) == []
    assert originals(feeds) == lying
    assert removed(feeds, archive_days=180) == expected
    assert names_in_bronze(feeds) == ["A three", "A two", "E one", "X two"]
    assert feeds.ledger() == ledger
    of_june = {f"{row['file_id']:08d}" for row in ledger if row["arrived_at"].month == 6}
    assert set(lying) - set(originals(feeds)) == of_june
    assert differing(everything(feeds), before) == ["bronze.infoflex_row", "silver.pathway_history"]
    assert set(feeds.silver("pathway_history", "source_pathway_id", "is_departed")) == {
        ("A", False), ("B", False), ("C", True), ("D", False), ("E", False), ("X", False),
    }  # fmt: skip
    after = everything(feeds)
    assert set(removed(feeds, archive_days=180).values()) == {0}
    assert differing(everything(feeds), after) == []


def test_what_no_step_has_taken_in_yet_and_what_the_ledger_does_not_know_stays(copy: Feeds) -> None:
    feeds = copy
    stray = feeds.settings.paths.archive / "RVW" / "00000099_RVW_infoflex_20250101T000000Z_000099.jwe"
    renamed = feeds.settings.paths.archive / "RVW" / "00000001_other.jwe"
    for path in (stray, renamed):
        feeds.put(path, b"x", MIDNIGHT - timedelta(days=999))
    before = everything(feeds)
    settings = with_days(feeds.settings, archive_days=180)
    untaken = replace(night(feeds), watermarks={**night(feeds).watermarks, "link": 0})
    found = maintain.remove_due(open_lake(feeds.spark, settings), settings, untaken)
    assert [one.due for one in found if not one.what.endswith("archive: sealed originals")][:4] == [0, 0, 0, 0]
    assert differing(everything(feeds), before) == []
    assert stray.exists()
    assert renamed.exists()


def test_rows_that_a_killed_run_left_go_and_those_of_a_run_at_work_stay(copy: Feeds) -> None:
    feeds = copy
    lake = open_lake(feeds.spark, feeds.settings)
    rows = settle(lake.read("bronze.infoflex_row").where("_pathway_key = 'E'"))
    last = max(row["file_id"] for row in feeds.ledger())
    for number in (last, last + 1):
        unvouched = {"_batch_id": F.lit("killed/1"), "_file_id": F.lit(number).cast("bigint")}
        lake.append("bronze.infoflex_row", rows.withColumns(unvouched))
    assert removed(feeds)["rows that a killed run left"] == 1
    left = lake.read("bronze.infoflex_row").where("_batch_id = 'killed/1'").select("_file_id").collect()
    assert [row["_file_id"] for row in left] == [last + 1]


def second_hour(feeds: Feeds) -> None:
    """A new full extract, and one that comes six months late.

    A is closed; D comes as it was; B and E stay away; F is new. The late one tells of B, C and D as they once stood.
    With it the extract of hour 3 is read again, and no other: what hour 4 told of B stands in the lake alone.
    """
    closed = row("Dixon", closed="20/05/2025")
    deliver(feeds, "RVW", DAY_200, {"A": row("A four", closed="10/12/2025"), "D": closed, "F": row("F one")})
    late = {"B": row("B late", treated="15/03/2025"), "C": row("C late", treated="16/03/2025"), "D": row("Dixon late")}
    deliver(feeds, "RVW", at(2), late)
    run_steps(feeds.spark, feeds.settings, HOUR, as_at=DAY_200[0] + timedelta(hours=1))


def test_an_hour_with_a_late_extract_gives_the_same_silver_and_gold_after_retention_as_without_it(
    spark: SparkSession, listed: Feeds, tmp_path: Path
) -> None:
    without, after = copy_of(listed, tmp_path / "without"), copy_of(listed, tmp_path / "after")
    gone = removed(after)
    assert {what: gone[what] for what in DUE} == DUE
    for feeds in (without, after):
        second_hour(feeds)
    assert after.answers() == without.answers()
    assert after.answers()[-2:] == [("accepted", None)] * 2
    assert after.silver("treatment", "source_pathway_id", "treatment_on")[1][1].isoformat() == "2025-05-10"
    assert ("HB", "B four") in after.silver("patient", "source_patient_id", "family_name")
    found = [
        {**tables(spark, feeds.settings, schema="silver"), **tables(spark, feeds.settings, schema="gold")}
        for feeds in (without, after)
    ]
    assert differing(*found) == ["silver.pathway_history", "silver.reject"]
    # What the late one has read again was gone from bronze, so it is judged again.
    assert not found[0]["silver.reject"] - found[1]["silver.reject"]
    history = [each["silver.pathway_history"] for each in found]
    # Beside what is due: that A was away at the late one's moment, and back an hour later. Where A stood is gone.
    assert (history[0] - history[1]).total() == DUE["superseded versions of ended pathways"] + 2
    # What the late one told is a version of its own where the one before it, which said the same, is gone.
    late = next(row["file_id"] for row in after.ledger() if (row["sequence"], row["trust"]) == (2, "RVW"))
    assert {json.loads(version)["file_id"] for version in history[1] - history[0]} == {late}
    # D came as it stood: although its content is gone from bronze, it was known.
    last = max(row["file_id"] for row in after.ledger() if row["kind"] == "full" and row["sequence"] == DAY_200[1])
    assert {row["_pathway_key"] for row in after.bronze() if row["_file_id"] == last} == {"A", "E", "F"}


class Killed(BaseException):
    """The process ends here."""


@contextmanager
def killed_at(event: int) -> Iterator[None]:
    """Killed at the nth of what leaves a trace: before or after a write of a table, before a file is deleted."""
    count = 0
    commit, unlink = Lake._commit, Path.unlink

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

    def deleting(path: Path, missing_ok: bool = False) -> None:
        tick()
        unlink(path, missing_ok=missing_ok)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Lake, "_commit", killing)
        patch.setattr(Path, "unlink", deleting)
        yield


def test_retention_that_is_killed_again_and_again_ends_where_an_undisturbed_one_ends(
    lived: Feeds, copy: Feeds, tmp_path: Path
) -> None:
    undisturbed, killed = copy, copy_of(lived, tmp_path / "killed")
    removed(undisturbed, archive_days=180)
    kills = 0
    for event in (1, 2, 2, 2, 3):
        with suppress(Killed), killed_at(event):
            kills += 1
            removed(killed, archive_days=180)
            kills -= 1
    removed(killed, archive_days=180)
    assert kills == 5
    assert differing(everything(killed), everything(undisturbed)) == []
    assert originals(killed) == originals(undisturbed)


def test_files_are_cleansed_once_more_only_as_far_back_as_bronze_is_whole(copy: Feeds) -> None:
    feeds = copy
    lake = open_lake(feeds.spark, feeds.settings)
    thinned = next(row["file_id"] for row in feeds.ledger() if (row["trust"], row["sequence"]) == ("RVW", 4))
    maintain.check_whole(lake, 1)
    removed(feeds)
    with pytest.raises(Terminal, match=rf"no longer holds all .*from_file=1\). Name file {thinned + 1} or a later"):
        maintain.check_whole(lake, 1)
    maintain.check_whole(lake, thinned + 1)


def test_an_original_that_was_removed_and_is_sent_again_is_not_taken_twice(copy: Feeds) -> None:
    feeds = copy
    [original] = (feeds.settings.paths.archive / "RVW").glob("*_000004.jwe")
    sealed, name = original.read_bytes(), original.name.partition("_")[2]
    removed(feeds, archive_days=180)
    ledger, bronze = feeds.ledger(), len(feeds.bronze())
    feeds.put(feeds.settings.paths.landing / "RVW" / name, sealed, DAY_200[0])
    feeds.ingest()
    assert (feeds.waiting(), feeds.ledger(), len(feeds.bronze())) == ([], ledger, bronze)
    assert removed(feeds, archive_days=180)["sealed originals of archive"] == 1


def test_the_command_shows_what_is_past_its_day_removes_it_and_notes_the_run(
    spark: SparkSession,
    listed: Feeds,
    tmp_path: Path,
    run_command: Command,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("libs.lakehouse.session.start_session", lambda settings: spark)
    feeds = copy_of(listed, tmp_path / "root")
    options = [f"--set={each}" for each in (f"paths.root={feeds.settings.paths.root}", f"trusts.RTR.system={SYSTEM}")]
    options += [f"--set={each}" for each in OVERRIDES]
    before = everything(feeds)
    shown = run_command("maintain", f"--as-at={NIGHT.isoformat()}", "--dry-run", *options)
    line = "bronze.infoflex_row: rows that newer ones superseded"
    assert [row.split()[-1] for row in shown.splitlines() if line in row] == ["6"]
    assert "Nothing was removed" in shown
    assert differing(everything(feeds), before) == []
    done = run_command("maintain", f"--as-at={NIGHT.isoformat()}", *options)
    assert [row.split()[-1] for row in done.splitlines() if line in row] == ["6"]
    assert not any(name in shown + done for name in ("Dixon", "B four", "HB"))
    [noted] = open_lake(spark, feeds.settings).read(run_log.TABLE).where("step = 'maintain'").collect()
    assert (noted["status"], noted["rows_read"], noted["rows_changed"]) == ("done", 12, 12)
    run_steps(spark, feeds.settings, ("publish",), as_at=NIGHT)
    capsys.readouterr()  # of the publication
    status = " ".join(run_command("status", *options).split())
    assert "Retention: last applied Fri 19 Dec 00:00; past its day since: nothing." in status


def test_a_moment_still_to_come_is_refused_since_all_would_be_past_its_day(lived: Feeds) -> None:
    early = replace(night(lived), started_at=NIGHT - timedelta(seconds=1))
    with pytest.raises(SettingsError, match=r"--as-at is still to come\. See with --dry-run"):
        maintain.run(lived.spark, lived.settings, early)


def test_days_that_a_feed_outlasts_are_refused_before_anything_is_removed(lived: Feeds) -> None:
    with pytest.raises(SettingsError, match="bronze_days is too small"):
        removed(lived, bronze_days=119)
