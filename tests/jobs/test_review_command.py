"""`cancollaborate review`: out comes a file for people, back come decisions; the screen tells counts only."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from libs.lakehouse.tables import open_lake
from libs.settings import Settings
from tests.jobs.asked_pairs import FIRST, IDS, SECOND, ask
from tests.jobs.commands import Run, fail_command, run_command

__all__ = ["fail_command", "run_command"]


@pytest.fixture
def root(spark: SparkSession, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr("libs.lakehouse.session.start_session", lambda settings: spark)
    monkeypatch.setattr("jobs.screens.progress.StepLines.say", lambda lines, what: None)
    return ["--set", f"paths.root={settings.paths.root}"]


def test_pairs_go_out_and_decisions_come_back_without_a_key_or_an_id_on_the_screen(
    spark: SparkSession, settings: Settings, root: list[str], run_command: Run, tmp_path: Path
) -> None:
    output = tmp_path / "pairs.csv"
    ask(open_lake(spark, settings), FIRST, SECOND)
    out = run_command("review", "export", "--output", output, *root)
    assert out.startswith(f"2 pairs wait for people to decide, best first, in {output}\n")
    assert "The file holds local patient ids: it is restricted" in out
    lines = output.read_text().splitlines()
    # As a spreadsheet leaves it: the likeliest is decided, the other is not.
    output.write_text("\n".join((lines[0], lines[1].removesuffix(",,") + ",same,AB", lines[2])))
    back = run_command("review", "import", output, *root)
    assert back.startswith("1 new, 0 changed, 0 repeated; 1 not yet decided\n")
    assert "in the next hour that brings a file, and are honoured for ever after" in back
    again = run_command("review", "export", "--output", output, *root)
    assert again.startswith("1 pair waits")
    assert "1 more pair is decided and left out" in again
    assert not any(each in out + back + again for each in (FIRST, SECOND, *IDS[SECOND]))


def test_a_queue_in_which_nobody_waits_is_said_in_plain_words(
    root: list[str], run_command: Run, tmp_path: Path
) -> None:
    told = run_command("review", "export", "--output", tmp_path / "pairs.csv", *root)
    assert told.startswith("No pair waits: no model has linked people yet")


def test_a_file_that_can_not_be_read_is_told_before_spark_starts(fail_command: Run, tmp_path: Path) -> None:
    assert "the file can't be read" in fail_command("review", "import", tmp_path / "none.csv")


@pytest.mark.parametrize("command", ["export", "import"])
def test_the_help_has_an_example(run_command: Run, command: str) -> None:
    assert f"Example: cancollaborate review {command}" in run_command("review", command, "--help")
