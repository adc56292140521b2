"""`python -m tests.benchmarks.published`: the engine against the published national statistics, cell by cell.

Every published wait is unrolled into dated pathways (`unrolled`), which go through the three clocks, the allocation
and `performance_month`; what comes out is held against what was published by trust, month, route or stage and cancer.
"""

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from libs.lakehouse.session import start_session
from libs.pathways.allocation import TRANSFERS
from libs.pathways.performance import MEASURES, bands_by_standard, performance_month
from libs.pathways.route import route
from libs.pathways.shared import INVESTIGATED, TOLD, TRACKED, TREATED
from libs.pathways.standards import pathway_standards
from libs.rules import Rules, load_rules
from libs.settings import load_settings
from tests.benchmarks.shared_waits import BEYOND, ELSEWHERE
from tests.benchmarks.unrolled import ROUTES, SCHEMA, unroll
from tests.libs.pathways.linked_rows import schema_of

DATA = Path(__file__).parents[3] / "shared/data"
AS_AT = date(2026, 3, 31)  # after every date that is unrolled
ALL, ENGLAND = "ALL", "ENG"
CELL = ["period", "org_code", "line", "cancer"]  # line: a route, for 31 days a stage
STAGES = {"first": "First Treatment", "subsequent": "Subsequent Treatment"}
FIGURES = {"denominator_share": "total", "within_share": "within", "breach_share": "after"}


@dataclass(frozen=True)
class Source:
    """Where a standard stands in the data: its units, and the sheets of the published workbooks."""

    units: str
    sheets: tuple[str, ...]


SOURCES = {
    "28": Source("units_fds28_to_2025-03.parquet", ("28-DAY FDS (BY ROUTE)", "28-DAY FDS (ALL ROUTES)")),
    "31": Source("units_d31_to_2025-03.parquet", ("31-DAY (BY CANCER)", "31-DAY (ALL CANCER)")),
    "62": Source("units_d62_to_2025-03.parquet", ("62-DAY (BY CANCER)", "62-DAY (ALL CANCER)")),
}
_TRANSFER = ("transfer_on", "transfer_from_org", "transfer_to_org")
PUBLISHED = "cwt_provider_monthly_2023-10_to_2025-03.parquet"


@dataclass(frozen=True)
class Comparison:
    """Figures compared, those of them that follow by summation, and one row for each that differs."""

    cells: int
    summed: int
    different: pd.DataFrame


def main() -> bool:
    """Compare all three standards, or say that the data is not here; return whether no cell differs."""
    published_file = DATA / "published" / PUBLISHED
    missing = [path for path in (published_file, *_unit_files()) if not path.exists()]
    if missing:
        say(f"The published statistics are not here ({missing[0]}): nothing compared.")
        return True
    published, rules = pd.read_parquet(published_file), load_rules()
    with tempfile.TemporaryDirectory(prefix="published-") as folder:
        spark = start_session(load_settings("local", [f"paths.root={folder}"]))
        different = 0
        for standard, source in SOURCES.items():
            units = pd.read_parquet(DATA / "units" / source.units)
            different += report(spark, units, published, Path(folder) / standard, standard, rules)
    return not different


def report(
    spark: SparkSession, units: pd.DataFrame, published: pd.DataFrame, folder: Path, standard: str, rules: Rules
) -> int:
    """Unroll, count and compare one standard, and say what came of it; return how many figures differ."""
    began = time.monotonic()
    waits, spoilt = write_unrolled(units, standard, rules, folder)
    unrolled = time.monotonic()
    counted = performance(spark, folder, standard, rules)
    finished = time.monotonic()
    found = compare(counted, published, standard, rules)
    say(f"{standard}-day: {waits:,} waits unrolled, and {spoilt:,} that must count nowhere: {unrolled - began:.0f} s")
    everyones = counted["denominator_share"].sum()
    say(f"  engine and aggregation: {finished - unrolled:.0f} s; {everyones:,.0f} counted, those elsewhere included")
    different = len(found.different)
    say(f"  {found.cells:,} cells compared ({found.summed:,} of them sums of others): {different:,} different")
    if different:
        say(found.different.head(20).to_string(index=False))
    # Elsewhere nothing was published to compare with: there the halves must at least not get lost.
    return different + (everyones != waits)


def _unit_files() -> Iterator[Path]:
    return (DATA / "units" / source.units for source in SOURCES.values())


def write_unrolled(units: pd.DataFrame, standard: str, rules: Rules, folder: Path) -> tuple[int, int]:
    """Unroll month by month into Parquet files; return how many waits must count and how many must not."""
    folder.mkdir(parents=True)
    waits = spoilt = 0
    for number, (period, of_month) in enumerate(units.groupby("period")):
        table = unroll(of_month.reset_index(drop=True), standard, rules, seed=number)
        pq.write_table(table, folder / f"{period:%Y-%m}.parquet")
        counts = pc.sum(table["is_counted"]).as_py()
        waits, spoilt = waits + counts, spoilt + table.num_rows - counts
    return waits, spoilt


def performance(spark: SparkSession, folder: Path, standard: str, rules: Rules) -> pd.DataFrame:
    """`performance_month` of unrolled rows: CELL and MEASURES of every organisation, those outside included."""
    pathways, treatments = linked(spark.read.parquet(str(folder)), rules)
    standards = pathway_standards(pathways, treatments, rules, traced=False).where(F.col("standard") == standard)
    months = performance_month(standards, rules)
    line = F.col("stage") if standard == "31" else F.col("route")
    summed = months.groupBy("month", F.col("org").alias("org_code"), line.alias("line"), "tumour_group").agg(
        *(F.sum(name).cast("double").alias(name) for name in MEASURES)
    )
    counted = summed.withColumnRenamed("tumour_group", "cancer").toPandas()
    return counted.assign(period=pd.to_datetime(counted.pop("month")))[[*CELL, *MEASURES]]


def linked(rows: DataFrame, rules: Rules) -> tuple[DataFrame, DataFrame]:
    """Pathways and treatments as `shared.one_pathway` and `one_treatment` make them, of unrolled rows."""
    nothing = F.lit(None).cast("string")
    last = F.struct(*_TRANSFER)
    earlier = F.struct(*(F.col(f"earlier_{name}").alias(name) for name in _TRANSFER))
    transfers = F.when(F.col("earlier_transfer_on").isNotNull(), F.array(earlier, last)).when(
        F.col("transfer_on").isNotNull(), F.array(last)
    )
    own = ("accountable_org", "told_by", *_TRANSFER)
    names = ("pathway_key", *INVESTIGATED, *TOLD, *TRACKED, *own, "holding_trust", "tracked_by", "local_pathway_ids")
    pathways = rows.where("is_pathway").select(
        *_columns(names),
        F.lit(False).alias("is_shared"), F.lit(False).alias("is_basal_cell"), F.lit(AS_AT).alias("as_at_on"),
        nothing.alias("conflicts"), transfers.cast(TRANSFERS).alias("transfers"),
    )  # fmt: skip
    treatments = rows.where("decision_to_treat_on is not null or treatment_on is not null").select(
        *_columns(("pathway_key", "treatment_number", *TREATED)), nothing.alias("treatment_conflicts")
    )
    return pathways.withColumn("route", route(rules)), treatments


def _columns(names: Sequence[str]) -> Iterator[F.Column]:
    for field in schema_of(names):
        known = F.col(field.name) if field.name in SCHEMA.names else F.lit(None)
        yield known.cast(field.dataType).alias(field.name)


def compare(counted: pd.DataFrame, published: pd.DataFrame, standard: str, rules: Rules) -> Comparison:
    """Hold what was counted against what was published, a cell that only one side has against 0."""
    bands = {name: published_band(name) for name in bands_by_standard(rules)[standard]}
    figures = {**FIGURES, **bands}
    theirs = _of_publication(published, standard, list(figures.values()))
    ours = _with_sums(_of_engine(counted).rename(columns=figures), list(figures.values()), theirs)
    both = theirs.join(ours, how="outer", lsuffix=" published", rsuffix=" counted").fillna(0.0)
    different = []
    for figure in figures.values():
        pair = both[[f"{figure} published", f"{figure} counted"]].set_axis(["published", "counted"], axis=1)
        different.append(pair[pair["published"] != pair["counted"]].assign(figure=figure))
    keys = both.index.to_frame()
    summed = ((keys["org_code"] == ENGLAND) | (keys["line"] == ALL) | (keys["cancer"] == ALL)).sum()
    listed = pd.concat(different).reset_index()
    return Comparison(len(both) * len(figures), int(summed) * len(figures), listed.assign(standard=standard))


def published_band(name: str) -> str:
    """The published name of a column of `performance_month`: `days_15_28` is `band: in 15 to 28 days`."""
    _, first, last = name.split("_")
    if first == "over":
        return f"band: after {last} days"
    return f"band: within {last} days" if first == "0" else f"band: in {first} to {last} days"


def _of_publication(published: pd.DataFrame, standard: str, figures: list[str]) -> pd.DataFrame:
    """The figures of the standard's sheets by CELL; every sum over routes, stages or cancers is called ALL."""
    rows = published[published["sheet"].isin(SOURCES[standard].sheets)]
    named = rows.rename(columns={"route_or_stage": "line", "breakdown": "cancer"})
    for name in ("line", "cancer"):
        named[name] = named[name].where(~named[name].str.startswith(ALL), ALL)
    return named.set_index(CELL, verify_integrity=True)[figures]


def _of_engine(counted: pd.DataFrame) -> pd.DataFrame:
    """Without the organisations outside the comparison; routes and stages by their published names."""
    inside = counted[~counted["org_code"].isin([ELSEWHERE, BEYOND])]
    return inside.assign(line=inside["line"].replace(STAGES))


def _with_sums(leaves: pd.DataFrame, figures: list[str], published: pd.DataFrame) -> pd.DataFrame:
    """The cells and those sums over organisations, lines and cancers that were published too."""
    names = published.index.get_level_values("line").unique()
    by_code = {code: name for name, code in ROUTES.items() if name in names}
    cells = leaves.assign(line=leaves["line"].replace(by_code))
    for column, total in (("org_code", ENGLAND), ("line", ALL), ("cancer", ALL)):
        cells = pd.concat([cells, cells.assign(**{column: total})])
    cells = cells.groupby(CELL)[figures].sum()
    return cells[_shape(cells).isin(_shape(published).unique())]


def _shape(cells: pd.DataFrame) -> pd.Series:
    """Over what each cell is a sum, as text."""
    keys = cells.index.to_frame()
    is_sum = keys[["org_code", "line", "cancer"]] == (ENGLAND, ALL, ALL)
    return is_sum.astype(int).astype(str).agg("".join, axis=1)


def say(line: str) -> None:
    """Print a line of the report."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(not main())
