import json
import logging
from collections.abc import Iterator

import pytest

from libs import log
from libs.errors import SettingsError


@pytest.fixture(autouse=True)
def logger_as_it_was() -> Iterator[None]:
    logger = logging.getLogger("cancollaborate")
    before = list(logger.handlers), logger.level, logger.propagate
    yield
    logger.handlers, logger.level, logger.propagate = list(before[0]), before[1], before[2]


def test_an_event_is_one_line_of_json_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("INFO")
    log.event("step_done", step="ingest", rows=12, seconds=0.5, table=None)
    out, err = capsys.readouterr()
    assert out == ""
    line = json.loads(err)
    assert err.count("\n") == 1
    assert line.pop("at")
    expected = {"level": "INFO", "event": "step_done", "step": "ingest", "rows": 12, "seconds": 0.5, "table": None}
    assert line == expected


def test_a_field_with_line_ends_stays_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("INFO")
    log.event("file_judged", status="a\nb")
    assert capsys.readouterr().err.count("\n") == 1


def test_a_field_that_is_not_on_the_list_is_refused_and_its_value_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("INFO")
    with pytest.raises(ValueError, match="not on the list: nhs_number, surname") as fault:
        log.event("step_done", step="link", surname="Smith", nhs_number="9434765919")
    assert "9434765919" not in str(fault.value)
    assert capsys.readouterr().err == ""


def test_events_below_the_level_are_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("WARNING")
    log.event("step_done", step="ingest")
    log.event("feed_missing", level="WARNING", trust="RVW")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["feed_missing"]


def test_configuring_twice_does_not_double_the_lines(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("INFO")
    log.configure("INFO")
    log.event("step_done")
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("level", ["LOUD", "", "1"])
def test_a_level_that_is_none_is_named_with_those_that_are(level: str) -> None:
    with pytest.raises(SettingsError, match=r"--log-level .* is no level\. Use INFO or WARNING"):
        log.configure(level)


def test_a_level_may_be_written_small(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("info")
    log.event("step_done")
    assert json.loads(capsys.readouterr().err)["event"] == "step_done"
