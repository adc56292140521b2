"""The hour as a whole: what it brings, what it costs, and what its lists hold against the hidden truth."""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import pandas as pd
from pyspark.sql import SparkSession

from libs.lakehouse.tables import open_lake
from libs.pathways import weekly_list
from libs.pathways.linked import members
from libs.settings import Settings
from libs.warehouse.dialects import make_engine
from tests.jobs.conftest import SECOND_HOUR, Start, commits, differing, published_rows, run_hour


def outside_ops(settings: Settings) -> dict[str, int]:
    """The Delta commits of each table but the run log."""
    return {name: count for name, count in commits(settings).items() if not name.startswith("ops.")}


def test_the_second_hour_brings_work_for_every_table(start: Start, undisturbed: Settings) -> None:
    """Otherwise the tests of an hour that is stopped would show little."""
    before = outside_ops(start.settings)
    assert {name for name, count in outside_ops(undisturbed).items() if count > before.get(name, 0)} >= {
        "bronze.extract_file", "bronze.infoflex_row", "bronze.scr_row", "silver.pathway", "silver.pathway_history",
        "silver.patient", "silver.person_link", "silver.linked_pathway", "silver.treatment", "silver.reject",
        "gold.pathway_standard", "gold.breach_allocation", "gold.ptl_current", "gold.waitlist_summary",
        "gold.canptl62_week", "gold.feed_freshness",
    }  # fmt: skip


def test_the_hour_again_with_nothing_new_changes_no_table_and_a_later_moment_only_the_freshness(
    spark: SparkSession, start: Start, undisturbed: Settings
) -> None:
    lake = start.copy(undisturbed)
    before, published = outside_ops(lake), sql_rows(lake)
    run_hour(spark, lake)
    assert outside_ops(lake) == before
    assert differing(sql_rows(lake), published) == []
    run_hour(spark, lake, SECOND_HOUR + timedelta(hours=3))
    assert outside_ops(lake) == {**before, "gold.feed_freshness": before["gold.feed_freshness"] + 1}
    assert differing(sql_rows(lake), published) == ["sql feed_freshness"]


def sql_rows(settings: Settings) -> Mapping[str, object]:
    return published_rows(settings, without=frozenset())


def test_an_hour_commits_once_to_each_table_that_it_changes(start: Start, undisturbed: Settings) -> None:
    before, after = commits(start.settings), commits(undisturbed)
    made = {name: count - before.get(name, 0) for name, count in after.items() if count > before.get(name, 0)}
    assert len(made) > 15
    assert set(made.values()) == {1}


def test_the_pathways_of_two_trusts_are_exactly_those_that_the_hidden_truth_knows(
    spark: SparkSession, undisturbed: Settings
) -> None:
    records = pd.read_parquet(undisturbed.paths.root / "truth" / "records.parquet")
    known = records[records["visible_from"] <= np.datetime64(SECOND_HOUR.replace(tzinfo=None))]
    held_by = known.groupby("pathway_id")["trust"].nunique()
    truly_shared = set(held_by[held_by == 2].index)
    assert len(truly_shared) > 5
    pathway_of = known.set_index(["trust", "source_pathway_id"])["pathway_id"].to_dict()
    linked = open_lake(spark, undisturbed).read("silver.linked_pathway").select("pathway_key", "members").collect()
    found = [{pathway_of[member["trust"], member["source_pathway_id"]] for member in row["members"]} for row in linked]
    assert {next(iter(ids)) for ids, row in zip(found, linked, strict=True) if len(row["members"]) == 2} == truly_shared
    assert all(len(ids) == 1 for ids in found)
    assert len(found) == len(held_by)


def test_every_pathway_that_has_not_departed_is_counted_once(spark: SparkSession, undisturbed: Settings) -> None:
    lake = open_lake(spark, undisturbed)
    key = ["trust", "system", "source_pathway_id"]
    standing = lake.read("silver.pathway").where("not is_departed").select(*key).toPandas()
    linked = members(lake.read("silver.linked_pathway")).toPandas()
    counted = standing.merge(linked, on=key, how="left").groupby(key)["pathway_key"].nunique()
    assert len(counted) == len(standing) > 250
    assert set(counted) == {1}
    standards = pd.read_sql_table("pathway_standard", make_engine(undisturbed.warehouse.url))
    for standard in ("28", "62"):
        keys = standards[standards["standard"] == standard]["pathway_key"]
        assert keys.is_unique
        assert set(keys) == set(linked["pathway_key"])
    assert set(standards[standards["standard"] == "31"]["pathway_key"]) == set(linked["pathway_key"])


def test_the_months_add_up_to_the_pathways(undisturbed: Settings) -> None:
    engine = make_engine(undisturbed.warehouse.url)
    standards, months = (pd.read_sql_table(name, engine) for name in ("pathway_standard", "performance_month"))
    measured = standards[standards["outcome"].isin(["WITHIN", "BREACH"])].fillna({"stage": "-", "modality_group": "-"})
    shares = measured[["investigating_share", "treating_share"]].astype(float)
    measured = measured.assign(share=shares.sum(axis=1)).rename(columns={"reporting_month": "month"})
    key = ["month", "standard", "route", "tumour_group", "stage", "modality_group"]
    assert len(measured) > 100
    assert set(measured["share"]) == {1.0}
    for outcome, column in (("WITHIN", "within_share"), ("BREACH", "breach_share")):
        of_pathways = measured[measured["outcome"] == outcome].groupby(key)["share"].sum()
        of_months = months.assign(**{column: months[column].astype(float)}).groupby(key)[column].sum()
        assert of_pathways.to_dict() == of_months[of_months > 0].to_dict()
    total = months[["denominator_share", "within_share", "breach_share"]].astype(float).sum()
    assert total["denominator_share"] == total["within_share"] + total["breach_share"] == len(measured)


def test_every_wait_that_ended_and_every_shared_one_that_runs_has_its_sides(undisturbed: Settings) -> None:
    """The wait's denominators in `pathway_standard` are those of its sides."""
    engine = make_engine(undisturbed.warehouse.url)
    standards, sides = (pd.read_sql_table(name, engine) for name in ("pathway_standard", "breach_allocation"))
    sides = sides.assign(share=sides["denominator_share"].astype(float))
    of_62 = standards[standards["standard"] == "62"].set_index("pathway_key")
    ended = of_62[of_62["outcome"].isin(["WITHIN", "BREACH"])]
    actual = sides[sides["basis"] == "actual"]
    assert set(actual["pathway_key"]) == set(ended.index)
    for role in ("investigating", "treating"):
        of_role = actual[actual["role"] == role].set_index("pathway_key")["share"]
        assert len(of_role) > 3
        assert of_role.to_dict() == ended.loc[of_role.index, f"{role}_share"].astype(float).to_dict()
    listed = pd.read_sql_table("ptl_current", engine)["pathway_key"]
    running = of_62[of_62["outcome"].isin(["OPEN", "OPEN_BREACHED"]) & of_62.index.isin(listed)]
    if_today = sides[sides["basis"] == "if_today"]
    assert len(if_today) > 0
    assert set(running[running["is_shared"]].index) <= set(if_today["pathway_key"]) <= set(running.index)
    assert set(sides.groupby(["pathway_key", "basis"])["share"].sum()) == {1.0}


def test_a_week_that_is_over_stays_as_it_was_and_the_week_of_the_list_counts_each_pathway_once(
    start: Start, undisturbed: Settings
) -> None:
    """The first hour lies in one week, the second in the next."""
    before, after = (
        pd.read_sql_table("canptl62_week", make_engine(lake.warehouse.url)) for lake in (start.settings, undisturbed)
    )
    first, second = sorted(after["week_ending_on"].unique())
    assert list(pd.to_datetime([first, second]).date) == [date(2025, 6, 1), date(2025, 6, 8)]
    of_first = after[after["week_ending_on"] == first]
    order = [*weekly_list.KEY]
    assert len(before) > 3
    pd.testing.assert_frame_equal(
        before.sort_values(order, ignore_index=True), of_first.sort_values(order, ignore_index=True)
    )
    total = after[after["week_ending_on"] == second][[*weekly_list.MEASURES]].sum()
    engine = make_engine(undisturbed.warehouse.url)
    listed, standards = (pd.read_sql_table(name, engine) for name in ("ptl_current", "pathway_standard"))
    waiting = listed[listed["outcome_62"].isin(["OPEN", "OPEN_BREACHED"])]
    assert total[["day_0_28", "day_29_62", "day_63_104", "day_over_104"]].sum() == len(waiting) > 3
    since = pd.Timestamp(SECOND_HOUR.date() - timedelta(days=6))
    measured = standards[(standards["standard"] == "62") & standards["outcome"].isin(["WITHIN", "BREACH"])]
    treated = measured[pd.to_datetime(measured["clock_stop_on"]) >= since]
    assert total[["treated_by_62", "treated_63_104", "treated_over_104"]].sum() == len(treated)
    of_28 = standards[(standards["standard"] == "28") & (standards["outcome"] != "NOT_APPLICABLE")]
    assert total["referrals_made"] == (pd.to_datetime(of_28["clock_start_on"]) >= since).sum() > 0
