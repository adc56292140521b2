"""What the bundle must agree with: the wheel that it installs, and the code in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Wheel:
    """`options` are those of each command; `requirements` the packages that a cluster needs beside the wheel.

    `models` are the names under which the code registers models.
    """

    package: str
    entry_points: Sequence[str]
    options: Mapping[str, frozenset[str]]
    requirements: Sequence[str]
    models: Sequence[str]
