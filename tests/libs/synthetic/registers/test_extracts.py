import csv
import io
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
import yaml

from libs.settings import conf_folder
from libs.synthetic.figures import Figures
from libs.synthetic.registers.extracts import CONTRACT_VERSION, delta, extract, history
from libs.synthetic.spec import WorldSpec
from libs.synthetic.world import World, make_world
from tests.libs.synthetic.conftest import MONDAY

DIALECTS = {"RVW": ("|", "windows-1252"), "RTR": (",", "utf-8")}
NOTHING = ("", "N/K", ".", "-", "01/01/1900")


@pytest.fixture(scope="module")
def faulty(spec: WorldSpec, figures: Figures) -> World:
    return make_world(spec, figures)


@pytest.fixture(scope="module")
def world(spec: WorldSpec, figures: Figures) -> World:
    """The same world without faults: what a register shows is then exactly what was recorded."""
    return make_world(spec, figures.with_rates(dict.fromkeys({**figures.faults, **figures.identity_faults}, 0.0)))


def table(content: bytes, trust: str) -> pd.DataFrame:
    delimiter, encoding = DIALECTS[trust]
    header, *rows = csv.reader(io.StringIO(content.decode(encoding), newline=""), delimiter=delimiter)
    return pd.DataFrame(rows, columns=header)


def rows_of(world: World, trust: str, at: datetime = MONDAY) -> pd.DataFrame:
    return table(extract(world, trust, at).content, trust)


def uk_date(text: str) -> date | None:
    if text in NOTHING:
        return None
    return datetime.strptime(text, "%d/%m/%Y" if "/" in text else "%d-%b-%y").date()


@pytest.mark.parametrize(("trust", "feed"), [("RVW", "infoflex"), ("RTR", "scr")])
def test_the_header_is_that_of_the_feed_contract(world: World, trust: str, feed: str) -> None:
    contract = yaml.safe_load((conf_folder() / "feeds" / f"{feed}.yml").read_text(encoding="utf-8"))
    delimiter, encoding = DIALECTS[trust]
    first_line = extract(world, trust, MONDAY).content.decode(encoding).split("\r\n")[0]
    assert first_line == delimiter.join(contract["columns"])
    assert contract["version"] == CONTRACT_VERSION
    assert contract["dialect"] == {"delimiter": delimiter, "quote": '"', "encoding": encoding}


@pytest.mark.parametrize("trust", ["RVW", "RTR"])
def test_the_same_moment_gives_the_same_bytes_whatever_was_asked_before(faulty: World, trust: str) -> None:
    first = extract(faulty, trust, MONDAY)
    extract(faulty, trust, MONDAY - timedelta(days=40))
    history(faulty, trust, MONDAY)
    assert extract(faulty, trust, MONDAY) == first
    assert extract(faulty, trust, MONDAY - timedelta(hours=1)).content != first.content


def test_the_codes_and_row_counts_of_an_extract_are_what_its_file_holds(world: World) -> None:
    for trust in DIALECTS:
        made = extract(world, trust, MONDAY)
        assert made.kind == "full"
        assert len(table(made.content, trust)) == made.rows > 0


def test_scr_has_one_row_per_pathway_and_treatment(faulty: World) -> None:
    rows = rows_of(faulty, "RTR")
    assert not rows.duplicated(["CARE_ID", "TREAT_NO"]).any()
    untreated = rows[rows["TREAT_NO"] == ""]
    assert (untreated[["DTT_DATE", "TREAT_START_DATE", "TREATMENT", "PATHWAY_ID"]] == "").all(axis=None)
    assert not rows[rows["TREAT_NO"] != ""]["CARE_ID"].isin(untreated["CARE_ID"]).any()


def test_infoflex_has_one_row_per_pathway_and_further_rows_for_further_treatments(faulty: World) -> None:
    rows = rows_of(faulty, "RVW")
    assert not rows.duplicated(["Pathway No", "Tx Seq"]).any()
    assert set(rows["Tx Seq"]) <= {"", "1", "2", "3", "4"}
    further = rows[rows["Tx Seq"].isin(["2", "3", "4"])]
    assert further["Pathway No"].isin(rows.loc[rows["Tx Seq"] == "1", "Pathway No"]).all()


def test_nothing_dated_after_the_moment_is_shown_but_plans(world: World) -> None:
    scr = rows_of(world, "RTR")
    plans = {"PLANNED_TREAT_DATE", "NEXT_ACTION_TARGET", "DOB"}
    for column in [each for each in scr if each not in plans]:
        dates = scr[column][scr[column].str.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d")]
        assert (dates <= "2025-06-02 09:00").all(), column
    assert (scr["PLANNED_TREAT_DATE"] > "2025-06-02 09:00").any()
    infoflex = rows_of(world, "RVW")
    for column in ("1st DNA Date", "Date Pt Informed", "IPT Date", "DTT Date", "Tx Date", "Closed Dt", "Last Tracked"):
        assert all(day is None or day <= MONDAY.date() for day in infoflex[column].map(uk_date)), column
    attended = infoflex[infoflex["1st Appt Status"] == "Attended"]["1st Appt"].map(uk_date)
    assert all(day <= MONDAY.date() for day in attended)


def test_what_is_recorded_after_the_moment_is_not_shown(world: World) -> None:
    records = world.records[world.records["trust"] == "RTR"].set_index("source_pathway_id")
    now = np.datetime64("2025-06-02T09:00")
    scr = rows_of(world, "RTR").set_index("CARE_ID")
    assert (records.loc[scr.index, "visible_from"] <= now).all()
    for column, fact in {
        "L_PT_INFORMED_DATE": "informed_on",
        "N2_9_FIRST_SEEN_DATE": "first_seen_on",
        "TERTIARY_DATE": "transfer_on",
        "N4_2_DIAGNOSIS_CODE": "diagnosed_on",
    }.items():
        known = records.loc[scr.index, f"{fact}_recorded_at"] <= now
        assert (~known).any()
        assert ((scr[column] != "") == known).all(), column


def test_a_fact_once_shown_stays(world: World) -> None:
    before, after = rows_of(world, "RTR"), rows_of(world, "RTR", MONDAY + timedelta(hours=8))
    told = before[before["L_PT_INFORMED_DATE"] != ""].drop_duplicates("CARE_ID").set_index("CARE_ID")
    later = after.drop_duplicates("CARE_ID").set_index("CARE_ID")["L_PT_INFORMED_DATE"]
    common = told.index.intersection(later.index)
    assert (later[common] == told.loc[common, "L_PT_INFORMED_DATE"]).all()


def test_two_to_four_per_cent_of_the_rows_change_in_a_working_hour(faulty: World) -> None:
    changed, shown = 0, 0
    for trust in DIALECTS:
        for hour in range(7):
            before = extract(faulty, trust, MONDAY + timedelta(hours=hour)).content.split(b"\r\n")
            after = extract(faulty, trust, MONDAY + timedelta(hours=hour + 1)).content.split(b"\r\n")
            changed, shown = changed + len(set(after) - set(before)), shown + len(after)
    assert 0.02 <= changed / shown <= 0.04


def test_nothing_changes_in_the_night(faulty: World) -> None:
    for trust in DIALECTS:
        sunday = datetime(2025, 6, 1, 3, tzinfo=MONDAY.tzinfo)
        assert extract(faulty, trust, sunday) == extract(faulty, trust, sunday + timedelta(hours=20))


def test_a_full_extract_holds_what_is_open_and_what_was_closed_in_the_last_90_days(world: World) -> None:
    records = world.records[world.records["trust"] == "RTR"]
    now = pd.Timestamp("2025-06-02 09:00")
    there = records["visible_from"] <= now
    is_open = ~(records["closed_recorded_at"] <= now)
    recent = records["closed_on"] >= pd.Timestamp("2025-03-04")
    expected = set(records[there & (is_open | recent)]["source_pathway_id"])
    assert set(rows_of(world, "RTR")["CARE_ID"]) == expected


@pytest.mark.parametrize(("trust", "key"), [("RVW", "Pathway No"), ("RTR", "CARE_ID")])
def test_the_history_holds_everything_once_and_the_full_extract_agrees_with_it(
    world: World, trust: str, key: str
) -> None:
    files = history(world, trust, MONDAY, rows_per_file=700)
    assert len(files) > 3
    assert all(each.rows <= 700 and each.kind == "history" for each in files)
    tables = [table(each.content, trust) for each in files]
    pathways = [set(each[key]) for each in tables]
    assert sum(len(each) for each in pathways) == len(set.union(*pathways))
    known = world.records[(world.records["trust"] == trust) & (world.records["visible_from"] <= "2025-06-02 09:00")]
    assert set.union(*pathways) == set(known["source_pathway_id"])
    full = set(map(tuple, rows_of(world, trust).to_numpy()))
    assert full < {tuple(row) for each in tables for row in each.to_numpy()}


def test_a_file_that_can_hold_less_than_one_pathway_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match="more rows"):
        history(world, "RTR", MONDAY, rows_per_file=1)


def test_both_registers_tell_the_same_of_a_shared_pathway(world: World) -> None:
    scr = table(history(world, "RTR", MONDAY)[0].content, "RTR").drop_duplicates("CARE_ID").set_index("CARE_ID")
    infoflex = table(history(world, "RVW", MONDAY)[0].content, "RVW").drop_duplicates("Pathway No")
    infoflex = infoflex.set_index("Pathway No")
    held = world.records[world.records["visible_from"] <= "2025-06-02 09:00"]
    numbers = held.pivot_table(
        index="pathway_id", columns="trust", values="source_pathway_id", aggfunc="first"
    ).dropna()
    one, other = scr.loc[numbers["RTR"]], infoflex.loc[numbers["RVW"]]
    assert len(numbers) > 100
    assert (one["NHS_NUMBER"].to_numpy() == other["NHS No"].str.replace(" ", "").to_numpy()).all()
    assert {*one["NHS_NUMBER_STATUS"], *other["NHS No Status"]} == {"01"}
    received = [uk_date(each) for each in other["Date Ref Recd"]]
    assert [date.fromisoformat(each[:10]) for each in one["N2_6_RECEIPT_DATE"]] == received
    transferred = [uk_date(each) for each in other["IPT Date"]]
    assert [date.fromisoformat(each[:10]) if each else None for each in one["TERTIARY_DATE"]] == transferred
    seen = other["Org First Seen"].where(~other["Org First Seen"].isin(NOTHING), "").to_numpy()
    assert (one["N1_3_ORG_CODE_SEEN"].to_numpy() == seen).all()


def test_the_receiving_trust_shows_a_pathway_only_from_the_transfer_on(world: World) -> None:
    received = world.records[(world.records["role"] == "receiving") & (world.records["trust"] == "RTR")]
    transferred = world.pathways.loc[received["pathway_id"], "transfer_on"].to_numpy()
    assert (received["visible_from"].to_numpy() >= transferred).all()
    row = received.iloc[len(received) // 2]
    shortly_before = row["visible_from"] - pd.Timedelta(minutes=1)
    for at, is_there in ((shortly_before, False), (row["visible_from"], True)):
        shown = rows_of(world, "RTR", at.to_pydatetime())["CARE_ID"]
        assert (row["source_pathway_id"] in set(shown)) is is_there


def test_the_referring_trust_hears_of_the_treatment_after_the_treating_trust_has_it(world: World) -> None:
    shown = world.treatment_records.merge(world.records[["record_id", "role"]], on="record_id")
    first = shown[shown["treatment_number"] == 1].pivot_table(
        index="pathway_id", columns="role", values="treated_recorded_at", aggfunc="first"
    )
    both = first[["receiving", "referring"]].dropna()
    assert len(both) > 50
    assert (both["referring"] > both["receiving"]).all()
    assert shown.loc[shown["role"] == "referring", "treatment_number"].eq(1).all()


def test_infoflex_spells_nothing_in_several_ways_that_stay_the_same_from_hour_to_hour(faulty: World) -> None:
    before, after = rows_of(faulty, "RVW"), rows_of(faulty, "RVW", MONDAY + timedelta(hours=1))
    spelled = set(before["Date of Death"])
    assert set(NOTHING) <= spelled
    assert "01/01/1900" not in set(before["Morphology"])
    short = before["Date Ref Recd"].str.fullmatch(r"\d\d-[A-Z][a-z]{2}-\d\d")
    assert 0.02 < short.mean() < 0.09
    both = before.merge(after, on=["Pathway No", "Tx Seq"])
    unchanged = both["Last Edit_x"] == both["Last Edit_y"]
    for column in ("Upgrade Dt", "Date of Death", "Morphology", "Tumour Site", "Date Ref Recd", "NHS No"):
        assert (both[f"{column}_x"] == both[f"{column}_y"])[unchanged].all(), column


def test_infoflex_speaks_words_that_its_contract_knows_but_for_few(faulty: World) -> None:
    contract = yaml.safe_load((conf_folder() / "feeds" / "infoflex.yml").read_text(encoding="utf-8"))
    rows = table(history(faulty, "RVW", MONDAY)[0].content, "RVW")
    columns = {
        "Tumour Site": "site", "Ref Type": "type_of_referral", "Urgency": "urgency", "Ref Source": "source",
        "FDS Outcome": "fds_outcome", "IPT Reason": "transfer_reason", "Tx Event": "treatment_event",
        "Tx Type": "treatment", "Tx Setting": "setting", "Pause Reason": "pause", "Closed Reason": "closed",
        "Sex": "sex",
    }  # fmt: skip
    own = {"FDS Outcome", "Tx Type"}
    for column, words in columns.items():
        known = {str(each).lower() for each in contract["maps"][words]} | {each.lower() for each in NOTHING}
        strange = ~rows[column].str.strip().str.lower().isin(known)
        assert strange.mean() < (0.01 if column in own else 1e-9), column


def test_scr_speaks_only_codes_that_its_contract_knows(faulty: World) -> None:
    contract = yaml.safe_load((conf_folder() / "feeds" / "scr.yml").read_text(encoding="utf-8"))
    rows = table(history(faulty, "RTR", MONDAY)[0].content, "RTR")
    assert set(rows["L_CANCER_SITE"]) - {""} <= set(contract["maps"]["site"])
    assert {each.zfill(2) for each in rows["N2_4_PRIORITY_TYPE"]} <= set(contract["maps"]["priority"])
    assert set(rows["CLOSED_REASON"]) - {""} <= set(contract["maps"]["closed"])


def test_a_delta_holds_all_rows_of_the_pathways_that_read_otherwise_and_no_others(faulty: World) -> None:
    for trust, key in (("RVW", "Pathway No"), ("RTR", "CARE_ID")):
        since = MONDAY - timedelta(days=3)
        before, after = rows_of(faulty, trust, since), rows_of(faulty, trust)
        given = table(delta(faulty, trust, MONDAY, since=since).content, trust)
        files = history(faulty, trust, since)
        everything = {tuple(row) for each in files for row in table(each.content, trust).to_numpy()}
        changed = {row[0] for row in map(tuple, after.to_numpy()) if row not in everything}
        shrunk = set(before[key]) & set(after[key])
        counts = before[key].value_counts(), after[key].value_counts()
        changed |= {each for each in shrunk if counts[0][each] != counts[1][each]}
        assert 0 < len(changed) < len(after)
        expected = {tuple(row) for row in after[after[key].isin(changed)].to_numpy()}
        assert {tuple(row) for row in given.to_numpy()} == expected


def test_a_delta_of_no_time_is_empty_but_for_its_header(faulty: World) -> None:
    made = delta(faulty, "RTR", MONDAY, since=MONDAY)
    assert (made.rows, made.kind, made.content.count(b"\r\n")) == (0, "delta", 1)


def test_history_is_cut_between_pathways_without_changing_a_row(faulty: World) -> None:
    for trust in DIALECTS:
        whole, cut = history(faulty, trust, MONDAY), history(faulty, trust, MONDAY, rows_per_file=333)
        lines = [line for each in cut for line in each.content.split(b"\r\n")[1:-1]]
        assert lines == whole[0].content.split(b"\r\n")[1:-1]


def test_a_note_tells_the_day_the_matter_and_the_tracker_and_no_person(world: World) -> None:
    notes = rows_of(world, "RTR")["TRACKING_COMMENT"]
    written = notes[notes != ""]
    assert len(written) > 0.8 * len(notes)
    assert written.str.fullmatch(r"\d{1,2}/\d{1,2} .+ - [A-Z]{2}").all()
    assert not written.str.contains(r"\d{5}").any()


def test_a_moment_after_the_end_and_a_trust_from_elsewhere_are_refused(world: World, spec: WorldSpec) -> None:
    with pytest.raises(ValueError, match="later end"):
        extract(world, "RVW", spec.ends_at + timedelta(minutes=1))
    with pytest.raises(ValueError, match="ABC"):
        extract(world, "ABC", MONDAY)
