"""What other rules would change: the clocks that come out differently, and the rule that made them."""

from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from libs.pathways.standards import KEY
from libs.pathways.trace import SCHEMA, told

# What people read of a clock; that its trace or the version of the rules is another changes nothing by itself.
COMPARED = (
    "route", "tumour_group", "stage", "modality_group", "investigating_trust", "treating_trust", "investigating_share",
    "treating_share", "clock_start_on", "clock_stop_on", "adjustment_days", "days_waited", "last_compliant_on",
    "outcome", "reporting_month",
)  # fmt: skip
COLUMNS = (*KEY, "changed", "outcome_now", "outcome_then", "days_now", "days_then", "why_now", "why_then")


def changed_clocks(now: DataFrame, then: DataFrame) -> DataFrame:
    """The clocks of the same pathways that differ between two sets of rules, with `COLUMNS`.

    Both as `standards.pathway_standards` makes them. `changed` names the columns that differ; `why_now` and `why_then`
    are the sentences of the traces in which the two part. A clock that only one of them has counts as changed.
    """
    both = now.select(*KEY, *_as("now", now)).join(then.select(*KEY, *_as("then", then)), [*KEY], "full")
    differs = {name: ~F.col(f"now_{name}").eqNullSafe(F.col(f"then_{name}")) for name in COMPARED}
    changed = F.concat_ws(", ", *(F.when(is_other, name) for name, is_other in differs.items()))
    return both.where(reduce(or_, differs.values())).select(
        *KEY,
        changed.alias("changed"),
        *(F.col(f"{side}_outcome").alias(f"outcome_{side}") for side in ("now", "then")),
        *(F.col(f"{side}_days_waited").alias(f"days_{side}") for side in ("now", "then")),
        _parting("now", "then").alias("why_now"),
        _parting("then", "now").alias("why_then"),
    )


def _as(side: str, rows: DataFrame) -> list[Column]:
    return [F.col(name).alias(f"{side}_{name}") for name in rows.columns if name in (*COMPARED, "trace")]


def _parting(side: str, other: str) -> Column:
    """The sentences of one trace that the other does not have."""
    own, others = (F.coalesce(F.col(f"{name}_trace"), F.array().cast(SCHEMA)) for name in (side, other))
    return told(F.array_except(own, others))
