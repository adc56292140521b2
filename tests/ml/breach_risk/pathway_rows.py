"""Linked pathways with their first treatment, as `with_first_treatment` gives them: a test names what matters."""

from datetime import date, timedelta
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from libs.pathways.shared import INVESTIGATED, TOLD, TRACKED, TREATED
from tests.libs.pathways.linked_rows import frame_of, schema_of

LIST_ON = date(2025, 6, 30)
COLUMNS = (
    "pathway_key", *INVESTIGATED, *TOLD, "told_by", "transfer_on", "transfer_from_org", "transfer_to_org",
    "holding_trust", "route", "is_basal_cell", "as_at_on", *TRACKED, *TREATED,
)  # fmt: skip


def pathways(spark: SparkSession, *rows: dict[str, Any]) -> DataFrame:
    """What a row does not say: an urgent referral for lung to RVW, nothing done yet, listed on LIST_ON."""
    usual = {
        "priority_type": "3", "suspected_cancer_type": "06", "referral_source": "03", "route": "USC",
        "tumour_site": "lung", "holding_trust": "RVW", "is_basal_cell": False, "as_at_on": LIST_ON,
    }  # fmt: skip
    return frame_of(spark, schema_of(COLUMNS), [{**usual, **row} for row in rows])


def day(number: int, *, referred: date = date(2024, 9, 2)) -> date:
    """The so-many-th day after a referral of long ago."""
    return referred + timedelta(days=number)
