"""The commands `seal`, which a trust runs, and `open`, which support staff run."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from jobs.options import Env, Set
from libs.errors import Terminal
from libs.settings import load_settings, moment_of

_WARNING = "This is the decrypted extract: it identifies patients. Delete it when you are done."


def seal(  # noqa: PLR0913, PLR0917 - a command names its options one by one
    source: Annotated[Path, typer.Option("--input", help="The extract, as the source system wrote it.")],
    trust: Annotated[str, typer.Option("--trust", help="The trust's ODS code.")],
    system: Annotated[str, typer.Option("--system", help="The source system: a contract in conf/feeds.")],
    kind: Annotated[str, typer.Option("--kind", help="full, delta or history.")],
    sequence: Annotated[int, typer.Option("--sequence", min=0, max=999_999, help="Higher than the last one sent.")],
    signing_key: Annotated[Path, typer.Option("--signing-key", help="The trust's own private key.")],
    platform_key: Annotated[Path, typer.Option("--platform-key", help="The platform's public key.")],
    output: Annotated[Path, typer.Option("--output", help="The folder from which sealed files are sent.")],
    extracted_at: Annotated[
        str | None, typer.Option("--extracted-at", help="ISO, London time; without it when the input was written.")
    ] = None,
    audience: Annotated[
        str | None, typer.Option("--audience", help="The name of the platform that is to open it; that of --env.")
    ] = None,
    env: Env = "local",
    set_: Set = None,
) -> None:
    """Check, compress, sign and encrypt an extract, ready to be sent.

    Example: `cancollaborate seal --input extract.csv --trust RVW --system infoflex --kind full --sequence 123
    --signing-key rvw.jwk --platform-key platform-public.jwk --output outbox`
    """
    from jobs.screens.sealed import show_sealed  # noqa: PLC0415 - Arrow and cryptography load when they are needed
    from jobs.seal_file import Asked, seal_file  # noqa: PLC0415 - as above

    settings = load_settings(env, set_ or ())
    moment = moment_of(extracted_at, settings, option="--extracted-at") if extracted_at else None
    asked = Asked(
        source=source, trust=trust, system=system, kind=kind, sequence=sequence,
        extracted_at=int(moment.timestamp()) if moment else None, audience=audience or settings.platform,
    )  # fmt: skip
    sealed = seal_file(asked, settings, signing_key=signing_key, platform_key=platform_key, folder=output)
    console = Console(highlight=False, soft_wrap=True)
    show_sealed(console, sealed.name, rows=sealed.rows, size=sealed.size, drift=sealed.drift)


def open_(
    file: Annotated[Path, typer.Argument(help="A sealed file, wherever it lies.", show_default=False)],
    output: Annotated[
        str | None,
        typer.Option("--output", help="Write the decrypted extract there, - for the terminal. It identifies patients."),
    ] = None,
    env: Env = "local",
    set_: Set = None,
    as_at: Annotated[
        str | None, typer.Option("--as-at", help="When it arrived, ISO, London time; without it when it was written.")
    ] = None,
) -> None:
    """Look at a sealed file with the platform's keys: claims, rows, columns, and whether intake would take it.

    Example: `cancollaborate open build/demo/quarantine/RVW/12_RVW_infoflex_20250602T080000Z_000001.jwe`
    """
    from jobs import open_file as job  # noqa: PLC0415 - Arrow and Spark load when they are needed
    from jobs.screens.sealed import refused, show_opened  # noqa: PLC0415 - as above
    from libs.intake.reasons import Refusal  # noqa: PLC0415 - as above

    settings = load_settings(env, set_ or ())
    moment = moment_of(as_at, settings) if as_at else None
    is_shown = output == "-"
    target = Path(output) if output is not None and not is_shown else None
    if target is not None and target.exists():
        raise Terminal("an extract is not written over another file", do="Give a new name.", option="--output")
    opened = job.open_file(file, settings, arrived_at=int(moment.timestamp()) if moment else None)
    if isinstance(opened, Refusal):
        raise refused(opened)
    verdict = job.judge(opened, settings)
    if output is not None:
        typer.echo(_WARNING, err=True)
    if target is not None:
        job.write_extract(opened.extract, target)
    if is_shown:
        typer.echo(opened.extract, nl=False)
    show_opened(Console(highlight=False, stderr=is_shown), opened.claims, verdict)
    if isinstance(verdict, Refusal):
        raise refused(verdict)
