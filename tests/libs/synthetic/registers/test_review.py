"""What trackers write fits what the row shows, and tells nothing that was not known."""

import numpy as np
import pandas as pd
import pytest

from libs.synthetic.figures import Figures
from libs.synthetic.registers.notes import CLOSING_NOTES, NEXT_ACTIONS, NOTES, RESULTS, TESTS
from libs.synthetic.registers.stages import STAGES, presses
from libs.synthetic.registers.view import Request, rows_as_at
from libs.synthetic.registers.wording import next_actions, words_for_tests, write_notes
from libs.synthetic.spec import WorldSpec
from libs.synthetic.world import World, make_world

AT = np.datetime64("2025-06-02T09:00:00")


@pytest.fixture(scope="module")
def right(spec: WorldSpec, figures: Figures) -> World:
    """The world without faults."""
    return make_world(spec, figures.with_rates(dict.fromkeys({**figures.faults, **figures.identity_faults}, 0.0)))


@pytest.fixture(scope="module")
def rows(right: World) -> pd.DataFrame:
    everything = [rows_as_at(right, Request(trust, AT, None)) for trust in ("RTR", "RVW")]
    return pd.concat(everything, ignore_index=True).drop_duplicates("record_id")


def test_every_stage_has_notes_and_actions() -> None:
    assert set(NOTES) == set(NEXT_ACTIONS) == set(STAGES)


def test_no_image_is_sent_to_the_laboratory() -> None:
    tests = words_for_tests(np.repeat(np.array(list(TESTS), dtype=object), 40), np.arange(40 * len(TESTS)))
    is_image = tests["test"].str.contains("CT|MRI|USS|CXR|TVUS") & ~tests["test"].str.contains("bx|FNA|bloods")
    assert (tests.loc[is_image, "lab"] == "radiology").all()
    assert set(tests["result"]) == {"report", *RESULTS.values()}
    stage = np.full(len(tests), STAGES.index("test_done"))
    draw = np.arange(len(tests), dtype=np.uint64) * np.uint64(97)
    notes = write_notes(stage, tests, np.full(len(tests), np.datetime64("2025-06-02", "D")), draw, np.zeros(len(tests)))
    assert not any("histo" in note for note in notes[is_image])
    actions, _ = next_actions(stage, tests, draw)
    assert not (actions[is_image] == "Chase histology").any()


def test_a_pathway_has_one_first_test_in_all_its_notes_and_in_both_trusts() -> None:
    pathway = np.array([5, 5, 8])
    tests = words_for_tests(np.array(["lung", "lung", "lung"], dtype=object), pathway)
    assert tests.iloc[0].equals(tests.iloc[1])


def test_most_closed_rows_end_with_a_note_that_says_why(rows: pd.DataFrame) -> None:
    closed = rows[rows["closed_on"].notna()]
    for reason in ("NOT_CANCER", "TREATED"):
        notes = closed[closed["closed_reason"] == reason]["tracking_note"].fillna("")
        said = np.logical_or.reduce([notes.str.contains(each, regex=False) for each in CLOSING_NOTES[reason]])
        assert 0.8 < said.mean() < 0.9
    assert not closed["tracking_note"].fillna("").str.contains("RIP|died")[closed["died_on"].isna()].any()


def test_nobody_presses_for_what_is_over(rows: pd.DataFrame) -> None:
    escalated = rows[rows["is_escalated"]]
    assert len(escalated) > 20
    assert not escalated["tracking_note"].str.contains("to close|complete|tx done|RIP|interval").any()
    assert presses(np.array([STAGES.index("reported"), STAGES.index("treated")])).tolist() == [True, False]


def test_the_notes_of_a_dead_person_speak_of_the_death(rows: pd.DataFrame) -> None:
    died = rows[(rows["closed_reason"] == "DIED") & rows["tracking_note"].notna()]
    assert len(died) > 10
    assert died["tracking_note"].str.contains("RIP|died").mean() > 0.85


def test_words_for_the_prostate_tell_nothing_of_the_diagnosis(right: World, rows: pd.DataFrame) -> None:
    men = rows[(rows["suspected"] == "urology") & (rows["sex"] == "1") & rows["diagnosed_on"].isna()]
    tests = men[men["tracking_note"].str.contains("mpMRI|CT urogram|flexi cysto|USS renal", na=False)]
    group = right.pathways["cancer_group"].to_numpy()[tests["pathway_id"].to_numpy()]
    has_words = tests["tracking_note"].str.contains("mpMRI").to_numpy()
    assert has_words[group != "prostate"].any()
    assert 0.1 < has_words.mean() < 0.9


def test_an_upgraded_referral_is_listed_from_the_upgrade_on(right: World) -> None:
    records = right.records[right.records["pathway_id"].map(right.pathways["route"]) == "UPGRADE"]
    known = records["upgraded_on_recorded_at"].notna()
    assert known.sum() > 100
    assert (records["visible_from"] >= records["upgraded_on_recorded_at"])[known].all()
