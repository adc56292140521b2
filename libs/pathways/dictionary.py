"""What each column of silver means, with the NHS Data Dictionary's name where it has one; docs/silver.md shows it."""

from collections.abc import Mapping

_KEYS = """
trust the ODS code of the trust whose register tells it
system the register, a contract in conf/feeds
source_pathway_id the register's own number of the pathway
source_patient_id the register's own number of the patient
"""
_STAMPS = """
file_id the file of the ledger that brought it
extracted_at the time of the extract that told it
row_hash of what the row says; the same hash: nothing has changed
"""
# Table -> one line a column: its name and what it means. CAPITALS: the name in the NHS Data Dictionary.
TABLES: Mapping[str, str] = {
    "pathway": f"""{_KEYS}
tumour_site the site, one of the groups of conf/rules
suspected_cancer_type TWO WEEK WAIT CANCER OR SYMPTOMATIC BREAST REFERRAL TYPE, 01 to 17
priority_type PRIORITY TYPE CODE: 1 routine, 2 urgent, 3 two week wait
referral_source SOURCE OF REFERRAL FOR OUT-PATIENTS
referral_decided_on DECISION TO REFER DATE (CANCER OR BREAST SYMPTOMS)
referral_received_on CANCER REFERRAL TO TREATMENT PERIOD START DATE: the day on which the referral was received
first_seen_on DATE FIRST SEEN
first_seen_org the trust of ORGANISATION SITE IDENTIFIER (OF PROVIDER FIRST SEEN)
first_seen_adjustment_days WAITING TIME ADJUSTMENT (FIRST SEEN)
first_seen_adjustment_reason WAITING TIME ADJUSTMENT REASON (FIRST SEEN)
upgraded_on CONSULTANT UPGRADE DATE
upgrade_org the trust of ORGANISATION SITE IDENTIFIER (OF PROVIDER CONSULTANT UPGRADE)
first_test_booked_on the day on which the first test was booked
first_test_done_on the day of the first test
first_test_reported_on the day of its report
last_test_reported_on the day of the last report
mdt_on MULTIDISCIPLINARY TEAM DISCUSSION DATE (CANCER)
informed_on CANCER FASTER DIAGNOSIS PATHWAY END DATE: the patient was told
fds_end_reason CANCER FASTER DIAGNOSIS PATHWAY END REASON, 01 to 04
fds_exclusion_reason CANCER FASTER DIAGNOSIS PATHWAY EXCLUSION REASON
cancer_status CANCER OR SYMPTOMATIC BREAST REFERRAL PATIENT STATUS
diagnosed_on the date of the diagnosis
diagnosis_icd10 PRIMARY DIAGNOSIS (ICD)
morphology the tumour's morphology
pathway_identifier PATIENT PATHWAY IDENTIFIER
pathway_identifier_issuer ORGANISATION IDENTIFIER (PATIENT PATHWAY IDENTIFIER ISSUER)
closed_on the day on which the register closed the pathway
closed_reason NOT_CANCER, TREATED, DIED, PRIVATE or NO_TREATMENT
next_action what is to be done next, without names and numbers
next_action_owner who is to do it
next_action_due_on until when
is_escalated whether it was escalated
tracking_note the tracker's note, without names and numbers: what was written stays in bronze
last_tracked_on when a tracker last looked at it
source_updated_at when the register last changed it
is_departed whether it is open and its trust's full extracts no longer hold it
first_extracted_at the first extract that told of it
{_STAMPS}""",
    "patient": f"""{_KEYS.replace("source_pathway_id the register's own number of the pathway", "")}
nhs_number NHS NUMBER, where it can exist
nhs_number_status NHS NUMBER STATUS INDICATOR CODE; only 01 is verified
hospital_number the trust's number of the patient
family_name the family name
given_name the given name
born_on the date of birth
sex 1 male, 2 female, 9 not specified
ethnic_category the ethnic category
postcode the usual address's; one that begins with ZZ99 is of no place
phone the digits of the telephone number
gp_practice the practice
died_on the date of death
first_extracted_at the first extract that told of the patient
{_STAMPS}""",
    "treatment": f"""{_KEYS.replace("source_patient_id the register's own number of the patient", "")}
treatment_number 1 for the first, as the register numbers them
decision_to_treat_on CANCER TREATMENT PERIOD START DATE: the day of the decision
planned_treatment_on for when it is planned
treatment_on TREATMENT START DATE (CANCER)
treatment_event CANCER TREATMENT EVENT TYPE
treatment_modality CANCER TREATMENT MODALITY
treatment_setting CANCER CARE SETTING (TREATMENT)
treatment_adjustment_days WAITING TIME ADJUSTMENT (TREATMENT)
treatment_adjustment_reason its reason
treatment_org the trust of ORGANISATION SITE IDENTIFIER (OF PROVIDER TREATMENT START DATE)
{_STAMPS}""",
    "transfer": f"""{_KEYS.replace("source_patient_id the register's own number of the patient", "")}
transfer_on the day of the transfer between trusts
transfer_from_org the trust that sent the patient
transfer_to_org the trust that received the patient
transfer_reason why
{_STAMPS}""",
    "reject": """
trust the ODS code of the trust
system the register
file_id the file of the ledger
row_number of the data row in the extract, from 1
row_key the register's own key of the row
rule_code a rule of docs/row_rules.md
reach record or integrity
severity reject (the row was refused), null the field (it was left empty) or warn (everything was taken)
field the canonical column; null where the whole row was refused. Never a value
""",
    "duplicate": f"""{_KEYS.replace("source_patient_id the register's own number of the patient", "")}
survivor_pathway_id the register's number of the entry that is counted
file_id the last file, of whatever trust, of the run that found it
row_hash of what the row says
""",
    "unmapped_word": """
trust the ODS code of the trust
system the register
file_id the file of the ledger
rule_code WORD_UNMAPPED, CODE_NOT_IN_LIST, CODE_NOT_UNDERSTOOD or ORGANISATION_NOT_UNDERSTOOD
field the canonical column
word what stands in the register, cut at 60 characters: restricted, since it may say anything
row_count how many new or changed rows of the file hold it
""",
    "linkage_term": """
kind the table beside a linkage model, one of ml.linkage.beside.TABLES
term a name, or the key of records that look alike: restricted. Empty: every name that a single record has
frequency how frequent it is; null where no frequency belongs to it
model_version the version of the registered model `linkage` beside which it stands
""",
    "record_key": """
ordinal the record: xxhash64 of its trust, system and source_patient_id
keys what it has in common with whom it may be: hashes; restricted, since who guesses a name can make them
file_id the file that told of the record when it had the keys; one that was told of since has others
made_by the linkage model and the version of DuckDB that made the keys
""",
    "link_pair": """
left the lesser record, by its ordinal
right the greater
match_weight how much more likely one person than two makes this pair what it is, in bits
probability how likely both are one person
rule what speaks for it: nhs_number, same_details or model
is_accepted whether both are taken for one person, if nothing contradicts it
is_apart whether they are never taken for one, however they hang together
has_two_numbers whether both have verified NHS numbers, and two of them
given_contradicts whether their given names are of two people
birth_contradicts whether their birth dates are of two people
numbers_differ whether both have NHS numbers, verified or not, and two of them
names how far the names agree: the number of the level in ml.linkage.comparisons, 0 differ, -1 not recorded
birth_date likewise
sex likewise
postcode likewise
address likewise
phone likewise
local_id likewise
nhs_number likewise
row_hash of what the row says; the same hash: nothing has changed
file_id the last file of the run that wrote it
""",
    "link_review": """
pair_id the pair of records: the record_id of both, the lesser first
left_trust the trust of the lesser record
left_system its register
left_patient_id what the register calls the patient: restricted
right_trust the trust of the other
right_system its register
right_patient_id what the register calls the patient: restricted
probability how likely both are one person
match_weight how much more likely one person than two makes this pair what it is, in bits
reason why people are asked
names how far the names agree, in words; never a name
birth_date likewise
sex likewise
postcode likewise
address likewise
phone likewise
local_id likewise
nhs_number likewise
asked_on the day of the list on which it was asked first
file_id the last file of the run that wrote it
row_hash of what the row says; the same hash: nothing has changed
""",
    "person_event": """
kind merge (other_person_id is no more, person_id goes on) or split (records left person_id for other_person_id)
person_id the person that goes on
other_person_id the other
reason what made it
after_file_id the last file that was linked before
file_id the last file of the run
model_version the version of the linkage model by which people were linked
row_hash of what the row says
run_id the run that found it
as_at the moment of the list
""",
    "link_decision": """
pair_id a pair of records: the record_id of both, the lesser first
left_ordinal the number of the lesser record, xxhash64 of its trust, system and source_patient_id
right_ordinal that of the other
is_same whether people say that both are one person
decided_by a role or initials; null where nobody was named
decided_on the day on which it was imported
imported_at the moment; the last decision on a pair counts
row_hash of what the row says; the same hash: nothing has changed
""",
}


def meanings(table: str) -> dict[str, str]:
    """The columns of a silver table in their order, and what each means."""
    lines = (line.partition(" ") for line in TABLES[table].splitlines() if line.strip())
    return {name: meaning for name, _, meaning in lines}
