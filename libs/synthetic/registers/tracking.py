"""What trackers do to their rows: when each was last reviewed, its stage then, the note left, the next action.

Nothing is stored: a tracker goes through a site's list on its weekday, looks at a row on most other days too, and after
most events. Which days and minutes these are follows from the ids alone: the last review before a moment is computed.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from libs.synthetic.draws import Array
from libs.synthetic.mixing import chance, pick, stirred
from libs.synthetic.registers.notes import INITIALS, NEXT_ACTIONS, NOTES, TESTS

# The stages that a tracker sees, from the first to the last.
STAGES = (
    "awaiting_appointment",
    "appointment_booked",
    "outcome_awaited",
    "missed_appointment",
    "seen",
    "test_booked",
    "test_done",
    "reported",
    "discussed",
    "told_no_cancer",
    "excluded",
    "told_cancer",
    "transferred",
    "decided",
    "treated",
)
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


def stages(facts: pd.DataFrame, at: Array) -> Array:
    """The stage of each row at its own moment.

    `facts` holds `<fact>_recorded_at`, `appointment_on`, `is_cancer`, `is_excluded`, `sends_away`.
    """

    def known(fact: str) -> Array:
        return np.asarray(facts[f"{fact}_recorded_at"].to_numpy() <= at)

    told = known("informed_on")
    cancer = facts["is_cancer"].to_numpy()
    booked = known("appointment_made_on")
    reached = [
        booked,
        booked & (facts["appointment_on"].to_numpy() <= at),
        known("did_not_attend_on") & ~known("rebooked_on"),
        known("first_seen_on"),
        known("first_test_booked_on"),
        known("first_test_done_on"),
        known("first_test_reported_on"),
        known("mdt_on"),
        told & ~cancer,
        told & facts["is_excluded"].to_numpy(),
        told & cancer,
        known("transfer_on") & facts["sends_away"].to_numpy(),
        known("decided"),
        known("treated"),
    ]
    stage = np.zeros(len(facts), dtype=int)
    for number, is_reached in enumerate(reached, start=1):
        stage = np.where(is_reached, number, stage)
    return stage


def write_notes(stage: Array, suspected: Array, day: Array, draw: Array, team: Array) -> Array:
    """A tracker's note for each row: short, dated, initialled, and about the stage that the row is at."""
    months = day.astype("datetime64[M]")
    of_month = (day - months).astype(int) + 1
    date = _DATES[of_month * 13 + months.astype(int) % 12 + 1]
    text = np.empty(len(stage), dtype=object)
    site_of = np.where(np.isin(suspected.astype(str), list(TESTS)), suspected, "other")
    for number, name in enumerate(STAGES):
        for site, tests in TESTS.items():
            rows = np.flatnonzero((stage == number) & (site_of == site))
            words = np.array([[choice.format(test=test) for test in tests] for choice in NOTES[name]], dtype=object)
            text[rows] = words[pick(draw[rows], len(words)), pick(draw[rows], len(tests), turn=1)]
    return np.asarray(date + text + _initials(team, draw))


def _initials(team: Array, draw: Array) -> Array:
    """Most notes on a list are its tracker's own; colleagues of the same office stand in."""
    stands_in = np.where(pick(draw, 10, turn=4) < 7, 0, 1 + pick(draw, 5, turn=5))
    people = np.array([f" - {each}" for each in INITIALS], dtype=object)
    return np.asarray(people[pick(stirred(team * 8 + stands_in, 41), len(people))])


_DATES = np.array([f"{number // 13}/{number % 13} " for number in range(32 * 13)], dtype=object)


def next_actions(stage: Array, draw: Array) -> tuple[Array, Array]:
    """The next action that fits each row's note, and its owner; a few rows have none."""
    actions, owners = (np.full(len(stage), None, dtype=object) for _ in range(2))
    for number, name in enumerate(STAGES):
        rows = np.flatnonzero((stage == number) & (pick(draw, 9, turn=2) > 0))
        note = pick(draw[rows], len(NOTES[name]))
        choices = np.array(NEXT_ACTIONS[name], dtype=object)[note % len(NEXT_ACTIONS[name])]
        actions[rows], owners[rows] = choices[:, 0], choices[:, 1]
    return actions, owners
