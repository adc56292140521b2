"""What a synthetic world is made from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from libs.synthetic.calendar import LONDON, london_minute


@dataclass(frozen=True)
class WorldSpec:
    """The seed, the number of pathways, the period, and the system that each trust runs."""

    seed: int
    pathways: int
    starts_on: date
    ends_at: datetime
    systems: Mapping[str, str]

    @property
    def ends_on(self) -> date:
        """The last day, in London."""
        return date.fromisoformat(str(london_minute(self.ends_at).astype("datetime64[D]")))


def two_years_before(moment: datetime) -> date:
    """The day two years before a moment, on which a world's period usually starts."""
    day = (moment.astimezone(LONDON) if moment.tzinfo else moment).date()
    return date(day.year - 2, day.month, min(day.day, 28))
