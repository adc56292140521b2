"""The wheel: what it holds, what it requires, and that it finds its configuration where it is installed."""

import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # Built from a copy, so that the checkout stays clean.
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file() and not name.startswith("tests/"):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("cancollaborate-*.whl"))


def test_the_wheel_holds_the_code_the_configuration_and_one_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        entry_points = next(archive.read(name).decode() for name in names if name.endswith("entry_points.txt"))
    roots = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert roots == {"conf", "expectations", "jobs", "libs", "ml"}
    figures = ("conf/synthetic/world.yml", "conf/synthetic/published.csv")
    for wanted in ("conf/base.yml", "conf/feeds/scr.yml", "conf/log4j2.properties", *figures):
        assert wanted in names
    assert entry_points.split() == ["[console_scripts]", "cancollaborate", "=", "jobs.cli:main"]


def test_the_wheel_does_not_require_what_a_databricks_runtime_brings(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        metadata = Parser().parsestr(
            next(archive.read(name).decode() for name in archive.namelist() if name.endswith("METADATA"))
        )
    always = [line for line in metadata.get_all("Requires-Dist") or [] if "extra ==" not in line]
    assert not [line for line in always if line.startswith(("pyspark", "delta-spark", "pyodbc"))]


def test_an_installed_wheel_finds_its_configuration(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = "from libs.settings import load_settings; print(load_settings('prod').catalog)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(tmp_path)},
    )
    assert done.stdout.strip() == "cancollaborate"
