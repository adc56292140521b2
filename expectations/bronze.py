"""Bronze: what the ledger of files must hold."""

from great_expectations import expectations as gxe
from pyspark.sql import functions as F

from expectations.suite import Suite, critical, keyed_suite, warning
from libs.intake.ledger import ACCEPTED, DUPLICATE, QUARANTINED


def extract_file() -> Suite:
    """The ledger: each file once, with what became of it."""
    status = F.coalesce("status", F.lit(""))
    is_accepted = status == ACCEPTED
    return keyed_suite(
        "bronze.extract_file",
        ("file_id",),
        {
            "status": status,
            "has_count": F.when(is_accepted, F.col("row_count").isNotNull()),
            "has_reason": F.when(~is_accepted, F.col("reason").isNotNull()),
            "is_refused": status == QUARANTINED,
        },
        (
            critical(
                gxe.ExpectColumnValuesToBeInSet, "STATUS_UNKNOWN",
                "Every file was accepted, put in quarantine or recognised as a duplicate.",
                column="status", value_set=[ACCEPTED, DUPLICATE, QUARANTINED],
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "ROW_COUNT_MISSING",
                "Every accepted file says how many rows it holds.",
                column="has_count", value_set=[True],
            ),
            warning(
                gxe.ExpectColumnValuesToBeInSet, "REASON_MISSING", "Every file that was not accepted has its reason.",
                column="has_reason", value_set=[True],
            ),
            warning(
                gxe.ExpectColumnValuesToBeInSet, "FILE_REFUSED", "No file was put in quarantine.",
                column="is_refused", value_set=[False],
            ),
        ),
        row="file",
    )  # fmt: skip
