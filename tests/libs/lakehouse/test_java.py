from pathlib import Path

import pytest

from libs.errors import MachineError
from libs.lakehouse.java import check_java, parse_version


def make_java(folder: Path, banner: str) -> Path:
    """A `java` that says of itself what the test wants."""
    java = folder / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{banner}\nEND\n")
    java.chmod(0o755)
    return folder


@pytest.mark.parametrize(
    ("banner", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment (build 17.0.15+6)', 17),
        ('openjdk version "21" 2023-09-19', 21),
        ('openjdk version "21-ea" 2023-09-19', 21),
        ('java version "1.8.0_392"\nJava(TM) SE Runtime Environment (build 1.8.0_392-b08)', 8),
        ('openjdk version "11.0.2" 2019-01-15', 11),
        ('Picked up JAVA_TOOL_OPTIONS: -Xmx2g\nopenjdk version "17.0.9" 2023-10-17', 17),
        ("java: command not found", None),
        ("", None),
    ],
)
def test_the_major_version_is_read_from_what_java_says(banner: str, version: int | None) -> None:
    assert parse_version(banner) == version


@pytest.mark.parametrize("version", [17, 21])
def test_a_supported_java_is_taken_from_java_home(version: int, tmp_path: Path) -> None:
    home = make_java(tmp_path, f'openjdk version "{version}.0.1"')
    assert check_java({"JAVA_HOME": str(home), "PATH": "/bin:/usr/bin"}) == version


def test_without_java_home_it_is_taken_from_path(tmp_path: Path) -> None:
    home = make_java(tmp_path, 'openjdk version "21.0.1"')
    assert check_java({"PATH": f"{home / 'bin'}:/bin"}) == 21


def test_java_home_wins_over_path_as_it_does_for_spark(tmp_path: Path) -> None:
    old, new = make_java(tmp_path / "old", 'version "11.0.2"'), make_java(tmp_path / "new", 'version "17.0.2"')
    with pytest.raises(MachineError, match="found Java 11"):
        check_java({"JAVA_HOME": str(old), "PATH": str(new / "bin")})


def test_no_java_at_all_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match=r"not found on PATH and JAVA_HOME is not set\. Install Java 17"):
        check_java({"PATH": str(tmp_path)})


def test_a_java_home_that_points_nowhere_is_named(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match=r"without bin/java .*nowhere.*Mend JAVA_HOME"):
        check_java({"JAVA_HOME": str(tmp_path / "nowhere"), "PATH": "/bin"})


def test_an_unsupported_java_is_named_with_the_ones_that_are_needed(tmp_path: Path) -> None:
    home = make_java(tmp_path, 'openjdk version "25.0.1"')
    with pytest.raises(MachineError, match="found Java 25, but Spark needs Java 17 or 21"):
        check_java({"JAVA_HOME": str(home)})


@pytest.mark.parametrize("mode", [0o644, 0o755])
def test_a_java_that_is_no_program_is_named(mode: int, tmp_path: Path) -> None:
    java = make_java(tmp_path, "") / "bin" / "java"
    java.write_bytes(b"\x7fELF")
    java.chmod(mode)
    with pytest.raises(MachineError, match=r"Java can't be started .*bin/java.*or set JAVA_HOME.*Install Java 17"):
        check_java({"JAVA_HOME": str(tmp_path)})


def test_something_called_java_that_tells_no_version_is_refused(tmp_path: Path) -> None:
    home = make_java(tmp_path, "hello")
    with pytest.raises(MachineError, match="does not tell its version"):
        check_java({"JAVA_HOME": str(home)})
