"""England's bank holidays by rule (Banking and Financial Dealings Act 1971), and the days proclaimed for one year."""

from datetime import date, timedelta
from functools import cache

import numpy as np

_FIRST_YEAR, _LAST_YEAR = 2015, 2045
_MOVED = {date(2020, 5, 4): date(2020, 5, 8), date(2022, 5, 30): date(2022, 6, 2)}
_PROCLAIMED = (date(2022, 6, 3), date(2022, 9, 19), date(2023, 5, 8))


@cache
def english_calendar() -> np.busdaycalendar:
    """Monday to Friday without the bank holidays of England."""
    days = [day for year in range(_FIRST_YEAR, _LAST_YEAR + 1) for day in bank_holidays(year)]
    return np.busdaycalendar(holidays=[np.datetime64(day, "D") for day in days])


def bank_holidays(year: int) -> list[date]:
    """The bank holidays of a year, in order."""
    easter = _easter(year)
    new_year, christmas = date(year, 1, 1), date(year, 12, 25)
    usual = [
        new_year + timedelta(days={5: 2, 6: 1}.get(new_year.weekday(), 0)),
        easter - timedelta(days=2),
        easter + timedelta(days=1),
        _monday_from(date(year, 5, 1)),
        _monday_from(date(year, 5, 25)),
        _monday_from(date(year, 8, 25)),
        # Christmas and Boxing Day on a weekend are made up for on the next working days.
        christmas + timedelta(days={5: 2, 6: 2}.get(christmas.weekday(), 0)),
        christmas + timedelta(days={4: 3, 5: 3}.get(christmas.weekday(), 1)),
    ]
    return sorted({*(_MOVED.get(day, day) for day in usual), *(day for day in _PROCLAIMED if day.year == year)})


def _monday_from(day: date) -> date:
    return day + timedelta(days=-day.weekday() % 7)


def _easter(year: int) -> date:
    """Easter Sunday (the anonymous Gregorian algorithm of 1876)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    shift = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)
