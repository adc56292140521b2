"""What trackers write: the note that fits a row's stage and tests, the next action, and the note of the closing."""

import numpy as np
import pandas as pd

from libs.synthetic.draws import Array
from libs.synthetic.mixing import pick, stirred
from libs.synthetic.registers.notes import (
    CLOSING_NOTES,
    FURTHER_TESTS,
    INITIALS,
    NEXT_ACTIONS,
    NOTES,
    RESULTS,
    TESTS,
)
from libs.synthetic.registers.stages import STAGES


def words_for_tests(words_for: Array, pathway: Array) -> pd.DataFrame:
    """The words for each pathway's test (`test`, `further`, `result`, `lab`): every note on a pathway has the same."""
    of = np.where(np.isin(words_for.astype(str), list(TESTS)), words_for, "other").astype(object)
    number = pick(stirred(pathway, 29), 12)
    sites, distinct = pd.factorize(of)
    lines = [
        (TESTS[each][n % len(TESTS[each])], further[n % len(further)])
        for each in distinct.tolist()
        for further in (FURTHER_TESTS.get(each, FURTHER_TESTS["other"]),)
        for n in range(12)
    ]
    results = [
        next((result for word, result in RESULTS.items() if word in test.lower()), "report") for test, _ in lines
    ]
    table = pd.DataFrame(lines, columns=["test", "further"]).assign(
        result=results, lab=["radiology" if each == "report" else "lab" for each in results]
    )
    return table.iloc[sites * 12 + number].reset_index(drop=True)


def write_notes(stage: Array, tests: pd.DataFrame, day: Array, draw: Array, team: Array) -> Array:
    """A tracker's note for each row: short, dated, initialled, and about the stage and the tests of the row."""
    text = np.empty(len(stage), dtype=object)
    kinds, _ = pd.factorize(tests["test"] + "|" + tests["further"])
    spelled = [
        {str(key): each for key, each in line.items()}
        for line in tests.iloc[np.unique(kinds, return_index=True)[1]].to_dict("records")
    ]
    for number, name in enumerate(STAGES):
        rows = np.flatnonzero(stage == number)
        lines = [[choice.format(**line) for choice in NOTES[name]] for line in spelled]
        words = np.array(lines, dtype=object).reshape(len(lines), len(NOTES[name]))
        text[rows] = words[kinds[rows], pick(draw[rows], len(NOTES[name]))]
    return np.asarray(_dated(day) + text + _initials(team, draw))


def write_closing_notes(reason: Array, day: Array, draw: Array, team: Array) -> Array:
    """What the tracker who closes a row writes, by the reason of closing."""
    text = np.empty(len(reason), dtype=object)
    for name, choices in CLOSING_NOTES.items():
        rows = np.flatnonzero(reason == name)
        text[rows] = np.array(choices, dtype=object)[pick(draw[rows], len(choices))]
    return np.asarray(_dated(day) + text + _initials(team, draw))


def _dated(day: Array) -> Array:
    months = day.astype("datetime64[M]")
    return np.asarray(_DATES[((day - months).astype(int) + 1) * 13 + months.astype(int) % 12 + 1])


def _initials(team: Array, draw: Array) -> Array:
    """Most notes on a list are its tracker's own; colleagues of the same office stand in."""
    stands_in = np.where(pick(draw, 10, turn=4) < 7, 0, 1 + pick(draw, 5, turn=5))
    people = np.array([f" - {each}" for each in INITIALS], dtype=object)
    return np.asarray(people[pick(stirred(team * 8 + stands_in, 41), len(people))])


_DATES = np.array([f"{number // 13}/{number % 13} " for number in range(32 * 13)], dtype=object)


def next_actions(stage: Array, tests: pd.DataFrame, draw: Array) -> tuple[Array, Array]:
    """The next action that fits each row's note, and its owner; a few rows have none."""
    actions, owners = (np.full(len(stage), None, dtype=object) for _ in range(2))
    from_lab = (tests["lab"] == "lab").to_numpy()
    for number, name in enumerate(STAGES):
        rows = np.flatnonzero((stage == number) & (pick(draw, 9, turn=2) > 0))
        choices = np.array(NEXT_ACTIONS[name], dtype=object)
        # What is chased follows from the test, all else from the note.
        place = from_lab[rows].astype(int) if name == "test_done" else pick(draw[rows], len(NOTES[name])) % len(choices)
        actions[rows], owners[rows] = choices[place, 0], choices[place, 1]
    return actions, owners
