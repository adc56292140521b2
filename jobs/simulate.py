"""Write a synthetic world: sealed extracts into the landing folder, the keys that fit them, and the hidden truth."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from jobs.world_files import NO_FATES, Fates, PlannedFile, claims_of, history_file, plan_hours
from jobs.world_keys import world_keys
from jobs.world_truth import write_files, write_truth
from jobs.world_workers import Made, Work, each_of
from libs.errors import SettingsError
from libs.intake.envelope import seal
from libs.log import event
from libs.settings import Settings, conf_folder
from libs.synthetic.calendar import LONDON
from libs.synthetic.figures import Figures, load_figures
from libs.synthetic.registers.extracts import Extract, delta, extract, history_files
from libs.synthetic.spec import WorldSpec, two_years_before
from libs.synthetic.world import World, make_world

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Wishes:
    """How a world is delivered: `full` or `delta` extracts, files that go astray, rates of faults, or none at all."""

    kind: str = "full"
    fates: Fates = NO_FATES
    rates: Mapping[str, float] = field(default_factory=dict)
    is_clean: bool = False


@dataclass(frozen=True)
class Simulation:
    """A world ready to be delivered hour by hour: its moments and the keys to seal with (which its repr hides)."""

    settings: Settings
    world: World = field(repr=False)
    moments: tuple[datetime, ...]
    platform_key: Mapping[str, Any] = field(repr=False)
    signing_keys: Mapping[str, Mapping[str, Any]] = field(repr=False)
    hourly: tuple[PlannedFile, ...] = field(repr=False)
    figures: Figures = field(repr=False)

    @property
    def history_at(self) -> datetime:
        """The moment of the history: an hour before the first hour."""
        return self.moments[0] - timedelta(hours=1)

    @property
    def truth(self) -> Path:
        """The folder of the hidden truth."""
        return self.settings.paths.root / "truth"


@dataclass(frozen=True)
class Simulated:
    """What was written: the sealed files, their data rows, the hours, where the truth lies, and the world behind it."""

    files: tuple[Path, ...]
    rows: int
    moments: tuple[datetime, ...]
    truth: Path
    world: World = field(repr=False)
    figures: Figures = field(repr=False)


def run(  # noqa: PLR0913 - what the command asks, and who hears of it
    settings: Settings, *, pathways: int, hours: int, seed: int, ends_at: datetime, wishes: Wishes | None = None,
    tell: Tell = lambda _: None,
) -> Simulated:  # fmt: skip
    """Write the history and so many hourly extracts of every trust, the last at `ends_at` (London if it names no zone).

    `tell` hears what is being done. Raises SettingsError for a trust or a fault that the figures do not know, for less
    than one pathway or hour, and for more late, missing and repeated files than there are.
    """
    tell(f"making a synthetic world of {pathways:,} pathways")
    simulation = prepare(settings, pathways=pathways, hours=hours, seed=seed, ends_at=ends_at, wishes=wishes)
    written = write_history(simulation, tell=tell)
    for moment in simulation.moments:
        tell(f"writing {moment:%H:%M}")
        written += write_hour(simulation, moment)
    written += write_late(simulation)
    return Simulated(
        files=tuple(path for path, _ in written),
        rows=sum(rows for _, rows in written),
        moments=simulation.moments,
        truth=simulation.truth,
        world=simulation.world,
        figures=simulation.figures,
    )


def prepare(
    settings: Settings, *, pathways: int, hours: int, seed: int, ends_at: datetime, wishes: Wishes | None = None
) -> Simulation:
    """Make the world, write its truth and the keys that are missing; deliver nothing yet.

    `write_history` and `write_hour` deliver; each can be called at any time and in any order.
    """
    if pathways < 1 or hours < 1:
        raise SettingsError("a world needs at least one pathway and one hour", do="Ask for more.")
    wishes = wishes or Wishes()
    last = ends_at if ends_at.tzinfo else ends_at.replace(tzinfo=LONDON)
    systems = {trust: each.system for trust, each in settings.trusts.items()}
    figures = figures_of(systems, wishes)
    world = make_world(WorldSpec(seed, pathways, two_years_before(last), last, systems), figures)
    moments = tuple(
        (last.astimezone(UTC) - timedelta(hours=back)).astimezone(LONDON) for back in reversed(range(hours))
    )
    hourly = tuple(plan_hours(world, moments, wishes.kind, wishes.fates))
    platform_key, signing_keys = world_keys(settings, sorted(systems))
    simulation = Simulation(settings, world, moments, platform_key, signing_keys, hourly, figures)
    write_truth(world, simulation.truth)
    write_files(hourly, simulation.truth)
    return simulation


def figures_of(systems: Mapping[str, str], wishes: Wishes) -> Figures:
    """The figures of a world of these trusts, with the rates wished for.

    Raises SettingsError for a trust or a fault that they do not know.
    """
    figures = load_figures(conf_folder())
    unknown = sorted(set(systems) - set(figures.providers))
    if unknown:
        raise SettingsError(
            f"the synthetic world has no figures for {', '.join(unknown)}",
            do="Leave them out: conf/synthetic/providers.yml names those that it has.",
        )
    known = {**figures.faults, **figures.identity_faults}
    strange = sorted(set(wishes.rates) - set(known))
    if strange:
        raise SettingsError(
            f"the synthetic world knows no fault {', '.join(strange)}",
            do="conf/synthetic/faults.yml and identity_faults.yml name them.",
        )
    return figures.with_rates({**(dict.fromkeys(known, 0.0) if wishes.is_clean else {}), **wishes.rates})


def write_history(
    simulation: Simulation, *, rows_per_file: int = 50_000, tell: Tell = lambda _: None
) -> list[tuple[Path, int]]:
    """Deliver each trust's two years as sealed `history` files; returns the paths and their data rows."""
    planned: list[PlannedFile] = []
    written: list[tuple[Path, int]] = []
    trusts = [(trust, rows_per_file) for trust in sorted(simulation.world.spec.systems)]
    for (trust, _), files in zip(trusts, _each(simulation, _write_history_of, trusts), strict=True):
        tell(f"wrote the history of {trust}: {len(files)} files")
        planned += [each for each, _ in files]
        written += [file for _, file in files]
    write_files([*planned, *simulation.hourly], simulation.truth)
    return written


def _write_history_of(simulation: Simulation, of: tuple[str, int]) -> list[tuple[PlannedFile, tuple[Path, int]]]:
    trust, rows_per_file = of
    files = history_files(simulation.world, trust, simulation.history_at, rows_per_file=rows_per_file)
    made = []
    for sequence, each in enumerate(files, start=1):
        planned = history_file(simulation.world.spec, trust, simulation.history_at, sequence)
        made.append((planned, _deliver(simulation, planned, each)))
    return made


def _each(simulation: Simulation, task: Callable[[Any, Work], Made], work: Sequence[Work]) -> Iterator[Made]:
    return each_of(simulation, len(simulation.world.records), task, work)


def write_hour(simulation: Simulation, moment: datetime) -> list[tuple[Path, int]]:
    """Deliver what arrives with an hour: each trust's sealed extract of it, and what is late from hours before.

    Returns the paths and their data rows. A repeated file is delivered twice, the second time in a folder of its own.
    """
    due = [
        each
        for each in simulation.hourly
        if (each.moment == moment if each.fate in ("on_time", "repeated") else _arrives_with(each, moment))
    ]
    return [file for files in _each(simulation, _write, due) for file in files]


def write_late(simulation: Simulation) -> list[tuple[Path, int]]:
    """Deliver what arrives after the last hour."""
    after = [each for each in simulation.hourly if each.fate == "late"]
    shown = [each for each in after if not any(_arrives_with(each, moment) for moment in simulation.moments)]
    return [file for each in shown for file in _write(simulation, each)]


def _arrives_with(planned: PlannedFile, moment: datetime) -> bool:
    """True for a late file that comes in the hour after this moment, with its extract."""
    return planned.fate == "late" and planned.arrives_at is not None and (
        moment <= planned.arrives_at < moment + timedelta(hours=1)
    )  # fmt: skip


def _write(simulation: Simulation, planned: PlannedFile) -> list[tuple[Path, int]]:
    if planned.since is None:
        made = extract(simulation.world, planned.trust, planned.moment)
    else:
        made = delta(simulation.world, planned.trust, planned.moment, since=planned.since)
    path, rows = _deliver(simulation, planned, made)
    if planned.again_at is None:
        return [(path, rows)]
    again = path.parent / "again" / path.name
    _write_whole(again, path.read_bytes(), staging=simulation.settings.paths.root / "outgoing", at=planned.again_at)
    return [(path, rows), (again, rows)]


def _deliver(simulation: Simulation, planned: PlannedFile, each: Extract) -> tuple[Path, int]:
    settings = simulation.settings
    claims = claims_of(simulation.world.spec, settings.platform, planned, each.rows)
    key = simulation.signing_keys[planned.trust]
    sealed = seal(each.content, claims, signing_key=key, platform_key=simulation.platform_key)
    path = settings.paths.landing / planned.trust / planned.file_name
    _write_whole(path, sealed, staging=settings.paths.root / "outgoing", at=planned.arrives_at or planned.moment)
    event("simulated", trust=planned.trust, file=path.name, kind=each.kind, rows=each.rows, sequence=planned.sequence)
    return path, each.rows


def _write_whole(path: Path, content: bytes, *, staging: Path, at: datetime) -> None:
    """Write elsewhere, then move: nobody ever sees half a file. Its time is that of the world, not of this machine."""
    for folder in (path.parent, staging):
        folder.mkdir(parents=True, exist_ok=True)
    temporary = staging / path.name
    temporary.write_bytes(content)
    os.utime(temporary, (at.timestamp(), at.timestamp()))
    temporary.replace(path)
