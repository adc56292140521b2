import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from libs.errors import MachineError
from libs.lakehouse.jars import cached_jars, delta_package, resolve_jars
from libs.settings import load_settings

JARS = ("io.delta_delta-spark_4.1_2.13-4.3.1.jar", "io.delta_delta-storage-4.3.1.jar",
        "io.unitycatalog_unitycatalog-client-0.3.1.jar")  # fmt: skip


def folder_of(cache: Path) -> Path:
    return cache / f"delta-{version('delta-spark')}-spark-{version('pyspark')}" / "jars"


def fill(cache: Path, *names: str) -> None:
    folder_of(cache).mkdir(parents=True)
    for name in names:
        (folder_of(cache) / name).touch()


def make_submit(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A `spark-submit` beside the interpreter that does what the test says."""
    submit = folder / "spark-submit"
    submit.write_text(f"#!/bin/sh\n{script}\n")
    submit.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(folder / "python"))


def test_the_delta_jar_is_named_by_the_installed_versions() -> None:
    spark = ".".join(version("pyspark").split(".")[:2])
    assert delta_package() == f"io.delta:delta-spark_{spark}_2.13:{version('delta-spark')}"


def test_the_cache_of_this_machine_holds_jars_of_that_version() -> None:
    jars = cached_jars(load_settings().spark.jars)
    assert all(jar.is_file() for jar in jars)
    assert any(jar.name.endswith(f"-{version('delta-spark')}.jar") for jar in jars)


def test_only_deltas_own_jars_are_loaded(tmp_path: Path) -> None:
    fill(tmp_path, *JARS, "org.slf4j_slf4j-api-2.0.jar")
    assert [jar.name for jar in cached_jars(tmp_path)] == list(JARS)


@pytest.mark.parametrize("held", [(), JARS[:1], JARS[1:]])
def test_an_empty_or_half_filled_cache_says_to_set_up(held: tuple[str, ...], tmp_path: Path) -> None:
    fill(tmp_path, *held)
    with pytest.raises(MachineError, match=r"Delta jars are not in the cache \(path=.*/jars\)\. Run `make setup` once"):
        cached_jars(tmp_path)


def test_jars_of_another_pair_of_versions_are_not_taken(tmp_path: Path) -> None:
    fill(tmp_path, *JARS)
    folder_of(tmp_path).parent.rename(tmp_path / "delta-0.0.1-spark-0.0.1")
    with pytest.raises(MachineError):
        cached_jars(tmp_path)


def test_a_tilde_in_the_setting_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path / "jars", *JARS)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert len(cached_jars(Path("~/jars"))) == len(JARS)


def test_resolving_fills_the_cache_through_sparks_own_resolver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_of(tmp_path / "cache")
    touch = " ".join(f"'{folder / name}'" for name in JARS)
    make_submit(tmp_path, monkeypatch, f"echo \"$@\" > '{tmp_path}/said'; mkdir -p '{folder}' && touch {touch}")
    assert [jar.name for jar in resolve_jars(tmp_path / "cache")] == list(JARS)
    said = (tmp_path / "said").read_text()
    assert f"--packages {delta_package()} " in said
    assert f"spark.jars.ivy={folder.parent} " in said


def test_jars_that_can_not_be_fetched_are_named_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_submit(tmp_path, monkeypatch, "echo 'resolving' >&2; echo 'unresolved dependency: not found' >&2; exit 1")
    with pytest.raises(MachineError) as fault:
        resolve_jars(tmp_path / "cache")
    assert delta_package() in str(fault.value)
    assert "Is Maven Central reachable? Spark said: unresolved dependency: not found" in str(fault.value)
    assert "\n" not in str(fault.value)


def test_resolving_needs_java_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "nowhere"))
    with pytest.raises(MachineError, match="JAVA_HOME"):
        resolve_jars(tmp_path / "cache")
