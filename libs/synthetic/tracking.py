"""What trackers do to their rows: when each is touched, the stage it is found at, the note left, the next action."""

import numpy as np
import pandas as pd

from libs.synthetic.draws import Array
from libs.synthetic.figures import Recording
from libs.synthetic.notes import INITIALS, NEXT_ACTIONS, NOTES, TESTS

# The stages that a tracker sees, from the first to the last.
STAGES = (
    "awaiting_appointment",
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


def touches_frame(
    rng: np.random.Generator, recording: Recording, records: pd.DataFrame, *, until: np.datetime64,
    calendar: np.busdaycalendar,
) -> pd.DataFrame:  # fmt: skip
    """One row per edit by a tracker, in order of record and time: record, minute, a number that picks the words."""
    start = records["visible_from"].to_numpy()
    end = np.fmin(records["closed_recorded_at"].to_numpy(), until)
    first, last = start.astype("datetime64[D]"), end.astype("datetime64[D]")
    days = np.busday_count(first, last, busdaycal=calendar) + 1
    count = np.where(start < end, rng.poisson(days.clip(0) * recording.touches_a_working_day), 0)
    record = np.repeat(np.arange(len(records)), count)
    offset = np.floor(rng.random(len(record)) * days[record]).astype(int)
    day = np.busday_offset(first[record], offset, roll="forward", busdaycal=calendar)
    opening, closing = recording.hours[0] * 60, recording.hours[1] * 60
    minute = day.astype("datetime64[m]") + rng.integers(opening, closing, len(record)).astype("timedelta64[m]")
    draw = rng.integers(0, 2**31, len(record))
    kept = (minute > start[record]) & (minute < end[record])
    record, minute, draw = record[kept], minute[kept], draw[kept]
    order = np.lexsort([minute, record])
    return pd.DataFrame({"record_id": record[order], "at": minute[order].astype("datetime64[s]"), "draw": draw[order]})


def latest_touch(touches: pd.DataFrame, records: int, at: np.datetime64) -> Array:
    """The row of each record's last edit up to a moment, or -1."""
    record = touches["record_id"].to_numpy()
    ends = np.searchsorted(record, np.arange(records), side="right")
    starts = np.searchsorted(record, np.arange(records), side="left")
    done = np.concatenate([[0], np.cumsum(touches["at"].to_numpy() <= at)])
    count = done[ends] - done[starts]
    return np.asarray(np.where(count > 0, starts + count - 1, -1))


def stages(facts: pd.DataFrame, at: Array) -> Array:
    """The stage of each row at its own moment.

    `facts` holds `<fact>_recorded_at`, `is_cancer`, `is_excluded`, `sends_away`.
    """

    def known(fact: str) -> Array:
        return np.asarray(facts[f"{fact}_recorded_at"].to_numpy() <= at)

    told = known("informed_on")
    cancer = facts["is_cancer"].to_numpy()
    reached = [
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


def write_notes(stage: Array, suspected: Array, day: Array, draw: Array) -> Array:
    """A tracker's note for each row: short, dated, initialled, and about the stage that the row is at."""
    months = day.astype("datetime64[M]")
    dates = zip((day - months).astype(int) + 1, months.astype(int) % 12 + 1, strict=True)
    lines = []
    for number, site, (of_month, month), seed in zip(stage, suspected, dates, draw.tolist(), strict=True):
        choices, tests = NOTES[STAGES[number]], TESTS[site]
        text = choices[seed % len(choices)].format(test=tests[seed // 7 % len(tests)])
        lines.append(f"{of_month}/{month} {text} - {INITIALS[seed // 101 % len(INITIALS)]}")
    return np.array(lines, dtype=object)


def next_actions(stage: Array, draw: Array) -> tuple[Array, Array]:
    """The next action and its owner for each row; a few rows have none."""
    pairs = []
    for number, seed in zip(stage, draw.tolist(), strict=True):
        choices = NEXT_ACTIONS[STAGES[number]]
        pairs.append((None, None) if seed // 13 % 9 == 0 else choices[seed // 17 % len(choices)])
    actions, owners = zip(*pairs, strict=True) if pairs else ((), ())
    return np.array(actions, dtype=object), np.array(owners, dtype=object)
