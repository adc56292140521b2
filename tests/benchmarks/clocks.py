"""What the clocks cost: a million pathways through the engine, beside the plain date arithmetic in DuckDB."""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from libs.lakehouse.session import start_session
from libs.pathways.allocation import TRANSFERS, with_allocation
from libs.pathways.clocks import with_clocks
from libs.pathways.trace import with_traces
from libs.rules import Rules, load_rules
from libs.settings import load_settings

MANY, FEW = 1_000_000, 30_000
# The plain arithmetic: three differences, three comparisons, the last day in time and the month of each.
PLAIN = """
    select id,
        coalesce(least(informed_on, decision_to_treat_on), informed_on, as_at_on) - referral_received_on
            - first_seen_adjustment_days as days_28,
        coalesce(treatment_on, as_at_on) - decision_to_treat_on - treatment_adjustment_days as days_31,
        coalesce(treatment_on, as_at_on) - if(route = 'UPGRADE', upgraded_on, referral_received_on)
            - first_seen_adjustment_days - treatment_adjustment_days as days_62,
        days_28 <= 28 as within_28, days_31 <= 31 as within_31, days_62 <= 62 as within_62,
        referral_received_on + 28 + first_seen_adjustment_days as last_28,
        decision_to_treat_on + 31 + treatment_adjustment_days as last_31,
        referral_received_on + 62 + first_seen_adjustment_days as last_62,
        strftime(informed_on, '%Y-%m') as month_28, strftime(treatment_on, '%Y-%m') as month_62
    from pathways
"""


def main() -> None:
    """Time the clocks with and without the trace, warm, over many pathways and over those of an hour."""
    with tempfile.TemporaryDirectory() as folder:
        spark = start_session(load_settings("local", [f"paths.root={folder}", "spark.master=local[2]"]))
        rules = load_rules()
        many, few = (_written(spark, Path(folder) / str(count), count) for count in (MANY, FEW))
        plain = _of_duckdb(Path(folder) / str(MANY))
        say(f"plain date arithmetic in DuckDB, {MANY:,} pathways: {plain:.2f} s")
        for name, rows, traced in (("", many, False), (" and trace", many, True), (" and trace", few, True)):
            seconds = _warm(lambda rows=rows, traced=traced: _run(rows, rules, traced=traced))
            ratio = f", {seconds / plain:.1f} x DuckDB" if rows is many else ""
            say(f"clocks, allocation{name}, {rows.count():,} pathways: {seconds:.1f} s{ratio}")


def _run(rows: DataFrame, rules: Rules, *, traced: bool) -> None:
    timed = with_allocation(with_clocks(rows, rules), rules)
    kept = ["clock_28", "clock_31", "clock_62", "allocation"]
    if traced:
        timed = with_traces(timed, rules)
        kept += ["trace_28", "trace_31", "trace_62"]
    timed.select("id", *kept).write.format("noop").mode("overwrite").save()


def _warm(work: Callable[[], None]) -> float:
    """Seconds of the third time: by then Spark has compiled what it runs."""
    for _ in range(2):
        work()
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _of_duckdb(folder: Path) -> float:
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(f"create view pathways as from '{folder}/*.parquet'")
        return _warm(lambda: _drain(connection))


def _drain(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"create or replace temp table timed as {PLAIN}")


def _written(spark: SparkSession, folder: Path, count: int) -> DataFrame:
    """Pathways of every route, treated, open and ruled out, a quarter shared; the same each time."""

    def drawn(place: int, upto: int) -> Column:
        return F.pmod(F.xxhash64("id", F.lit(place)), F.lit(upto)).cast("int")

    def sometimes(place: int, per_cent: int, value: Column) -> Column:
        return F.when(drawn(place, 100) < per_cent, value)

    rows = spark.range(count).withColumns(
        {
            "route": F.element_at(F.array(*map(F.lit, ("USC", "USC", "BSYM", "SCREEN", "UPGRADE", "OTHER"))),
                                  drawn(1, 6) + 1),
            "referral_received_on": F.date_add(F.lit("2024-01-01").cast("date"), drawn(2, 700)),
            "as_at_on": F.lit("2026-03-01").cast("date"),
        }
    )  # fmt: skip
    referred = F.col("referral_received_on")
    dated = rows.withColumns(
        {
            "upgraded_on": F.when(F.col("route") == "UPGRADE", F.date_add(referred, drawn(3, 20))),
            "first_seen_on": F.date_add(referred, drawn(4, 20)),
            "informed_on": sometimes(5, 90, F.date_add(referred, drawn(6, 50))),
            "decision_to_treat_on": sometimes(7, 45, F.date_add(referred, drawn(8, 60))),
        }
    )
    treated = sometimes(9, 90, F.date_add("decision_to_treat_on", drawn(10, 50)))
    full = dated.withColumns(
        {
            "treatment_on": treated,
            "fds_end_reason": F.when(F.col("decision_to_treat_on").isNotNull(), "01").otherwise("02"),
            "fds_exclusion_reason": F.lit(None).cast("string"),
            "diagnosis_icd10": F.when(F.col("decision_to_treat_on").isNotNull(), "C34.1"),
            "is_basal_cell": F.lit(False),
            "closed_reason": F.lit(None).cast("string"),
            "treatment_event": F.when(F.col("decision_to_treat_on").isNotNull(), "01"),
            "treatment_modality": F.when(F.col("decision_to_treat_on").isNotNull(), "23"),
            "first_seen_adjustment_days": F.when(drawn(11, 20) == 0, drawn(12, 10)).otherwise(0),
            "treatment_adjustment_days": F.when(drawn(13, 20) == 0, drawn(14, 10)).otherwise(0),
            "first_seen_org": F.lit("RVW"),
            "upgrade_org": F.when(F.col("route") == "UPGRADE", "RVW"),
            "accountable_org": F.lit(None).cast("string"),
            "treatment_org": F.when(drawn(15, 4) == 0, "RTR").otherwise("RVW"),
        }
    )
    transfer = F.array(F.struct(F.date_add("referral_received_on", drawn(16, 60)), F.lit("RVW"), F.lit("RTR")))
    shared = full.withColumn("transfers", F.when(F.col("treatment_org") == "RTR", transfer.cast(TRANSFERS)))
    shared.repartition(2).write.parquet(str(folder))
    return spark.read.parquet(str(folder))


def say(line: str) -> None:
    """Print a line of the report."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
