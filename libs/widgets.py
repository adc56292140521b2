"""The parameters of a notebook: widgets on Databricks, `name=value` arguments where it runs as a plain script."""

from collections.abc import Mapping, Sequence
from typing import Any

from libs.errors import SettingsError


def parameters(defaults: Mapping[str, str], *, dbutils: Any = None, arguments: Sequence[str] = ()) -> dict[str, str]:
    """Each parameter's value: that of its widget where `dbutils` is given, else that of an argument or the default.

    Arguments among which one begins with a dash are a notebook server's own. Raises SettingsError for any other that
    names no parameter.
    """
    if dbutils is not None:
        for name, default in defaults.items():
            dbutils.widgets.text(name, default)
        return {name: str(dbutils.widgets.get(name)) for name in defaults}
    is_servers_own = any(argument.startswith("-") for argument in arguments)
    given = {} if is_servers_own else dict(argument.partition("=")[::2] for argument in arguments)
    unknown = sorted(set(given) - set(defaults))
    if unknown:
        known = ", ".join(f"{name}=…" for name in defaults)
        raise SettingsError(f"no parameter {unknown[0]!r}", do=f"Give any of {known}.")
    return {**defaults, **given}
