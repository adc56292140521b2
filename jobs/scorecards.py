"""Each trust's scorecard: of its rows that a run judged, how many failed which row rule."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from jobs.answers import DUPLICATES
from jobs.changed import bronze_between
from libs.feeds import load_contracts
from libs.intake.changes import PRESENT
from libs.lakehouse.tables import Lake
from libs.pathways.row_rules import ROW_RULES
from libs.settings import conf_folder

if TYPE_CHECKING:
    from expectations.runner import Finding

ROW_REFUSED = "ROW_REFUSED"
_SENTENCE = "Every row of the register can be taken."
_FOUND = "trust string, system string, rule_code string, failed bigint"


def scorecards(lake: Lake, *, after: int, upto: int) -> tuple[Finding, ...]:
    """What the row rules found in the files after `after`, up to and with `upto`, by trust, register and rule.

    A rule of which nothing is said was met by every row. `ROW_REFUSED` stands for each register of which any row was
    judged. Counts only; the rows are in `silver.reject` and `silver.duplicate`.
    """
    checked = {(row["trust"], row["system"]): row["checked"] for row in _checked(lake, after=after, upto=upto)}
    if not checked:
        return ()
    found = [row for row in _failed(lake, after=after, upto=upto) if (row["trust"], row["system"]) in checked]
    refused = dict.fromkeys(checked, 0)
    for row in found:
        if ROW_RULES[row["rule_code"]].severity == "reject":
            refused[row["trust"], row["system"]] += row["failed"]
    from expectations.runner import Finding  # noqa: PLC0415 - Great Expectations takes seconds to load

    def finding(source: tuple[str, str], code: str, severity: str, failed: int, sentence: str) -> Finding:
        trust, system = source
        return Finding(
            table_name=f"bronze.{system}_row", rule_code=code, severity=severity, checked=checked[source],
            failed=failed, status="failed" if failed else "passed", sentence=sentence, source=trust,
            quarantined=failed if severity == "reject" else 0,
        )  # fmt: skip

    of_rules = [
        finding(
            (row["trust"], row["system"]), row["rule_code"], ROW_RULES[row["rule_code"]].severity, row["failed"],
            ROW_RULES[row["rule_code"]].sentence,
        )
        for row in found
    ]  # fmt: skip
    return (*(finding(each, ROW_REFUSED, "reject", refused[each], _SENTENCE) for each in sorted(checked)), *of_rules)


def _checked(lake: Lake, *, after: int, upto: int) -> list[Row]:
    judged = [
        bronze_between(lake, system, after=after, upto=upto)
        .where(F.col("_presence") == PRESENT)
        .select(F.col("_trust").alias("trust"), F.lit(system).alias("system"))
        for system in load_contracts(conf_folder())
        if lake.exists(f"bronze.{system}_row")
    ]
    if not judged:
        return []
    rows = reduce(DataFrame.union, judged)
    return rows.groupBy("trust", "system").agg(F.count("*").alias("checked")).collect()


def _failed(lake: Lake, *, after: int, upto: int) -> list[Row]:
    is_of_files = (F.col("file_id") > after) & (F.col("file_id") <= upto)
    failed = lake.spark.createDataFrame([], _FOUND)
    if lake.exists("silver.reject"):
        of_rows = lake.read("silver.reject").where(is_of_files).groupBy("trust", "system", "rule_code")
        failed = failed.union(of_rows.agg(F.count_distinct("file_id", "row_number")))
    if lake.exists(DUPLICATES):
        of_pathways = lake.read(DUPLICATES).where(is_of_files).groupBy("trust", "system")
        counted = of_pathways.agg(F.count("*").alias("failed"))
        failed = failed.union(counted.select("trust", "system", F.lit("PATHWAY_DUPLICATED"), "failed"))
    return failed.orderBy("trust", "system", F.desc("failed"), "rule_code").collect()
