from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Table

from jobs.screens.risk import show_models, show_riskiest
from jobs.screens.tables import PTL, RISK
from tests.jobs.screens.published import Rows, lines_with, publish_rows, shown

TODAY = date(2024, 8, 1)


def listed(key: str, **other: Any) -> dict[str, Any]:
    """An open pathway at day 20 of both clocks, nothing planned."""
    row = {
        "pathway_key": f"{key:-<8}rest-of-the-key", "tumour_site": "lung", "tracked_by": "RTR",
        "next_action": "book_ct", "next_action_due_on": TODAY + timedelta(days=2), "planned_treatment_on": None,
    }  # fmt: skip
    for standard in (28, 62):
        last_on = TODAY + timedelta(days=standard - 20)
        row |= {f"days_{standard}": 20, f"outcome_{standard}": "OPEN", f"last_compliant_{standard}_on": last_on}
    return row | other


def score(key: str, standard: str, p_breach: float, **other: Any) -> dict[str, Any]:
    row = {
        "pathway_key": f"{key:-<8}rest-of-the-key", "standard": standard, "scored_on": TODAY,
        "model_name": f"breach_risk_{standard}", "model_version": 3, "p_breach": p_breach, "baseline_p": 0.25,
        "risk_band": "high" if p_breach >= 0.5 else "medium", "is_calibrated": True,
    }  # fmt: skip
    return row | other


def riskiest(engine: Engine, **other: Any) -> str:
    return shown(engine, lambda console, connection: show_riskiest(console, connection, today=TODAY), **other)


def world() -> Mapping[Table, Rows]:
    return {
        PTL: [listed("likely"), listed("likelier"), listed("both")],
        RISK: [
            score("likely", "62", 0.5),
            score("likelier", "62", 0.8),
            score("both", "28", 0.7),
            score("both", "62", 0.6),
        ],
    }


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return publish_rows(tmp_path, world())


def test_the_riskiest_come_first_each_pathway_once_with_its_likelier_standard(engine: Engine) -> None:
    text = riskiest(engine)
    assert [line.split()[0] for line in text.splitlines() if " of 62 " in line or " of 28 " in line][:3] == [
        "likelier", "both----", "likely--",
    ]  # fmt: skip
    assert lines_with(text, "both----") == ["both---- Lung 20 of 28 8 days 70 % 25 % high RTR Book CT, due Sat 3 Aug"]


def test_what_is_beyond_saving_booked_in_time_or_urgent_anyway_is_left_out(tmp_path: Path) -> None:
    soon = {"last_compliant_62_on": TODAY + timedelta(days=6)}
    rows = {
        PTL: [
            listed("breached", outcome_62="OPEN_BREACHED"),
            listed("stopped", outcome_62="WITHIN"),
            listed("booked", planned_treatment_on=TODAY + timedelta(days=3)),
            listed("urgent", **soon),
            listed("too-late", planned_treatment_on=TODAY + timedelta(days=60)),
            listed("told-28", planned_treatment_on=TODAY + timedelta(days=3)),
        ],
        RISK: [
            *(score(key, "62", 0.9) for key in ("breached", "stopped", "booked", "urgent", "gone", "too-late")),
            score("told-28", "28", 0.6),
        ],
    }
    text = riskiest(publish_rows(tmp_path, rows))
    shown_keys = [line.split()[0] for line in text.splitlines() if "%" in line and " of " in line and "high" in line]
    assert shown_keys == ["too-late", "told-28-"]


def test_the_breaches_to_expect_are_the_sum_of_the_probabilities_beside_the_look_ups(engine: Engine) -> None:
    assert (
        "Breaches to expect of the clocks that still run: 62-day 2 of 3 (look-up 1), 28-day 1 of 1 (look-up 0)."
        in riskiest(engine)
    )


def test_only_the_newest_scores_count(tmp_path: Path) -> None:
    old = score("likely", "62", 0.99, scored_on=TODAY - timedelta(days=1), model_version=2)
    rows = {**world(), RISK: [*world()[RISK], old]}
    engine = publish_rows(tmp_path, rows)
    assert "99 %" not in riskiest(engine)
    assert "62-day breach_risk_62 3 3 Thu 1 Aug calibrated" in lines_with(shown(engine, show_models), "62-day")


def test_no_more_than_a_few_are_shown(tmp_path: Path) -> None:
    names = [f"p{number}" for number in range(20)]
    rows = {PTL: [*map(listed, names)], RISK: [score(name, "62", 0.9) for name in names]}
    text = riskiest(publish_rows(tmp_path, rows))
    assert len(lines_with(text, "20 of 62")) == 6
    assert "rest-of-the-key" not in text


def test_a_model_that_is_not_calibrated_is_named(tmp_path: Path) -> None:
    rows = {PTL: [listed("a")], RISK: [score("a", "28", 0.9, is_calibrated=False), score("a", "62", 0.2)]}
    engine = publish_rows(tmp_path, rows)
    assert "The 28-day model is not calibrated: read its order, not its percentages." in riskiest(engine)
    assert "The 62-day model" not in riskiest(engine)
    models = shown(engine, show_models)
    assert "28-day breach_risk_28 3 1 Thu 1 Aug not calibrated" in lines_with(models, "28-day")


def test_a_standard_without_a_model_says_so(tmp_path: Path) -> None:
    rows = {PTL: [listed("a")], RISK: [score("a", "62", 0.9)]}
    assert lines_with(shown(publish_rows(tmp_path, rows), show_models), "28-day") == ["28-day no model yet - - - -"]


def test_without_scores_a_plain_line_says_so(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for engine in (publish_rows(tmp_path, {}, without=[RISK]), publish_rows(tmp_path / "empty", {})):
        assert "No model yet, so nothing is scored." in riskiest(engine)
        assert len(lines_with(shown(engine, show_models), "no model yet")) == 2


def test_nothing_is_cut_off_on_a_narrow_terminal(engine: Engine) -> None:
    text = riskiest(engine, width=80)
    assert "…" not in text
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "both---- Lung 20 of 28 70 % 25 % high Book CT, due Sat 3 Aug" in lines_with(text, "both----")
