"""The steps of care: what each is, and how they are put together pathway by pathway."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from libs.synthetic.care.queues import ANY_DAY, NO_QUEUE, Steps
from libs.synthetic.care.resources import Resources
from libs.synthetic.draws import Array


class Kind(IntEnum):
    """What a step is."""

    MISSED = 0
    SEEN = 1
    UPGRADED = 2
    TESTED = 3
    REPORTED = 4
    DISCUSSED = 5
    TOLD = 6
    TRANSFERRED = 7
    STAGED = 8
    STAGE_REPORTED = 9
    DECIDED = 10
    OFFERED = 11
    TREATED = 12


@dataclass(frozen=True)
class Care:
    """The steps of all pathways, what each is (Kind), and for decisions and treatments the number of the treatment."""

    steps: Steps
    kind: Array
    number: Array


_DAYS_A_WORKING_DAY = 1.4  # calendar days
_FORMS = {"queue": np.int32, "delay": np.int32, "place": np.float32, "weekday": np.int8, "due": np.int8}
_DUE = {(Kind.TOLD, 0): 28, (Kind.DECIDED, 1): 62, (Kind.OFFERED, 1): 62, (Kind.TREATED, 1): 62}


class Needs:
    """Steps as they are asked for: what is asked for later comes later on each pathway."""

    def __init__(self, resources: Resources, is_timed: Array) -> None:
        self.resources, self.is_timed = resources, is_timed
        self.parts: list[dict[str, Array]] = []

    def add(self, kind: Kind, rows: Array, *, queue: Array | None = None, delay: Any = 0, place: Any = 0.0,
            number: int = 0) -> None:  # fmt: skip
        """One step of some pathways, by row; delay in days, place in usual waits of its queue.

        What a standard times from the referral is due within its days; an upgrade's clock starts later.
        """
        due = np.where(self.is_timed[rows], _DUE.get((kind, number), 0), 0)
        waits = queue if queue is not None else np.full(len(rows), NO_QUEUE)
        days = np.where(waits == NO_QUEUE, 0, self.resources.usual_wait[waits] * _DAYS_A_WORKING_DAY) * place
        self._append(kind, rows, number, queue=waits, delay=delay, place=days, weekday=ANY_DAY, due=due)

    def meet(self, kind: Kind, rows: Array, *, weekday: Array, delay: Any, number: int = 0) -> None:
        """A meeting that is held on one day of the week."""
        self._append(kind, rows, number, queue=NO_QUEUE, delay=delay, place=0.0, weekday=weekday, due=0)

    def _append(self, kind: Kind, rows: Array, number: int, **of: Any) -> None:
        size = len(rows)
        self.parts.append(
            {
                "pathway": rows.astype(np.int32),
                **{name: np.broadcast_to(np.asarray(of[name], dtype=form), size) for name, form in _FORMS.items()},
                "kind": np.full(size, kind, dtype=np.int8),
                "number": np.full(size, number, dtype=np.int8),
            }
        )

    def collected(self) -> Care:
        columns = {name: np.concatenate([part[name] for part in self.parts]) for name in self.parts[0]}
        order = np.argsort(columns["pathway"], kind="stable")
        of = {name: column[order] for name, column in columns.items()}
        steps = Steps(of["pathway"], of["queue"], of["delay"], of["place"], of["weekday"], of["due"])
        return Care(steps, of["kind"], of["number"])
