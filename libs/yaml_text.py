"""YAML as every file of configuration is read: safely, by the loader written in C."""

from pathlib import Path
from typing import Any

import yaml

# An hour reads its contracts and organisations several times; the loader written in Python takes 7 to 9 times as long.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(text: str) -> Any:
    """What a text says, as plain values.

    Raises yaml.YAMLError for what isn't YAML, and ValueError for a date that no calendar has.
    """
    return yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader


def read_yaml_file(path: Path) -> Any:
    """What a file in UTF-8 says, as `read_yaml`. Raises OSError too."""
    return read_yaml(path.read_text(encoding="utf-8"))


def compose_yaml(text: str) -> yaml.Node | None:
    """A text as it is written: keys that stand twice stand twice. Raises as `read_yaml`."""
    node: yaml.Node | None = yaml.compose(text, Loader=_LOADER)
    return node
