"""The forecast step on a lake of a few months: what stands in gold, what a second run changes, what MLflow holds."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from mlflow import MlflowClient
from pyspark.sql import SparkSession
from pyspark.sql.types import StringType, StructField, StructType, TimestampType

from jobs import forecast
from jobs.outcome import Outcome, Run
from libs.errors import StepOrderError
from libs.lakehouse.tables import Lake, open_lake
from libs.pathways.shared import INVESTIGATED, TOLD, TRACKED, TREATED
from libs.settings import Settings, load_settings
from tests.libs.pathways.linked_rows import frame_of, schema_of

AS_AT = datetime(2025, 6, 4, 9, tzinfo=UTC)
ORIGIN = date(2025, 5, 26)
KEY = ("trust", "system", "source_pathway_id")
WEEKS = 30


def run_at(as_at: datetime, run_id: str) -> Run:
    return Run(run_id, as_at, started_at=as_at)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings("local", [f"paths.root={tmp_path_factory.mktemp('forecast')}", "is_synthetic=true"])


@pytest.fixture(scope="module")
def lake(spark: SparkSession, settings: Settings) -> Lake:
    """Two trusts of one site each, five to nine referrals a week; every third patient of RVW is treated at RTR."""
    rng = random.Random(5)  # noqa: S311 - made-up rows
    pathways = []
    for trust, site in (("RVW", "lung"), ("RTR", "skin")):
        for week in range(WEEKS + 1):
            for _ in range(rng.randint(5, 9)):
                received = ORIGIN - timedelta(weeks=week, days=-rng.randrange(5))
                pathways.append((trust, f"{trust}{len(pathways)}", site, received))
    lake = open_lake(spark, settings)
    _write(spark, lake, pathways)
    return lake


def _write(spark: SparkSession, lake: Lake, pathways: list[tuple[str, str, str, date]]) -> None:
    own_key = [{"trust": trust, "system": "scr", "source_pathway_id": own} for trust, own, _, _ in pathways]
    known_at = StructField("first_extracted_at", TimestampType())
    rows = [
        {**key, "tumour_site": site, "referral_received_on": day, "first_seen_org": key["trust"], "is_departed": False,
         "first_extracted_at": AS_AT}
        for key, (_, _, site, day) in zip(own_key, pathways, strict=True)
    ]  # fmt: skip
    schema = StructType([*schema_of([*KEY, *INVESTIGATED, *TOLD, *TRACKED]).fields, known_at])
    lake.swap("silver.pathway", frame_of(spark, schema, rows))
    treated = [
        {**key, "treatment_number": 1, "treatment_on": day + timedelta(days=40), "treatment_org": "RTRAT"}
        for place, (key, (trust, _, _, day)) in enumerate(zip(own_key, pathways, strict=True))
        if trust == "RVW" and place % 3 == 0
    ]
    lake.swap("silver.treatment", frame_of(spark, schema_of([*KEY, "treatment_number", *TREATED]), treated))
    transfers = schema_of([*KEY, "transfer_on", "transfer_from_org", "transfer_to_org", "transfer_reason"])
    lake.swap("silver.transfer", frame_of(spark, transfers, []))
    member = StructType([StructField(name, StringType()) for name in KEY])
    linked = [(f"key {place}", [tuple(key.values())]) for place, key in enumerate(own_key)]
    lake.swap(
        "silver.linked_pathway",
        spark.createDataFrame(linked, f"pathway_key string, members array<{member.simpleString()}>"),
    )


@pytest.fixture(scope="module")
def first(spark: SparkSession, settings: Settings, lake: Lake) -> Iterator[Outcome]:
    yield forecast.run(spark, settings, run_at(AS_AT, "first"))


def test_every_series_has_twelve_weeks_from_the_last_complete_one(first: Outcome, lake: Lake) -> None:
    rows = lake.read("gold.demand_forecast").toPandas()
    series = rows.groupby(["org", "tumour_site", "stage"])
    assert set(series.groups) == {
        ("RTR", "lung", "treatment"),
        ("RTR", "skin", "referral"),
        ("RVW", "lung", "referral"),
    }
    for _, of_series in series:
        assert sorted(of_series["period"]) == [ORIGIN + timedelta(weeks=ahead) for ahead in range(1, 13)]
        assert sorted(of_series["week_ahead"]) == [*range(1, 13)]
    assert set(rows["origin"]) == {ORIGIN}
    assert set(rows["run_id"]) == {"first"}
    assert first.rows_changed == len(rows) == 36
    assert first.rows_read > 0


def test_referrals_of_five_to_nine_a_week_are_forecast_as_such(first: Outcome, lake: Lake) -> None:
    rows = lake.read("gold.demand_forecast").toPandas()
    referrals = rows[rows["stage"] == "referral"]
    assert referrals["mean"].between(4, 10).all()
    assert (referrals["hi95"] < 25).all()


def test_the_same_week_forecast_again_changes_nothing(
    spark: SparkSession, settings: Settings, first: Outcome, lake: Lake
) -> None:
    version = lake.version("gold.demand_forecast")
    again = forecast.run(spark, settings, run_at(AS_AT + timedelta(hours=1), "again"))
    assert (again.rows_changed, again.commits) == (0, 0)
    assert lake.version("gold.demand_forecast") == version


def test_mlflow_holds_one_run_for_each_with_sums_over_all_series(settings: Settings, first: Outcome) -> None:
    client = MlflowClient(f"sqlite:///{settings.paths.root}/mlflow.db")
    experiment = client.get_experiment_by_name("demand")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], "tags.run_id = 'first'")
    assert len(runs) == 1
    metrics, params = runs[0].data.metrics, runs[0].data.params
    assert sum(value for name, value in metrics.items() if name.startswith("series_")) == 3
    assert 0 < metrics["holdout_wape"] < 1
    assert metrics["holdout_wape_seasonal_naive"] >= metrics["holdout_wape"]
    assert params["trusts"] == "RTR, RVW"
    assert runs[0].data.tags["is_synthetic"] == "true"
    assert runs[0].info.status == "FINISHED"


def test_a_week_later_the_old_forecast_stays_and_a_series_that_is_gone_leaves_only_its_own_week(
    spark: SparkSession, settings: Settings, first: Outcome, lake: Lake
) -> None:
    later = AS_AT + timedelta(weeks=1)
    forecast.run(spark, settings, run_at(later, "later"))
    counts = lake.read("gold.demand_forecast").groupBy("origin").count().collect()
    assert {row["origin"]: row["count"] for row in counts} == {ORIGIN: 36, ORIGIN + timedelta(weeks=1): 36}
    lake.swap("silver.treatment", lake.read("silver.treatment").limit(0))
    forecast.run(spark, settings, run_at(later, "without treatments"))
    counts = lake.read("gold.demand_forecast").groupBy("origin").count().collect()
    assert {row["origin"]: row["count"] for row in counts} == {ORIGIN: 36, ORIGIN + timedelta(weeks=1): 24}


def test_a_lake_that_has_no_pathways_yet_says_what_to_run_first(spark: SparkSession, make_settings) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(StepOrderError, match=r"silver\.linked_pathway"):
        forecast.run(spark, make_settings(), run_at(AS_AT, "none"))
