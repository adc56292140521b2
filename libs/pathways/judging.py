"""What is wrong with a canonical row beside what could not be read: the rules of `row_rules`, in one pass."""

from collections.abc import Iterator, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from libs.feeds import FeedContract
from libs.nhs import free_text, postcode
from libs.pathways import date_order
from libs.pathways.canonical import LONGEST
from libs.pathways.canonicalise import FAULT, FAULTS, canonical_rows
from libs.pathways.reading import Vocabulary

VERIFIED = "01"
SCREENING = "17"  # the national code of a referral by a screening programme (cwt-rules 4.4)
SCREENED_TYPES = ("01", "03", "07", "09")  # breast, lung, lower gastrointestinal, gynaecological: the programmes'
_NOTES = ("next_action", "tracking_note")

_TODAY = "to_date(_extracted_at)"  # the day of the extract, in the session's time zone
_NO_FAULTS = f"cast(array() as {FAULTS})"
_SWAPPED = f"transform({date_order.swapped(_TODAY)}, one -> cast(struct('DAY_MONTH_SWAPPED', one, null) as {FAULT}))"

Found = tuple[str, str, str]  # rule, field, and in SQL whether it is so


def judged_rows(rows: DataFrame, contract: FeedContract, vocabulary: Vocabulary) -> DataFrame:
    """Source rows as canonical ones (see `canonical_rows`), `faults` telling all that the row rules find.

    `rows` carry `_trust`, `_extracted_at` and `_presence`. Notes come without names, numbers and addresses. Of rows
    that tell only that something is gone nothing is found.
    """
    canonical = canonical_rows(rows, contract, vocabulary)
    names = (F.col("patient.family_name"), F.col("patient.given_name"))
    notes = {name: F.col(f"pathway.{name}") for name in _NOTES}
    redacted = [
        # What stands for a name may be longer than the name.
        F.substring(free_text.redacted(note, names), 1, LONGEST[name]).alias(f"_redacted_{name}")
        for name, note in notes.items()
    ]
    kept = [name for name in canonical.columns if name not in {"pathway", "faults"}]
    pathway = F.col("pathway")
    for name in _NOTES:
        pathway = pathway.withField(name, F.col(f"_redacted_{name}"))
    told = canonical.select("*", *redacted).select(
        *kept,
        pathway.alias("pathway"),
        "faults",
        *(_is_other(F.col(f"_redacted_{name}"), notes[name]).alias(f"_is_{name}_redacted") for name in _NOTES),
    )
    is_present = F.col("_presence") == "present"
    faults = F.when(is_present, _with_found(F.col("faults"), contract)).otherwise(F.array().cast(FAULTS))
    return told.select(*kept, "pathway", faults.alias("faults"))


def _is_other(left: Column, right: Column) -> Column:
    return ~left.eqNullSafe(right)


def _with_found(faults: Column, contract: FeedContract) -> Column:
    """The faults of the reading and those of the rules; the dear ones are looked for on the rows that need it only."""
    of_values, of_order = [*_values(contract)], [*_order()]
    plain = F.expr(_where_any(of_values))
    ordered = F.expr(_where_any(of_order, also=_SWAPPED))
    return F.when(F.size(plain) + F.size(ordered) > 0, F.concat(faults, plain, ordered)).otherwise(faults)


def _where_any(found: Sequence[Found], *, also: str = _NO_FAULTS) -> str:
    """Those of `found` that hold and, where any does, `also`; as SQL."""
    told = ", ".join(
        f"case when {holds} then cast(struct('{rule}', '{field}', null) as {FAULT}) end" for rule, field, holds in found
    )
    is_any = " or ".join(f"coalesce({holds}, false)" for _, _, holds in found)
    return f"case when {is_any} then concat(array_compact(array({told})), {also}) else {_NO_FAULTS} end"


def _values(contract: FeedContract) -> Iterator[Found]:
    number, status = "patient.nhs_number", "patient.nhs_number_status"
    yield "NHS_NUMBER_MISSING", "nhs_number", _is_missing(number)
    if "nhs_number_status" not in contract.absent:  # else it would be told of every row, and nobody could mend it
        yield "NHS_NUMBER_UNVERIFIED", "nhs_number_status", f"{number} is not null and not {status} <=> '{VERIFIED}'"
    yield "POSTCODE_OF_NO_PLACE", "postcode", f"startswith(patient.postcode, '{postcode.NO_PLACE}')"
    yield "BIRTH_DATE_MISSING", "born_on", _is_missing("patient.born_on")
    yield "REFERRAL_DATE_MISSING", "referral_received_on", _is_missing("pathway.referral_received_on")
    yield "SITE_MISSING", "tumour_site", _is_missing("pathway.tumour_site")
    suspected = "pathway.suspected_cancer_type"
    is_untyped = f"({_is_missing(suspected)} or {suspected} not in {SCREENED_TYPES})"
    is_screened = f"pathway.referral_source = '{SCREENING}'"
    yield "SUSPECTED_TYPE_MISSING", "suspected_cancer_type", f"{is_screened} and {is_untyped}"
    yield "TRANSFER_DATE_MISSING", "transfer_on", "has_unmarked_transfer"
    yield "TREATMENT_NUMBER_MISSING", "treatment_number", "has_unmarked_treatment"
    yield "DECEASED_BUT_OPEN", "closed_on", "patient.died_on is not null and pathway.closed_on is null"
    for name in _NOTES:
        yield "NOTE_IDENTIFIES", name, f"_is_{name}_redacted"


def _is_missing(column: str) -> str:
    """Whether nothing stands there, and nothing that could not be read either."""
    name = column.partition(".")[2]
    return f"({column} is null and not exists(faults, fault -> fault.field = '{name}'))"


def _order() -> Iterator[Found]:
    yield from date_order.broken_order()
    for field, holds in date_order.in_future(_TODAY):
        yield "DATE_IN_FUTURE", field, holds
