"""What a person sees of keys: whose, what for, from when until when; never what they are made of."""

from collections.abc import Mapping
from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text

from jobs.screens.layout import add_row, fixed, heading, plain, plain_table, show
from jobs.screens.wording import LONDON, NONE
from libs.intake.keys import KeyRing, RingKey

_USES = {"enc": "to seal to", "sig": "to sign with"}
_SHORT_USES = {"enc": "sealing", "sig": "signing"}  # so that a row fits into 80 columns
_STYLES = {"current": "green", "not yet": "yellow", "ended": "dim", "revoked": "red"}


def show_rings(console: Console, rings: Mapping[str, KeyRing], *, as_at: datetime) -> None:
    """Print the keys of each ring by its name, and how they stand at a moment."""
    for name, ring in rings.items():
        heading(console, f"Keys of the {name}", f"As they stand at {_when(int(as_at.timestamp()))}, London time.")
        table = plain_table(
            "Key", fixed("Owner"), fixed("Use"), fixed("Algorithm"), fixed("Valid from"), fixed("Until"), fixed("State")
        )
        for key in ring:
            add_row(
                table, key.kid, _owner(key, name), _SHORT_USES[key.use], key.algorithm,
                _when(key.not_before), _when(_ends(key)), _state(key, as_at),
            )  # fmt: skip
        show(console, table)


def show_key(console: Console, key: RingKey, *, did: str, next_steps: list[str]) -> None:
    """Print what was done with one key, the fingerprint by which people recognise it, and what to do next."""
    said = [
        f"{key.kid} ({key.algorithm}, {_USES[key.use]}): {did}",
        f"Fingerprint, to be compared by telephone: {key.fingerprint}",
        *next_steps,
    ]
    for each in said:  # printed as they stand, since people copy them
        console.print(plain(each))


def _owner(key: RingKey, ring: str) -> str:
    if key.iss is not None:
        return key.iss
    if ring == "trusts":
        return "nobody"
    return ring if key.imported.is_private else f"{ring}, kept in a vault"


def _ends(key: RingKey) -> int | None:
    """When it ends or was withdrawn, whichever comes first."""
    return min((each for each in (key.expires, key.revoked) if each is not None), default=None)


def _state(key: RingKey, as_at: datetime) -> Text:
    state = key.state_at(int(as_at.timestamp()))
    return Text(state, style=_STYLES[state])


def _when(moment: int | None) -> str:
    return NONE if moment is None else f"{datetime.fromtimestamp(moment, UTC).astimezone(LONDON):%Y-%m-%d %H:%M}"
