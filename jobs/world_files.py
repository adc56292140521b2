"""Which files a synthetic world delivers: every trust's history and hours, and which come late, twice or never."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

import numpy as np

from libs.errors import SettingsError
from libs.intake.envelope import Claims, sealed_name
from libs.synthetic.registers.extracts import CONTRACT_VERSION
from libs.synthetic.spec import WorldSpec
from libs.synthetic.world import World

# Transport takes a moment: a file lands this long after the extract was made.
TRANSPORT = timedelta(minutes=2)
_LATE_HOURS = (1, 2, 3)
_AGAIN_AFTER = timedelta(minutes=20)


@dataclass(frozen=True)
class PlannedFile:
    """One file: its name, trust, moment and kind, its fate (on_time, late, missing, repeated) and when it arrives.

    since: the moment that a delta counts from. arrives_at, again_at: None for what never comes, or only once.
    """

    file_name: str
    trust: str
    moment: datetime
    sequence: int
    kind: str
    fate: str
    since: datetime | None
    arrives_at: datetime | None
    again_at: datetime | None


@dataclass(frozen=True)
class Fates:
    """How many of the hourly files come late, never, or twice."""

    late: int = 0
    missing: int = 0
    repeated: int = 0


NO_FATES = Fates()


def plan_hours(world: World, moments: Sequence[datetime], kind: str, fates: Fates) -> list[PlannedFile]:
    """The hourly files, in order of moment and trust. Raises SettingsError if there are fewer files than fates.

    A delta counts from the trust's last file that was sent, or from the history an hour before the first moment.
    """
    trusts = sorted(world.spec.systems)
    fate = _draw_fates(world.spec.seed, len(moments) * len(trusts), fates)
    last_sent = dict.fromkeys(trusts, moments[0] - timedelta(hours=1))
    planned = []
    for hour, moment in enumerate(moments):
        for place, trust in enumerate(trusts):
            each = _planned(world.spec, trust, moment, (kind, str(fate[hour * len(trusts) + place])))
            planned.append(replace(each, since=last_sent[trust] if kind == "delta" else None))
            if each.fate != "missing":
                last_sent[trust] = moment
    return planned


def history_file(spec: WorldSpec, trust: str, moment: datetime, sequence: int) -> PlannedFile:
    """One file of a trust's history, which always comes on time."""
    name = _name(spec, trust, moment, sequence, "history")
    return PlannedFile(name, trust, moment, sequence, "history", "on_time", None, moment + TRANSPORT, None)


def claims_of(spec: WorldSpec, audience: str, planned: PlannedFile, rows: int) -> Claims:
    """What the trust signs about a file."""
    return Claims(
        iss=planned.trust,
        aud=audience,
        sys=spec.systems[planned.trust],
        feed=CONTRACT_VERSION,
        seq=planned.sequence,
        iat=int(planned.moment.timestamp()),
        kind=planned.kind,
        rows=rows,
    )


def _draw_fates(seed: int, files: int, fates: Fates) -> list[str]:
    told = ["late"] * fates.late + ["missing"] * fates.missing + ["repeated"] * fates.repeated
    if len(told) > files:
        raise SettingsError(
            f"{len(told)} files are to be late, missing or repeated, but there are only {files} hourly ones",
            do="Ask for fewer, or for more hours.",
        )
    order = np.random.default_rng([seed, 6]).permutation(files)
    result = ["on_time"] * files
    for place, fate in zip(order.tolist(), told, strict=False):
        result[place] = fate
    return result


def _planned(spec: WorldSpec, trust: str, moment: datetime, what: tuple[str, str]) -> PlannedFile:
    kind, fate = what
    start = datetime.combine(spec.starts_on, time(), tzinfo=UTC)
    sequence = int((moment - start).total_seconds()) // 3600
    arrives_at = moment + TRANSPORT
    if fate == "late":  # after the hour's own file
        arrives_at += timedelta(hours=_LATE_HOURS[(sequence + len(trust)) % len(_LATE_HOURS)], minutes=5)
    name = _name(spec, trust, moment, sequence, kind)
    again_at = arrives_at + _AGAIN_AFTER if fate == "repeated" else None
    arrives = None if fate == "missing" else arrives_at
    return PlannedFile(name, trust, moment, sequence, kind, fate, None, arrives, again_at)


def _name(spec: WorldSpec, trust: str, moment: datetime, sequence: int, kind: str) -> str:
    iat = int(moment.timestamp())
    return sealed_name(Claims(trust, "", spec.systems[trust], CONTRACT_VERSION, sequence, iat, kind, 0))
