"""Working days and working hours, in London local time."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np

from libs.synthetic.draws import Array

LONDON = ZoneInfo("Europe/London")
NEVER = np.datetime64("NaT", "m")


def working_calendar(bank_holidays: Sequence[date]) -> np.busdaycalendar:
    """Monday to Friday without the bank holidays."""
    return np.busdaycalendar(holidays=[np.datetime64(day, "D") for day in bank_holidays])


def london_minute(moment: datetime) -> np.datetime64:
    """A moment as London local time, to the minute; one without a time zone is taken as London's."""
    local = moment.astimezone(LONDON) if moment.tzinfo else moment
    return np.datetime64(local.replace(tzinfo=None), "m")


def nearest_working_day(days: Array, calendar: np.busdaycalendar) -> Array:
    """The working day nearest to each day (Saturday goes back, Sunday forward), so that order is kept."""
    before: Array = np.busday_offset(days, 0, roll="backward", busdaycal=calendar)
    after: Array = np.busday_offset(days, 0, roll="forward", busdaycal=calendar)
    return np.asarray(np.where((days - before).astype(int) < (after - days).astype(int), before, after))


def working_days_later(days: Array, offset: Array, calendar: np.busdaycalendar) -> Array:
    """The day that lies a number of working days on, counted from the next working day."""
    return np.asarray(np.busday_offset(days, offset, roll="forward", busdaycal=calendar))


def working_minute(rng: np.random.Generator, days: Array, hours: tuple[int, int]) -> Array:
    """A minute in working hours of each day."""
    first, last = hours[0] * 60, hours[1] * 60
    return np.asarray(days.astype("datetime64[m]") + rng.integers(first, last, len(days)).astype("timedelta64[m]"))
