"""The runner: counts and severities come back, pages are made, and neither a folder nor a word goes anywhere else."""

import re
import socket
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from great_expectations import expectations as gxe
from pyspark.sql import SparkSession

from expectations.runner import Finding, run_suites
from expectations.suite import Suite, critical, warning
from libs.errors import Terminal

SECRET = "9434765919"
NOW = datetime(2025, 6, 2, 9, tzinfo=UTC)
SUITE = Suite(
    "gold.list",
    (),
    {},
    (
        critical(
            gxe.ExpectColumnValuesToBeInSet, "WORD_UNKNOWN", "Every word is known.", column="word", value_set=["a"]
        ),
        warning(gxe.ExpectColumnValuesToNotBeNull, "WORD_MISSING", "Half have a word.", column="word", mostly=0.5),
        warning(gxe.ExpectColumnValuesToNotBeNull, "NOTE_MISSING", "Most have a note.", column="note", mostly=0.9),
    ),
)
FRAME = pd.DataFrame({"word": ["a", SECRET, None, "a"], "note": [SECRET, None, SECRET, None]})
FOUND = [
    Finding("gold.list", "WORD_UNKNOWN", "critical", 3, 1, "failed", "Every word is known."),
    Finding("gold.list", "WORD_MISSING", "warning", 4, 1, "passed", "Half have a word."),
    Finding("gold.list", "NOTE_MISSING", "warning", 4, 2, "failed", "Most have a note."),
]


def run(frame: object, docs: Path | None = None, suite: Suite = SUITE) -> list[Finding]:
    return run_suites([(suite, frame)], run_id="run", run_time=NOW, docs=docs)  # type: ignore[list-item]


def test_each_expectation_comes_back_with_its_severity_and_its_counts() -> None:
    assert run(FRAME) == FOUND


def test_spark_and_pandas_find_the_same(spark: SparkSession) -> None:
    assert run(spark.createDataFrame(FRAME)) == FOUND


def test_the_pages_tell_of_the_table_and_hold_no_value(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    run(FRAME, docs)
    pages = {path: path.read_text(encoding="utf-8") for path in docs.rglob("*.html")}
    assert docs / "index.html" in pages
    assert any("gold.list" in page and "word" in page for page in pages.values())
    assert not any(SECRET in page for page in pages.values())


def test_no_page_may_load_or_send_anything(tmp_path: Path) -> None:
    run(FRAME, tmp_path / "docs")
    for page in (tmp_path / "docs").rglob("*.html"):
        head = page.read_text(encoding="utf-8").partition("<head>")[2]
        assert head.startswith('<meta http-equiv="Content-Security-Policy" content="default-src \'none\';')


def test_the_first_page_lists_what_fails_first_with_its_severity_and_leads_to_the_page_of_its_suite(
    tmp_path: Path,
) -> None:
    run(FRAME, tmp_path / "docs")
    page = (tmp_path / "docs" / "index.html").read_text(encoding="utf-8")
    assert "Data quality: 1 critical, so the last publication stays, 1 warning" in page
    places = [page.index(code) for code in ("WORD_UNKNOWN", "NOTE_MISSING", "WORD_MISSING")]
    assert places == sorted(places)
    links = re.findall(r'<a href="([^"]+)">gold.list</a>', page)
    assert len(links) == 3
    assert all((tmp_path / "docs" / link).is_file() for link in links)


def test_the_pages_of_an_earlier_run_are_gone(tmp_path: Path) -> None:
    for _ in range(2):
        run(FRAME, tmp_path / "docs")
    assert len(list((tmp_path / "docs" / "validations").rglob("*.html"))) == 1


def test_nothing_is_left_in_the_working_directory_and_nobody_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, told = tmp_path / "here", []
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: told.append(address))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *address, **options: told.append(address))
    monkeypatch.setenv("GX_ANALYTICS_ENABLED", "true")
    run(FRAME, tmp_path / "docs")
    assert list(here.iterdir()) == []
    assert told == []


def test_an_expectation_that_cannot_be_computed_is_a_fault_without_a_value(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    between = warning(gxe.ExpectColumnValuesToBeBetween, "WORD_SMALL", "Small.", column="word", max_value=3)
    with pytest.raises(Terminal) as fault:
        run(FRAME, suite=Suite("gold.list", (), {}, (between,)))
    assert fault.value.fields == {"table": "gold.list.changed", "rule": "WORD_SMALL"}
    assert SECRET not in f"{fault.value!r} {fault.value.__cause__} {caplog.text} {capfd.readouterr()}"
