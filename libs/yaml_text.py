"""YAML as every file of configuration is read: safely, by the loader written in C."""

from typing import Any

import yaml

# An hour reads its contracts and words several times over; the loader written in Python takes ten times as long.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(text: str) -> Any:
    """What a text says, as plain values.

    Raises yaml.YAMLError for what isn't YAML, and ValueError for a date that no calendar has.
    """
    return yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader
