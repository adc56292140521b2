"""What people do with keys: make a pair, look at a ring, add to it, end a key, withdraw one.

A ring is a file below paths.secrets. In a secret scope of Databricks the same file is put there with its own command.
"""

import re
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from jobs.options import AsAt, Env, Set
from libs.errors import SettingsError
from libs.settings import load_settings, moment_of

app = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown", help="Make keys, and keep the two key rings.")

_KID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Side(StrEnum):
    """Who is to own a key."""

    PLATFORM = "platform"
    TRUST = "trust"


class Ring(StrEnum):
    """The ring of the platform, with private parts, or that of the trusts, without."""

    PLATFORM = "platform"
    TRUSTS = "trusts"


# An RSA key can move into a key vault later, and every JOSE library seals to it; Edwards signatures are short and fast.
_ALGORITHMS = {Side.PLATFORM: "RSA-OAEP-256", Side.TRUST: "EdDSA"}

Kid = Annotated[str, typer.Argument(help="The kid of the key.", show_default=False)]
WhichRing = Annotated[Ring, typer.Option("--ring", help="The ring that holds the key.")]


@app.command()
def make(  # noqa: PLR0913, PLR0917 - a command names its options one by one
    side: Annotated[Side, typer.Option("--for", help="Whose key it is to be.")],
    kid: Annotated[str, typer.Option("--kid", help="A name for the key: letters, figures, dots and dashes.")],
    private: Annotated[Path, typer.Option("--private", help="The file to write that nobody else may ever have.")],
    public: Annotated[Path, typer.Option("--public", help="The file to write that is sent to the other side.")],
    trust: Annotated[str | None, typer.Option("--trust", help="The trust's ODS code.")] = None,
    algorithm: Annotated[
        str | None, typer.Option("--algorithm", help="RSA-OAEP-256 for the platform, EdDSA for a trust, if not given.")
    ] = None,
    not_before: Annotated[str | None, typer.Option("--not-before", help="Valid from, ISO, London time.")] = None,
    expires: Annotated[str | None, typer.Option("--expires", help="Valid until, ISO, London time.")] = None,
    env: Env = "local",
    set_: Set = None,
) -> None:
    """Make a key pair: a private file for its owner only, and a public one for the other side.

    Example: `cancollaborate keys make --for trust --trust RVW --kid rvw-2026 --private rvw.jwk --public rvw-public.jwk`
    """
    from jobs import key_rings  # noqa: PLC0415 - cryptography loads when it is needed
    from jobs.screens.keys import show_key  # noqa: PLC0415 - as above

    settings = load_settings(env, set_ or ())
    if not _KID.fullmatch(kid):
        raise SettingsError("--kid is not a name for a key", do="Use up to 64 letters, figures, dots and dashes.")
    ours = {
        **key_rings.owner_of(trust, is_trusts=side is Side.TRUST),
        **key_rings.dates_of(settings, not_before, expires),
    }
    key = key_rings.make_pair(kid, algorithm or _ALGORITHMS[side], ours, private=private, public=public)
    steps = _after_making(side, private, public, trust)
    show_key(_console(), key, did=f"made, in {private} and {public}", next_steps=steps)


@app.command("list")
def list_(
    ring: Annotated[Ring | None, typer.Option("--ring", help="One ring; both without it.")] = None,
    env: Env = "local",
    set_: Set = None,
    as_at: AsAt = None,
) -> None:
    """Show the keys of a ring: whose, what for, from when until when, and how they stand.

    Example: `cancollaborate keys list --ring trusts`
    """
    from jobs import key_rings  # noqa: PLC0415 - as above
    from jobs.screens.keys import show_rings  # noqa: PLC0415 - as above

    settings = load_settings(env, set_ or ())
    moment = moment_of(as_at, settings)
    rings = {str(each): key_rings.read_ring(settings, each) for each in ([ring] if ring else Ring)}
    show_rings(Console(highlight=False), rings, as_at=moment)


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="A key as `keys make` wrote it.", show_default=False)],
    ring: WhichRing,
    trust: Annotated[str | None, typer.Option("--trust", help="The ODS code of the trust that owns it.")] = None,
    env: Env = "local",
    set_: Set = None,
) -> None:
    """Add a key to a ring: a trust's public key, or the platform's private one.

    Example: `cancollaborate keys add rvw-public.jwk --ring trusts --trust RVW`
    """
    from jobs import key_rings  # noqa: PLC0415 - as above
    from jobs.screens.keys import show_key  # noqa: PLC0415 - as above

    settings = load_settings(env, set_ or ())
    jwk = (
        key_rings.read_trusts_key(file, settings, trust)
        if ring is Ring.TRUSTS
        else key_rings.read_platform_key(file, trust)
    )
    changed = key_rings.read_ring(settings, ring).with_key(jwk)
    key_rings.write_ring(settings, ring, changed)
    did = f"added to the ring of the {ring}, {jwk.get('iss', 'platform')} owns it"
    show_key(_console(), changed.named(jwk["kid"]), did=did, next_steps=["Runs from now on know it."])


@app.command()
def retire(
    kid: Kid,
    ring: WhichRing,
    at: Annotated[str, typer.Option("--at", help="The end of the key, ISO, London time.")],
    env: Env = "local",
    set_: Set = None,
) -> None:
    """End a key that was replaced: what it made before its end still counts. A key that was stolen is revoked instead.

    Example: `cancollaborate keys retire rvw-2025 --ring trusts --at 2026-01-31T00:00`
    """
    from jobs import key_rings  # noqa: PLC0415 - as above
    from jobs.screens.keys import show_key  # noqa: PLC0415 - as above

    settings = load_settings(env, set_ or ())
    ends_at = moment_of(at, settings, option="--at")
    changed = key_rings.read_ring(settings, ring).retire(kid, at=int(ends_at.timestamp()))
    key_rings.write_ring(settings, ring, changed)
    grace = f"What it made before may still arrive for {settings.intake.key_grace_hours} hours after that."
    show_key(_console(), changed.named(kid), did=f"ends at {_minute(ends_at)}", next_steps=[grace])


@app.command()
def revoke(kid: Kid, ring: WhichRing, env: Env = "local", set_: Set = None, as_at: AsAt = None) -> None:
    """Withdraw a key that may have been stolen: from then on nothing made with it is taken, whatever time it names.

    Example: `cancollaborate keys revoke rvw-2025 --ring trusts`
    """
    from jobs import key_rings  # noqa: PLC0415 - as above
    from jobs.screens.keys import show_key  # noqa: PLC0415 - as above

    settings = load_settings(env, set_ or ())
    moment = moment_of(as_at, settings)
    changed = key_rings.read_ring(settings, ring).revoke(kid, at=int(moment.timestamp()))
    key_rings.write_ring(settings, ring, changed)
    key = changed.named(kid)
    since = datetime.fromtimestamp(key.revoked or 0, moment.tzinfo)
    whose = (
        "the trust makes a new pair" if ring is Ring.TRUSTS else "make a new pair and send its public key to the trusts"
    )
    steps = [
        "Files that arrived before stand. If it was stolen earlier, revoke it again with the earlier --as-at.",
        f"Next: {whose}, with `cancollaborate keys make`.",
    ]
    show_key(_console(), key, did=f"withdrawn since {_minute(since)}", next_steps=steps)


def _after_making(side: Side, private: Path, public: Path, trust: str | None) -> list[str]:
    never = f"Never send {private} to anybody, not to support either: whoever has it can pass for you."
    if side is Side.PLATFORM:
        take = f"Next: `cancollaborate keys add {private} --ring platform`, then send {public} to the trusts."
        return [take, never]
    take = f"Next: send {public} to the platform's support, who add it with `cancollaborate keys add --ring trusts"
    return [f"{take} --trust {trust}`.", never]


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
