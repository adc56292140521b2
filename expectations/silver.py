"""Silver: what canonical patients, pathways and treatments, and the links between them, must hold."""

from great_expectations import expectations as gxe
from pyspark.sql import functions as F

from expectations.suite import ROWS_OF_KEY, Suite, critical, keyed_suite, warning
from libs.nhs import nhs_number
from libs.pathways.canonical import CODES
from libs.pathways.people import RECORD_KEY
from libs.pathways.silver import PATIENT_KEY, TREATMENT_KEY
from libs.pathways.versions import KEY

NEARLY_ALL = 0.98
MOST = 0.95


def pathway() -> Suite:
    """The current pathway of each register."""
    referred, seen = F.col("referral_received_on"), F.col("first_seen_on")
    return keyed_suite(
        "silver.pathway",
        KEY,
        {
            "tumour_site": F.col("tumour_site"),
            "has_patient": F.col("source_patient_id").isNotNull(),
            "has_referral_date": referred.isNotNull(),
            "is_in_order": seen >= referred,
            "is_departed": F.col("is_departed"),
        },
        (
            critical(
                gxe.ExpectColumnValuesToBeInSet, "SITE_UNKNOWN", "Every tumour site is one of the known groups.",
                column="tumour_site", value_set=sorted(CODES["tumour_site"]),
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "PATIENT_MISSING",
                "Every pathway names its patient: without one it would be on no list.",
                column="has_patient", value_set=[True],
            ),
            warning(
                gxe.ExpectColumnValuesToNotBeNull, "SITE_MISSING", "At least 98 % of pathways have a tumour site.",
                column="tumour_site", mostly=NEARLY_ALL,
            ),
            warning(
                gxe.ExpectColumnValuesToBeInSet, "REFERRAL_DATE_MISSING",
                "At least 98 % of pathways have the date on which the referral came.",
                column="has_referral_date", value_set=[True], mostly=NEARLY_ALL,
            ),
            warning(
                gxe.ExpectColumnValuesToBeInSet, "SEEN_BEFORE_REFERRAL",
                "At least 98 % of patients were first seen on or after the day of their referral.",
                column="is_in_order", value_set=[True], mostly=NEARLY_ALL,
            ),
            warning(
                gxe.ExpectColumnValuesToBeInSet, "MANY_DEPARTED",
                "At least 95 % of the pathways that changed are still in their trust's extract.",
                column="is_departed", value_set=[False], mostly=MOST,
            ),
        ),
        row="pathway of a trust",
    )  # fmt: skip


def patient() -> Suite:
    """The identifiers of each patient of each register; only whether they are there and well formed is measured."""
    number = F.col("nhs_number")
    return keyed_suite(
        "silver.patient",
        PATIENT_KEY,
        {
            "has_nhs_number": number.isNotNull(),
            "is_nhs_number_valid": F.when(number.isNotNull(), nhs_number.is_valid(number)),
            "has_birth_date": F.col("born_on").isNotNull(),
            "is_life_in_order": F.col("died_on") >= F.col("born_on"),
        },
        (
            critical(
                gxe.ExpectColumnValuesToBeInSet, "NHS_NUMBER_INVALID",
                "Every NHS number that is kept can exist: another would join two people.",
                column="is_nhs_number_valid", value_set=[True],
            ),
            warning(
                gxe.ExpectColumnValuesToBeInSet, "NHS_NUMBER_MISSING", "At least 95 % of patients have an NHS number.",
                column="has_nhs_number", value_set=[True], mostly=MOST,
            ),
            warning(
                gxe.ExpectColumnValuesToBeInSet, "BIRTH_DATE_MISSING", "At least 98 % of patients have a birth date.",
                column="has_birth_date", value_set=[True], mostly=NEARLY_ALL,
            ),
            warning(
                gxe.ExpectColumnValuesToBeInSet, "DIED_BEFORE_BIRTH", "No patient died before being born.",
                column="is_life_in_order", value_set=[True],
            ),
        ),
        row="patient of a trust",
    )  # fmt: skip


def treatment() -> Suite:
    """The treatments of each register."""
    treated = F.col("treatment_on")
    return keyed_suite(
        "silver.treatment",
        TREATMENT_KEY,
        {
            "treatment_event": F.col("treatment_event"),
            "treatment_modality": F.col("treatment_modality"),
            "is_in_order": treated >= F.col("decision_to_treat_on"),
            "has_trust": F.when(treated.isNotNull(), F.col("treatment_org").isNotNull()),
        },
        (
            critical(
                gxe.ExpectColumnValuesToBeInSet, "EVENT_UNKNOWN", "Every treatment event is a code of the data set.",
                column="treatment_event", value_set=sorted(CODES["treatment_event"]),
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "MODALITY_UNKNOWN", "Every modality is a code of the data set.",
                column="treatment_modality", value_set=sorted(CODES["treatment_modality"]),
            ),
            warning(
                gxe.ExpectColumnValuesToBeInSet, "TREATED_BEFORE_DECISION",
                "At least 98 % of treatments began on or after the day of the decision.",
                column="is_in_order", value_set=[True], mostly=NEARLY_ALL,
            ),
            warning(
                gxe.ExpectColumnValuesToBeInSet, "TREATING_TRUST_MISSING",
                "At least 98 % of treatments that were given name the trust that gave them.",
                column="has_trust", value_set=[True], mostly=NEARLY_ALL,
            ),
        ),
        row="treatment",
    )  # fmt: skip


def duplicate() -> Suite:
    """The pathways that their register holds under another number too."""
    survivor = F.col("survivor_pathway_id")
    return keyed_suite(
        "silver.duplicate",
        KEY,
        {"has_survivor": survivor.isNotNull(), "is_another": survivor != F.col("source_pathway_id")},
        (
            critical(
                gxe.ExpectColumnValuesToBeInSet, "SURVIVOR_MISSING",
                "Every duplicate names the pathway that is counted instead: else its patient would be on no list.",
                column="has_survivor", value_set=[True],
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "SURVIVES_ITSELF",
                "No pathway is its own duplicate: it would not be counted at all.",
                column="is_another", value_set=[True],
            ),
        ),
        row="duplicate",
    )  # fmt: skip


def unmapped_word() -> Suite:
    """The words that nobody knows: each is told once for its file and field, with its rows. No word is measured."""
    return keyed_suite(
        "silver.unmapped_word",
        ("trust", "system", "file_id", "rule_code", "field", "word"),
        {"row_count": F.coalesce("row_count", F.lit(0))},
        (
            warning(
                gxe.ExpectColumnValuesToBeBetween, "ROW_COUNT_MISSING", "Every unknown word stands in a row or more.",
                column="row_count", min_value=1,
            ),
        ),
        row="unknown word",
    )  # fmt: skip


def person_link() -> Suite:
    """Which record is which person."""
    return keyed_suite(
        "silver.person_link",
        RECORD_KEY,
        {
            "has_person": F.col("person_id").isNotNull(),
            "probability": F.coalesce("probability", F.lit(-1.0)),
        },
        (
            critical(
                gxe.ExpectColumnValuesToBeInSet, "PERSON_MISSING", "Every patient's record is linked to a person.",
                column="has_person", value_set=[True],
            ),
            critical(
                gxe.ExpectColumnValuesToBeBetween, "PROBABILITY_WRONG", "Every link's probability is between 0 and 1.",
                column="probability", min_value=0, max_value=1,
            ),
        ),
        row="patient's record",
    )  # fmt: skip


def linked_pathway() -> Suite:
    """The pathways that are counted: one for a patient's referral, however many trusts hold it."""
    return keyed_suite(
        "silver.linked_pathway",
        ("pathway_key",),
        {
            "has_person": F.col("person_id").isNotNull(),
            "member_count": F.coalesce(F.size("members"), F.lit(0)),
            "is_trust_once": F.size(F.array_distinct("trusts")) == F.size("trusts"),
        },
        (
            critical(
                gxe.ExpectColumnValuesToBeInSet, "PERSON_MISSING", "Every linked pathway belongs to a person.",
                column="has_person", value_set=[True],
            ),
            critical(
                gxe.ExpectColumnValuesToBeBetween, "MEMBER_MISSING", "Every linked pathway has a trust's own pathway.",
                column="member_count", min_value=1,
            ),
            critical(
                gxe.ExpectColumnValuesToBeInSet, "TRUST_REPEATED",
                "No trust stands twice in one linked pathway: two referrals would count as one.",
                column="is_trust_once", value_set=[True],
            ),
        ),
        row="linked pathway",
    )  # fmt: skip


def linked_member() -> Suite:
    """The trusts' pathways within the linked ones; each row is a member and its `file_id`."""
    return Suite(
        "silver.linked_pathway",
        KEY,
        {},
        (
            critical(
                gxe.ExpectColumnValuesToBeInSet, "MEMBER_REPEATED",
                "Every trust's pathway is part of one linked pathway: in two it would count twice.",
                column=ROWS_OF_KEY, value_set=[1],
            ),
        ),
        scope="members",
    )  # fmt: skip
