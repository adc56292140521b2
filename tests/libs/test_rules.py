"""The rules as data: what a folder of rules may say, and what is refused before any clock runs by it."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from libs.errors import RulesError
from libs.rules import load_rules
from libs.settings import conf_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(conf_folder() / "rules", tmp_path / "rules"))


def edit(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / f"{file}.yml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_rules_that_ship_are_those_of_october_2023_with_their_targets_by_date() -> None:
    rules = load_rules()
    assert {name: standard.limit_days.newest for name, standard in rules.standards.items()} == {
        "28": 28, "31": 31, "62": 62,
    }  # fmt: skip
    threshold = rules.standards["28"].threshold
    assert [threshold.on(day) for day in (date(2023, 10, 1), date(2026, 2, 28), date(2026, 3, 1))] == [0.75, 0.75, 0.8]
    asked = rules.standards["62"].interim_ask
    assert asked is not None
    assert [asked.on(day) for day in (date(2025, 3, 31), date(2026, 3, 31))] == [0.7, 0.75]
    assert rules.standards["31"].interim_ask is None


def test_a_change_of_content_is_another_version_and_a_comment_is_not(folder: Path) -> None:
    assert load_rules(folder).version == load_rules().version
    edit(folder, "allocation", "# Who answers", "# Who, then, answers")
    assert load_rules(folder).version == load_rules().version
    edit(folder, "allocation", "value: last_sender", "value: first_seen")
    assert load_rules(folder).version != load_rules().version


REFUSED: dict[str, tuple[Callable[[Path], None], str]] = {
    "a file is missing": (lambda folder: (folder / "routes.yml").unlink(), "a file of rules is missing"),
    "a file is no YAML": (lambda folder: edit(folder, "routes", "routes:", "routes: ["), "not valid YAML"),
    "a file is no mapping": (lambda folder: (folder / "routes.yml").write_text("- 1"), "not rules by name"),
    "a rule has no version": (
        lambda folder: edit(
            folder, "standards", 'limit_days: [{from: 2023-10-01, value: 62, source: "guidance v12.1, 1.1"}]',
            "limit_days: []",
        ),
        "at least one version",
    ),
    "versions are out of order": (
        lambda folder: edit(folder, "standards", "from: 2026-03-01, value: 0.80", "from: 2020-03-01, value: 0.80"),
        "in the order of their first days",
    ),
    "a route is unknown": (
        lambda folder: edit(folder, "standards", "[USC, BSYM, SCREEN, UPGRADE]", "[USC, BSYM, SCREENING, UPGRADE]"),
        "Input should be",
    ),
    "a route has no start": (
        lambda folder: edit(folder, "standards", "        UPGRADE: upgraded_on\n", ""), "names a date for every route",
    ),
    "the phases do not make up the wait": (
        lambda folder: edit(folder, "allocation", "value: 38", "value: 40"), "make up the 62-day limit",
    ),
    "a scenario loses half a patient": (
        lambda folder: edit(
            folder, "allocation", "is_prompt: true, investigating: 0.5, treating: 0.5}",
            "is_prompt: true, investigating: 0.5, treating: 0}",
        ),
        "the two shares make one patient",
    ),
    "a scenario is missing": (
        lambda folder: edit(
            folder, "allocation",
            "      - {number: 6, is_within: false, is_transfer_in_time: false, is_prompt: false, investigating: 0.5, "
            "treating: 0.5}\n", "",
        ),
        "each of the six possible scenarios",
    ),
    "a condition asks nothing": (
        lambda folder: edit(folder, "routes", 'priority_type: {in: ["2"]}', "priority_type: {}"), "a condition is one",
    ),
    "a standard is left out": (
        lambda folder: edit(folder, "standards", '"31":', '"33":'), "the standards are",
    ),
    "wait bands leave out a standard": (
        lambda folder: edit(folder, "publication", '"31": [31, 38, 48, 62], ', ""), "each standard has its wait bands",
    ),
    "wait bands are out of order": (
        lambda folder: edit(folder, "publication", "[14, 28, 42, 62]", "[14, 42, 28, 62]"), "stand in their order",
    ),
    "a standard has no band": (
        lambda folder: edit(folder, "publication", "[14, 28, 42, 62]", "[]"), "at least 1 item",
    ),
    "a name is misspelt": (
        lambda folder: edit(folder, "treatments", "first_events", "first_event"), "Field required",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_rules_that_no_clock_could_run_by_are_refused_with_what_to_mend(folder: Path, case: str) -> None:
    spoil, said = REFUSED[case]
    spoil(folder)
    with pytest.raises(RulesError) as told:
        load_rules(folder)
    assert said in str(told.value)
