"""What a person sees of a sealed extract: what it says of itself and whether it would be taken; no value of a cell."""

from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text

from jobs.screens.layout import line, plain, titled
from jobs.screens.wording import count, full_time, reason_sentence
from libs.errors import RefusedExtractError
from libs.intake.claims import Claims, sealed_name
from libs.intake.drift import Drift
from libs.intake.parsing import ParsedExtract
from libs.intake.reasons import Refusal


def refused(refusal: Refusal) -> RefusedExtractError:
    """The one line that tells why an extract is not taken, and what to do."""
    return RefusedExtractError(f"this extract would be refused, {refusal.reason}", do=_spelt_out(refusal))


def show_sealed(console: Console, name: str, *, rows: int, size: int, drift: Drift) -> None:
    """Print what was sealed: the name of the file, its data rows and its size in bytes."""
    console.print(plain(f"{name}: {count(rows)} rows, {count(size)} bytes"))
    _show_drift(console, drift, indent=0)


def show_opened(console: Console, claims: Claims, verdict: ParsedExtract | Refusal) -> None:
    """Print what a sealed file says of itself, and the verdict."""
    is_refused = isinstance(verdict, Refusal)
    told = Text("would be refused", style="red") if is_refused else Text("would be taken", style="green")
    console.print(titled("Sealed extract", Text.assemble(f"{sealed_name(claims)}  ", told)))
    extracted = full_time(datetime.fromtimestamp(claims.iat, UTC))
    for what, said in (
        ("Trust", claims.iss), ("For", claims.aud), ("System", f"{claims.sys}, contract version {claims.feed}"),
        ("Kind", claims.kind), ("Sequence", str(claims.seq)), ("Extracted", f"{extracted}, London time"),
        ("Rows", f"{count(claims.rows)} signed"),
    ):  # fmt: skip
        line(console, Text.assemble((f"{what:<10}", "dim"), plain(said)))
    if isinstance(verdict, Refusal):
        line(console, f"{verdict.reason}: {_spelt_out(verdict)}", style="red")
        return
    _show_drift(console, verdict.drift, indent=2)
    line(console, "The ledger was not asked: what was taken before, or is older than that, is not taken.", style="dim")


def _show_drift(console: Console, drift: Drift, *, indent: int) -> None:
    if drift.extra_columns:
        line(console, f"Columns that the contract does not know: {drift.extra_columns}", style="yellow", indent=indent)
    if drift.missing_columns:
        line(
            console, f"Columns of the contract that are missing: {drift.missing_columns}", style="yellow", indent=indent
        )


def _spelt_out(refusal: Refusal) -> str:
    return reason_sentence(refusal.reason) + (f" ({refusal.detail})" if refusal.detail else "")
