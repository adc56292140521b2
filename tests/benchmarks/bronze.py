"""`python -m tests.benchmarks.bronze`: a million rows of which few changed, into bronze and silver, and many files."""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pyspark.sql import SparkSession

from jobs import cleanse, ingest
from jobs.changed import bronze_between, last_file_id
from jobs.outcome import Outcome, Run
from jobs.world_keys import world_keys
from libs.feeds import load_contracts
from libs.intake.envelope import Claims, seal, sealed_name
from libs.lakehouse.session import start_session
from libs.lakehouse.tables import open_lake
from libs.organisations import load_organisations
from libs.pathways.judging import judged_rows
from libs.pathways.reading import Vocabulary
from libs.settings import Settings, conf_folder, load_settings
from libs.synthetic.calendar import LONDON
from libs.synthetic.figures import load_figures
from libs.synthetic.registers.extracts import history
from libs.synthetic.spec import WorldSpec, two_years_before
from libs.synthetic.world import make_world

ROWS, TRUSTS, CHANGED_SHARE, HOURS = 1_000_000, 10, 0.03, 4
SMALL_FILES, SMALL_ROWS = 10_000, 3
ENDS_AT = datetime(2026, 3, 2, 12, tzinfo=LONDON)
_CODES = ("R0A", "R0B", "R0D", "R1F", "R1H", "R1K", "RA2", "RA7", "RA9", "RAE")


Step = Callable[[SparkSession, Settings, Run], Outcome]


@dataclass(frozen=True)
class Feed:
    """A trust's extract as lines: the header, and rows whose first field is their key."""

    settings: Settings
    header: bytes
    lines: Sequence[bytes]

    def deliver(self, trust: str, at: datetime, sequence: int, lines: Sequence[bytes], keys: tuple[dict, dict]) -> None:  # type: ignore[type-arg]
        """Seal rows as a full extract and put the file into landing."""
        claims = Claims(trust, self.settings.platform, "scr", 1, sequence, int(at.timestamp()), "full", len(lines))
        path = self.settings.paths.landing / trust / sealed_name(claims)
        path.parent.mkdir(parents=True, exist_ok=True)
        content = b"\r\n".join([self.header, *lines, b""])
        path.write_bytes(seal(content, claims, signing_key=keys[1], platform_key=keys[0]))


def main() -> None:
    """Print the seconds and commits of each run of the step; each has its own lake."""
    say("SYNTHETIC extracts into bronze and silver, 2 cores")
    for bench in (bench_hours, bench_small_files):
        folder = Path(tempfile.mkdtemp(prefix="bench-"))
        try:
            overrides = [f"trusts.{code}={{name: {code}, system: scr, cadence_minutes: 60}}" for code in _CODES]
            settings = load_settings("local", [f"paths.root={folder}", "spark.master=local[2]", *overrides])
            bench(start_session(settings), settings, _feed(settings))
        finally:
            shutil.rmtree(folder)


def bench_hours(spark: SparkSession, settings: Settings, feed: Feed) -> None:
    """A first load, then hours in which one row in so many differs."""
    keys = world_keys(settings, _CODES)
    of_trust = [_numbered(feed.lines, copy, ROWS // TRUSTS) for copy in range(TRUSTS)]
    step, taken = round(1 / CHANGED_SHARE), 0
    for hour in range(HOURS):
        at = ENDS_AT + timedelta(hours=hour)
        for place, trust in enumerate(_CODES):
            lines = of_trust[place] = [
                _edited(line, hour) if hour and number % step == hour else line
                for number, line in enumerate(of_trust[place])
            ]
            feed.deliver(trust, at, hour + 1, lines, (keys[0], keys[1][trust]))  # type: ignore[arg-type]
        seconds, outcome = _timed(ingest.run, spark, settings, at)
        size = sum(map(len, of_trust[0])) * TRUSTS / 1e6
        what = "first load" if not hour else f"hour {hour}"
        say(
            f"  {what}: {outcome.rows_read:,} rows ({size:,.0f} MB), {outcome.rows_changed:,} changed:"
            f" {seconds:.1f} s, {outcome.commits} commits"
        )
        upto = last_file_id(open_lake(spark, settings))
        cleansed, outcome = _timed(cleanse.run, spark, settings, at, after=taken)
        say(f"    into silver with history: {cleansed:.1f} s, {outcome.rows_changed:,} changes")
        if not hour:
            _bench_judging(spark, settings, upto)
        taken = upto


def _bench_judging(spark: SparkSession, settings: Settings, upto: int) -> None:
    """The rows as bronze holds them, made canonical and judged, and thrown away: twice, since the first run warms."""
    vocabulary = Vocabulary({}, load_organisations(conf_folder() / "vocabulary").rolled_up())
    contract = load_contracts(conf_folder())["scr"]
    for name in ("cold", "warm"):
        rows = bronze_between(open_lake(spark, settings), "scr", after=0, upto=upto)
        began = time.monotonic()
        judged_rows(rows, contract, vocabulary).write.format("noop").mode("overwrite").save()
        say(f"    canonical and judged, {name}: {time.monotonic() - began:.1f} s")


def bench_small_files(spark: SparkSession, settings: Settings, feed: Feed) -> None:
    """Ten thousand files of a few rows, a thousand hours of ten trusts, in one run."""
    keys = world_keys(settings, _CODES)
    for number in range(SMALL_FILES):
        trust, hour = _CODES[number % TRUSTS], number // TRUSTS
        lines = [
            _edited(line, hour) if hour % 3 == place else line for place, line in enumerate(feed.lines[:SMALL_ROWS])
        ]
        feed.deliver(trust, ENDS_AT + timedelta(hours=hour), hour + 1, lines, (keys[0], keys[1][trust]))  # type: ignore[arg-type]
    seconds, outcome = _timed(ingest.run, spark, settings, ENDS_AT + timedelta(hours=SMALL_FILES // TRUSTS))
    say(
        f"  {SMALL_FILES:,} files of {SMALL_ROWS} rows: {seconds:.1f} s ({seconds * 1000 / SMALL_FILES:.1f} ms a file),"
        f" {outcome.rows_changed:,} rows changed, {outcome.commits} commits"
    )


def _timed(step: Step, spark: SparkSession, settings: Settings, at: datetime, after: int = 0) -> tuple[float, Outcome]:
    began = time.monotonic()
    outcome = step(spark, settings, Run(f"{at:%Y%m%d%H}", at, at, {cleanse.STEP: after}))
    return time.monotonic() - began, outcome


def _feed(settings: Settings) -> Feed:
    spec = WorldSpec(1, 4_000, two_years_before(ENDS_AT), ENDS_AT, {"RTR": "scr"})
    (made,) = history(make_world(spec, load_figures(conf_folder())), "RTR", ENDS_AT)
    header, *lines = made.content.split(b"\r\n")
    return Feed(settings, header, [line for line in lines if line])


def _numbered(lines: Sequence[bytes], copy: int, count: int) -> list[bytes]:
    """As many rows as asked for, each copy of a row under keys of its own, that of the pathway and of the patient."""
    split = [line.split(b",", 2) for line in lines]
    return [
        b"%b-%b%b,%b-%b%b,%b"
        % (*(mark := (b"%d" % copy, b"%d-" % (number // len(lines)))), pathway, *mark, patient, rest)
        for number in range(count)
        for pathway, patient, rest in [split[number % len(lines)]]
    ]


def _edited(line: bytes, hour: int) -> bytes:
    """The row with another last field."""
    return line.rpartition(b",")[0] + b",2026-03-02 %02d:00" % (hour % 24)


def say(line: str) -> None:
    """Print a line of the report."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
