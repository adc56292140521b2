"""The options that commands share."""

from typing import Annotated

import typer

Env = Annotated[str, typer.Option("--env", help="The environment: one of the files in conf.")]
Set = Annotated[list[str] | None, typer.Option("--set", help="Override a setting, key=value; may be repeated.")]
AsAt = Annotated[str | None, typer.Option("--as-at", help="The moment of the list, ISO, London time; now without it.")]
