"""`clocks --explain`: a pathway of the lake is found by key or a trust's id, and told as the last run left it."""

import pytest
from delta.tables import DeltaTable
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from jobs.explain_pathway import PathwayKeyError, explain_pathway
from jobs.explained import Explained
from libs.lakehouse.tables import Lake, open_lake
from libs.settings import Settings
from tests.jobs.conftest import SECOND_HOUR, Start, commits


@pytest.fixture(scope="module")
def lake(spark: SparkSession, undisturbed: Settings) -> Lake:
    return open_lake(spark, undisturbed)


@pytest.fixture(scope="module")
def shared(lake: Lake) -> Row:
    """A pathway that two trusts hold."""
    linked = lake.read("silver.linked_pathway").where("size(members) = 2")
    return linked.orderBy("pathway_key").limit(1).collect()[0]


@pytest.fixture(scope="module")
def explained(spark: SparkSession, undisturbed: Settings, shared: Row) -> Explained:
    before = commits(undisturbed)
    found = explain_pathway(spark, undisturbed, shared["pathway_key"])
    assert commits(undisturbed) == before
    return found


def test_it_tells_the_clocks_as_they_stand_in_gold(lake: Lake, explained: Explained, shared: Row) -> None:
    rows = lake.read("gold.pathway_standard").where(F.col("pathway_key") == shared["pathway_key"]).collect()
    standing = {(row["standard"], row["treatment_number"]): row for row in rows}
    assert explained.as_at_on == SECOND_HOUR.date()
    assert {(wait.standard, wait.treatment_number) for wait in explained.waits} == set(standing)
    for wait in explained.waits:
        row = standing[wait.standard, wait.treatment_number]
        assert (wait.outcome, wait.days, wait.first_breach_on, wait.month) == (
            row["outcome"], row["days_waited"], row["first_breach_on"], row["reporting_month"],
        )  # fmt: skip
        assert [(one.rule, one.result) for one in wait.trace] == [(one["rule"], one["result"]) for one in row["trace"]]


def test_it_tells_who_tracks_it_and_every_trust_s_own_id(explained: Explained, shared: Row) -> None:
    assert explained.facts[0].startswith(f"Tracked by {', '.join(sorted(shared['trusts']))}, held by ")
    assert all(f"{one['trust']}:{one['source_pathway_id']}" in explained.facts[0] for one in shared["members"])


def test_a_wait_that_ended_tells_what_happened_and_who_answers(
    spark: SparkSession, undisturbed: Settings, lake: Lake
) -> None:
    ended = lake.read("gold.breach_allocation").where("basis = 'actual'").orderBy("pathway_key").limit(1).collect()
    found = explain_pathway(spark, undisturbed, ended[0]["pathway_key"])
    [wait] = [wait for wait in found.waits if wait.standard == "62"]
    told = {one.what for one in found.happenings}
    assert {"Referral received", "Treatment decided", "Treatment began"} <= told
    assert {wait.start_on, wait.stop_on} <= {one.on for one in found.happenings}
    assert sum(side.share for side in wait.sharing.sides) == 1
    assert not wait.sharing.is_if_today


def test_the_contradictions_between_the_trusts_copies_are_told_once_each(
    spark: SparkSession, start: Start, undisturbed: Settings, shared: Row
) -> None:
    settings = start.copy(undisturbed)
    told = "informed_on: RTR 2025-05-20, RVW 2025-05-19, counted 2025-05-19"
    table = DeltaTable.forPath(spark, str(settings.paths.lake / "gold" / "pathway_standard"))
    of_28, of_62 = (
        (F.col("pathway_key") == shared["pathway_key"]) & (F.col("standard") == name) for name in ("28", "62")
    )
    table.update(of_28, {"conflicts": F.lit(told)})
    table.update(of_62, {"conflicts": F.lit(f"{told}; treatment_modality: RTR 23, RVW 02, counted 23")})
    found = explain_pathway(spark, settings, shared["pathway_key"])
    assert found.conflicts == (told, "treatment_modality: RTR 23, RVW 02, counted 23")


def test_the_beginning_of_a_key_and_each_trust_s_own_id_mean_the_same_pathway(
    spark: SparkSession, undisturbed: Settings, shared: Row
) -> None:
    own = [f"{one['trust'].lower()}: {one['source_pathway_id']}" for one in shared["members"]]
    for wanted in (f" {shared['pathway_key'][:8].upper()}", *own):
        assert explain_pathway(spark, undisturbed, wanted).name == shared["pathway_key"]


def test_a_shared_wait_that_runs_tells_who_would_answer_today(
    spark: SparkSession, undisturbed: Settings, lake: Lake
) -> None:
    running = lake.read("gold.breach_allocation").where("basis = 'if_today'").orderBy("pathway_key").limit(1).collect()
    found = explain_pathway(spark, undisturbed, running[0]["pathway_key"])
    [wait] = [wait for wait in found.waits if wait.standard == "62"]
    assert wait.outcome.startswith("OPEN")
    assert wait.sharing.is_if_today


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("0123456", "shorter than 8 characters"),
        ("%%%%%%%%", "no pathway answers"),
        ("ffffffffffffffffffff", "no pathway answers"),
        ("RVW:Kowalski", "no pathway answers"),
        (":", "no pathway answers"),
    ],
)
def test_what_names_no_pathway_is_told_in_one_line_without_it(
    spark: SparkSession, undisturbed: Settings, wanted: str, says: str
) -> None:
    with pytest.raises(PathwayKeyError, match=says) as fault:
        explain_pathway(spark, undisturbed, wanted)
    assert wanted not in str(fault.value).replace("RVW:id", "")
