"""A queue of pairs that people are to decide, in a lake of its own."""

from datetime import date

from libs.lakehouse.tables import Lake

REVIEW = (
    "pair_id string, left_trust string, left_system string, left_patient_id string, right_trust string,"
    " right_system string, right_patient_id string, probability double, match_weight double, reason string,"
    " names string, birth_date string, asked_on date, file_id bigint, row_hash bigint"
)
# In the order of their keys; the second is the likeliest.
FIRST, SECOND, THIRD = (f"{number:016x}-{number + 16:016x}" for number in (1, 2, 3))
IDS = {FIRST: ("0071", "S 1"), SECOND: ("'=1+1", "123456789012345"), THIRD: ("H3", "S 3")}
WEIGHTS = {FIRST: -0.5, SECOND: 6.25, THIRD: 2.0}


def ask(lake: Lake, *pair_ids: str) -> None:
    """Put pairs in the place of the queue."""
    rows = [
        (pair_id, "RVW", "infoflex", IDS[pair_id][0], "RTR", "scr", IDS[pair_id][1], 0.5, WEIGHTS[pair_id],
         "between the thresholds", "same", "one digit", date(2025, 6, 1), 7, 1)
        for pair_id in pair_ids
    ]  # fmt: skip
    lake.swap("silver.link_review", lake.spark.createDataFrame(rows, REVIEW).coalesce(1))
