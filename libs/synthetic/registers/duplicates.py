"""Pathways that a trust entered twice: the second record, who keeps it up, and when one of the two is removed."""

import numpy as np
import pandas as pd

from libs.synthetic.calendar import working_days_later, working_minute
from libs.synthetic.draws import Array, between, share

NO_DAY = np.datetime64("NaT", "s")
# Facts that whoever enters a referral again does not always enter again.
_OFTEN_LEFT_OUT = (
    "first_test_booked_on",
    "first_test_done_on",
    "first_test_reported_on",
    "last_test_reported_on",
    "mdt_on",
)
_IS_FOUND, _SECOND_GOES, _LEFT_OUT, _TREATED_TWICE = 0.55, 0.6, 0.35, 0.5


def add_duplicates(
    rng: np.random.Generator, rate: float, records: pd.DataFrame, calendar: np.busdaycalendar
) -> pd.DataFrame:
    """The records and, for the share `rate` of them, a second record of the same pathway in the same trust.

    `records` is the frame of `records_frame`. New columns: `duplicate_of`, the row of the original or -1, and
    `removed_at`, the minute at which a record was found to be one too many and removed.
    """
    whole = records.assign(duplicate_of=-1, removed_at=NO_DAY).reset_index(drop=True)
    chosen = np.flatnonzero(share(rng, len(whole), rate))
    if not len(chosen):
        return whole
    again = whole.iloc[chosen].reset_index(drop=True).assign(duplicate_of=chosen)
    entered = _entered_again(rng, again, calendar)
    for column in [each for each in again if str(each).endswith("_recorded_at")]:
        again[column] = np.where(again[column].isna(), NO_DAY, np.maximum(again[column].to_numpy(), entered))
    is_found = share(rng, len(again), _IS_FOUND)
    for fact in _OFTEN_LEFT_OUT:
        left_out = ~is_found & share(rng, len(again), _LEFT_OUT)
        again.loc[left_out, f"{fact}_recorded_at"] = NO_DAY
    days = working_days_later(entered.astype("datetime64[D]"), between(rng, 2, 40, len(again)), calendar)
    removed = np.where(is_found, working_minute(rng, days, (8, 17)), NO_DAY).astype("datetime64[s]")
    second_goes = share(rng, len(again), _SECOND_GOES)
    whole.loc[chosen[~second_goes], "removed_at"] = removed[~second_goes]
    again = again.assign(visible_from=entered, removed_at=np.where(second_goes, removed, NO_DAY))
    # Column by column: pandas' own concatenation warns of columns in which a few duplicates have nothing.
    return pd.DataFrame(
        {column: np.concatenate([whole[column].to_numpy(), again[column].to_numpy()]) for column in whole}
    )


def _entered_again(rng: np.random.Generator, records: pd.DataFrame, calendar: np.busdaycalendar) -> Array:
    """A minute in working hours between the first entry and the day on which the person is told."""
    first = records["visible_from"].to_numpy().astype("datetime64[D]")
    told = records["informed_on_recorded_at"].to_numpy().astype("datetime64[D]")
    span = np.where(np.isnat(told), 20, (np.fmax(told, first) - first).astype(int))
    day = working_days_later(first, 1 + np.floor(rng.random(len(records)) * span * 5 / 7).astype(int), calendar)
    return working_minute(rng, day, (8, 17)).astype("datetime64[s]")


def without_half_of_the_treatments(
    rng: np.random.Generator, shown: pd.DataFrame, records: pd.DataFrame
) -> pd.DataFrame:
    """The treatment records without those that nobody entered a second time."""
    is_second = (records["duplicate_of"].to_numpy() >= 0) & ~share(rng, len(records), _TREATED_TWICE)
    kept: pd.DataFrame = shown[~is_second[shown["record_id"].to_numpy()]].reset_index(drop=True)
    return kept
