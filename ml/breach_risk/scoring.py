"""Score open pathways on Spark, and put the scores beside the list."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from libs.fingerprint import row_hash
from libs.rules import Rules
from ml.breach_risk.features import FEATURES, STANDARDS, with_features

if TYPE_CHECKING:
    from ml.breach_risk.registry import Registered

KEY = ("pathway_key", "standard", "scored_on")
COLUMNS = (
    *KEY, "model_name", "model_version", "p_breach", "baseline_p", "risk_band", "is_calibrated",
)  # fmt: skip
HIGH, MEDIUM = 0.5, 0.2  # from these probabilities on
SCHEMA = (
    "pathway_key string, standard string, scored_on date, model_name string, model_version int, p_breach double, "
    "baseline_p double, risk_band string, is_calibrated boolean"
)
_SCORED = "pathway_key string, standard string, p_breach double, baseline_p double"


def risk_scores(
    running: DataFrame, champions: Mapping[str, "Registered"], rules: Rules, *, scored_on: date
) -> DataFrame:
    """`gold.risk_score` of the given rows: those of `features.with_first_treatment`, once for each `standard` to score.

    `champions` holds a version by standard; a row of a standard without one gets no score.
    """
    moved = [
        with_features(running.where(F.col("standard") == standard), rules, standard=standard).select(
            "pathway_key", "standard", *FEATURES
        )
        for standard in sorted(champions)
    ]
    features = moved[0]
    for other in moved[1:]:
        features = features.union(other)
    told = _of_standard({name: F.lit(each.name) for name, each in champions.items()})
    version = _of_standard({name: F.lit(each.version) for name, each in champions.items()})
    is_calibrated = _of_standard({name: F.lit(each.is_calibrated) for name, each in champions.items()})
    described = {
        "scored_on": F.lit(scored_on),
        "model_name": told,
        "model_version": version,
        "risk_band": risk_band(F.col("p_breach")),
        "is_calibrated": is_calibrated,
    }
    scored = probabilities(features, champions).withColumns(described).select(*COLUMNS)
    return scored.withColumn("row_hash", row_hash([name for name in COLUMNS if name not in KEY]))


def probabilities(features: DataFrame, champions: Mapping[str, "Registered"]) -> DataFrame:
    """`p_breach` and the look-up's `baseline_p` of rows with pathway_key, standard and `FEATURES`.

    The models are read once, by the driver, and travel inside the function: a worker needs no way to the registry, and
    `mlflow.pyfunc.spark_udf` takes 20 s before its first row.
    """
    models = {standard: (each.model, each.lookup) for standard, each in champions.items()}

    def predict(batches: Iterable[pd.DataFrame]) -> Iterable[pd.DataFrame]:
        for batch in batches:
            for standard, rows in batch.groupby("standard", sort=False):
                model, lookup = models[str(standard)]
                yield rows[["pathway_key", "standard"]].assign(
                    p_breach=model.predict_proba(rows[list(FEATURES)])[:, 1], baseline_p=lookup.predict(rows)
                )

    return features.mapInPandas(predict, _SCORED)


def risk_band(probability: Column) -> Column:
    """low, medium (from 0.2) or high (from 0.5)."""
    return F.when(probability >= HIGH, "high").when(probability >= MEDIUM, "medium").otherwise("low")


def with_risk(ptl: DataFrame, scores: DataFrame) -> DataFrame:
    """The current list with `p_breach_28`, `p_breach_62` and `risk_band`, that of the clock more likely to breach.

    A pathway without a score has nulls, and so has a clock that no longer runs: where the step score was not run after
    clocks, its score still stands. `ptl` as `libs.pathways.ptl.current_ptl` makes it; its `row_hash` takes the new
    columns in.
    """
    highest = F.greatest("p_breach_28", "p_breach_62")
    listed = ptl.drop("row_hash").join(_by_pathway(scores), ["pathway_key"], "left")
    listed = listed.withColumns({f"p_breach_{name}": _of_running(name, f"p_breach_{name}") for name in STANDARDS})
    banded = listed.withColumn("risk_band", F.when(highest.isNotNull(), risk_band(highest)))
    return banded.withColumn("row_hash", row_hash([name for name in banded.columns if name != "pathway_key"]))


def rescored(listed: DataFrame, scores: DataFrame) -> DataFrame:
    """The `pathway_key` of the listed pathways beside which other scores stand than `scores` has for them."""
    shown = {standard: f"p_breach_{standard}" for standard in STANDARDS}
    now = _by_pathway(scores).withColumnsRenamed({name: f"_{name}" for name in shown.values()})
    is_same = reduce(
        and_, (F.col(name).eqNullSafe(_of_running(standard, f"_{name}")) for standard, name in shown.items())
    )
    standing = listed.select("pathway_key", *shown.values(), *(f"outcome_{standard}" for standard in shown))
    return standing.join(now, ["pathway_key"], "left").where(~is_same).select("pathway_key")


def _by_pathway(scores: DataFrame) -> DataFrame:
    """One row a pathway with `p_breach_28` and `p_breach_62`, null where that clock has no score."""
    of_standard = {name: F.when(F.col("standard") == name, F.col("p_breach")) for name in STANDARDS}
    return scores.groupBy("pathway_key").agg(
        *(F.max(chosen).alias(f"p_breach_{name}") for name, chosen in of_standard.items())
    )


def _of_running(standard: str, probability: str) -> Column:
    """The probability where the list's clock of that standard runs and has not breached."""
    return F.when(F.col(f"outcome_{standard}") == "OPEN", F.col(probability))


def _of_standard(values: Mapping[str, Column]) -> Column:
    """The value that belongs to the row's standard."""
    return F.coalesce(*(F.when(F.col("standard") == standard, value) for standard, value in values.items()))
