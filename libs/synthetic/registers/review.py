"""The tracker's columns of a register's rows, as the last review left them, and when the row was last changed."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from libs.synthetic.draws import Array, is_given, only_where
from libs.synthetic.mixing import chance, pick, stirred
from libs.synthetic.need.outcomes import CANCER
from libs.synthetic.registers.recording import FACTS
from libs.synthetic.registers.stages import presses, stages
from libs.synthetic.registers.tracking import NEVER, Listing, last_reviews
from libs.synthetic.registers.wording import next_actions, words_for_tests, write_closing_notes, write_notes
from libs.synthetic.world import World

_NO_DAY = np.datetime64("NaT", "s")
_SAYS_WHY, _RAISED_PSA = 0.85, 0.55
_SOON = np.timedelta64(18 * 86_400, "s")


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
    tests = words_for_tests(_words_for(world, pathways, facts, when), records["pathway_id"].to_numpy())
    day = when.astype("datetime64[D]")
    some_day = np.where(is_touched, day, np.datetime64(0, "D"))
    notes = write_notes(stage, tests, some_day, draw, team)
    actions, owners = next_actions(stage, tests, draw)
    is_open = ~(records["closed_recorded_at"].to_numpy() <= at)
    acts = is_touched & is_open & is_given(actions)
    started = pathways["upgraded_on"].fillna(pathways["referral_received_on"]).to_numpy().astype("datetime64[D]")
    due = np.busday_offset(some_day, 1 + pick(draw, 9, turn=4), roll="forward", busdaycal=world.calendar)
    waits_long = (day - started > np.timedelta64(50, "D")) & (pick(draw, 5, turn=5) < 2) & presses(stage)
    signed = _signed_off(world, records, pathways, team, is_open)
    closed = np.where(signed.is_signed, records["closed_recorded_at"].to_numpy(), _NO_DAY)
    return pd.DataFrame(
        {
            "tracking_note": np.where(signed.is_signed, signed.note, only_where(is_touched, notes)),
            "last_tracked_on": np.where(signed.is_signed, closed, when).astype("datetime64[D]").astype("datetime64[s]"),
            "next_action": only_where(acts, actions),
            "next_action_owner": only_where(acts, owners),
            "next_action_due_on": np.where(acts, due.astype("datetime64[s]"), _NO_DAY),
            "is_escalated": is_touched & is_open & waits_long,
            "source_updated_at": np.fmax(_last_change(facts, records, when, at), changed_at),
        }
    )


@dataclass(frozen=True)
class _SignedOff:
    """Which closed rows have a note by whoever closed them, and the note."""

    is_signed: Array
    note: Array


def _signed_off(world: World, records: pd.DataFrame, pathways: pd.DataFrame, team: Array, is_open: Array) -> _SignedOff:
    """Most trackers say why they close a row; the others leave the note of their last review."""
    draw = stirred(records["record_id"].to_numpy(), world.spec.seed, 37)
    is_signed = ~is_open & (chance(draw) < _SAYS_WHY)
    is_excluded = (pathways["outcome"] == "EXCLUDED").to_numpy() & (records["closed_reason"] != "DIED").to_numpy()
    is_excluded &= (records["closed_reason"] != "PRIVATE").to_numpy()
    reason = np.where(is_excluded, "EXCLUDED", records["closed_reason"].to_numpy())
    day = np.where(is_signed, records["closed_recorded_at"].to_numpy(), np.datetime64(0, "s")).astype("datetime64[D]")
    return _SignedOff(is_signed, write_closing_notes(reason, day, draw, team))


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
    return last_reviews(listing, events, world.calendar)


def _teams(records: pd.DataFrame, pathways: pd.DataFrame) -> Array:
    """A number for the team of each row: its trust's team of its site."""
    sites, site = np.unique(pathways["tumour_site"].to_numpy().astype(str), return_inverse=True)
    trusts, trust = np.unique(records["trust"].to_numpy().astype(str), return_inverse=True)
    number = [
        np.array([int.from_bytes(each.encode()[:6], "big") for each in names] or [0]) for names in (trusts, sites)
    ]
    return np.asarray(number[0][trust] * 8_191 + number[1][site])


def _words_for(world: World, pathways: pd.DataFrame, facts: pd.DataFrame, at: Array) -> Array:
    """Which tests a row's notes speak of: those of the suspected site, of a screen, or of the prostate.

    Before the diagnosis the words tell nothing of it: half of the men of a urology clinic come with a raised PSA.
    """
    suspected = pathways["suspected"].to_numpy()
    is_man = world.people["sex"].to_numpy()[pathways["person_id"].to_numpy()] == "1"
    has_psa = is_man & (chance(stirred(pathways["pathway_id"].to_numpy(), 43)) < _RAISED_PSA)
    is_known = facts["diagnosed_on_recorded_at"].to_numpy() <= at
    has_psa = np.where(is_known, (pathways["cancer_group"] == "prostate").to_numpy(), has_psa)
    words = np.where((suspected == "urology") & has_psa, "prostate", suspected)
    return np.where((pathways["route"] == "SCREEN").to_numpy(), suspected + "_screen", words)


def _stage_facts(world: World, records: pd.DataFrame, pathways: pd.DataFrame) -> pd.DataFrame:
    ids = world.treatment_records["record_id"].to_numpy()  # in order
    record = records["record_id"].to_numpy()
    ends = (record[0], record[-1] + 1) if len(record) else (0, 0)
    shown = world.treatment_records.iloc[slice(*np.searchsorted(ids, ends))]
    first = shown[shown["treatment_number"] == 1]
    modality = world.treatments["treatment_modality"].to_numpy()[first["treatment"].to_numpy()]
    first = first.assign(modality=modality).set_index("record_id")
    columns = ["decided_recorded_at", "treated_recorded_at", "modality"]
    facts = records[[f"{fact}_recorded_at" for fact in FACTS]].join(
        first[columns].reindex(record).reset_index(drop=True)
    )
    return facts.assign(
        died_on_recorded_at=_noticed(records),
        appointment_on=pathways["did_not_attend_on"].fillna(pathways["first_seen_on"]),
        outcome=pathways["outcome"],
        is_cancer=pathways["outcome"].isin(CANCER),
        sends_away=(records["role"] == "referring").to_numpy(),
    )


def _noticed(records: pd.DataFrame) -> Array:
    """The minute at which a tracker knew of a death: nobody did where the row stays open for weeks after it."""
    died, closed = (records[column].to_numpy() for column in ("died_recorded_at", "closed_recorded_at"))
    is_left_open = (records["closed_reason"] == "DIED").to_numpy() & (closed - died > _SOON)
    return np.where(is_left_open, _NO_DAY, died)


def _last_change(facts: pd.DataFrame, records: pd.DataFrame, touched: Array, at: np.datetime64) -> Array:
    """The last minute up to now at which a fact, a tracker's edit, a death or the closing reached the row."""
    minutes = facts.filter(like="_recorded_at").assign(
        closed=records["closed_recorded_at"], died=records["died_recorded_at"], visible=records["visible_from"]
    )
    values = minutes.to_numpy().astype("datetime64[s]")
    values = np.where(values <= at, values, _NO_DAY)
    return np.asarray(np.fmax(np.fmax.reduce(values, axis=1), touched))
