"""What other rules would change: exactly the clocks concerned, and why."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from pyspark.sql import Row, SparkSession

from libs.pathways.replay import changed_clocks
from libs.pathways.standards import pathway_standards
from libs.rules import load_rules
from libs.settings import conf_folder
from tests.libs.pathways.linked_rows import linked_pathways, linked_treatments

REFERRED = date(2025, 1, 1)
TREATED_ON_DAY = {"on day 60": 60, "on day 61": 61, "on day 62": 62, "on day 63": 63}


@pytest.fixture(scope="module")
def changes(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    folder = Path(shutil.copytree(conf_folder() / "rules", tmp_path_factory.mktemp("other") / "rules"))
    standards = folder / "standards.yml"
    text = standards.read_text(encoding="utf-8")
    # From 3 March on, day 61 of these pathways, the limit is two days shorter, and so is the time to treat.
    old = 'value: 62, source: "guidance v12.1, 1.1"}'
    new = f'{old}, {{from: 2025-03-03, value: 60, source: "a test"}}'
    standards.write_text(text.replace(old, new), encoding="utf-8")
    allocation = folder / "allocation.yml"
    old = 'value: 24, source: "rules 3.1"}'
    text = allocation.read_text(encoding="utf-8")
    allocation.write_text(
        text.replace(old, f'{old}, {{from: 2025-03-03, value: 22, source: "a test"}}'), encoding="utf-8"
    )
    pathways = linked_pathways(
        spark,
        *(
            {"pathway_key": case, "referral_received_on": REFERRED, "first_seen_org": "RVW", "diagnosis_icd10": "C34"}
            for case in TREATED_ON_DAY
        ),
    )
    treatments = linked_treatments(
        spark,
        *(
            {
                "pathway_key": case,
                "decision_to_treat_on": REFERRED,
                "treatment_on": REFERRED + timedelta(days=day),
                "treatment_org": "RVW",
            }
            for case, day in TREATED_ON_DAY.items()
        ),
    )
    now, then = (pathway_standards(pathways, treatments, rules) for rules in (load_rules(), load_rules(folder)))
    assert changed_clocks(now, now).isEmpty()
    return {row["pathway_key"]: row for row in changed_clocks(now, then).where("outcome_now is not null").collect()}


def test_a_limit_that_is_shortened_from_a_day_on_changes_only_waits_that_end_from_that_day(
    changes: dict[str, Row],
) -> None:
    # 61 and 62 days end on 3 and 4 March: the shorter limit is in force, and of the others only the last day moves.
    outcomes = {case: (row["outcome_now"], row["outcome_then"]) for case, row in changes.items()}
    assert outcomes == {
        "on day 61": ("WITHIN", "BREACH"),
        "on day 62": ("WITHIN", "BREACH"),
        "on day 63": ("BREACH", "BREACH"),
    }
    assert {row["standard"] for row in changes.values()} == {"62"}
    assert changes["on day 63"]["changed"] == "last_compliant_on"
    assert changes["on day 62"]["changed"] == "last_compliant_on, outcome"


def test_the_sentences_in_which_the_traces_part_say_why(changes: dict[str, Row]) -> None:
    assert "[62.outcome] 62 days against 62: WITHIN, counted in 2025-03." in changes["on day 62"]["why_now"]
    assert "[62.outcome] 62 days against 60: BREACH, counted in 2025-03." in changes["on day 62"]["why_then"]
    assert "[62.scope]" not in changes["on day 62"]["why_then"]
