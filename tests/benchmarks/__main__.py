"""`make bench`: what an hour costs, beside what was measured in the same run, since times drift with machines.

Last the engine is held against the published national statistics, which takes two minutes where they are.
"""

import os
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

from jobs import simulate
from jobs.demo import ENDS_AT
from jobs.outcome import Outcome
from jobs.steps import STEPS, WEEK, run_steps
from libs.feeds import load_contracts
from libs.intake.envelope import Opener, open_sealed
from libs.intake.keys import KeyRing
from libs.intake.parsing import parse_extract
from libs.lakehouse.session import start_session
from libs.settings import Settings, conf_folder, load_settings
from tests.benchmarks import bronze, intake, published

SIZES = (20_000, 100_000)  # pathways over two years: the demo, and two trusts with their history
MIB = 1024 * 1024


def main() -> None:
    """Run every benchmark at every size; with sizes as arguments, only those of the hour at these."""
    sizes = [int(size) for size in sys.argv[1:]]
    for pathways in sizes or SIZES:
        folder = Path(tempfile.mkdtemp(prefix="bench-"))
        try:
            bench_hours(load_settings("local", [f"paths.root={folder}"]), pathways)
        finally:
            shutil.rmtree(folder)
    if not sizes:
        from tests.benchmarks import linkage, people, world  # noqa: PLC0415 - they measure with what stands here

        say("")
        intake.main()
        say("")
        bronze.main()
        say("")
        world.main()
        say("")
        people.main()
        say("")
        linkage.main()
        say("")
        sys.exit(not published.main())


def bench_hours(settings: Settings, pathways: int) -> None:
    """The first load, the week's work and three hours of a synthetic world, the last hour step by step."""
    world = simulate.prepare(settings, pathways=pathways, hours=3, seed=1, ends_at=ENDS_AT)
    spark = start_session(settings)
    say(f"\nSYNTHETIC world of {pathways:,} pathways")
    for moment in (world.history_at, *world.moments):
        is_history = moment == world.history_at
        files = simulate.write_history(world) if is_history else simulate.write_hour(world, moment)
        plain = open_and_parse([path for path, _ in files], settings)
        seconds: dict[str, float] = {}

        def note(step: str, outcome: Outcome | None, took: float, seconds: dict[str, float] = seconds) -> None:
            if outcome is not None:
                seconds[step] = took

        began = time.monotonic()
        outcomes = run_steps(spark, settings, tuple(STEPS), as_at=moment, listener=note)
        total = time.monotonic() - began
        commits = sum(outcome.commits for outcome in outcomes) + 1  # and the run log
        rows = sum(rows for _, rows in files)
        what = "first load" if is_history else f"hour {moment:%H:%M}"
        ratio = f"{total / plain:.0f} x opening and parsing alone ({plain:.2f} s)"
        say(f"{what}: {total:.1f} s, {rows:,} rows, {commits} commits, {ratio}")
        if is_history:
            began = time.monotonic()
            run_steps(spark, settings, WEEK, as_at=moment, listener=note)
            told = ", ".join(f"{step} {seconds[step]:.1f}" for step in WEEK)
            say(f"the week's work: {time.monotonic() - began:.1f} s: {told}")
    say("  last hour: " + ", ".join(f"{step} {took:.1f}" for step, took in seconds.items()))
    say(f"  peak memory: {peak_gib():.1f} GiB (this process, the JVM and its workers)")


def open_and_parse(paths: list[Path], settings: Settings) -> float:
    """Seconds to open and parse the files in this process, without Spark."""
    secrets = settings.paths.secrets
    rings = [
        KeyRing.from_json((secrets / ref.scope / ref.key).read_text())
        for ref in (settings.keys.platform, settings.keys.trusts)
    ]
    systems = {ods: trust.system for ods, trust in settings.trusts.items()}
    opener = Opener(settings.platform, rings[0], rings[1], systems, 512 * MIB, 2048 * MIB)
    contracts = load_contracts(conf_folder())
    began = time.monotonic()
    for path in paths:
        opened = open_sealed(path.read_bytes(), file_name=path.name, opener=opener)
        parse_extract(opened.extract, contract=contracts[opened.claims.sys], rows=opened.claims.rows)  # type: ignore[union-attr]
    return time.monotonic() - began


def peak_gib() -> float:
    """The most memory that this process, the JVM and the Python workers held, added up."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    kib = own + sum(_high_water(pid) for pid in _descendants())
    return kib / MIB


def _descendants() -> list[int]:
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    mine: set[int] = set()
    more = {os.getpid()}
    while more:
        mine |= more
        more = {pid for pid, parent in parents.items() if parent in mine} - mine
    return sorted(mine - {os.getpid()})


def _high_water(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def say(line: str) -> None:
    """Print a line of the report."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
