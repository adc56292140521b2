"""The Databricks bundle, checked without a workspace."""

import re
import shutil
from pathlib import Path

import pytest

from tests.bundle.checker import ROOT, bundle_files, check, check_repository, wheel_of
from tests.bundle.planted import CONF_PLANTED, PLANTED, Planted
from tests.bundle.quartz import quartz_fault

FILES, WHEEL = bundle_files(), wheel_of()
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


def test_the_bundle_of_this_repository_has_no_fault() -> None:
    assert [str(fault) for fault in check_repository()] == []


@pytest.mark.parametrize("planted", PLANTED, ids=[planted.name for planted in PLANTED])
def test_a_planted_fault_is_found_and_named_with_its_place_and_what_mends_it(planted: Planted) -> None:
    told = check(planted.plant(FILES), WHEEL, LOCK)
    found = [fault for fault in told if planted.place in fault.place and planted.what in fault.what]
    assert found, [str(fault) for fault in told]
    assert planted.mend in found[0].mend
    assert re.match(rf"{planted.file}:\d+ ?|databricks.yml ", found[0].place)


@pytest.mark.parametrize("name", CONF_PLANTED)
def test_a_fault_planted_in_the_settings_of_a_target_is_found(name: str, tmp_path: Path) -> None:
    old, new, place, what = CONF_PLANTED[name]
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    file = tmp_path / "conf" / "prod.yml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    told = check(FILES, WHEEL, LOCK, root=tmp_path)
    assert [str(fault) for fault in told if place in fault.place and what in fault.what], [*map(str, told)]


def test_a_fault_in_a_part_of_one_target_only_is_found_there() -> None:
    over = "  prod:\n    resources:\n      jobs:\n        hourly:\n          timeout: 5\n"
    files = FILES | {"databricks.yml": FILES["databricks.yml"].replace("  prod:\n", over)}
    assert any(
        "targets.prod.resources.jobs.hourly: Unexpected field 'timeout'" in str(fault)
        for fault in check(files, WHEEL, LOCK)
    )


def test_a_line_is_that_of_the_file() -> None:
    files = FILES | {"databricks.yml": FILES["databricks.yml"].replace("mode: production", "mode: prod", 1)}
    line = files["databricks.yml"].split("\n").index("    mode: prod") + 1
    assert f"databricks.yml:{line} targets.staging.mode" in {fault.place for fault in check(files, WHEEL, LOCK)}


@pytest.mark.parametrize(
    "expression",
    [
        "0 10 * * * ?",
        "0 30 3 ? * SUN",
        "0 0/15 6-20 ? * MON-FRI",
        "0 0 4 L * ?",
        "0 0 4 ? * 2#1 2026",
        "0 0 1,13 15W JAN ?",
    ],
)
def test_quartz_expressions_that_run_are_let_through(expression: str) -> None:
    assert quartz_fault(expression) is None


@pytest.mark.parametrize(
    "expression",
    [
        "* * * * *",
        "0 10 * * * *",
        "0 10 * ? * ?",
        "0 60 * * * ?",
        "0 10 * 0 * ?",
        "0 10 * * FOO ?",
        "0 10/0 * * * ?",
        "every hour now and then ?",
    ],
)
def test_quartz_expressions_that_do_not_are_told(expression: str) -> None:
    assert quartz_fault(expression)
