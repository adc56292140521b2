"""The gate: what would mislead keeps the last publication in place, what changed is checked, and no value is kept."""

import shutil
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.check import TABLE, Verdict, check
from jobs.outcome import Run
from libs.lakehouse.tables import Lake, open_lake
from libs.settings import Gate, Settings
from libs.warehouse.dialects import make_engine
from libs.warehouse.publication import Moment, TableChange, publish
from libs.warehouse.schema import warehouse_table

AS_AT = datetime(2025, 6, 2, 9, tzinfo=UTC)
FIRST, SECOND, THIRD, FOURTH = (f"2025060{day}T090000Z-aaaa" for day in (2, 3, 4, 5))
LISTED = (
    "pathway_key string, tracked_by string, days_28 int, days_31 int, days_62 int, outcome_28 string, "
    "outcome_31 string, outcome_62 string, day_band string, next_breach_on date, days_to_breach int, "
    "last_tracked_on date, next_action string, run_id string, as_at timestamp"
)
PATIENTS = (
    "trust string, system string, source_patient_id string, nhs_number string, born_on date, died_on date, "
    "family_name string, file_id bigint"
)
FILES = "file_id bigint, file_name string, status string, reason string, row_count bigint"
# Values that nobody could mistake for anything else, in cells that break a rule.
NUMBER, SURNAME, LOCAL_ID, ACTION = "9434765918", "FEATHERSTONEHAUGH", "LOCAL-77120", "ring her sister in Whitby"


@pytest.fixture
def lake(spark: SparkSession, settings: Settings) -> Lake:
    """One file, one patient and two listed pathways, all of them right."""
    lake = open_lake(spark, settings)
    lake.append("bronze.extract_file", spark.createDataFrame([(1, "RTR_1.jwe", "accepted", None, 1)], FILES))
    lake.append("silver.patient", patients(spark, ("a", "9434765919", 1)))
    lake.append("gold.ptl_current", listed(spark, ("k1", FIRST, {}), ("k2", FIRST, {})))
    return lake


def patients(spark: SparkSession, *rows: tuple[str, str, int]) -> DataFrame:
    born = date(1950, 1, 1)
    content = [("RTR", "scr", key, number, born, None, SURNAME, file_id) for key, number, file_id in rows]
    return spark.createDataFrame(content, PATIENTS)


def listed(spark: SparkSession, *rows: tuple[str, str, Mapping[str, Any]]) -> DataFrame:
    clean = {
        "tracked_by": "RTR", "days_28": 12, "days_31": None, "days_62": 12, "outcome_28": "OPEN",
        "outcome_31": "NOT_APPLICABLE", "outcome_62": "OPEN", "day_band": "0-28", "next_breach_on": date(2025, 6, 19),
        "days_to_breach": 17, "last_tracked_on": date(2025, 6, 1), "next_action": ACTION, "as_at": AS_AT,
    }  # fmt: skip
    names = [part.split()[0] for part in LISTED.split(", ")]
    whole = [{**clean, "pathway_key": key, "run_id": run_id, **changes} for key, run_id, changes in rows]
    return spark.createDataFrame([tuple(row[name] for name in names) for row in whole], LISTED)


def run_check(lake: Lake, settings: Settings, run_id: str, *, after: int = 0, upto: int = 1) -> Verdict:
    marks = {"cleanse": upto, "link": upto, "publish": after}
    return check(lake, settings, Run(run_id, AS_AT, AS_AT, marks))


def kept(lake: Lake, run_id: str) -> dict[tuple[str, str], tuple[str, int, int, str]]:
    rows = lake.read(TABLE).where(F.col("run_id") == run_id).collect()
    return {
        (row["table_name"], row["rule_code"]): (row["severity"], row["checked"], row["failed"], row["status"])
        for row in rows
    }


def test_a_clean_lake_may_be_published(lake: Lake, settings: Settings) -> None:
    verdict = run_check(lake, settings, FIRST)
    assert verdict.is_publishable
    assert verdict.failed_critical == ()
    assert verdict.watermark == 1
    found = kept(lake, FIRST)
    assert found["gold.ptl_current", "KEY_REPEATED"] == ("critical", 2, 0, "passed")
    assert found["silver.patient", "NHS_NUMBER_MISSING"] == ("warning", 1, 0, "passed")
    assert {status for _, _, _, status in found.values()} == {"passed"}
    assert len(found) == len(verdict.results)
    row = lake.read(TABLE).first()
    assert row is not None
    assert row["sentence"].endswith(".")
    assert row["row_hash"] is not None
    assert row["as_at"].astimezone(UTC) == AS_AT
    assert (settings.paths.root / "data_docs" / "index.html").is_file()


def test_without_a_change_nothing_is_checked_and_nothing_is_written(lake: Lake, settings: Settings) -> None:
    publish_list(lake, settings)
    first = run_check(lake, settings, FIRST)
    commits, version = lake.commits, lake.version(TABLE)
    second = run_check(lake, settings, SECOND, after=first.watermark)
    assert second == Verdict(is_publishable=True, results=(), failed_critical=(), watermark=1)
    assert (lake.commits, lake.version(TABLE)) == (commits, version)


def test_only_what_changed_is_checked(lake: Lake, settings: Settings) -> None:
    first = run_check(lake, settings, FIRST)
    lake.append("gold.ptl_current", listed(lake.spark, ("k3", SECOND, {})))
    run_check(lake, settings, SECOND, after=first.watermark)
    found = kept(lake, SECOND)
    assert {table for table, _ in found} == {"gold.ptl_current"}
    assert found["gold.ptl_current", "KEY_REPEATED"] == ("critical", 1, 0, "passed")


def test_a_new_row_with_the_key_of_an_old_one_blocks_until_it_is_repaired(lake: Lake, settings: Settings) -> None:
    first = run_check(lake, settings, FIRST)
    lake.append("gold.ptl_current", listed(lake.spark, ("k1", SECOND, {})))
    blocked = run_check(lake, settings, SECOND, after=first.watermark)
    assert not blocked.is_publishable
    assert blocked.failed_critical == ("gold.ptl_current KEY_REPEATED: 1 of 1",)
    # The hour after brings nothing that is wrong, yet the row still stands twice.
    lake.append("gold.ptl_current", listed(lake.spark, ("k4", THIRD, {})))
    still_blocked = run_check(lake, settings, THIRD, after=blocked.watermark)
    assert still_blocked.failed_critical == ("gold.ptl_current KEY_REPEATED: 1 of 2",)
    lake.swap("gold.ptl_current", listed(lake.spark, ("k1", FOURTH, {}), ("k2", FIRST, {}), ("k4", THIRD, {})))
    assert run_check(lake, settings, FOURTH, after=still_blocked.watermark).is_publishable


def test_a_file_that_did_not_pass_is_checked_again(lake: Lake, settings: Settings) -> None:
    first = run_check(lake, settings, FIRST)
    lake.append("bronze.extract_file", lake.spark.createDataFrame([(2, "RTR_2.jwe", "accepted", None, 1)], FILES))
    lake.append("silver.patient", patients(lake.spark, ("b", NUMBER, 2)))
    for run_id in (SECOND, THIRD):
        verdict = run_check(lake, settings, run_id, after=first.watermark, upto=2)
        assert verdict.failed_critical == ("silver.patient NHS_NUMBER_INVALID: 1 of 1",)
        assert verdict.watermark == 1


def test_what_silver_has_not_taken_in_yet_is_not_counted_as_checked(lake: Lake, settings: Settings) -> None:
    lake.append("bronze.extract_file", lake.spark.createDataFrame([(2, "RTR_2.jwe", "accepted", None, 1)], FILES))
    assert run_check(lake, settings, FIRST, upto=1).watermark == 1


def test_a_warning_is_reported_and_does_not_block(lake: Lake, settings: Settings) -> None:
    lake.append("gold.ptl_current", listed(lake.spark, ("k3", FIRST, {"last_tracked_on": None})))
    verdict = run_check(lake, settings, FIRST)
    assert verdict.is_publishable
    failed = [finding for finding in verdict.results if finding.is_failed]
    assert [(finding.rule_code, finding.severity, finding.failed) for finding in failed] == [
        ("UNTRACKED", "warning", 1)
    ]


def test_a_list_that_lost_most_of_what_was_published_blocks(lake: Lake, settings: Settings) -> None:
    publish_list(lake, settings)
    first = run_check(lake, settings, FIRST)
    lake.swap("gold.ptl_current", listed(lake.spark))
    verdict = run_check(lake, settings, SECOND, after=first.watermark)
    assert verdict.failed_critical == ("gold.ptl_current LIST_SHRANK: 1 of 1",)


def test_a_loss_that_is_right_is_let_through_by_a_setting(lake: Lake, settings: Settings) -> None:
    publish_list(lake, settings)
    first = run_check(lake, settings, FIRST)
    lake.swap("gold.ptl_current", listed(lake.spark))
    allowed = settings.model_copy(update={"gate": Gate(smallest_list_share=0)})
    assert run_check(lake, allowed, SECOND, after=first.watermark).is_publishable


def test_a_lake_that_holds_no_list_yet_does_not_pass_for_the_one_that_is_published(
    lake: Lake, settings: Settings
) -> None:
    publish_list(lake, settings)
    first = run_check(lake, settings, FIRST)
    shutil.rmtree(settings.paths.lake / "gold" / "ptl_current")
    verdict = run_check(lake, settings, SECOND, after=first.watermark)
    assert verdict.failed_critical == ("gold.ptl_current LIST_SHRANK: 1 of 1",)


def test_a_run_that_is_repeated_replaces_its_results(lake: Lake, settings: Settings) -> None:
    for _ in range(2):
        verdict = run_check(lake, settings, FIRST)
    assert lake.read(TABLE).count() == len(verdict.results) == len(kept(lake, FIRST))


def test_no_value_of_a_cell_is_kept_anywhere(
    lake: Lake, settings: Settings, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    lake.append("silver.patient", patients(lake.spark, (LOCAL_ID, NUMBER, 1), (LOCAL_ID, NUMBER, 1)))
    broken = {"outcome_62": SURNAME, "day_band": LOCAL_ID, "tracked_by": ""}
    lake.append("gold.ptl_current", listed(lake.spark, (LOCAL_ID, FIRST, broken), (LOCAL_ID, FIRST, broken)))
    verdict = run_check(lake, settings, FIRST)
    failed = {finding.rule_code for finding in verdict.results if finding.is_failed}
    assert failed >= {"KEY_REPEATED", "NHS_NUMBER_INVALID", "OUTCOME_UNKNOWN", "BAND_WRONG", "TRACKER_MISSING"}
    out = capfd.readouterr()
    written = [str(verdict), caplog.text, out.out, out.err, str(lake.read(TABLE).collect())]
    pages = [path for path in (settings.paths.root / "data_docs").rglob("*") if path.is_file()]
    assert len(pages) > 3
    written += [path.read_bytes().decode("latin-1") for path in pages]
    for value in (NUMBER, SURNAME, LOCAL_ID, ACTION):
        assert not any(value in text for text in written)


def publish_list(lake: Lake, settings: Settings) -> None:
    """Put the list as it stands into the SQL database."""
    rows = lake.read("gold.ptl_current").withColumn("row_hash", F.xxhash64("pathway_key"))
    table = warehouse_table("ptl_current", rows.schema, ("pathway_key",))
    engine = make_engine(settings.warehouse.url)
    publish(engine, [TableChange(table, 0, rows.toArrow())], Moment(FIRST, AS_AT, AS_AT))
    engine.dispose()
