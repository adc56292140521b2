"""The names of linkage's tables in silver; all of them are restricted."""

# Keys of records and scored pairs; the pairs that people are to decide, and what they decided.
KEYS, PAIRS, REVIEW, DECISIONS = "silver.record_key", "silver.link_pair", "silver.link_review", "silver.link_decision"
# Each record's person, and how persons were merged and split.
LINKS, EVENTS = "silver.person_link", "silver.person_event"
