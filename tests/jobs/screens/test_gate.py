from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from jobs.screens.gate import held_back, last_verdict, show_gate
from jobs.screens.queries.publication import publication
from jobs.screens.tables import DQ, PTL
from tests.jobs.screens.published import AS_AT, lines_with, publish_rows, shown, stand_as_at

LAST, BEFORE = "20240801T090000Z-aaaa", "20240801T080000Z-bbbb"


def rule(code: str, **other: Any) -> dict[str, Any]:
    """A critical rule on 1,000 rows of the list that the last run met."""
    row = {
        "run_id": LAST, "source": "all", "table_name": "gold.ptl_current", "rule_code": code, "severity": "critical",
        "checked": 1_000, "quarantined": 0, "failed": 0, "status": "passed",
        "sentence": f"The sentence of {code}.", "as_at": AS_AT,
    }  # fmt: skip
    return row | other


UNTRACKED = rule("UNTRACKED", severity="warning", failed=225, status="failed")
BAND_WRONG = rule("BAND_WRONG", failed=3, status="failed")


def section(engine: Engine) -> str:
    return shown(engine, lambda console, connection: show_gate(console, last_verdict(connection)), width=160)


def head(engine: Engine) -> str:
    with publication(engine, ()) as connection:
        return held_back(last_verdict(connection)).plain


def test_a_run_that_passed_tells_how_much_was_checked_and_which_warnings_there_are(tmp_path: Path) -> None:
    rules = [
        rule("KEY_REPEATED"), rule("BAND_WRONG", checked=990), UNTRACKED,
        rule("DAYS_WRONG", table_name="gold.pathway_standard", checked=4_500),
    ]  # fmt: skip
    engine = publish_rows(tmp_path, {DQ: rules})
    text = section(engine)
    assert "PASSED: 4 rules on 5,500 changed rows of 2 tables, as at Thu 1 Aug 2024, 10:00." in text
    assert "Failed: no critical rules, 1 warning." in text
    assert "warning UNTRACKED of gold.ptl_current, not met by 225 of 1,000 rows (22.5 %)" in lines_with(text, "UNTRACK")
    assert "The sentence of UNTRACKED." in text
    assert "The sentence of KEY_REPEATED." not in text
    assert head(engine) == ""


def test_a_refused_run_says_that_the_last_publication_was_kept_and_as_at_when(tmp_path: Path) -> None:
    engine = publish_rows(tmp_path, {DQ: [UNTRACKED, BAND_WRONG]})
    stand_as_at(engine, PTL, AS_AT - timedelta(hours=2))
    text = section(engine)
    assert "HELD BACK: 2 rules on 1,000 changed rows of 1 table" in text
    assert "Failed: 1 critical rule, 1 warning." in text
    assert "The last publication was kept: the list is still that of Thu 1 Aug 2024, 08:00." in text
    assert text.index("critical  BAND_WRONG") < text.index("warning  UNTRACKED")
    assert (
        head(engine).strip().startswith("PUBLICATION HELD BACK by the quality gate in the run as at Thu 1 Aug 2024, 10")
    )
    assert head(engine).endswith("the list is still that of Thu 1 Aug 2024, 08:00.")


def test_only_the_last_run_that_was_checked_counts(tmp_path: Path) -> None:
    refused_before = [BAND_WRONG | {"run_id": BEFORE, "as_at": AS_AT - timedelta(hours=1)}, rule("BAND_WRONG")]
    text = section(publish_rows(tmp_path, {DQ: refused_before}))
    assert "PASSED: 1 rule on 1,000 changed rows of 1 table" in text
    assert "Failed: no critical rules, no warnings." in text


def test_a_refusal_before_any_publication_says_that_nothing_stands(tmp_path: Path) -> None:
    engine = publish_rows(tmp_path, {DQ: [BAND_WRONG]}, without=[PTL])
    assert "Nothing has been published before." in section(engine)
    assert "Nothing has been published before." in head(engine)


def test_a_rule_on_a_table_as_a_whole_names_no_rows(tmp_path: Path) -> None:
    rules = [rule("LIST_SHRANK", checked=1, failed=1, status="failed")]
    assert lines_with(section(publish_rows(tmp_path, {DQ: rules})), "LIST_SHRANK of") == [
        "critical LIST_SHRANK of gold.ptl_current"
    ]


def test_of_many_rules_that_are_not_met_the_first_are_shown_and_the_rest_counted(tmp_path: Path) -> None:
    rules = [rule(f"RULE_{number}", failed=2, status="failed") for number in range(10)]
    text = section(publish_rows(tmp_path, {DQ: rules}))
    assert len(lines_with(text, "critical  RULE")) == 8
    assert "and 2 more: see dq_result." in text


def test_without_a_check_a_plain_line_says_so(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for engine in (publish_rows(tmp_path, {}, without=[DQ]), publish_rows(tmp_path / "empty", {})):
        assert "Nothing has been checked yet" in section(engine)
        assert head(engine) == ""
