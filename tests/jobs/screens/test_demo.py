import io
import sqlite3
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import Engine, Table

from jobs.screens.demo import example_query, show_demo
from jobs.screens.tables import DQ, EXTRACT_FILE, PERFORMANCE, PTL, WAITLIST
from libs.errors import StepOrderError
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

TODAY = date(2024, 8, 1)


def pathway(key: str, standard: str, day: int, **other: Any) -> dict[str, Any]:
    """An open pathway whose clock of `standard` stands at `day`."""
    row = {
        "pathway_key": f"{key:-<8}rest-of-the-key",
        "tracked_by": "RTR",
        "is_shared": False,
        "route": "USC",
        "tumour_site": "lower_gi",
        "current_stage": "first_test_done",
        "next_action": "chase_pathology_report",
        "outcome_62": "OPEN_BREACHED" if day > 62 else "OPEN",
        "days_62": day,
        "next_breach_standard": standard,
        f"days_{standard}": day,
        f"last_compliant_{standard}_on": TODAY + timedelta(days=int(standard) - day),
    }
    return row | other


def waiting(org: str, site: str, *figures: int) -> dict[str, Any]:
    return {"org": org, "tumour_site": site} | dict(
        zip(("on_list", "past_28", "past_62", "past_104"), figures, strict=True)
    )


def month(month: str, org: str, standard: str, within: str, denominator: str) -> dict[str, Any]:
    shares = {"within_share": Decimal(within), "denominator_share": Decimal(denominator)}
    return {"month": month, "org": org, "standard": standard} | shares


def file(number: int, trust: str | None, kind: str, changed: int | None, **other: Any) -> dict[str, Any]:
    at = AS_AT + timedelta(minutes=number)
    return {
        "file_id": number, "trust": trust, "kind": kind, "sequence": number, "extracted_at": at, "arrived_at": at,
        "status": "accepted", "row_count": 6000, "rows_changed": changed,
    } | other  # fmt: skip


def screen(engine: Engine, width: int = 110) -> str:
    console = Console(width=width, record=True, file=io.StringIO())
    show_demo(console, engine, trusts=TRUSTS, status_command="cancollaborate status --set paths.root=build/demo")
    return console.export_text()


def world() -> Mapping[Table, Rows]:
    return {
        EXTRACT_FILE: [
            file(1, "RVW", "history", 19_600),
            file(2, "RVW", "full", 5_200),
            file(3, "RVW", "full", 184),
            file(4, "RTR", None, None, status="quarantined", reason="SIGNATURE_WRONG", row_count=None),
        ],
        PTL: [
            pathway("tomorrow", "62", 61),
            pathway("today", "28", 28, next_action=None),
            pathway("shared", "62", 50, is_shared=True, tracked_by="RTR, RVW"),
            pathway("booked", "62", 60, planned_treatment_on=TODAY + timedelta(days=1)),
            pathway("too-late", "62", 131),
        ],
        WAITLIST: [
            waiting("ALL", "lower_gi", 1_200, 300, 80, 20),
            waiting("ALL", "lung", 300, 100, 40, 10),
            waiting("RTR", "lung", 7_777, 7_777, 7_777, 7_777),
        ],
        PERFORMANCE: [
            month("2024-08", "RTR", "28", "1.00", "1.00"),
            month("2024-07", "RTR", "28", "764.00", "1000.00"),
            month("2024-07", "RTR", "62", "60.50", "100.50"),
            month("2024-07", "RVW", "62", "9.50", "9.50"),
            month("2024-07", "RR8", "62", "0.00", "1.00"),
            month("2024-06", "RVW", "28", "2.00", "3.00"),
        ],
    }


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return publish_rows(tmp_path, world())


def test_the_screen_says_that_the_data_is_synthetic_and_as_at_when(engine: Engine) -> None:
    text = screen(engine)
    assert "SYNTHETIC DATA: every patient, pathway and file is made up." in text
    assert "The list as at Thu 1 Aug 2024, 10:00." in text


def test_what_came_in_is_told_by_trust(engine: Engine) -> None:
    text = screen(engine)
    assert lines_with(text, "5,200") == ["RVW North Tees and Hartlepool NHS FT infoflex 1 file 2 files 5,200 · 184 0"]
    assert lines_with(text, "6,000 rows") == ["6,000 rows 12,000 rows"]
    assert "1 file of RTR not taken, SIGNATURE_WRONG: The signature does not fit the content" in text


def test_the_waiting_list_counts_the_whole_alliance_once(engine: Engine) -> None:
    text = screen(engine)
    assert "Who waits: 5 open pathways, 1 of them held by both trusts" in text
    assert lines_with(text, "Lower GI")[0].startswith("Lower GI 1,200 300 80 20 ░░░")
    assert "All 1,500 400 120 30" in lines_with(text, "All")
    assert "7,777" not in text


def test_the_last_complete_month_has_numerator_and_denominator(engine: Engine) -> None:
    text = screen(engine)
    assert "Performance in July 2024, the last complete month" in text
    assert "RTR South Tees Hospitals NHS FT 76.4 % 764 of 1,000 - 60.2 % 60.5 of 100.5" in lines_with(text, "RTR South")
    assert "Other providers - - 0.0 % 0 of 1" in lines_with(text, "Other providers")
    assert "All 76.4 % 764 of 1,000 - 63.1 % 70 of 111" in lines_with(text, "All")
    assert "28-day 75 %, 31-day 96 %, 62-day 85 %" in text


def test_the_most_urgent_are_those_whose_breach_can_still_be_prevented(engine: Engine) -> None:
    text = screen(engine)
    urgent = text.split("Most urgent")[1]
    shown = [line.split()[0] for line in urgent.splitlines() if " of 62 " in line or " of 28 " in line]
    assert shown == ["today---", "tomorrow", "shared--"]
    assert lines_with(urgent, "today---") == ["today--- Lower GI Urgent 28 of 28 Thu 1 Aug today RTR First test done"]
    assert "no next action" in urgent
    assert "Breaching within 7 days unless something happens: 62-day 1, 31-day 0, 28-day 1." in urgent
    assert "Too late to prevent: 1 open past day 62, the longest at day 131." in urgent


def test_no_more_of_a_pathway_key_than_its_start_is_shown(engine: Engine) -> None:
    assert "rest-of-the-key" not in screen(engine)


def test_the_example_query_works_as_it_is_printed(engine: Engine) -> None:
    with engine.connect() as connection:
        query = example_query(connection)
    assert f'"{query}"' in screen(engine)
    with sqlite3.connect(str(engine.url.database)) as connection:
        assert connection.execute(query).fetchall() == [("lower_gi", 1)]


def test_the_screen_ends_with_what_to_type_next(engine: Engine) -> None:
    assert screen(engine).rstrip().endswith("Then type cancollaborate status --set paths.root=build/demo.")


def test_nothing_is_cut_off_on_a_narrow_terminal(engine: Engine) -> None:
    text = screen(engine, width=80)
    assert "…" not in text
    assert max(len(line) for line in text.splitlines() if not line.startswith("sqlite3")) <= 80
    for figure in ("1,200", "764 of 1,000", "28 of 28", "5,200 · 184"):
        assert figure in text


def test_text_of_the_database_is_never_taken_for_markup_or_for_a_terminal_command(tmp_path: Path) -> None:
    rows = dict(world()) | {PTL: [pathway("a", "62", 61, next_action="[bold]chase[/bold]\x1b[2J scan")]}
    assert "[bold]chase[/bold][2J scan" in screen(publish_rows(tmp_path, rows))


def test_an_empty_publication_is_shown_without_a_fault(tmp_path: Path) -> None:
    text = screen(publish_rows(tmp_path, {}))
    assert "Who waits: 0 open pathways" in text
    assert "No month is complete yet." in text


def test_without_a_database_one_line_says_what_to_do_and_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(StepOrderError, match=r"no publication yet.*cancollaborate hourly"):
        screen(make_engine(f"sqlite:///{tmp_path}/none/reporting.sqlite"))
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_the_tables_says_which_are_missing(tmp_path: Path) -> None:
    engine = publish_rows(tmp_path, {})
    with engine.begin() as connection:
        connection.exec_driver_sql("drop table ptl_current")
    with pytest.raises(StepOrderError, match="missing=ptl_current"):
        screen(engine)


def test_risk_forecast_and_gate_stand_between_the_urgent_and_where_to_look_next(engine: Engine) -> None:
    text = screen(engine)
    heads = ("Most urgent:", "Riskiest:", "Forecast", "Quality gate", "Where to look next")
    assert sorted(heads, key=text.index) == list(heads)


def test_a_publication_without_models_forecast_or_gate_is_shown_with_plain_lines(tmp_path: Path) -> None:
    text = screen(publish_rows(tmp_path, world(), without=MODELLED))
    for plain in ("No model yet, so nothing is scored.", "No forecast yet.", "Nothing has been checked yet"):
        assert plain in text


def test_a_publication_that_was_held_back_says_so_at_the_head_and_shows_the_moment_of_the_list(tmp_path: Path) -> None:
    engine = publish_rows(tmp_path, {**world(), DQ: [refused_rule()]})
    stand_as_at(engine, DQ, AS_AT + timedelta(hours=1))
    head = " ".join(screen(engine).split("What came in", maxsplit=1)[0].replace("│", " ").split())
    assert "The list as at Thu 1 Aug 2024, 10:00. PUBLICATION HELD BACK by the quality gate in the run as at" in head
    assert "as at Thu 1 Aug 2024, 11:00. The last publication was kept" in head


def test_times_before_midnight_in_utc_belong_to_the_next_day_in_london(tmp_path: Path) -> None:
    late = publish_rows(tmp_path, world())
    with late.begin() as connection:
        connection.exec_driver_sql("update load set as_at = '2024-07-31 23:30:00.000000'")
    assert "The list as at Thu 1 Aug 2024, 00:30." in screen(late)
    assert "Performance in July 2024" in screen(late)
