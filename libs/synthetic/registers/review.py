"""The tracker's columns of a register's rows, as the last review left them, and when the row was last changed."""

import numpy as np
import pandas as pd

from libs.synthetic.bank_holidays import english_calendar
from libs.synthetic.draws import Array, is_given, only_where
from libs.synthetic.mixing import pick
from libs.synthetic.need.outcomes import CANCER
from libs.synthetic.registers.recording import FACTS
from libs.synthetic.registers.tracking import NEVER, Listing, last_reviews, next_actions, stages, write_notes
from libs.synthetic.world import World

_NO_DAY = np.datetime64("NaT", "s")


def reviewed(
    world: World, records: pd.DataFrame, pathways: pd.DataFrame, *, at: np.datetime64, changed_at: Array
) -> pd.DataFrame:
    """Note, next action, escalation and the last change of each record; `changed_at` are minutes of other changes."""
    facts = _stage_facts(world, records, pathways)
    team = _teams(records, pathways)
    minute, draw = _last_reviews(world, records, facts, team, at)
    is_touched = minute != NEVER
    when = np.where(is_touched, minute, 0).astype("datetime64[m]").astype("datetime64[s]")
    when = np.where(is_touched, when, _NO_DAY)
    stage = stages(facts, when)
    day = when.astype("datetime64[D]")
    some_day = np.where(is_touched, day, np.datetime64(0, "D"))
    notes = write_notes(stage, _words_for(pathways), some_day, draw, team)
    actions, owners = next_actions(stage, draw)
    is_open = ~(records["closed_recorded_at"].to_numpy() <= at)
    acts = is_touched & is_open & is_given(actions)
    started = pathways["upgraded_on"].fillna(pathways["referral_received_on"]).to_numpy().astype("datetime64[D]")
    due = np.busday_offset(some_day, 1 + pick(draw, 9, turn=4), roll="forward", busdaycal=english_calendar())
    waits_long = (day - started > np.timedelta64(50, "D")) & (pick(draw, 5, turn=5) < 2)
    return pd.DataFrame(
        {
            "tracking_note": only_where(is_touched, notes),
            "last_tracked_on": day.astype("datetime64[s]"),
            "next_action": only_where(acts, actions),
            "next_action_owner": only_where(acts, owners),
            "next_action_due_on": np.where(acts, due.astype("datetime64[s]"), _NO_DAY),
            "is_escalated": is_touched & is_open & waits_long,
            "source_updated_at": np.fmax(_last_change(facts, records, when, at), changed_at),
        }
    )


def _last_reviews(
    world: World, records: pd.DataFrame, facts: pd.DataFrame, team: Array, at: np.datetime64
) -> tuple[Array, Array]:
    last = np.fmin(records["closed_recorded_at"].to_numpy() - np.timedelta64(60, "s"), at)
    listing = Listing(
        record=records["record_id"].to_numpy(),
        team=team,
        first=records["visible_from"].to_numpy().astype("datetime64[m]").astype(np.int64),
        last=last.astype("datetime64[m]").astype(np.int64),
        seed=world.spec.seed,
    )
    events = facts.filter(like="_recorded_at").to_numpy().astype("datetime64[m]").astype(np.int64)
    return last_reviews(listing, events, english_calendar())


def _teams(records: pd.DataFrame, pathways: pd.DataFrame) -> Array:
    """A number for the team of each row: its trust's team of its site."""
    sites, site = np.unique(pathways["tumour_site"].to_numpy().astype(str), return_inverse=True)
    trusts, trust = np.unique(records["trust"].to_numpy().astype(str), return_inverse=True)
    number = [
        np.array([int.from_bytes(each.encode()[:6], "big") for each in names] or [0]) for names in (trusts, sites)
    ]
    return np.asarray(number[0][trust] * 8_191 + number[1][site])


def _words_for(pathways: pd.DataFrame) -> Array:
    is_prostate = (pathways["suspected"] == "urology") & (pathways["cancer_group"] == "prostate")
    return np.where(is_prostate, "prostate", pathways["suspected"])


def _stage_facts(world: World, records: pd.DataFrame, pathways: pd.DataFrame) -> pd.DataFrame:
    ids = world.treatment_records["record_id"].to_numpy()  # in order
    record = records["record_id"].to_numpy()
    ends = (record[0], record[-1] + 1) if len(record) else (0, 0)
    shown = world.treatment_records.iloc[slice(*np.searchsorted(ids, ends))]
    first = shown[shown["treatment_number"] == 1].set_index("record_id")
    columns = ["decided_recorded_at", "treated_recorded_at"]
    facts = records[[f"{fact}_recorded_at" for fact in FACTS]].join(
        first[columns].reindex(record).reset_index(drop=True)
    )
    return facts.assign(
        appointment_on=pathways["did_not_attend_on"].fillna(pathways["first_seen_on"]),
        is_cancer=pathways["outcome"].isin(CANCER),
        is_excluded=pathways["outcome"] == "EXCLUDED",
        sends_away=(records["role"] == "referring").to_numpy(),
    )


def _last_change(facts: pd.DataFrame, records: pd.DataFrame, touched: Array, at: np.datetime64) -> Array:
    """The last minute up to now at which a fact, a tracker's edit, a death or the closing reached the row."""
    minutes = facts.filter(like="_recorded_at").assign(
        closed=records["closed_recorded_at"], died=records["died_recorded_at"], visible=records["visible_from"]
    )
    values = minutes.to_numpy().astype("datetime64[s]")
    values = np.where(values <= at, values, _NO_DAY)
    return np.asarray(np.fmax(np.fmax.reduce(values, axis=1), touched))
