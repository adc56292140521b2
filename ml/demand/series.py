"""Weekly series of demand from linked pathways, and the forecast of each: `gold.demand_forecast`."""

from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from libs.fingerprint import row_hash
from libs.nhs.organisations import trust_of

SERIES = ("org", "tumour_site", "stage")
KEY = (*SERIES, "period", "origin")
VALUES = ("week_ahead", "mean", "lo80", "hi80", "lo95", "hi95", "method")
HOLDOUT = ("holdout_volume", "holdout_error", "holdout_naive_error")
_FORECAST = (
    "org string, tumour_site string, stage string, period date, origin date, week_ahead int, mean double, lo80 double, "
    "hi80 double, lo95 double, hi95 double, method string, holdout_volume double, holdout_error double, "
    "holdout_naive_error double"
)


def last_complete_week(as_at_on: date) -> date:
    """The Monday of the last week of which every day has passed."""
    return as_at_on - timedelta(days=as_at_on.weekday() + 7)


def demand_events(pathways: DataFrame, treatments: DataFrame) -> DataFrame:
    """One row a referral and one a treatment: org, tumour_site, stage (referral|treatment), happened_on.

    `pathways` as `shared.one_pathway` makes them, `treatments` as `shared.one_treatment` does. A referral counts for
    the trust where the patient was first seen, before that for the one that holds the patient; a treatment for the
    trust that gave it.
    """
    seen_at = F.coalesce(trust_of(F.col("first_seen_org")), F.col("holding_trust"))
    referrals = pathways.select(
        seen_at.alias("org"), "tumour_site", F.lit("referral").alias("stage"),
        F.col("referral_received_on").alias("happened_on"),
    )  # fmt: skip
    given = treatments.join(pathways.select("pathway_key", "tumour_site"), ["pathway_key"], "inner").select(
        trust_of(F.col("treatment_org")).alias("org"), "tumour_site", F.lit("treatment").alias("stage"),
        F.col("treatment_on").alias("happened_on"),
    )  # fmt: skip
    return referrals.unionByName(given)


def weekly_counts(events: DataFrame, *, trusts: Sequence[str], last_week: date, weeks: int) -> DataFrame:
    """Counts a week: org, tumour_site, stage, period (its Monday), value; a week without an event is a zero.

    Only the trusts that send extracts: of another provider only what is shared would be seen. A trust's series begin
    with the first full week after its first referral (at most `weeks` before the end) and end with `last_week`.
    """
    first_week = last_week - timedelta(weeks=weeks - 1)
    week = F.to_date(F.date_trunc("week", F.col("happened_on")))
    is_known = F.col("tumour_site").isNotNull() & F.col("org").isin(*trusts)
    counted = (
        events.where(is_known)
        .withColumn("period", week)
        .where(F.col("period").between(F.lit(first_week), F.lit(last_week)))
        .groupBy(*SERIES, "period")
        .agg(F.count(F.lit(1)).cast("double").alias("value"))
    )
    begins = (
        events.where(is_known & (F.col("stage") == "referral") & (week <= F.lit(last_week)))
        .groupBy("org")
        .agg(F.greatest(F.date_add(F.min(week), 7), F.lit(first_week)).alias("_first"))
        .where(F.col("_first") <= F.lit(last_week))
    )
    every_week = F.sequence("_first", F.lit(last_week), F.expr("interval 7 days"))
    # A series whose only events lie in the week that is cut off would be nothing but zeros.
    shown = counted.join(begins, ["org"], "inner").where(F.col("period") >= F.col("_first"))
    full = shown.select(*SERIES, "_first").distinct().select(*SERIES, F.explode(every_week).alias("period"))
    return full.join(counted, [*SERIES, "period"], "left").fillna(0.0, ["value"])


def demand_forecast(counts: DataFrame, *, horizon: int) -> DataFrame:
    """The coming weeks of every series, in the columns of `gold.demand_forecast`, and what the hold-out showed."""

    def forecast_group(history: pd.DataFrame) -> pd.DataFrame:
        # Its libraries take seconds to load: where the forecast runs, not wherever the table's key is asked for.
        from ml.demand.engine import forecast_series  # noqa: PLC0415

        found = forecast_series(history, horizon=horizon, frequency="weekly")
        found["origin"] = pd.Timestamp(history["period"].max()).date()
        found["period"] = found["period"].dt.date
        found["week_ahead"] = range(1, horizon + 1)
        return found.assign(**{name: history[name].iloc[0] for name in SERIES})[[*_names()]]

    # Python, since the methods are pandas libraries and Spark has no expression for them: one call a series.
    forecasts = counts.groupBy(*SERIES).applyInPandas(forecast_group, _FORECAST)
    return forecasts.withColumn("row_hash", row_hash(VALUES))


def _names() -> Sequence[str]:
    return [column.split()[0] for column in _FORECAST.split(", ")]
