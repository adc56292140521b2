from dataclasses import fields, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from libs.synthetic.figures import Figures
from libs.synthetic.spec import WorldSpec, two_years_before
from libs.synthetic.world import World, make_world


def frames(world: World) -> list[pd.DataFrame]:
    return [value for each in fields(world) if isinstance(value := getattr(world, each.name), pd.DataFrame)]


def with_people(world: World) -> pd.DataFrame:
    joined = world.pathways.merge(world.people.drop(columns="died_on"), on="person_id")
    return joined.assign(age=(joined["referral_received_on"] - joined["born_on"]).dt.days / 365.25)


def test_the_same_seed_makes_the_same_world(world: World, spec: WorldSpec, figures: Figures) -> None:
    for one, other in zip(frames(world), frames(make_world(spec, figures)), strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_another_seed_makes_another_world(world: World, spec: WorldSpec, figures: Figures) -> None:
    other = make_world(replace(spec, seed=12), figures)
    assert not world.people["nhs_number"].equals(other.people["nhs_number"])
    assert not world.pathways["informed_on"].equals(other.pathways["informed_on"])


def test_a_world_has_as_many_pathways_as_asked_all_received_in_its_period(world: World, spec: WorldSpec) -> None:
    received = world.pathways["referral_received_on"].dt.date
    assert len(world.pathways) == spec.pathways
    assert received.min() >= spec.starts_on
    assert received.max() <= spec.ends_at.date()


def test_milestones_come_in_an_order_that_can_happen(world: World) -> None:
    investigation = [
        "referral_decided_on", "referral_received_on", "first_seen_on", "first_test_done_on", "first_test_reported_on",
        "mdt_on", "informed_on", "closed_on",
    ]  # fmt: skip
    booking = ["referral_received_on", "first_test_booked_on", "first_test_done_on", "last_test_reported_on"]
    missing = ["appointment_made_on", "did_not_attend_on", "rebooked_on", "first_seen_on"]
    of_route = world.pathways[world.pathways["route"] != "UPGRADE"]
    for ordered, pathways in ((investigation, of_route), (booking, world.pathways), (missing, world.pathways)):
        for place, earlier in enumerate(ordered):
            for later in ordered[place + 1 :]:
                assert not (pathways[earlier] > pathways[later]).any(), (earlier, later)
    assert not (world.pathways["upgraded_on"] < world.pathways["referral_received_on"]).any()
    assert not (world.pathways["upgraded_on"] > world.pathways["informed_on"]).any()
    assert not (world.pathways["informed_on"] > world.pathways["closed_on"]).any()


def test_no_treatment_comes_before_its_decision_or_after_the_closing(world: World) -> None:
    treatments = world.treatments.join(world.pathways[["diagnosed_on", "closed_on", "upgraded_on"]], on="pathway_id")
    assert not (treatments["decision_to_treat_on"] > treatments["treatment_on"]).any()
    assert not (treatments["decision_to_treat_on"] > treatments["planned_treatment_on"]).any()
    assert not (treatments["diagnosed_on"] > treatments["decision_to_treat_on"]).any()
    assert not (treatments["upgraded_on"] > treatments["decision_to_treat_on"]).any()
    assert not (treatments["treatment_on"] > treatments["closed_on"]).any()


def test_a_pathway_has_at_most_one_first_treatment_and_its_treatments_are_numbered_from_1(world: World) -> None:
    numbers = world.treatments.groupby("pathway_id")["treatment_number"].agg(list)
    assert (numbers.map(lambda each: each == list(range(1, len(each) + 1)))).all()
    assert ((world.treatments["treatment_event"] == "01") == (world.treatments["treatment_number"] == 1)).all()


def test_an_adjustment_never_exceeds_the_wait_that_it_reduces(world: World) -> None:
    wait = (world.pathways["first_seen_on"] - world.pathways["referral_received_on"]).dt.days
    missed = world.pathways["first_seen_adjustment_days"] > 0
    pauses = world.treatments["treatment_adjustment_days"]
    span = (world.treatments["treatment_on"] - world.treatments["decision_to_treat_on"]).dt.days
    assert missed.any()
    assert (world.pathways["first_seen_adjustment_days"] <= wait)[missed].all()
    assert (pauses > 0).any()
    assert (pauses < span)[pauses > 0].all()


def test_nobody_has_a_cancer_that_their_age_or_sex_rules_out(world: World) -> None:
    people = with_people(world)
    icd = people["diagnosis_icd10"].fillna("")
    assert people[icd.str.match("C5[1-8]")]["sex"].eq("2").all()
    assert people[icd.str.match("C6[0-3]")]["sex"].eq("1").all()
    assert people[people["suspected"] == "gynaecology"]["sex"].eq("2").all()
    assert people[icd == "C61"]["age"].min() > 40
    assert people[people["tumour_site"] == "children"]["age"].max() < 16
    assert people[people["tumour_site"] != "children"]["age"].min() >= 16


def test_nobody_dies_before_birth_or_before_what_still_happened_to_them(world: World) -> None:
    people = world.people
    assert people["died_on"].notna().any()
    assert not (people["died_on"] < people["born_on"]).any()
    last = world.treatments.groupby("pathway_id")["treatment_on"].max()
    assert not (world.pathways["died_on"].dt.normalize() < last.reindex(world.pathways.index)).any()
    assert not (world.pathways["died_on"].dt.normalize() < world.pathways["informed_on"]).any()


def test_clinics_meetings_and_treatments_are_on_working_days(world: World) -> None:
    for days in (world.pathways["mdt_on"], world.pathways["informed_on"], world.treatments["treatment_on"]):
        assert (days.dropna().dt.dayofweek < 5).mean() > 0.999
        assert not (days == pd.Timestamp("2024-12-25")).any()


def test_between_12_and_18_per_cent_of_treated_pathways_are_held_by_both_trusts(world: World) -> None:
    treated = world.pathways[world.pathways["outcome"] == "TREATED"]
    held = world.records.groupby("pathway_id")["trust"].nunique()
    assert 0.12 <= (held.reindex(treated["pathway_id"]) == 2).mean() <= 0.18


def test_about_half_of_the_transfers_for_treatment_come_after_day_38(world: World) -> None:
    pathways = world.pathways
    treated = pathways[(pathways["transfer_reason"] == "9") & (pathways["outcome"] == "TREATED")]
    start = treated["upgraded_on"].fillna(treated["referral_received_on"])
    # Six in ten of these two trusts'; a world of this size has some 130, so a share of 0.04 more or less is chance.
    assert 0.40 < ((treated["transfer_on"] - start).dt.days > 38).mean() < 0.75
    assert (treated["transfer_on"] >= treated["first_seen_on"]).all()


def test_some_people_have_two_pathways_but_never_two_at_one_site_at_one_time(world: World) -> None:
    several = world.pathways[world.pathways["person_id"].duplicated(keep=False)]
    assert several["person_id"].nunique() > 100
    same_site = several.groupby(["person_id", "tumour_site"])["referral_received_on"].agg(["size", "min", "max"])
    same_site = same_site[same_site["size"] > 1]
    assert ((same_site["max"] - same_site["min"]).dt.days > 200).all()


def test_every_fact_is_recorded_in_working_hours_and_not_before_it_happens(world: World) -> None:
    records = world.records
    happened = world.pathways.loc[records["pathway_id"]].reset_index(drop=True)
    for fact in ("referral_received_on", "first_seen_on", "mdt_on", "informed_on", "transfer_on"):
        at = records[f"{fact}_recorded_at"]
        assert not (at < happened[fact]).any(), fact
        assert at.dropna().dt.hour.between(7, 18).all()
        assert (at.dropna().dt.dayofweek < 5).all()


def test_a_world_says_which_trust_it_has_no_figures_for(spec: WorldSpec, figures: Figures) -> None:
    with pytest.raises(ValueError, match="ABC"):
        make_world(replace(spec, systems={"ABC": "scr"}), figures)


def test_either_trust_can_run_either_register_and_one_trust_can_be_alone(spec: WorldSpec, figures: Figures) -> None:
    swapped = make_world(replace(spec, pathways=300, systems={"RVW": "scr", "RTR": "infoflex"}), figures)
    assert set(zip(swapped.records["trust"], swapped.records["system"], strict=True)) == {
        ("RVW", "scr"),
        ("RTR", "infoflex"),
    }
    alone = make_world(replace(spec, pathways=300, systems={"RVW": "scr"}), figures)
    assert set(alone.records["trust"]) == {"RVW"}


def test_the_period_starts_on_the_same_day_two_years_earlier() -> None:
    assert two_years_before(datetime(2025, 6, 2, 9, tzinfo=ZoneInfo("UTC"))).isoformat() == "2023-06-02"
    assert two_years_before(datetime(2024, 2, 29, 9)).isoformat() == "2022-02-28"
