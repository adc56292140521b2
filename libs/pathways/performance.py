"""`gold.performance_month`: what each provider is accountable for, month by month, as the national statistics count it.

Numerators, denominators and the published bands of days waited, each a sum of shares (halves where a wait is shared).
"""

from collections.abc import Mapping, Sequence
from itertools import chain

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from libs.errors import RulesError
from libs.fingerprint import row_hash
from libs.pathways.in_force import in_force
from libs.rules import Rules, StandardName

KEY = ("month", "org", "standard", "route", "tumour_group", "stage", "modality_group")
NOT_APPLICABLE = "-"  # a key can't be null: the 28-day standard has neither stage nor modality
# The bands of all three standards side by side. A row holds those of its own standard; the others are null, since a
# zero would say that nobody waited so long.
BANDS = (
    "days_0_14", "days_15_28", "days_29_42", "days_43_62",
    "days_0_31", "days_32_38", "days_39_48", "days_49_62", "days_over_62",
    "days_63_76", "days_77_90", "days_91_104", "days_over_104",
)  # fmt: skip
MEASURES = ("denominator_share", "within_share", "breach_share", *BANDS)
_TYPE = "decimal(12,2)"


def performance_month(standards: DataFrame, rules: Rules) -> DataFrame:
    """Sum the shares of the closed waits; a shared 62-day wait can be half one provider's and half another's.

    `standards` as `standards.pathway_standards` makes them. Key KEY, where `tumour_group` is the published cancer group
    (31 and 62 days) or label of what was suspected (28 days); MEASURES as decimals, then `row_hash`.
    Raises RulesError for a wait band that has no column.
    """
    of_standard = bands_by_standard(rules)
    measured = standards.where(F.col("outcome").isin("WITHIN", "BREACH") & F.col("reporting_month").isNotNull())
    sides = F.array(
        *(
            F.struct(F.col(f"{side}_trust").alias("org"), F.col(f"{side}_share").alias("share"))
            for side in ("investigating", "treating")
        )
    )
    accountable = measured.select(
        F.col("reporting_month").alias("month"),
        "standard",
        "route",
        *(F.coalesce(name, F.lit(NOT_APPLICABLE)).alias(name) for name in ("tumour_group", "stage", "modality_group")),
        "outcome",
        _band(rules).alias("band"),
        F.explode(sides).alias("side"),
    ).where("side.org is not null and side.share > 0")
    share = F.col("side.share")

    def total(condition: Column | None = None) -> Column:
        summed = F.sum(share if condition is None else F.when(condition, share))
        return F.coalesce(summed, F.lit(0)).cast(_TYPE)

    def total_of_band(name: str) -> Column:
        published = [standard for standard, names in of_standard.items() if name in names]
        return F.when(F.col("standard").isin(*published), total(F.col("band") == name)).alias(name)

    return (
        accountable.withColumn("org", F.col("side.org"))
        .groupBy(*KEY)
        .agg(
            total().alias("denominator_share"),
            total(F.col("outcome") == "WITHIN").alias("within_share"),
            total(F.col("outcome") == "BREACH").alias("breach_share"),
            *(total_of_band(name) for name in BANDS),
        )
        .withColumn("row_hash", row_hash(MEASURES))
    )


def bands_by_standard(rules: Rules) -> Mapping[str, tuple[str, ...]]:
    """The columns of BANDS in which each standard's waits are counted, shortest waits first.

    Raises RulesError where a version of `publication.wait_bands` asks for a band that has no column.
    """
    names: dict[str, tuple[str, ...]] = {}
    for version in rules.publication.wait_bands.versions:
        for standard, last_days in version.value.items():
            names[standard] = tuple(dict.fromkeys((*names.get(standard, ()), *band_names(last_days))))
    if not set(BANDS).issuperset(chain.from_iterable(names.values())):
        raise RulesError(
            "a wait band has no column in performance_month",
            do="Add its column to libs/pathways/performance.py and jobs/published_columns.py, or mend the band.",
            rule="publication.wait_bands",
        )
    return names


def band_names(last_days: Sequence[int]) -> tuple[str, ...]:
    """The columns of the bands that end on these days, and of the open one: `days_0_14`, `days_15_28`, `days_over_28`.

    The names say which waits a column holds, so that a rule can't give it another meaning.
    """
    first_days = (0, *(day + 1 for day in last_days[:-1]))
    closed = (f"days_{first}_{last}" for first, last in zip(first_days, last_days, strict=True))
    return (*closed, f"days_over_{last_days[-1]}")


def _band(rules: Rules) -> Column:
    """The band in which a wait is published, by the version of the day on which its clock stopped."""

    def of_row(edges: Mapping[StandardName, Sequence[int]]) -> Column:
        chosen = F.lit(None).cast("string")
        for standard, last_days in edges.items():
            chosen = F.when(F.col("standard") == standard, _band_of(last_days)).otherwise(chosen)
        return chosen

    return in_force(rules.publication.wait_bands, F.col("clock_stop_on"), of_row)


def _band_of(last_days: Sequence[int]) -> Column:
    *closed, chosen = map(F.lit, band_names(last_days))
    for name, last in zip(closed[::-1], last_days[::-1], strict=True):
        chosen = F.when(F.col("days_waited") <= last, name).otherwise(chosen)
    return chosen
