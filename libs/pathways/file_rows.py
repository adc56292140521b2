"""A file of one's own through the engine: its words as canonical rows, and what came of them as the file's words again.

The columns and their vocabulary are those of cwt-rules 9. Everything comes and goes as text.
"""

from typing import get_args

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from libs.nhs import dates
from libs.nhs.organisations import trust_of
from libs.pathways import flags
from libs.pathways.allocation import TRANSFERS, with_allocation
from libs.pathways.clocks import STANDARDS, with_clocks
from libs.pathways.in_force import bare_code
from libs.pathways.route import OTHER
from libs.pathways.trace import told, with_traces
from libs.rules import Route, Rule, Rules

# column of the file: canonical column
DATES = {
    "referral": "referral_received_on", "upgrade": "upgraded_on", "first_seen": "first_seen_on",
    "fds_end": "informed_on", "dtt": "decision_to_treat_on", "treat": "treatment_on", "ipt": "transfer_on",
}  # fmt: skip
DAYS = {"fs_adj": "first_seen_adjustment_days", "tx_adj": "treatment_adjustment_days"}
ORGANISATIONS = {
    "first_seen_org": "first_seen_org", "upgrade_org": "upgrade_org", "inv_org": "accountable_org",
    "treat_org": "treatment_org",
}  # fmt: skip
INPUT = (
    "id", "what", "route", "referral", "upgrade", "first_seen", "fs_adj", "fds_end", "fds_reason", "fds_excl", "icd10",
    "bcc", "event", "dtt", "treat", "modality", "tx_adj", "first_seen_org", "upgrade_org", "inv_org", "treat_org",
    "ipt", "asof", "closed",
)  # fmt: skip
READ = tuple(name for name in INPUT if name not in ("id", "what"))
CLOSED = ("DIED", "PRIVATE", "NO_TREATMENT")
# column of the file: the struct of the engine, and its field
_OF_CLOCKS = {
    f"{prefix}_{name}": f"clock_{standard}.{field}"
    for standard, prefix in zip(STANDARDS, ("fds", "d31", "d62"), strict=True)
    for name, field in (
        ("start", "start_on"), ("stop", "stop_on"), ("adj", "adjustment_days"), ("days", "days"),
        ("last_ok", "last_compliant_on"), ("first_breach", "first_breach_on"), ("outcome", "outcome"),
        ("month", "month"),
    )
    if (name != "adj" or prefix == "d62") and (name != "month" or prefix == "fds")
}  # fmt: skip
_OF_ALLOCATION = {
    "alloc_method": "method", "alloc_scenario": "scenario", "days_38_phase": "phase_38_days",
    "days_24_phase": "phase_24_days",
}  # fmt: skip
OUTPUT = (*_OF_CLOCKS, "tx_month", *_OF_ALLOCATION, "alloc", "dq", "trace")


def recorded(rows: DataFrame, rules: Rules, *, as_at_on: Column) -> DataFrame:
    """The text columns `READ` as canonical columns of the clocks and the allocation, any other column as it is.

    A row's own date of the list goes before `as_at_on`. What can't be read and what is a default date counts as not
    recorded; `unreadable` and `default_dates` hold the flags that say so.
    """
    others = [F.col(name) for name in rows.columns if name not in READ]
    tidy = {name: F.col(f"_text_{name}") for name in READ}
    read = rows.select(*others, *(_tidied(name).alias(f"_text_{name}") for name in READ)).select(
        *others,
        *tidy.values(),
        *(dates.to_date(f"_text_{name}").alias(f"_read_{name}") for name in (*DATES, "asof")),
        *(_whole_days(tidy[name]).alias(f"_read_{name}") for name in DAYS),
        _yes_or_no(tidy["bcc"]).alias("_read_bcc"),
        *(_known(tidy[name], words).alias(f"_read_{name}") for name, words in _words(rules).items()),
        *(_shaped(tidy[name], shape).alias(f"_read_{name}") for name, shape in _SHAPES.items()),
    )
    checked = [name for name in READ if name not in ORGANISATIONS]
    defaults = {name: F.col(f"_read_{name}") for name in DATES}
    return read.select(
        *others,
        *(dates.recorded(F.col(f"_read_{name}")).alias(canonical) for name, canonical in DATES.items()),
        *(F.col(f"_read_{name}").alias(canonical) for name, canonical in DAYS.items()),
        *(_organisation(F.col(f"_text_{name}")).alias(canonical) for name, canonical in ORGANISATIONS.items()),
        F.coalesce("_read_route", F.lit(OTHER)).alias("route"),
        F.col("_read_closed").alias("closed_reason"),
        F.col("_read_fds_reason").alias("fds_end_reason"),
        F.col("_read_fds_excl").alias("fds_exclusion_reason"),
        F.col("_read_icd10").alias("diagnosis_icd10"),
        F.col("_read_event").alias("treatment_event"),
        F.col("_read_modality").alias("treatment_modality"),
        F.coalesce("_read_bcc", F.lit(False)).alias("is_basal_cell"),
        F.coalesce(dates.recorded(F.col("_read_asof")), as_at_on).alias("as_at_on"),
        flags.default_dates(defaults).alias("default_dates"),
        flags.unreadable({name: _is_unread(name) for name in checked}).alias("unreadable"),
    )


def timed(rows: DataFrame, rules: Rules) -> DataFrame:
    """Canonical rows of a file with clocks, allocation, traces and `dq`.

    The accountable investigating provider sent the patient to the one that treated; a file names no other transfer.
    """
    transfer = F.array(F.struct("transfer_on", "accountable_org", "treatment_org")).cast(TRANSFERS)
    with_transfers = rows.withColumn("transfers", F.when(F.col("transfer_on").isNotNull(), transfer))
    clocked = with_clocks(with_transfers, rules)
    return with_traces(with_allocation(clocked, rules), rules).withColumn("dq", flags.dq(rules))


def as_text(rows: DataFrame) -> DataFrame:
    """The columns `OUTPUT` of timed rows, as text; null where a row has nothing to say."""
    return rows.select(
        *(F.col(field).cast("string").alias(name) for name, field in _OF_CLOCKS.items()),
        F.coalesce("clock_31.month", "clock_62.month").alias("tx_month"),
        *(F.col(f"allocation.{field}").cast("string").alias(name) for name, field in _OF_ALLOCATION.items()),
        _shares().alias("alloc"),
        "dq",
        F.concat_ws(" ", *(told(F.col(f"trace_{standard}")) for standard in STANDARDS)).alias("trace"),
    ).select(*OUTPUT)


# A code of the national lists, an ICD-10 code from its category on.
_SHAPES = {"fds_excl": "^[0-9A-Z]{2}$", "modality": "^[0-9A-Z]{2}$", "icd10": "^[A-Z][0-9][0-9A-Z]"}
_SPACE = " \t\r\n\u00a0"
_CODES = ("fds_reason", "fds_excl", "event", "modality")


def _tidied(name: str) -> Column:
    """A cell in capitals without space around it, null where it is empty; `1` and `1.0` of a code are `01`."""
    text = F.upper(F.btrim(name, F.lit(_SPACE)))
    if name in _CODES:
        text = F.when(text.endswith(".0"), F.substring_index(text, ".", 1)).otherwise(text)
        text = F.when(F.length(text) == 1, F.concat(F.lit("0"), text)).otherwise(text)
    return F.when(text != "", text)


def _words(rules: Rules) -> dict[str, set[str]]:
    """The words of columns that have few."""
    left, treatments = rules.exclusions, rules.treatments
    reasons = _ever(left.fds_counted_reasons) | _ever(left.fds_reasons_without_62)
    reasons |= {one.reason for version in left.fds_counted_when_late.versions for one in version.value}
    return {
        "route": set(get_args(Route)),
        "closed": set(CLOSED),
        "fds_reason": reasons,
        "event": _ever(treatments.first_events) | _ever(treatments.subsequent_events),
    }


def _ever(codes: Rule[tuple[str, ...]]) -> set[str]:
    return {code for version in codes.versions for code in version.value}


def _known(text: Column, words: set[str]) -> Column:
    one_word = F.translate(text, " -", "__")
    return F.when(one_word.isin(*sorted(words)), one_word)


def _shaped(text: Column, shape: str) -> Column:
    return F.when(bare_code(text).rlike(shape), text)


def _whole_days(text: Column) -> Column:
    """A whole number of days; spreadsheets write some as `11.0`."""
    is_whole = text.rlike("^[+-]?[0-9]{1,4}([.]0*)?$")
    return F.when(is_whole, text.try_cast("decimal(9,1)")).cast("int")


def _yes_or_no(text: Column) -> Column:
    return F.when(text.isin("TRUE", "T", "1", "1.0", "YES", "Y"), True).when(
        text.isin("FALSE", "F", "0", "0.0", "NO", "N"), False
    )


def _organisation(text: Column) -> Column:
    return F.coalesce(trust_of(text), text)


def _is_unread(name: str) -> Column:
    read = F.col(f"_read_{name}")
    is_read = F.coalesce(dates.is_possible(read), F.lit(False)) if name in (*DATES, "asof") else read.isNotNull()
    return F.col(f"_text_{name}").isNotNull() & ~is_read


def _shares() -> Column:
    """`RVW=0.5/0.5; RTR=0.5/0.5`: numerator and denominator of each side; one that nobody named is left out."""

    def plain(number: Column) -> Column:
        return F.regexp_replace(number.cast("string"), "[.]0$", "")

    def share(place: int) -> Column:
        one = F.try_element_at(F.col("allocation.shares"), F.lit(place))
        return F.concat(
            one["trust"], F.lit("="), plain(one["within_share"]), F.lit("/"), plain(one["denominator_share"])
        )

    text = F.concat_ws("; ", share(1), share(2))
    return F.when(text != "", text)
