"""What registers show wrongly: every fault drawn at its rate, and recorded with the minutes between which it shows.

What a fault makes of a cell is in `corruption`; only the ids, the columns and the minutes are drawn here. Each fault
has random numbers of its own, so that switching one off leaves the others as they are.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from libs.synthetic.calendar import working_calendar
from libs.synthetic.draws import Array
from libs.synthetic.faults import codes, dates, events, habits, sharing
from libs.synthetic.faults.rows import Draw, Happened, Listed
from libs.synthetic.figures import Figures

__all__ = ["FAULTS", "Happened", "draw_faults", "faults_frame", "join_faults"]

_WORDS = ("trust", "fault", "column")
# Every fault of a record, in the order in which they are drawn.
FAULTS: Mapping[str, Callable[[Draw], Listed]] = {
    **sharing.FAULTS,
    **dates.FAULTS,
    **events.FAULTS,
    **codes.FAULTS,
    **habits.FAULTS,
}


def draw_faults(rng: np.random.Generator, figures: Figures, happened: Happened) -> pd.DataFrame:
    """The faults of all records, ordered by record: the frame `World.faults` without those of identities."""
    calendar = working_calendar(figures.bank_holidays)
    seed = int(rng.integers(2**62))
    listed = []
    for name, draw_fault in FAULTS.items():
        listed.append((name, draw_fault(Draw(name, seed, figures.faults, happened, calendar))))
    return faults_frame(happened.records, listed)


def faults_frame(records: pd.DataFrame, listed: list[tuple[str, Listed]]) -> pd.DataFrame:
    """One row per fault: trust, person_id, record_id, treatment_number, fault, column, from_at, until_at."""
    record = np.concatenate([each.record for _, each in listed]).astype(np.int64)
    names = np.repeat(np.arange(len(listed), dtype=np.int16), [len(each.record) for _, each in listed])
    columns = sorted({column for _, each in listed for column in each.columns})
    place = {column: number for number, column in enumerate(columns)}
    code = [
        np.array([place[each] for each in part.columns], dtype=np.int16)[part.column]
        for _, part in listed
        if part.columns
    ]
    trusts, trust = np.unique(records["trust"].to_numpy().astype(str), return_inverse=True)
    frame = pd.DataFrame(
        {
            "trust": _words(trust[record], trusts.tolist()),
            "person_id": records["person_id"].to_numpy()[record],
            "record_id": record,
            "treatment_number": np.concatenate([each.treatment_number for _, each in listed]).astype(np.int64),
            "fault": _words(names, [name for name, _ in listed]),
            "column": _words(np.concatenate(code), columns),
            "from_at": np.concatenate([each.from_at for _, each in listed]).astype("datetime64[s]"),
            "until_at": np.concatenate([each.until_at for _, each in listed]).astype("datetime64[s]"),
        }
    )
    return frame.iloc[np.argsort(record, kind="stable")].reset_index(drop=True)


def join_faults(of_people: pd.DataFrame, of_records: pd.DataFrame) -> pd.DataFrame:
    """Both kinds of faults in one frame, ordered by record (those of identities first), their words kept once each."""
    parts = (of_people, of_records)
    joined: dict[str, Any] = {
        column: np.concatenate([part[column].to_numpy() for part in parts])
        for column in map(str, of_records)
        if column not in _WORDS
    }
    for column in _WORDS:
        joined[column] = union_categoricals([part[column].astype("category") for part in parts], sort_categories=True)
    return pd.DataFrame(joined)[list(of_records)]


def _words(codes: Array, known: list[str]) -> pd.Categorical:
    return pd.Categorical.from_codes(codes.tolist(), categories=pd.Index(known))
