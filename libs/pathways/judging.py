"""What is wrong with a canonical row beside what could not be read: the rules of `row_rules`, in one pass."""

from collections.abc import Iterator
from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from libs.feeds import FeedContract
from libs.nhs import free_text, postcode
from libs.pathways import date_order
from libs.pathways.canonicalise import FAULT, FAULTS, canonical_rows
from libs.pathways.reading import Vocabulary

VERIFIED = "01"
SCREENING = "17"  # the national code of a referral by a screening programme (cwt-rules 4.4)
_NOTES = ("next_action", "tracking_note")

Found = tuple[str, str | None, Column]


def judged_rows(rows: DataFrame, contract: FeedContract, vocabulary: Vocabulary) -> DataFrame:
    """Source rows as canonical ones (see `canonical_rows`), `faults` telling all that the row rules find.

    `rows` carry `_trust`, `_extracted_at` and `_presence`. Notes come without names, numbers and addresses. Of rows
    that tell only that something is gone nothing is found.
    """
    canonical = canonical_rows(rows, contract, vocabulary)
    names = (F.col("patient.family_name"), F.col("patient.given_name"))
    notes = {name: F.col(f"pathway.{name}") for name in _NOTES}
    redacted = {name: free_text.redacted(note, names) for name, note in notes.items()}
    kept = [name for name in canonical.columns if name not in {"pathway", "faults"}]
    told = canonical.select(
        *kept,
        F.col("pathway")
        .withField(_NOTES[0], redacted[_NOTES[0]])
        .withField(_NOTES[1], redacted[_NOTES[1]])
        .alias("pathway"),
        "faults",
        *(_is_other(redacted[name], notes[name]).alias(f"_is_{name}_redacted") for name in _NOTES),
    )
    is_present = F.col("_presence") == "present"
    faults = F.when(is_present, _with_found(F.col("faults"))).otherwise(F.array().cast(FAULTS))
    return told.select(*kept, "pathway", faults.alias("faults"))


def _is_other(left: Column, right: Column) -> Column:
    return ~left.eqNullSafe(right)


def _with_found(faults: Column) -> Column:
    """The faults of the reading and those of the rules; the dear ones are looked for on the rows that need it only."""
    of_values, of_order = [*_values()], [*_order()]
    plain = _where_any(of_values, of_values)
    ordered = _where_any(of_order, [*of_order, *_swaps()])
    return F.when(F.size(plain) + F.size(ordered) > 0, F.concat(faults, plain, ordered)).otherwise(faults)


def _where_any(asked: list[Found], found: list[Found]) -> Column:
    """Those of `found` that hold, where one of `asked` does."""
    told = F.array_compact(
        F.array(
            *(
                F.when(holds, F.struct(F.lit(rule), F.lit(field), F.lit(None).cast("string")).cast(FAULT))
                for rule, field, holds in found
            )
        )
    )
    is_any = reduce(or_, (F.coalesce(holds, F.lit(False)) for _, _, holds in asked))
    return F.when(is_any, told).otherwise(F.array().cast(FAULTS))


def _values() -> Iterator[Found]:
    patient, pathway = "patient.", "pathway."
    number, status = F.col(f"{patient}nhs_number"), F.col(f"{patient}nhs_number_status")
    is_lost = F.exists("faults", lambda fault: fault["field"] == "nhs_number")
    yield "NHS_NUMBER_MISSING", "nhs_number", number.isNull() & ~is_lost
    yield "NHS_NUMBER_UNVERIFIED", "nhs_number_status", number.isNotNull() & ~status.eqNullSafe(F.lit(VERIFIED))
    yield "POSTCODE_OF_NO_PLACE", "postcode", postcode.is_pseudo(F.col(f"{patient}postcode"))
    yield "BIRTH_DATE_MISSING", "born_on", _is_missing(f"{patient}born_on")
    yield "REFERRAL_DATE_MISSING", "referral_received_on", _is_missing(f"{pathway}referral_received_on")
    yield "SITE_MISSING", "tumour_site", _is_missing(f"{pathway}tumour_site")
    is_screened = F.col(f"{pathway}referral_source") == SCREENING
    is_untyped = _is_missing(f"{pathway}suspected_cancer_type")
    yield "SUSPECTED_TYPE_MISSING", "suspected_cancer_type", is_screened & is_untyped
    yield "TRANSFER_DATE_MISSING", "transfer_on", F.col("has_unmarked_transfer")
    yield "TREATMENT_NUMBER_MISSING", "treatment_number", F.col("has_unmarked_treatment")
    is_dead, is_open = F.col(f"{patient}died_on").isNotNull(), F.col(f"{pathway}closed_on").isNull()
    yield "DECEASED_BUT_OPEN", "closed_on", is_dead & is_open
    for name in _NOTES:
        yield "NOTE_IDENTIFIES", name, F.col(f"_is_{name}_redacted")


def _is_missing(column: str) -> Column:
    """Whether nothing stands there, and nothing that could not be read either."""
    name = column.partition(".")[2]
    return F.col(column).isNull() & ~F.exists("faults", lambda fault: fault["field"] == name)


def _order() -> Iterator[Found]:
    yield from date_order.broken_order()
    for field, holds in date_order.in_future(_today()):
        yield "DATE_IN_FUTURE", field, holds


def _swaps() -> Iterator[Found]:
    for field, holds in date_order.swapped(_today()):
        yield "DAY_MONTH_SWAPPED", field, holds


def _today() -> Column:
    """The day of the extract, in the session's time zone."""
    return F.to_date("_extracted_at")
