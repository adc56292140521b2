"""What a step is told when it starts and what it tells when it is done."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Self


@dataclass(frozen=True)
class Run:
    """One run: its name, the moment of the list, when it started (both with a zone), and how far each step had come.

    `watermarks` holds the last file that a step has taken in, `list_dates` the date for which it last ran, `done` the
    steps that this run has done.
    """

    run_id: str
    as_at: datetime
    started_at: datetime
    watermarks: Mapping[str, int] = field(default_factory=dict)
    list_dates: Mapping[str, date] = field(default_factory=dict)
    done: tuple[str, ...] = ()

    def watermark(self, step: str) -> int:
        """The last file that the step has taken in; 0 before its first."""
        return self.watermarks.get(step, 0)

    def upto(self, before: str, *, newest: int) -> int:
        """The last file that a step may take in: no further than the step `before` it has come, where that is known."""
        return min(self.watermarks.get(before, newest), newest)

    def with_done(self, step: str, watermark: int) -> Self:
        """The run when one more step is done."""
        return replace(self, watermarks={**self.watermarks, step: watermark}, done=(*self.done, step))

    def is_new_day(self, step: str) -> bool:
        """Whether open waits have grown by a day since the step last ran."""
        return self.list_dates.get(step) != self.as_at.date()


@dataclass(frozen=True)
class Outcome:
    """What a step did; `watermark` is the last file that it has now taken in."""

    step: str
    watermark: int
    rows_read: int = 0
    rows_changed: int = 0
    commits: int = 0
