"""When trackers look at their rows: the last review of each before a moment, and a number that picks its words.

Nothing is stored: a tracker goes through a site's list on its weekday, looks at a row on most other days too, and after
most events. Which days and minutes these are follows from the ids alone: the last review before a moment is computed.
"""

from dataclasses import dataclass

import numpy as np

from libs.synthetic.draws import Array
from libs.synthetic.mixing import chance, pick, stirred

NEVER = np.iinfo(np.int64).min  # no review yet, as a minute since 1970
_OPENS, _CLOSES = 8 * 60, 17 * 60 + 30  # a tracker's working day, in minutes
_A_DAY, _OF_DAYS, _OF_EVENTS, _REWORDED = 1440, 0.62, 0.55, 0.06
_DAYS_BACK = 40  # no list stays untouched for longer


@dataclass(frozen=True)
class Listing:
    """The rows whose reviews are wanted: ids, the list (trust and site) each is on, when it is first and last seen.

    first, last: minutes since 1970; a review lies after the one and not after the other.
    """

    record: Array
    team: Array
    first: Array
    last: Array
    seed: int


def last_reviews(listing: Listing, events: Array, calendar: np.busdaycalendar) -> tuple[Array, Array]:
    """The minute of each row's last review (NEVER if there was none), and a number that picks its words.

    `events` holds the minutes at which facts were recorded, one row a record (int64 minutes, its least value for none).
    """
    minute = np.fmax(_of_days(listing, calendar), _after_events(listing, events))
    draw = stirred(listing.record * 7 + minute, listing.seed)
    reworded = minute + 25 + pick(draw, 90, turn=3)
    is_reworded = (chance(draw) < _REWORDED) & (minute != NEVER)
    is_reworded &= (reworded <= listing.last) & (reworded % _A_DAY < _CLOSES)
    return np.where(is_reworded, reworded, minute), np.where(is_reworded, stirred(listing.record + reworded, 5), draw)


def _of_days(listing: Listing, calendar: np.busdaycalendar) -> Array:
    """The last review of the days on which the list was gone through."""
    result = np.full(len(listing.record), NEVER)
    weekday = pick(stirred(listing.team, 31), 5)
    left = np.flatnonzero(listing.last > listing.first)
    day = listing.last[left] // _A_DAY
    for _ in range(_DAYS_BACK):
        if not len(left):
            break
        draw = stirred(listing.record[left] * 100_003 + day, listing.seed, 17)
        minute = day * _A_DAY + _OPENS + pick(draw, _CLOSES - _OPENS, turn=1)
        is_due = (chance(draw) < _OF_DAYS) | ((day + 3) % 7 == weekday[left])  # day 0, 1 January 1970, was a Thursday
        is_due &= (minute <= listing.last[left]) & (minute > listing.first[left])
        is_due &= np.is_busday(day.astype("datetime64[D]"), busdaycal=calendar)
        result[left[is_due]] = minute[is_due]
        goes_on = ~is_due & (day > listing.first[left] // _A_DAY)
        left, day = left[goes_on], day[goes_on] - 1
    return result


def _after_events(listing: Listing, events: Array) -> Array:
    """The last review that followed an event of the same day."""
    draw = stirred(events + listing.record[:, None], listing.seed, 23)
    minute = np.where(events == NEVER, NEVER, events + 10 + pick(draw, 180, turn=2))
    follows = (chance(draw) < _OF_EVENTS) & (minute % _A_DAY < _CLOSES) & (minute > listing.first[:, None])
    return np.asarray(np.where(follows & (minute <= listing.last[:, None]), minute, NEVER).max(axis=1))
