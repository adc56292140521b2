"""`python -m tests.benchmarks.world`: what a synthetic world of a million pathways costs, beside its bytes."""

import shutil
import sys
import tempfile
import time
from pathlib import Path

from jobs import simulate
from jobs.demo import ENDS_AT
from jobs.simulate_command import with_trusts
from libs.settings import load_settings
from tests.benchmarks.__main__ import peak_gib, say

PATHWAYS = 1_000_000


def main() -> None:
    """Make a world of all English providers, deliver its history and two hours; a number as argument is its size."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else PATHWAYS
    folder = Path(tempfile.mkdtemp(prefix="world-"))
    try:
        bench_world(folder, size)
    finally:
        shutil.rmtree(folder)


def bench_world(folder: Path, size: int) -> None:
    """Seconds of each part, and the most memory held."""
    settings = with_trusts(load_settings("local", [f"paths.root={folder}"]), "all")
    began = time.monotonic()
    simulation = simulate.prepare(settings, pathways=size, hours=2, seed=1, ends_at=ENDS_AT)
    say(f"SYNTHETIC world of {size:,} pathways, {len(settings.trusts)} trusts ({simulation.figures.identity()})")
    say(f"  made, its truth written: {time.monotonic() - began:.0f} s")
    began = time.monotonic()
    written = simulate.write_history(simulation)
    size_mb = sum(path.stat().st_size for path, _ in written) / 1e6
    told = f"{len(written)} files, {sum(rows for _, rows in written):,} rows, {size_mb:.0f} MB"
    say(f"  two years of history, sealed: {time.monotonic() - began:.0f} s ({told})")
    for moment in simulation.moments:
        began = time.monotonic()
        rows = sum(rows for _, rows in simulate.write_hour(simulation, moment))
        say(f"  the hour of {moment:%H:%M}, full: {time.monotonic() - began:.1f} s ({rows:,} rows)")
    say(f"  peak memory: {peak_gib():.1f} GiB")


if __name__ == "__main__":
    main()
