"""A large world written by several processes: each has the world by being forked from the one that made it."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, TypeVar

Work = TypeVar("Work")
Made = TypeVar("Made")
_MANY_RECORDS = 250_000  # below this a process costs more than it brings
_world: list[Any] = []


def each_of(simulation: Any, records: int, task: Callable[[Any, Work], Made], work: Iterable[Work]) -> Iterator[Made]:
    """`task(simulation, item)` of each item, in order; by a process per core where there are many records."""
    cores = os.cpu_count() or 1
    if records < _MANY_RECORDS or cores < 2:
        yield from (task(simulation, item) for item in work)
        return
    # Forked, not spawned: a world of gigabytes is shared and never pickled.
    with ProcessPoolExecutor(cores, mp_context=get_context("fork"), initializer=_take, initargs=(simulation,)) as pool:
        yield from pool.map(_do, [(task, item) for item in work])


def _take(simulation: Any) -> None:
    _world[:] = [simulation]


def _do(asked: tuple[Callable[[Any, Any], Any], Any]) -> Any:
    task, item = asked
    return task(_world[0], item)
