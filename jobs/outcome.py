"""What a step is told when it starts and what it tells when it is done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True)
class Run:
    """One run: its name, the moment of the list, when it started (both with a zone), and how far each step had come.

    `watermarks` holds the last file that a step has taken in, `list_dates` the date for which it last ran.
    """

    run_id: str
    as_at: datetime
    started_at: datetime
    watermarks: Mapping[str, int] = field(default_factory=dict)
    list_dates: Mapping[str, date] = field(default_factory=dict)

    def watermark(self, step: str) -> int:
        """The last file that the step has taken in; 0 before its first."""
        return self.watermarks.get(step, 0)

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
