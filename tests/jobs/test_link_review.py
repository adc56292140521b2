"""The queue as a file: best first, with all that people need, and what a spreadsheet would spoil kept as it is."""

import csv
import stat
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.link_decisions import import_decisions, open_decisions
from jobs.link_review import Queue, export_queue
from libs.lakehouse.tables import Lake, open_lake
from libs.settings import Settings
from tests.jobs.asked_pairs import FIRST, SECOND, THIRD, ask
from tests.jobs.conftest import SECOND_HOUR


@pytest.fixture
def lake(spark: SparkSession, settings: Settings) -> Lake:
    return open_lake(spark, settings)


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_queue_is_written_best_first_with_ids_that_a_spreadsheet_leaves_as_they_are(
    lake: Lake, tmp_path: Path
) -> None:
    output = tmp_path / "pairs.csv"
    ask(lake, FIRST, SECOND, THIRD)
    assert export_queue(lake, output) == Queue(3, 0, is_asked=True)
    likeliest, *_, last = written = lines(output)
    assert [row["pair_id"] for row in written] == [SECOND, THIRD, FIRST]
    assert likeliest == {
        "pair_id": SECOND, "left_trust": "RVW", "left_system": "infoflex", "left_patient_id": "'=1+1",
        "right_trust": "RTR", "right_system": "scr", "right_patient_id": "'123456789012345", "probability": "0.5000",
        "match_weight": "6.25", "reason": "between the thresholds", "names": "same", "birth_date": "one digit",
        "decision": "", "decided_by": "",
    }  # fmt: skip
    assert (last["left_patient_id"], last["right_patient_id"]) == ("'0071", "S 1")
    assert stat.S_IMODE(output.stat().st_mode) == 0o600


def test_a_pair_that_was_decided_since_the_last_hour_is_not_asked_again(lake: Lake, tmp_path: Path) -> None:
    output = tmp_path / "pairs.csv"
    ask(lake, FIRST, SECOND)
    output.write_text(f"pair_id,decision\n{SECOND},different\n")
    import_decisions(lake, open_decisions(output), at=SECOND_HOUR)
    assert export_queue(lake, output) == Queue(1, 1, is_asked=True)
    assert [row["pair_id"] for row in lines(output)] == [FIRST]


def test_where_nobody_was_ever_asked_the_file_has_its_header_only(lake: Lake, tmp_path: Path) -> None:
    output = tmp_path / "pairs.csv"
    assert export_queue(lake, output) == Queue(0, 0, is_asked=False)
    (header,) = output.read_text().splitlines()
    assert header.startswith("pair_id,left_trust,")
    assert header.endswith(",reason,decision,decided_by")
