import io
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import Engine, Table

from jobs.screens.status import show_status
from jobs.screens.tables import DQ, EXTRACT_FILE, FORECAST, FRESHNESS, PTL, RISK, RUN
from libs.errors import StepOrderError
from libs.settings import Retention
from libs.warehouse.dialects import make_engine
from tests.jobs.screens.published import (
    AS_AT,
    MODELLED,
    TRUSTS,
    Rows,
    lines_with,
    publish_rows,
    refused_rule,
    stand_as_at,
)

RETENTION = Retention(
    late_days=1, bronze_days=100, archive_days=300, quarantine_days=50, history_days=400, vacuum_hours=168
)


def expected(hours_ago: int, status: str, **other: Any) -> dict[str, Any]:
    at = AS_AT - timedelta(hours=hours_ago)
    return {"trust": "RVW", "system": "infoflex", "expected_at": at, "status": status} | other


def not_taken(number: int, name: str, status: str, reason: str, days_ago: int = 0) -> dict[str, Any]:
    at = AS_AT - timedelta(days=days_ago, minutes=number)
    return {"file_id": number, "file_name": name, "arrived_at": at, "status": status, "reason": reason}


def full(number: int, hours_ago: int, status: str = "accepted", **other: Any) -> dict[str, Any]:
    """A full extract of RVW, made and arrived so many hours ago."""
    at = AS_AT - timedelta(hours=hours_ago)
    name = f"RVW_infoflex_{at:%Y%m%dT%H%M%SZ}_{number:06d}.jwe"
    usual = {
        "file_id": number, "file_name": name, "trust": "RVW", "system": "infoflex", "kind": "full", "sequence": number,
        "extracted_at": at, "arrived_at": at, "status": status, "row_count": 900, "sha256": f"{number}",
    }  # fmt: skip
    return usual | other


def held(number: int, hours_ago: int, **other: Any) -> dict[str, Any]:
    detail = "900 rows, 6,000 in the full extract before it"
    return full(number, hours_ago, "quarantined", reason="FULL_SHRANK", detail=detail, **other)


def step(run: int, name: str, status: str = "done", **other: Any) -> dict[str, Any]:
    at = AS_AT + timedelta(hours=run - 3, seconds=1 if name == "publish" else 0)
    usual = {"seconds": 2.5, "rows_read": 6_000, "rows_changed": 180, "commits": 2}
    return {"run_id": f"run-{run}", "step": name, "started_at": at, "status": status} | usual | other


def world() -> Mapping[Table, Rows]:
    late = {"minutes_late": 75, "row_count": 6_123, "last_good_extract_at": AS_AT - timedelta(minutes=75)}
    return {
        FRESHNESS: [
            expected(0, "late", **late),
            expected(1, "missing"),
            expected(2, "arrived"),
            expected(40, "missing"),
        ],
        EXTRACT_FILE: [
            not_taken(7, "RVW_infoflex_20240801T080000Z_000007.jwe", "quarantined", "DAMAGED"),
            not_taken(8, "Kowalski Anna.pdf", "quarantined", "NAME_INVALID"),
            not_taken(9, "RVW_infoflex_20240801T070000Z_000006.jwe", "duplicate", "DUPLICATE"),
            not_taken(10, "RVW_infoflex_20240701T070000Z_000001.jwe", "quarantined", "EMPTY", days_ago=8),
        ],
        RUN: [
            step(3, "publish", "done", rows_changed=20),
            step(3, "ingest"),
            step(2, "ingest"),
            step(2, "publish", "failed", error="the database refused. Publish again."),
        ],
    }


def screen(engine: Engine, *, width: int = 110, is_synthetic: bool = True) -> str:
    console = Console(width=width, record=True, file=io.StringIO())
    show_status(console, engine, trusts=TRUSTS, retention=RETENTION, is_synthetic=is_synthetic)
    return console.export_text()


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return publish_rows(tmp_path, world())


def test_each_feed_shows_how_late_it_is_and_its_last_hours(engine: Engine) -> None:
    text = screen(engine)
    assert lines_with(text, "RVW North") == [
        "RVW North Tees and Hartlepool NHS FT infoflex late Thu 1 Aug 08:45 75 min ■□▣ 1 of 3 6,123"
    ]
    assert lines_with(text, "RTR South") == ["RTR South Tees Hospitals NHS FT scr never came - - - - -"]


def test_a_feed_that_has_been_silent_for_long_misses_every_hour_and_keeps_its_last_extract(tmp_path: Path) -> None:
    silent = [expected(hour, "missing", last_good_extract_at=AS_AT - timedelta(days=20)) for hour in range(30)]
    text = screen(publish_rows(tmp_path, {FRESHNESS: silent}), width=80)
    assert lines_with(text, "RVW") == ["RVW missing Fri 12 Jul 10:00 - □□□□□□□□□□□□ 12 of 12"]


def work_for_a_person(tmp_path: Path, *files: dict[str, Any]) -> str:
    text = screen(publish_rows(tmp_path, {EXTRACT_FILE: files}))
    return text.split("Feeds")[0].partition("For a person to decide")[2]


def test_a_file_that_is_held_stands_at_the_top_with_what_makes_it_suspicious(tmp_path: Path) -> None:
    told = work_for_a_person(tmp_path, full(1, 5), held(2, 3), held(3, 2), held(4, 1))
    (head,) = lines_with(told, "HELD")
    assert head == "HELD Thu 1 Aug 09:00 RVW_infoflex_20240801T080000Z_000004.jwe"
    assert "FULL_SHRANK: " in told
    assert "In this file: 900 rows, 6,000 in the full extract before it." in told
    assert "2 files of this feed held before it." in told


def test_a_file_held_for_longer_than_a_week_is_still_to_be_decided(tmp_path: Path) -> None:
    assert "HELD" in work_for_a_person(tmp_path, full(1, 9 * 24), held(2, 8 * 24))


@pytest.mark.parametrize(
    "settled_by",
    [full(5, 3, sha256="2"), full(5, 1)],
    ids=["it was released", "a full extract made after it was taken"],
)
def test_a_held_file_is_no_more_work_once(tmp_path: Path, settled_by: dict[str, Any]) -> None:
    assert work_for_a_person(tmp_path, full(1, 5), held(2, 3), settled_by) == ""


@pytest.mark.parametrize("other", [{"kind": "delta"}, {"kind": "history"}, {"trust": "RTR"}, {"status": "quarantined"}])
def test_a_held_file_stays_work_though_something_else_came_after_it(tmp_path: Path, other: dict[str, Any]) -> None:
    assert "HELD" in work_for_a_person(tmp_path, held(2, 3), full(5, 1, **other))


def test_columns_that_came_or_went_are_told_of_the_last_accepted_file_of_a_feed(tmp_path: Path) -> None:
    files = [full(1, 2, extra_columns="Old Flag"), full(2, 1, extra_columns="Local Flag", missing_columns="MDT Date")]
    others = [full(3, 5, extra_columns="Late"), full(4, 0, "quarantined", reason="DAMAGED", extra_columns="Refused")]
    text = screen(publish_rows(tmp_path, {EXTRACT_FILE: [*files, *others]}))
    assert lines_with(text, "new columns") == [
        "RVW infoflex, last file: new columns (kept): Local Flag; missing columns: MDT Date."
    ]


def test_columns_are_not_spoken_of_once_a_file_has_those_of_the_contract(tmp_path: Path) -> None:
    text = screen(publish_rows(tmp_path, {EXTRACT_FILE: [full(1, 2, extra_columns="Old Flag"), full(2, 1)]}))
    assert "new columns" not in text


def test_what_is_wrong_in_a_file_is_spelled_out_under_its_reason(tmp_path: Path) -> None:
    file = not_taken(7, "RVW_infoflex_20240801T080000Z_000007.jwe", "quarantined", "HEADER_WRONG")
    text = screen(publish_rows(tmp_path, {EXTRACT_FILE: [file | {"detail": "the first line is empty"}]}))
    assert text.index("HEADER_WRONG: ") < text.index("In this file: the first line is empty.")


def test_the_last_run_is_shown_step_by_step_and_earlier_ones_in_a_line(engine: Engine) -> None:
    runs = screen(engine).split("Last runs")[1].split("Files not taken")[0]
    rows = [" ".join(line.split()) for line in runs.splitlines()]
    assert rows.index("ingest done 2.5 6,000 180 2") < rows.index("publish done 2.5 6,000 20 2")
    assert "All, begun Thu 1 Aug 10:00 done 5.0 12,000 200 4" in rows
    assert "Before, begun Thu 1 Aug 09:00 failed 5.0 12,000 360 4" in rows
    assert "publish failed Thu 1 Aug 09:00: the database refused. Publish again." in rows


def maintained(days_ago: int, **other: Any) -> dict[str, Any]:
    as_at = AS_AT - timedelta(days=days_ago)
    usual = {"started_at": as_at, "as_at": as_at, "rows_read": 5, "rows_changed": 5}
    return step(9, "maintain") | usual | {"run_id": f"night-{days_ago}"} | other


AGES = [
    full(1, 24 * 299), full(2, 24 * 301),  # accepted: rows of both, and the second original
    full(3, 24 * 99), full(4, 24 * 101),  # rows of the second
    full(5, 24 * 49, "quarantined"), full(6, 24 * 51, "duplicate"),  # the second original
]  # fmt: skip


def retention_line(tmp_path: Path, *runs: dict[str, Any], files: Rows = AGES) -> str:
    text = " ".join(screen(publish_rows(tmp_path, {EXTRACT_FILE: files, RUN: runs})).split())
    return text.partition("Retention: ")[2].partition(" Quality gate")[0]


def test_before_retention_was_ever_applied_all_that_is_past_its_day_is_counted(tmp_path: Path) -> None:
    told = retention_line(tmp_path)
    assert told.startswith("never applied; past its day: 2 sealed originals, the rows of 3 extracts.")


def test_what_came_past_its_day_since_retention_was_last_applied_is_counted(tmp_path: Path) -> None:
    """Two days ago files 2, 4 and 6 were not past their days; a run that failed since applied nothing."""
    failed = maintained(1, status="failed", rows_read=None, rows_changed=None)
    told = retention_line(tmp_path, maintained(400), maintained(2), failed)
    assert told.startswith(
        "last applied Tue 30 Jul 10:00; past its day since: 2 sealed originals, the rows of 1 extract."
    )


def test_a_night_after_which_nothing_is_past_its_day_says_so_and_what_it_could_not_remove_is_told(
    tmp_path: Path,
) -> None:
    told = retention_line(tmp_path, maintained(0, rows_read=7))
    assert told.startswith("last applied Thu 1 Aug 10:00; past its day since: nothing.")
    assert "2 that were past their day could not be removed then." in told


def test_files_not_taken_come_with_the_reason_in_a_sentence(engine: Engine) -> None:
    text = screen(engine)
    assert "09:53 RVW_infoflex_20240801T080000Z_000007.jwe quarantined" in " ".join(text.split())
    assert "DAMAGED: The file can't be decrypted" in text
    assert "DUPLICATE: The same file was taken before: nothing to do." in text
    assert "20240701" not in text


def test_a_file_name_that_nobody_agreed_on_is_not_shown(engine: Engine) -> None:
    text = screen(engine)
    assert "Kowalski" not in text
    assert "file 8 (its name is not of the agreed form)" in text


def test_the_publication_lists_its_tables_with_rows_and_moment(tmp_path: Path) -> None:
    text = screen(publish_rows(tmp_path, dict(world()) | {PTL: [{"pathway_key": "a"}, {"pathway_key": "b"}]}))
    assert lines_with(text, "ptl_current") == ["ptl_current 2 2 0 Thu 1 Aug 10:00"]
    assert "reporting.sqlite" in text


def test_a_synthetic_world_is_labelled_and_a_real_one_is_not(engine: Engine) -> None:
    assert "SYNTHETIC DATA" in screen(engine)
    assert "SYNTHETIC" not in screen(engine, is_synthetic=False)


def head_of(text: str) -> str:
    return " ".join(text.split("Feeds", maxsplit=1)[0].replace("│", " ").split())


def test_models_forecast_and_gate_are_told(tmp_path: Path) -> None:
    score = {"pathway_key": "a", "standard": "62", "scored_on": AS_AT.date(), "model_name": "breach_risk_62"}
    week = {"org": "RTR", "tumour_site": "lung", "stage": "referral", "period": date(2024, 7, 29), "week_ahead": 1}
    rows = {
        RISK: [score | {"model_version": 2, "p_breach": 0.5, "baseline_p": 0.5, "is_calibrated": True}],
        FORECAST: [week | {"origin": date(2024, 7, 22), "mean": 2.0, "lo80": 1.0, "hi80": 3.0, "method": "constant"}],
        DQ: [refused_rule(status="passed", failed=0)],
    }
    text = screen(publish_rows(tmp_path, {**world(), **rows}))
    assert "62-day breach_risk_62 2 1 Thu 1 Aug calibrated" in lines_with(text, "62-day")
    assert "28-day no model yet - - - -" in lines_with(text, "28-day")
    assert "1 series, 1 weeks ahead. The last week known: Mon 22 Jul 2024." in text
    assert "PASSED: 1 rule on 5 changed rows of 1 table" in text
    assert "HELD BACK" not in text


def test_the_head_shows_the_moment_of_the_list_and_not_that_of_the_refused_run(tmp_path: Path) -> None:
    engine = publish_rows(tmp_path, {**world(), DQ: [refused_rule()]})
    for table in (DQ, RUN, FRESHNESS):
        stand_as_at(engine, table, AS_AT + timedelta(hours=1))
    head = head_of(screen(engine))
    assert "The list as at Thu 1 Aug 2024, 10:00. Times are London's." in head
    assert "PUBLICATION HELD BACK by the quality gate in the run as at Thu 1 Aug 2024, 11:00." in head
    assert head.index("the list is still that of Thu 1 Aug 2024, 10:00.") > head.index("HELD BACK")


def test_a_first_publication_that_was_refused_is_told_too(tmp_path: Path) -> None:
    head = head_of(screen(publish_rows(tmp_path, {**world(), DQ: [refused_rule()]}, without=[PTL])))
    assert "No list is published yet." in head
    assert "Nothing has been published before." in head


def test_a_publication_without_models_forecast_or_gate_is_shown_with_plain_lines(tmp_path: Path) -> None:
    text = screen(publish_rows(tmp_path, world(), without=MODELLED))
    assert len(lines_with(text, "no model yet")) == 2
    for plain in ("No forecast yet.", "Nothing has been checked yet"):
        assert plain in text


def test_nothing_is_cut_off_on_a_narrow_terminal(engine: Engine) -> None:
    text = screen(engine, width=80)
    assert "…" not in text
    assert "RVW late Thu 1 Aug 08:45 75 min ■□▣ 1 of 3" in lines_with(text, "RVW")


def test_the_longest_words_of_a_feed_fit_a_narrow_terminal(tmp_path: Path) -> None:
    late = expected(0, "late", minutes_late=10_080, row_count=1_234_567, last_good_extract_at=AS_AT)
    text = screen(
        publish_rows(tmp_path, {FRESHNESS: [late, *(expected(hour, "missing") for hour in range(1, 12))]}), width=80
    )
    assert "RVW late Thu 1 Aug 10:00 10,080 min □□□□□□□□□□□▣ 11 of 12" in lines_with(text, "RVW")


def test_an_empty_publication_is_shown_without_a_fault(tmp_path: Path) -> None:
    assert "None yet." in screen(publish_rows(tmp_path, {}))


def test_without_a_database_one_line_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StepOrderError, match="no publication yet"):
        screen(make_engine(f"sqlite:///{tmp_path}/reporting.sqlite"))
