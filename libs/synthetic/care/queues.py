"""Queues with capacity: who is served when. Waits for slots come from here; delays of people's own are drawn."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from libs.synthetic.draws import Array

NO_QUEUE = -1
ANY_DAY = -1
# One number sorts a waiting list: queue, then the day that counts as its place, then the step itself.
_PLACE_BITS, _STEP_BITS = 16, 27
_QUARTERS = 4  # places are kept to a quarter of a day


@dataclass(frozen=True)
class Steps:
    """The care that pathways need, one row a step, ordered by pathway and then by time.

    pathway: row of the pathway. queue: number of the queue, NO_QUEUE where nothing is waited for. delay: days after
    the step before (after the pathway's start for a first one) until the step could be done. place: days by which a
    step stands further back (or in front, if negative) than its arrival. weekday: 0 (Monday) to 4 for a meeting that is
    held on that day only, else ANY_DAY. due: days after the pathway's start within which a standard wants it, else 0.
    """

    pathway: Array
    queue: Array
    delay: Array
    place: Array
    weekday: Array
    due: Array


@dataclass(frozen=True)
class Capacity:
    """What each queue can do: slots a working day (queue), the usual wait in working days (queue), and how both vary.

    opening: share of the usual slots by day, nought where nothing is open. shock: the same by queue and week. growth:
    change of the slots a year. gain: how strongly slots follow the backlog; a list at its usual length has the usual
    slots. pull: who is due within so many days (first) stands forward by so much a day (second); who is past it stands
    back by so many days (third).
    """

    slots: Array
    usual_wait: Array
    opening: Array
    shock: Array
    growth: float
    gain: float
    least: float
    most: float
    pull: tuple[float, float, float]


def serve(steps: Steps, start: Array, capacity: Capacity) -> Array:
    """The day on which each step is done, counted from the first day of `capacity.opening`.

    `start` is the day on which each pathway begins. A queue serves on days when it is open, by place, as many as it has
    slots; unused slots are lost. Who has waited far beyond the usual (three times and a week, sooner on short lists) is
    put in between. A step that the calendar's end cuts off is done on the last day.
    """
    return _Hospital(steps, start, capacity).run()


class _Hospital:
    """The state of all queues from day to day."""

    def __init__(self, steps: Steps, start: Array, capacity: Capacity) -> None:
        self.steps, self.capacity, self.start = steps, capacity, start
        self.days = len(capacity.opening)
        self.done = np.full(len(steps.pathway), self.days - 1, dtype=np.int32)
        is_first = np.concatenate([[True], steps.pathway[1:] != steps.pathway[:-1]])
        self.is_last = np.concatenate([is_first[1:], [True]])
        self.arrivals: list[list[Array]] = [[] for _ in range(self.days)]
        self.next_open = _next_open(capacity.opening > 0)
        self.usual = np.maximum(capacity.usual_wait * capacity.slots, 0.5)
        # A short list can be put right by one more slot; a long one can't.
        length = np.minimum(self.usual / 5, 1.0)
        self.patience = 1.4 * capacity.usual_wait * (1.5 + 1.5 * length) + 2 + 5 * length
        firsts = np.flatnonzero(is_first)
        self._advance(firsts, start[steps.pathway[firsts]].astype(np.int64))

    def run(self) -> Array:
        waiting = np.zeros(0, dtype=np.int64)
        credit = np.zeros(len(self.capacity.slots))
        length = np.zeros(len(credit), dtype=np.int64)
        for day in np.flatnonzero(self.capacity.opening > 0):
            arrived = self.arrivals[day]
            if arrived:
                waiting = np.sort(np.concatenate([waiting, *arrived]), kind="stable")
                self.arrivals[day] = []
                queue = waiting >> (_PLACE_BITS + _STEP_BITS)
                length = np.bincount(queue, minlength=len(credit))
            else:
                queue = waiting >> (_PLACE_BITS + _STEP_BITS)
            credit += self._slots(int(day), length)
            places = np.floor(credit).astype(np.int64)
            rank = np.arange(len(waiting)) - (np.cumsum(length) - length)[queue]
            is_served = (rank < places[queue]) | self._overdue(waiting, queue, int(day))
            served = waiting[is_served]
            waiting = waiting[~is_served]
            count = np.bincount(queue[is_served], minlength=len(credit))
            length = length - count
            credit = self._kept(credit - count)
            index = served & ((1 << _STEP_BITS) - 1)
            self.done[index] = day
            more = index[~self.is_last[index]]
            self._advance(more + 1, np.full(len(more), day, dtype=np.int64))
        return self.done

    def _slots(self, day: int, length: Array) -> Array:
        held = self.capacity
        by_backlog = np.clip(1 + held.gain * (length / self.usual - 1), held.least, held.most)
        year = 1 + held.growth * (day - self.days / 2) / 365
        slots = held.slots * held.opening[day] * year * held.shock[:, min(day // 7, held.shock.shape[1] - 1)]
        return np.asarray(slots * by_backlog)

    def _kept(self, left: Array) -> Array:
        """What is left of the slots for the next day: the part that builds up; one stands by where they are rare."""
        stands_by = np.maximum(left - np.floor(left), 1 - self.capacity.slots)
        return np.asarray(np.maximum(np.where(left >= 1, stands_by, left), -self.capacity.slots))

    def _overdue(self, waiting: Array, queue: Array, day: int) -> Array:
        place = ((waiting >> _STEP_BITS) & ((1 << _PLACE_BITS) - 1)) / _QUARTERS
        return np.asarray(day - place > self.patience[queue])

    def _advance(self, step: Array, before: Array) -> None:
        """Let steps follow on the day before them: those without a queue are done when they are ready, others wait."""
        steps = self.steps
        while len(step):
            ready = before + steps.delay[step]
            queued = steps.queue[step] != NO_QUEUE
            self._join(step[queued], np.maximum(ready[queued], before[queued] + 1))
            step, ready = step[~queued], ready[~queued]
            day = np.minimum(_meeting(ready, steps.weekday[step], self.next_open), self.days - 1)
            self.done[step] = day
            goes_on = ~self.is_last[step]
            step, before = step[goes_on] + 1, day[goes_on].astype(np.int64)

    def _join(self, step: Array, ready: Array) -> None:
        day = self.next_open[np.minimum(ready, self.days - 1)]
        place = ready + self.steps.place[step] + self._pulled(step, ready)
        place = np.clip(np.round(place * _QUARTERS), 0, (1 << _PLACE_BITS) - 1)
        key = (self.steps.queue[step].astype(np.int64) << _PLACE_BITS) + place.astype(np.int64)
        key = (key << _STEP_BITS) + step
        order = np.argsort(day, kind="stable")
        day, key = day[order], key[order]
        starts = np.flatnonzero(np.diff(day, prepend=-1))
        for begin, end in pairwise([*starts, len(day)]):
            self.arrivals[day[begin]].append(key[begin:end])

    def _pulled(self, step: Array, ready: Array) -> Array:
        """Days by which trackers get somebody forward who is about to breach, and leave those who have."""
        window, strength, past = self.capacity.pull
        due = self.steps.due[step]
        slack = due - (ready - self.start[self.steps.pathway[step]])
        near = np.where(slack < 0, past, -strength * np.clip(window - slack, 0, None))
        return np.asarray(np.where(due > 0, near, 0.0))


def _next_open(is_open: Array) -> Array:
    """For each day the first day from it on that is open; the last day where none follows."""
    days = np.arange(len(is_open))
    ahead = np.where(is_open, days, len(is_open) - 1)
    return np.asarray(np.minimum.accumulate(ahead[::-1])[::-1])


def _meeting(ready: Array, weekday: Array, next_open: Array) -> Array:
    """The day of a step without a queue: as it comes, or the next meeting on its weekday (later if that is closed)."""
    last = len(next_open) - 1
    to_weekday = np.where(weekday == ANY_DAY, 0, (weekday - ready) % 7)
    day = np.minimum(ready + to_weekday, last)
    return np.asarray(next_open[day])
