"""What people ask of `simulate`: read their words, make the world, and tell what came of it."""

from dataclasses import dataclass, replace
from datetime import datetime

from rich.console import Console

from jobs import simulate
from jobs.screens.progress import StepLines
from jobs.world_files import Fates
from libs.errors import SettingsError
from libs.settings import Settings, Trust, load_settings
from libs.synthetic.need.referrals import expected_referrals
from libs.synthetic.spec import WorldSpec, two_years_before
from libs.synthetic.truth import make_unnamed

_KINDS = ("full", "delta")
_USUAL = 20_000  # pathways
# Environments whose trusts are those of a whole region, by the word that names them.
_REGIONS = {"northern": "northern", "all": "england"}


@dataclass(frozen=True)
class Asked:
    """The options of the command; `astray` counts late, missing and repeated files."""

    pathways: int | None
    hours: int
    seed: int
    ends_at: datetime
    trusts: str | None
    kind: str
    astray: tuple[int, int, int]
    faults: tuple[str, ...]
    is_clean: bool
    has_report: bool


def run(settings: Settings, asked: Asked, console: Console) -> None:
    """Write the world that was asked for and say what reads it, or only compare one with the published figures.

    Raises SettingsError for what is no option.
    """
    if asked.kind not in _KINDS:
        raise SettingsError(f"--kind {asked.kind} is not known", do=f"Use one of: {', '.join(_KINDS)}.")
    wishes = simulate.Wishes(asked.kind, Fates(*asked.astray), _rates(asked.faults), asked.is_clean)
    of = with_trusts(settings, asked.trusts)
    with StepLines(Console(stderr=True, highlight=False)) as lines:
        if asked.has_report:
            _report(of, asked, wishes, console, lines)
            return
        made = simulate.run(
            of, pathways=asked.pathways or _USUAL, hours=asked.hours, seed=asked.seed, ends_at=asked.ends_at,
            wishes=wishes, tell=lines.say,
        )  # fmt: skip
    console.print(f"SYNTHETIC: {len(made.files)} sealed files, {made.rows:,} rows, in {of.paths.landing}")
    console.print(f"Made from {made.figures.identity()}, seed {asked.seed}")
    console.print(
        f"The truth behind them is in {made.truth}. Next: {_next(of, settings)} --as-at {_minute(asked.ends_at)}"
    )


def _report(of: Settings, asked: Asked, wishes: simulate.Wishes, console: Console, lines: StepLines) -> None:
    """Compare a world of these trusts with the published figures: as many pathways as in life, if none were asked for.

    Its people get no names, which play no part in it.
    """
    from jobs import world_report  # noqa: PLC0415 - draws pictures: only who asks for them waits for that

    systems = {code: each.system for code, each in of.trusts.items()}
    figures = simulate.figures_of(systems, wishes)
    spec = WorldSpec(asked.seed, 0, two_years_before(asked.ends_at), asked.ends_at, systems)
    in_life = expected_referrals(figures, trusts=sorted(systems), period=(spec.starts_on, spec.ends_on))
    size = asked.pathways or int(in_life["expected"].sum())
    lines.say(f"making a synthetic world of {size:,} pathways")
    world = make_unnamed(figures, replace(spec, pathways=size))
    lines.say("counting its waits and drawing them")
    # A table is laid out to the window's width; the lines of a delivery are not, since people copy them.
    world_report.run(world, of.paths.root, Console(highlight=False, file=console.file), figures)


def with_trusts(settings: Settings, words: str | None) -> Settings:
    """The settings with the trusts of `--trusts`: codes with commas, `northern` or `all`; unchanged without it.

    A trust that the settings do not name is taken from conf/england.yml. Raises SettingsError for one in neither.
    """
    if words is None:
        return settings
    known = {**load_settings("england").trusts, **settings.trusts}
    region = _REGIONS.get(words.strip().lower())
    codes = (
        list(load_settings(region).trusts)
        if region
        else [code.strip().upper() for code in words.split(",") if code.strip()]
    )
    unknown = [code for code in codes if code not in known]
    if unknown or not codes:
        raise SettingsError(
            f"--trusts {', '.join(unknown) or words} is not known",
            do="Use ODS codes with commas, northern, or all; conf/england.yml names the trusts.",
        )
    chosen: dict[str, Trust] = {code: known[code] for code in dict.fromkeys(codes)}
    return settings.model_copy(update={"trusts": chosen})


def _rates(faults: tuple[str, ...]) -> dict[str, float]:
    rates = {}
    for each in faults:
        name, _, rate = each.partition("=")
        try:
            rates[name.strip()] = float(rate)
        except ValueError:
            rates[name.strip()] = -1.0
        if not 0 <= rates[name.strip()] <= 1:
            raise SettingsError(f"--fault {each} has no rate", do="Write for example --fault date_swapped=0.01.")
    return rates


def _next(made: Settings, asked: Settings) -> str:
    """The command that reads this world: in the first environment that knows its trusts and their systems."""
    for env in dict.fromkeys((asked.env, *_REGIONS.values())):
        reader = asked if env == asked.env else load_settings(env)
        if {code: each.system for code, each in made.trusts.items()}.items() <= {
            code: each.system for code, each in reader.trusts.items()
        }.items():
            elsewhere = (
                "" if env == asked.env else f" --set paths.root={asked.paths.root} --set platform={asked.platform}"
            )
            return f"cancollaborate hourly{'' if env == 'local' else f' --env {env}'}{elsewhere}"
    return f"cancollaborate hourly --env {asked.env} (after naming these trusts in conf/{asked.env}.yml)"


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M}"
