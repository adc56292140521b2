"""The columns that a register's row becomes: the business columns of the silver tables, and their code lists."""

from collections.abc import Mapping

from pyspark.sql.types import (
    BooleanType,
    DataType,
    DateType,
    IntegerType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)


def _schema(*names: str, **types: DataType) -> StructType:
    """Columns in the order of `names`, text unless `types` says otherwise."""
    return StructType([StructField(name, types.get(name, StringType())) for name in names])


PATIENT = _schema(
    "source_patient_id", "nhs_number", "nhs_number_status", "hospital_number", "family_name", "given_name", "born_on",
    "sex", "ethnic_category", "postcode", "phone", "gp_practice", "died_on",
    born_on=DateType(), died_on=DateType(),
)  # fmt: skip

PATHWAY = _schema(
    "source_pathway_id", "source_patient_id", "tumour_site", "suspected_cancer_type", "priority_type",
    "referral_source", "referral_decided_on", "referral_received_on", "first_seen_on", "first_seen_org",
    "first_seen_adjustment_days", "first_seen_adjustment_reason", "upgraded_on", "upgrade_org",
    "first_test_booked_on", "first_test_done_on", "first_test_reported_on", "last_test_reported_on", "mdt_on",
    "informed_on", "fds_end_reason", "fds_exclusion_reason", "cancer_status", "diagnosed_on", "diagnosis_icd10",
    "morphology", "pathway_identifier", "pathway_identifier_issuer", "closed_on", "closed_reason", "next_action",
    "next_action_owner", "next_action_due_on", "is_escalated", "tracking_note", "last_tracked_on", "source_updated_at",
    referral_decided_on=DateType(), referral_received_on=DateType(), first_seen_on=DateType(),
    first_seen_adjustment_days=IntegerType(), upgraded_on=DateType(), first_test_booked_on=DateType(),
    first_test_done_on=DateType(), first_test_reported_on=DateType(), last_test_reported_on=DateType(),
    mdt_on=DateType(), informed_on=DateType(), diagnosed_on=DateType(), closed_on=DateType(),
    next_action_due_on=DateType(), is_escalated=BooleanType(), last_tracked_on=DateType(),
    source_updated_at=TimestampType(),
)  # fmt: skip

TRANSFER = _schema(
    "source_pathway_id", "transfer_on", "transfer_from_org", "transfer_to_org", "transfer_reason",
    transfer_on=DateType(),
)  # fmt: skip

TREATMENT = _schema(
    "source_pathway_id", "treatment_number", "decision_to_treat_on", "planned_treatment_on", "treatment_on",
    "treatment_event", "treatment_modality", "treatment_setting", "treatment_adjustment_days",
    "treatment_adjustment_reason", "treatment_org",
    treatment_number=IntegerType(), decision_to_treat_on=DateType(), planned_treatment_on=DateType(),
    treatment_on=DateType(), treatment_adjustment_days=IntegerType(),
)  # fmt: skip

SECTIONS: Mapping[str, StructType] = {
    "patient": PATIENT,
    "pathway": PATHWAY,
    "transfer": TRANSFER,
    "treatment": TREATMENT,
}


def _numbered(first: int, last: int) -> frozenset[str]:
    return frozenset(f"{code:02d}" for code in range(first, last + 1))


# Closed code lists (cwt-rules 4.2 to 4.12). A field that isn't here takes any code: its list is local or unverified.
CODES: Mapping[str, frozenset[str]] = {
    "nhs_number_status": _numbered(1, 8),
    "sex": frozenset({"1", "2", "9"}),
    "tumour_site": frozenset(
        {
            "breast", "lower_gi", "skin", "gynaecology", "head_neck", "urology", "upper_gi", "lung", "haematology",
            "brain", "sarcoma", "children", "non_specific", "other",
        }
    ),
    "suspected_cancer_type": _numbered(1, 17),
    "priority_type": frozenset({"1", "2", "3"}),
    "referral_source": _numbered(1, 7) | _numbered(10, 17) | frozenset({"92", "93", "97"}),
    "fds_end_reason": _numbered(1, 4),
    "closed_reason": frozenset({"NOT_CANCER", "TREATED", "DIED", "PRIVATE", "NO_TREATMENT"}),
    "treatment_event": _numbered(1, 12),
    "treatment_modality": _numbered(1, 24) | frozenset({"97", "98"}),
    "treatment_setting": _numbered(1, 4),
}  # fmt: skip

# Characters of free text, by column: longer ones are cut. Codes and words are no longer than 60.
LONGEST: Mapping[str, int] = {
    "family_name": 100,
    "given_name": 100,
    "hospital_number": 40,
    "next_action": 500,
    "next_action_owner": 100,
    "tracking_note": 4_000,
}
