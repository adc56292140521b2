"""The section on each trust's data: one line a register, what was refused, and what most of its rows fail."""

from pathlib import Path
from typing import Any

from jobs.screens.queries.operation import last_scorecards
from jobs.screens.scorecards import show_scorecards
from jobs.screens.tables import DQ
from tests.jobs.screens.published import AS_AT, publish_rows, shown

LAST, BEFORE = "20240801T090000Z-aaaa", "20240801T080000Z-bbbb"


def card(trust: str, code: str, failed: int, *, run_id: str = LAST, checked: int = 1_000) -> dict[str, Any]:
    return {
        "run_id": run_id, "source": trust, "table_name": "bronze.scr_row", "rule_code": code, "severity": "warn",
        "checked": checked, "failed": failed, "quarantined": 0, "status": "failed" if failed else "passed",
        "sentence": "A sentence.", "as_at": AS_AT,
    }  # fmt: skip


def section(folder: Path, *cards: dict[str, Any]) -> str:
    engine = publish_rows(folder, {DQ: cards})
    told = shown(engine, lambda console, connection: show_scorecards(console, last_scorecards(connection)), width=160)
    engine.dispose()
    return told


def test_a_trust_is_told_what_was_refused_and_what_fails_most(tmp_path: Path) -> None:
    told = section(
        tmp_path, card("RTR", "ROW_REFUSED", 2), card("RTR", "WORD_UNMAPPED", 15), card("RTR", "DATE_DEFAULT", 30),
        card("RTR", "SITE_MISSING", 1), card("RTR", "DATE_IN_FUTURE", 4),
    )  # fmt: skip
    (line,) = [line for line in told.splitlines() if "RTR" in line]
    assert line.split()[:4] == ["RTR", "scr_row", "1,000", "2"]
    assert "DATE_DEFAULT 3.0 %, WORD_UNMAPPED 1.5 %, DATE_IN_FUTURE 0.4 %" in line
    assert "SITE_MISSING" not in line


def test_of_each_trust_the_last_run_that_judged_its_rows_counts(tmp_path: Path) -> None:
    told = section(
        tmp_path, card("RTR", "ROW_REFUSED", 9, run_id=BEFORE), card("RTR", "ROW_REFUSED", 0, checked=7),
        card("RVW", "ROW_REFUSED", 5, run_id=BEFORE),
    )  # fmt: skip
    lines = {line.split()[0]: line.split()[2:4] for line in told.splitlines() if "scr_row" in line}
    assert lines == {"RTR": ["7", "0"], "RVW": ["1,000", "5"]}


def test_the_results_of_the_gate_are_of_no_trust(tmp_path: Path) -> None:
    assert "None." in section(tmp_path, card("all", "KEY_REPEATED", 1))
