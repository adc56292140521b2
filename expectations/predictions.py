"""Predictions in gold: what scores and forecasts must hold, whatever model they come from."""

from functools import reduce
from itertools import pairwise
from operator import and_

from great_expectations import expectations as gxe
from pyspark.sql import Column
from pyspark.sql import functions as F

from expectations.suite import Suite, critical, keyed_suite, warning


def risk_score() -> Suite:
    """The score of each running clock: a probability, of a standard that has a model."""
    probabilities = (F.col(name).between(0, 1) for name in ("p_breach", "baseline_p"))
    return keyed_suite(
        "gold.risk_score",
        ("pathway_key", "standard", "scored_on"),
        {
            "are_probabilities": F.coalesce(reduce(and_, probabilities), F.lit(False)),
            "standard": F.col("standard"),
            "is_band_known": F.coalesce(F.col("risk_band").isin("low", "medium", "high"), F.lit(False)),
        },
        (
            critical(
                gxe.ExpectColumnValuesToBeInSet, "PROBABILITY_WRONG", "Every risk lies between 0 and 1.",
                column="are_probabilities", value_set=[True],
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "STANDARD_UNKNOWN", "Every score is of the 28- or 62-day standard.",
                column="standard", value_set=["28", "62"],
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "BAND_UNKNOWN", "Every score has one of the three bands.",
                column="is_band_known", value_set=[True],
            ),
        ),
        row="score",
    )  # fmt: skip


def demand_forecast() -> Suite:
    """The forecast of each week: a count with its two intervals. A failure is a warning: the list does not need it."""
    return keyed_suite(
        "gold.demand_forecast",
        ("org", "tumour_site", "stage", "period", "origin"),
        {"is_in_order": _is_in_order("lo95", "lo80", "mean", "hi80", "hi95")},
        (
            warning(
                gxe.ExpectColumnValuesToBeInSet, "INTERVAL_WRONG",
                "Every forecast is a count of 0 or more that lies within its intervals, the 80 % one within the other.",
                column="is_in_order", value_set=[True],
            ),
        ),
        row="forecast",
    )  # fmt: skip


def _is_in_order(*names: str) -> Column:
    """Whether the columns ascend from 0 to something finite."""
    ascends = (F.col(low) <= F.col(high) for low, high in pairwise(names))
    is_finite = (F.col(names[0]) >= 0) & (F.col(names[-1]) < float("inf"))
    return F.coalesce(reduce(and_, ascends) & is_finite, F.lit(False))
