from datetime import date

import numpy as np

from libs.synthetic.care.capacity import capacity_of, first_monday, opening_days
from libs.synthetic.care.queues import ANY_DAY, NO_QUEUE, Steps
from libs.synthetic.figures import Figures

MONDAY = date(2024, 12, 2)


def test_nothing_is_open_at_weekends_and_on_bank_holidays_and_little_at_christmas(figures: Figures) -> None:
    opening = opening_days(figures, begins=MONDAY, days=42)
    assert not opening[[5, 6, 12, 13]].any()
    assert not opening[[23, 24, 30]].any()  # Christmas Day, Boxing Day, New Year's Day
    assert 0 < opening[22] < 0.7 * opening[1]


def test_slots_meet_the_need_on_average(figures: Figures) -> None:
    size = 3_000
    steps = Steps(
        pathway=np.arange(size, dtype=np.int32),
        queue=np.where(np.arange(size) % 3 == 0, NO_QUEUE, 0).astype(np.int32),
        delay=np.zeros(size, dtype=np.int32),
        place=np.zeros(size, dtype=np.float32),
        weekday=np.full(size, ANY_DAY, dtype=np.int8),
        due=np.zeros(size, dtype=np.int8),
    )
    held = capacity_of(np.random.default_rng(1), figures, steps, np.array([5.0]), begins=MONDAY, days=(364, 500))
    assert np.isclose((held.slots[0] * held.opening[:364]).sum(), 2_000)


def test_something_fails_now_and_then_and_never_adds_slots(figures: Figures) -> None:
    queues = 400
    steps = Steps(*(np.zeros(queues, dtype=np.int32) for _ in range(6)))
    held = capacity_of(np.random.default_rng(1), figures, steps, np.full(queues, 5.0), begins=MONDAY, days=(364, 364))
    assert held.shock.max() == 1
    weeks = (held.shock < 1).mean() * 52
    figure = figures.care.capacity.shock
    assert 0.7 * figure.a_year < weeks / 2.5 < 1.2 * figure.a_year


def test_a_world_begins_on_the_monday_before() -> None:
    assert first_monday(date(2024, 12, 5)) == MONDAY
    assert first_monday(MONDAY) == MONDAY
