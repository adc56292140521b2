"""By which route a patient came onto the pathway (cwt-rules 1.5, tested in the order given there)."""

from pyspark.sql import Column
from pyspark.sql import functions as F

BREAST_SYMPTOMATIC = "16"  # referral type: breast symptoms, cancer not initially suspected
SCREENING_PROGRAMME = "17"  # source of referral: national screening programme


def route() -> Column:
    """USC, BSYM, SCREEN, UPGRADE or OTHER, from a row's priority, referral type, source and upgrade date."""
    priority, cancer_type, source = (
        F.coalesce(F.col(name), F.lit("")) for name in ("priority_type", "suspected_cancer_type", "referral_source")
    )
    is_upgraded = F.col("upgraded_on").isNotNull()
    is_from_screening = source == SCREENING_PROGRAMME
    is_suspected = (priority == "3") & ~is_from_screening & ~is_upgraded
    return (
        F.when(is_suspected & (cancer_type != BREAST_SYMPTOMATIC), "USC")
        .when(is_suspected, "BSYM")
        .when((priority == "2") & is_from_screening, "SCREEN")
        .when(is_upgraded & ~is_from_screening, "UPGRADE")
        .otherwise("OTHER")
    )
