"""Training rows: past pathways as they stood on given days of their clock, and whether they breached in the end.

A pathway breaches when its clock still runs at the end of its last compliant day. One that is treated, told, ruled out
or otherwise leaves until then does not, so the answer is known of everyone, not of those treated alone.
"""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from libs.pathways.clocks import with_clocks
from libs.pathways.standards import OPEN_OUTCOMES
from libs.rules import Rules
from ml.breach_risk.features import FEATURES, known_at, with_features

# Closer together towards the limit, where a list is worked through most closely and the chance moves fastest.
SNAPSHOT_DAYS = {"28": (0, 7, 14, 21, 25, 28), "62": (0, 7, 14, 21, 28, 38, 48, 55, 59, 62)}
COLUMNS = ("pathway_key", "started_on", "snapshot_day", *FEATURES, "is_treated", "is_breach")


def training_rows(rows: DataFrame, rules: Rules, *, standard: str) -> DataFrame:
    """One row for each past pathway and snapshot day on which its clock ran within the limit, with `COLUMNS`.

    `rows` as `features.with_first_treatment` gives them. Past are those whose last compliant day lies before the list:
    taking those that ended early and leaving out those that still run would flatter the waits.
    """
    past = _past(rows, standard, rules)
    days = F.array(*(F.lit(day) for day in SNAPSHOT_DAYS[standard]))
    moments = F.concat(
        F.transform(days, lambda day: F.struct(day.alias("day"), F.date_add(F.col("started_on"), day).alias("on"))),
        F.array(F.struct(F.lit(None).cast("int").alias("day"), F.col("last_compliant_on").alias("on"))),
    )
    exploded = past.select("*", F.explode(moments).alias("moment")).withColumns(
        {"as_at_on": F.col("moment.on"), "snapshot_day": F.col("moment.day")}
    )
    clocked = with_clocks(known_at(exploded, rules), rules).withColumn("is_running", _is_running(standard))
    states = with_features(clocked, rules, standard=standard)
    of_pathway = Window.partitionBy("pathway_key")
    is_breach = F.max(F.when(F.col("snapshot_day").isNull(), F.col("is_running"))).over(of_pathway)
    narrow = states.select(*(name for name in COLUMNS if name != "is_breach"), "is_running")
    return narrow.withColumn("is_breach", is_breach).where("snapshot_day is not null and is_running").select(*COLUMNS)


def _past(rows: DataFrame, standard: str, rules: Rules) -> DataFrame:
    """Pathways whose last compliant day is past, with that day and the clock's start.

    The dates are those of a patient who still waits: what ended the clock must not decide who is counted.
    """
    has_undated_end = (F.col("closed_reason").isNotNull() & F.col("closed_on").isNull()) | (
        F.col("fds_end_reason").isNotNull() & F.col("informed_on").isNull()
    )
    is_departed = F.coalesce(F.col("is_departed"), F.lit(False)) & F.col("closed_on").isNull()
    ended = ("closed_reason", "fds_end_reason", "treatment_on", "treatment_modality", "diagnosis_icd10", "informed_on")
    facts = F.struct(*(F.col(name) for name in rows.columns))
    waiting = rows.where(~has_undated_end & ~is_departed).withColumn("facts", facts)
    waiting = waiting.withColumns({name: F.lit(None).cast("string") for name in ended if not name.endswith("_on")})
    waiting = waiting.withColumns({name: F.lit(None).cast("date") for name in ended if name.endswith("_on")})
    clock = F.col(f"clock_{standard}")
    timed = with_clocks(waiting, rules).where(clock["outcome"].isin(*OPEN_OUTCOMES))
    dated = timed.select(
        "facts.*",
        clock["start_on"].alias("started_on"),
        clock["last_compliant_on"].alias("last_compliant_on"),
        F.col("facts.treatment_on").isNotNull().alias("is_treated"),
    )
    return dated.where(F.col("last_compliant_on") < F.col("as_at_on"))


def _is_running(standard: str) -> Column:
    return F.col(f"clock_{standard}.outcome").isin(*OPEN_OUTCOMES) & F.col("closed_on").isNull()
