import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.synthetic.care.queues import ANY_DAY, NO_QUEUE, Capacity, Steps, serve

DAYS = 400


def opened(closed: frozenset[int] = frozenset()) -> np.ndarray:
    """Monday to Friday, but for the days named."""
    day = np.arange(DAYS)
    return np.where((day % 7 < 5) & ~np.isin(day, list(closed)), 1.0, 0.0)


def capacity(slots: list[float], *, wait: float = 2.0, closed: frozenset[int] = frozenset()) -> Capacity:
    return Capacity(
        slots=np.array(slots),
        usual_wait=np.full(len(slots), wait),
        opening=opened(closed),
        shock=np.ones((len(slots), DAYS // 7 + 1)),
        growth=0.0,
        gain=0.0,
        least=1.0,
        most=1.0,
        pull=(21, 0.6, 2),
    )


def steps(pathway: list[int], queue: list[int], *, delay: list[int] | None = None, weekday: list[int] | None = None,
          place: list[float] | None = None, due: list[int] | None = None) -> Steps:  # fmt: skip
    size = len(pathway)
    return Steps(
        pathway=np.array(pathway, dtype=np.int32),
        queue=np.array(queue, dtype=np.int32),
        delay=np.array(delay or [0] * size, dtype=np.int32),
        place=np.array(place or [0.0] * size, dtype=np.float32),
        weekday=np.array(weekday or [ANY_DAY] * size, dtype=np.int8),
        due=np.array(due or [0] * size, dtype=np.int8),
    )


def test_a_queue_serves_as_many_a_day_as_it_has_slots() -> None:
    done = serve(steps(list(range(6)), [0] * 6), np.zeros(6, dtype=int), capacity([2.0], wait=90))
    assert sorted(done) == [1, 1, 2, 2, 3, 3]


def test_nobody_is_served_on_a_closed_day_and_the_wait_grows_by_it() -> None:
    done = serve(steps([0, 1], [0, 0]), np.array([3, 3]), capacity([1.0], wait=90, closed=frozenset({7, 8})))
    assert sorted(done) == [4, 9]


def test_half_a_slot_a_day_is_one_every_other_day() -> None:
    done = serve(steps(list(range(3)), [0] * 3), np.zeros(3, dtype=int), capacity([0.5], wait=90))
    assert np.diff(sorted(done)).tolist() == [2, 4]  # the last over a weekend


def test_who_stands_in_front_is_served_first() -> None:
    done = serve(steps([0, 1], [0, 0], place=[0.0, -3.0]), np.array([0, 1]), capacity([0.3], wait=90))
    assert done[1] < done[0]


def test_who_is_about_to_breach_is_brought_forward_and_who_has_breached_is_not() -> None:
    wanted = steps([0, 1, 2], [0, 0, 0], delay=[25, 10, 35], due=[28, 28, 28])
    done = serve(wanted, np.array([0, 15, -10 + 0]), capacity([0.3], wait=90))
    assert done[0] < done[1]
    assert done[0] < done[2]


def test_a_meeting_is_held_on_its_weekday_and_moves_on_when_it_falls_out() -> None:
    wanted = steps([0, 1], [NO_QUEUE, NO_QUEUE], weekday=[2, 2])
    assert serve(wanted, np.array([0, 3]), capacity([1.0])).tolist() == [2, 9]
    assert serve(wanted, np.array([0, 3]), capacity([1.0], closed=frozenset({2}))).tolist() == [3, 9]


def test_who_has_waited_far_beyond_the_usual_is_put_in_between() -> None:
    done = serve(steps(list(range(30)), [0] * 30), np.zeros(30, dtype=int), capacity([0.05], wait=2.0))
    assert done.max() < 21


def test_a_step_begins_its_delay_after_the_one_before() -> None:
    done = serve(steps([0, 0, 0], [0, NO_QUEUE, 0], delay=[0, 3, 2]), np.array([0]), capacity([5.0]))
    assert done.tolist() == [1, 4, 7]  # day 6 is a Sunday


@st.composite
def hospitals(draw: st.DrawFn) -> tuple[Steps, np.ndarray, Capacity]:
    pathways = draw(st.integers(1, 40))
    lengths = draw(st.lists(st.integers(1, 4), min_size=pathways, max_size=pathways))
    rows = np.repeat(np.arange(pathways), lengths)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    wanted = Steps(
        pathway=rows.astype(np.int32),
        queue=rng.integers(NO_QUEUE, 3, len(rows)).astype(np.int32),
        delay=rng.integers(0, 9, len(rows)).astype(np.int32),
        place=rng.uniform(-3, 3, len(rows)).astype(np.float32),
        weekday=np.where(rng.random(len(rows)) < 0.2, rng.integers(0, 5, len(rows)), ANY_DAY).astype(np.int8),
        due=np.where(rng.random(len(rows)) < 0.5, 28, 0).astype(np.int8),
    )
    slots = draw(st.lists(st.floats(0.2, 4.0), min_size=3, max_size=3))
    return wanted, rng.integers(0, 60, pathways), capacity(slots, wait=draw(st.floats(0.5, 15)))


@settings(max_examples=60, deadline=None)
@given(hospitals())
def test_steps_keep_their_order_their_delays_and_the_opening_days(hospital: tuple[Steps, np.ndarray, Capacity]) -> None:
    wanted, start, held = hospital
    done = serve(wanted, start, held)
    is_first = np.concatenate([[True], wanted.pathway[1:] != wanted.pathway[:-1]])
    before = np.where(is_first, start[wanted.pathway], np.concatenate([[0], done[:-1]]))
    assert (done >= np.minimum(before + wanted.delay, DAYS - 1)).all()
    queued = wanted.queue != NO_QUEUE
    assert (done > before)[queued & (done < DAYS - 1)].all()
    assert (held.opening[done[done < DAYS - 1]] > 0).all()
    assert (serve(wanted, start, held) == done).all()


@settings(max_examples=60, deadline=None)
@given(hospitals())
def test_a_day_never_serves_more_than_its_slots_but_for_those_who_are_overdue(
    hospital: tuple[Steps, np.ndarray, Capacity],
) -> None:
    wanted, start, held = hospital
    patient = Capacity(**{**held.__dict__, "usual_wait": np.full(3, 500.0)})  # nobody is ever overdue
    done = serve(wanted, start, patient)
    for queue in range(3):
        served = done[(wanted.queue == queue) & (done < DAYS - 1)]
        most = np.ceil(patient.slots[queue] + 1)
        assert (np.bincount(served, minlength=1) <= most).all()
