"""The columns of every published table, with their types and what they mean: the contract with those who read SQL."""

from pyspark.sql import types as T

_TYPES: dict[str, T.DataType] = {
    "string": T.StringType(),
    "int": T.IntegerType(),
    "bigint": T.LongType(),
    "double": T.DoubleType(),
    "boolean": T.BooleanType(),
    "date": T.DateType(),
    "timestamp": T.TimestampType(),
    "decimal(3,1)": T.DecimalType(3, 1),
    "decimal(12,2)": T.DecimalType(12, 2),
}
_HASH = """
row_hash bigint of what the row says; the same hash: nothing has changed
"""
_STAMP = """
run_id string the run that last changed the row
as_at timestamp the moment of that run's list, UTC
"""
# One line a column: name, type, what it means (the comment of the column in the database).
COLUMNS = {
    "ptl_current": """
pathway_key string a cancer pathway, whichever trusts track it
tracked_by string the trusts that track it, as in 'RTR, RVW'
is_shared boolean more than one trust tracks it
local_pathway_ids string the trusts' own identifiers of it
route string USC, BSYM, SCREEN, UPGRADE or OTHER
tumour_site string
suspected_cancer_type string national code, 01 to 17
first_seen_trust string
holding_trust string the trust that holds the patient now
current_stage string the last stage that was reached
stage_since_on date
referral_received_on date
first_seen_on date
informed_on date when the patient was told whether it is cancer
decision_to_treat_on date
planned_treatment_on date
transfer_on date
next_action string
next_action_owner string
next_action_due_on date
last_tracked_on date
is_escalated boolean
days_28 int days waited on the 28-day clock
last_compliant_28_on date
outcome_28 string WITHIN, BREACH, OPEN, OPEN_BREACHED, …
days_31 int days waited on the 31-day clock
last_compliant_31_on date
outcome_31 string
days_62 int days waited on the 62-day clock
last_compliant_62_on date
outcome_62 string
day_band string 0-28, 29-62, 63-104 or >104
next_breach_standard string 28, 31 or 62
next_breach_on date the soonest date on which a clock that runs breaches
days_to_breach int negative: that many days past
conflicts string where the trusts' copies contradict each other: field, each trust's value, the one that counts
rules_version string the rules by which the clocks run
p_breach_28 double probability that the 28-day clock breaches; null where it does not run or has no model
p_breach_62 double the same of the 62-day clock
risk_band string low, medium or high, by the greater of the two
""",
    "pathway_standard": """
pathway_key string
standard string 28, 31 or 62
treatment_number int 0 for the 28-day standard
route string USC, BSYM, SCREEN, UPGRADE or OTHER
tumour_site string
tumour_group string as published: of the diagnosis, for 28 days what was suspected
suspected_cancer_type string national code, 01 to 17
stage string first or subsequent treatment
modality_group string
is_shared boolean more than one trust tracks the pathway
first_seen_on date
investigating_trust string
treating_trust string
investigating_share decimal(3,1) part of the denominator that the investigating trust answers for
treating_share decimal(3,1) part of the denominator that the treating trust answers for
clock_start_on date
clock_stop_on date
adjustment_days int
days_waited int after adjustments
last_compliant_on date the last day on which the standard is met
first_breach_on date
outcome string WITHIN, BREACH, OPEN, OPEN_BREACHED, …
reporting_month string as in 2025-06
conflicts string where the trusts' copies contradict each other: field, each trust's value, the one that counts
trace string why: each rule that was applied, what it looked at and what it found
rules_version string the rules by which the clock was timed
""",
    "breach_allocation": """
pathway_key string
standard string 62
basis string actual (the wait has ended) or if_today (it runs: as if transferred and treated on the list's date)
org string a trust that answers for the wait, also where its share is none
role string investigating, treating or both
method string SOLO, 5050 or 6SCENARIO
scenario int 1 to 6, of a wait with a transfer
phase_38_days int days to the transfer
phase_24_days int days from the transfer to treatment
denominator_share decimal(3,1) part of the patient that the trust answers for; a wait's parts add up to 1
within_share decimal(3,1) of this, within the standard
breach_share decimal(3,1) of this, in breach
investigating_trust string
treating_trust string if_today: the one that is named, or the likeliest
transfer_on date the transfer that counts; if_today: the list's date where none counts yet
reporting_month string as in 2025-06; null if_today, which counts in no month
last_transfer_on date the last day on which a transfer is in time; null once one counts
last_compliant_on date the last day on which treatment meets the standard
prompt_until_on date the last day on which treatment is in time for the treating trust, counted from transfer_on
days_left_to_transfer int negative: that many days past
days_left_to_treat int negative: that many days past
""",
    "waitlist_summary": """
org string a trust, or ALL; a shared pathway counts in each of its trusts and once in ALL, so never sum organisations
tumour_site string
route string
day_band string 0-28, 29-62, 63-104, >104 or 'no clock'
has_decision_to_treat boolean
snapshot_on date the date of the list
on_list int open pathways, a count
past_28 int waiting more than 28 days
past_62 int waiting more than 62 days
past_104 int waiting more than 104 days
breached_28 int
breached_62 int
with_next_action int
no_next_action int
untracked_7d int not tracked for 7 days
tracked_by_2_trusts int
""",
    "canptl62_week": """
week_ending_on date the week's Sunday; until it is over its rows are provisional, then they stay
org string counts a pathway once: where it waits, is treated or was first seen; sum over it freely
section int 1 without, 2 with a decision to treat
row_type string the route: USC, BSYM, SCREEN or UPGRADE
tumour_group string the published cancer group of the diagnosis, else the label of what was suspected
month string the month that the week closes or leads to, as in 2025-06
is_month_end boolean the week closes its month: its Sunday is the one nearest the month's end
listed_on date the date of the list that was counted; the last 7 days end with it
day_0_28 int waiting on the 62-day clock, by day
day_29_62 int
day_63_104 int
day_over_104 int
passed_28 int of these, past day 28 since the last 7 days
passed_62 int of these, past day 62 since the last 7 days
passed_104 int of these, past day 104 since the last 7 days
treated_by_62 int first treatments in the last 7 days after at most 62 days; shared ones whole, where treated
treated_63_104 int
treated_over_104 int
referrals_made int received in the last 7 days, whatever came of them; no upgrades
upgrades_made int in the last 7 days
referrals_seen int first visits in the last 7 days of patients who were referred
referrals_seen_0_33 int of these, at most 33 days after the referral
referrals_seen_34_62 int of these, 34 to 62 days after it
""",
    "performance_month": """
month string as in 2025-06
org string the provider that answers for the share; sum over it freely
standard string 28, 31 or 62
route string
tumour_group string as published: the cancer group for 31 and 62 days, the suspected type for 28 days; '-' if unknown
stage string first, subsequent or '-' (28 days)
modality_group string '-' for 28 days
denominator_share decimal(12,2) waits that ended, shared ones as halves; the denominator of a percentage
within_share decimal(12,2) of these, within the standard
breach_share decimal(12,2) of these, in breach
days_0_14 decimal(12,2) of these, waited up to 14 days; 28-day standard, null for the others
days_15_28 decimal(12,2) 28-day standard, null for the others
days_29_42 decimal(12,2) 28-day standard, null for the others
days_43_62 decimal(12,2) 28-day standard, null for the others
days_0_31 decimal(12,2) of these, waited up to 31 days; 31- and 62-day standards, null for the other
days_32_38 decimal(12,2) 31- and 62-day standards, null for the other
days_39_48 decimal(12,2) 31- and 62-day standards, null for the other
days_49_62 decimal(12,2) 31- and 62-day standards, null for the other
days_over_62 decimal(12,2) of these, waited longer than 62 days; 28- and 31-day standards, null for the other
days_63_76 decimal(12,2) 62-day standard, null for the others
days_77_90 decimal(12,2) 62-day standard, null for the others
days_91_104 decimal(12,2) 62-day standard, null for the others
days_over_104 decimal(12,2) of these, waited longer than 104 days; 62-day standard, null for the others
""",
    "link_quality": """
linked_on date the date of the list by which links were counted; days before it stay, so that they make a trend
left_source string a register of two, as in RTR:scr, the same twice where it holds somebody twice; or ALL, of all
right_source string the other; two registers with nobody and no doubt in common have no rows
dimension string all, age_band, ethnicity_group, deprivation or nhs_number; never sum over dimensions
category string deprivation is 'not known' for everybody: no look-up from postcode to its index is at hand
record_count bigint patient records of both registers; small numbers are not suppressed: not to be passed on as it is
linked_record_count bigint of these, records whose person also stands in the other register (ALL: in any other)
match_rate double linked_record_count of record_count; registers share part of their patients, so compare groups
tier_1_pairs bigint pairs of records of one person by one verified NHS number; counted in both records' categories
tier_2_pairs bigint the same by details that all agree
tier_3_pairs bigint the same by the model
decided_pairs bigint the same because people said so
review_pairs bigint pairs that wait for people to decide; null while nobody is asked
estimated_precision double mean probability of accepted pairs, by the model itself; null without one and in all groups
estimated_recall double their sum of that of all kept pairs that may be one person: what was never compared is not in it
""",
    "feed_freshness": """
trust string
system string the register: scr or infoflex
expected_at timestamp the hour of the feed's rhythm for which an extract is expected, UTC
trust_name string
status string arrived; late: by more than freshness.late_after_minutes; missing: nothing came half a rhythm after it
minutes_late int from the expected time to the arrival of the hour's first accepted extract, 0 if early; null if missing
file_name string that extract; null while it is missing
row_count bigint its rows
last_good_extract_at timestamp when the feed's newest accepted extract was made, UTC; the same on all of its rows
""",
    "risk_score": """
pathway_key string
standard string 28 or 62
scored_on date
model_name string
model_version int
p_breach double probability that the wait breaches, by the model
baseline_p double the same, by the look-up table that the model must beat
risk_band string low, medium or high
is_calibrated boolean
""",
    "demand_forecast": """
org string
tumour_site string
stage string referral or treatment
period date Monday of the week that is forecast
origin date Monday of the last week that was known
week_ahead int
mean double expected count
lo80 double with hi80, the interval that holds 80 of 100
hi80 double
lo95 double with hi95, the interval that holds 95 of 100
hi95 double
method string
""",
    "dq_result": """
source string the trust whose rows were looked at, or 'all' for the rules of the quality gate
table_name string
rule_code string
severity string of the gate: critical (holds the publication back) or warning; of rows: reject, null the field or warn
checked bigint rows looked at
failed bigint rows that do not meet the rule
quarantined bigint rows that were refused for it
status string passed or failed
sentence string the rule in words
""",
    "extract_file": """
file_id bigint
file_name string null where it is not of the agreed form: such a name may say anything
trust string the folder in which it came; null where it is no ODS code
system string
kind string full, delta or history
sequence bigint
extracted_at timestamp UTC
arrived_at timestamp UTC
status string accepted, quarantined or duplicate
reason string why it was not accepted
row_count bigint
rows_changed bigint
sha256 string of the sealed file
sealed_bytes bigint
contract_version int
extract_sha256 string of the extract inside, as the trust signed it
detail string the difference spelled out, where there is more to say than the reason
extra_columns string columns that the contract does not know; they are kept
missing_columns string optional columns of the contract that the file did not have
batch_id string the write to bronze that holds its rows
""",
    "run": """
run_id string
step string
as_at timestamp the moment of the list, UTC
started_at timestamp UTC
finished_at timestamp UTC
status string done or failed
seconds double
rows_read bigint
rows_changed bigint
commits int
error string
watermark bigint the last file that the step has taken in
""",
}


def columns_of(table: str) -> T.StructType:
    """The columns of a published table; at the end the hash and the run that last changed a row."""
    fields = []
    names_run = "\nrun_id " in COLUMNS[table]
    text = COLUMNS[table] + _HASH + ("" if names_run else _STAMP)
    for line in filter(None, text.split("\n")):
        name, kind, *said = line.split(" ", 2)
        metadata = {"comment": said[0]} if said else None
        fields.append(T.StructField(name, _TYPES[kind], metadata=metadata))
    return T.StructType(fields)
