"""Forecast: weekly referrals and treatments for each trust and tumour site, twelve weeks ahead."""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.changed import last_file_id
from jobs.linked_view import linked_view
from jobs.outcome import Outcome, Run
from jobs.world_truth import world_identity
from libs.lakehouse.tables import Lake, open_lake, settle
from libs.rules import load_rules
from libs.settings import Settings
from ml.demand.series import HOLDOUT, KEY, demand_events, demand_forecast, last_complete_week, weekly_counts
from ml.demand.tracking import record_run
from ml.store import model_store

STEP = "forecast"
TABLE = "gold.demand_forecast"
HORIZON_WEEKS = 12
# Three years: a season is told from chance by seeing it come again.
HISTORY_WEEKS = 156


def run(spark: SparkSession, settings: Settings, run: Run) -> Outcome:
    """Forecast from the last complete week. Forecasts from earlier weeks stay, to be held against what came."""
    lake = open_lake(spark, settings)
    counts = settle(_counts(lake, settings, run))
    made = settle(demand_forecast(counts, horizon=HORIZON_WEEKS))
    forecasts = made.drop(*HOLDOUT)
    changed_count = lake.merge(
        TABLE, forecasts, keys=KEY, gone=_gone(lake, forecasts, run), stamp={"run_id": run.run_id, "as_at": run.as_at}
    )
    _record(settings, run, made)
    return Outcome(STEP, last_file_id(lake), counts.count(), changed_count, lake.commits)


def _counts(lake: Lake, settings: Settings, run: Run) -> DataFrame:
    keys = lake.read("silver.linked_pathway").select("pathway_key")
    pathways, treatments = linked_view(lake, keys, load_rules(), as_at_on=run.as_at.date())
    events = settle(demand_events(pathways, treatments))
    last_week = last_complete_week(run.as_at.date())
    return weekly_counts(events, trusts=sorted(settings.trusts), last_week=last_week, weeks=HISTORY_WEEKS)


def _gone(lake: Lake, forecasts: DataFrame, run: Run) -> DataFrame:
    """Rows that an earlier run made from the same week and that this one does not make again."""
    standing = lake.read(TABLE).select(*KEY) if lake.exists(TABLE) else forecasts.select(*KEY).limit(0)
    of_this_week = standing.where(F.col("origin") == F.lit(last_complete_week(run.as_at.date())))
    return of_this_week.join(forecasts.select(*KEY), [*KEY], "left_anti")


def _record(settings: Settings, run: Run, made: DataFrame) -> None:
    """Note the run in MLflow: sums over all series, none of a single one."""
    by_method = (
        made.where(F.col("week_ahead") == 1)
        .groupBy(F.split("method", r" \(")[0].alias("method"))
        .agg(F.count(F.lit(1)).alias("series"), *(F.sum(name).alias(name) for name in HOLDOUT))
        .collect()
    )
    metrics = {f"series_{row['method']}": float(row["series"]) for row in by_method}
    volume, error, naive_error = (sum(row[name] or 0.0 for row in by_method) for name in HOLDOUT)
    if volume:
        metrics |= {"holdout_wape": error / volume, "holdout_wape_seasonal_naive": naive_error / volume}
    store = model_store(settings.paths.root)
    record_run(
        store.uri,
        artifacts=store.artifacts,
        name=run.run_id,
        tags={
            "run_id": run.run_id,
            "is_synthetic": str(settings.is_synthetic).lower(),
            "world": (world_identity(settings.paths.root) or "") if settings.is_synthetic else "",
        },
        params={
            "as_at": run.as_at.isoformat(),
            "horizon_weeks": HORIZON_WEEKS,
            "history_weeks": HISTORY_WEEKS,
            "trusts": ", ".join(sorted(settings.trusts)),
        },
        metrics=metrics,
    )
