"""People's decisions: kept for good, the last one counts, and a file with any fault changes nothing."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from pyspark.sql import Row, SparkSession

from jobs.link_decisions import Imported, import_decisions, open_decisions
from jobs.link_review import DECISIONS
from jobs.row_file import RowFileError
from libs.lakehouse.tables import Lake, open_lake
from libs.pathways.link_decision import DECISION
from libs.settings import Settings
from tests.jobs.asked_pairs import FIRST, SECOND, THIRD, ask
from tests.jobs.conftest import SECOND_HOUR

UNKNOWN = f"{9:016x}-{25:016x}"


@pytest.fixture
def lake(spark: SparkSession, settings: Settings) -> Lake:
    lake = open_lake(spark, settings)
    ask(lake, FIRST, SECOND, THIRD)
    return lake


def take(lake: Lake, folder: Path, *rows: str, header: str = "pair_id,decision,decided_by", days: int = 0) -> Imported:
    path = folder / "pairs.csv"
    path.write_bytes("\r\n".join((header, *rows, "")).encode("utf-8-sig"))  # as Excel saves it
    return import_decisions(lake, open_decisions(path), at=SECOND_HOUR + timedelta(days=days))


def decisions(lake: Lake) -> dict[str, Row]:
    return {row["pair_id"]: row for row in lake.read(DECISIONS).collect()}


def test_decisions_are_kept_with_both_records_and_the_moment_and_empty_ones_wait_on(lake: Lake, tmp_path: Path) -> None:
    told = take(lake, tmp_path, f" {FIRST.upper()} , Same ,MDT  co-ordinator", f"{SECOND},different,", f"{THIRD},,")
    assert told == Imported(2, 0, 0, undecided_count=1)
    assert set(lake.read(DECISIONS).columns) == set(DECISION.names)
    found = decisions(lake)
    assert set(found) == {FIRST, SECOND}
    first = found[FIRST]
    assert (first["left_ordinal"], first["right_ordinal"]) == (1, 17)
    assert (first["is_same"], first["decided_by"]) == (True, "MDT co-ordinator")
    assert first["decided_on"] == date(2025, 6, 2)
    assert first["imported_at"].timestamp() == SECOND_HOUR.timestamp()
    assert (found[SECOND]["is_same"], found[SECOND]["decided_by"]) == (False, None)


def test_a_later_decision_takes_the_place_of_the_earlier_also_when_the_pair_has_left_the_queue(
    lake: Lake, tmp_path: Path
) -> None:
    take(lake, tmp_path, f"{FIRST},same,AB", f"{SECOND},same,AB")
    ask(lake, THIRD)
    told = take(lake, tmp_path, f"{FIRST},different,CD", f"{SECOND},same,", f"{THIRD},same,", days=1)
    assert told == Imported(new_count=1, changed_count=1, repeated_count=1, undecided_count=0)
    found = decisions(lake)
    assert (found[FIRST]["is_same"], found[FIRST]["decided_by"]) == (False, "CD")
    assert found[FIRST]["decided_on"] == date(2025, 6, 3)
    assert (found[SECOND]["decided_by"], found[SECOND]["decided_on"]) == ("AB", date(2025, 6, 2))
    commits = lake.commits
    assert take(lake, tmp_path, f"{THIRD},same,", f"{THIRD},same,") == Imported(0, 0, 1, 0)
    assert lake.commits == commits


def test_a_file_with_faults_is_refused_whole_with_every_fault_by_its_line(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(RowFileError) as fault:
        take(
            lake, tmp_path, f"{FIRST},same,", f"{SECOND},maybe,", f"{UNKNOWN},same,", f"{FIRST},different,",
            f"{THIRD},same,{'x' * 61}", f"{UNKNOWN},different,", f"{UNKNOWN},,",
        )  # fmt: skip
    told = str(fault.value)
    for part in (
        "line 3: the decision is neither same nor different",
        "lines 4, 7: the pair waits in no queue and was never decided",
        "lines 2, 4, 5, 7: one pair has two different decisions",
        "line 6: decided_by is longer than 60 characters",
        "file=pairs.csv",
        "Mend these lines",
    ):
        assert part in told
    assert not any(value in told for value in (FIRST, UNKNOWN, "maybe", "xx"))
    assert not lake.exists(DECISIONS)


def test_only_the_pair_and_the_decision_must_be_there(lake: Lake, tmp_path: Path) -> None:
    told = take(lake, tmp_path, f"same,why not,{FIRST}", header="Decision,reason,Pair_id")
    assert told == Imported(1, 0, 0, 0)
    with pytest.raises(RowFileError, match="lacks the column decision"):
        take(lake, tmp_path, FIRST, header="pair_id")


def test_where_nobody_was_ever_asked_no_decision_is_taken(
    spark: SparkSession, settings: Settings, tmp_path: Path
) -> None:
    with pytest.raises(RowFileError, match="line 2: the pair waits in no queue"):
        take(open_lake(spark, settings), tmp_path, f"{FIRST},same,")
