"""The Java that Spark needs: found, of the right version, or a line that says what to install."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from libs.errors import MachineError

SUPPORTED = (17, 21)  # Spark 4.1: https://spark.apache.org/docs/4.1.1/#downloading


def check_java(environment: Mapping[str, str]) -> int:
    """Return the major version of the Java that Spark will start.

    Raises MachineError when there is none or Spark 4.1 doesn't run on it.
    """
    home = environment.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java", path=environment.get("PATH"))
    install = "Install Java 17, for example: apt-get install openjdk-17-jre-headless."
    if java is None:
        raise MachineError("Java was not found on PATH and JAVA_HOME is not set", do=install)
    if not Path(java).is_file():
        raise MachineError("JAVA_HOME points to a folder without bin/java", do=f"Mend JAVA_HOME. {install}", path=java)
    version = parse_version(_banner(java, install))
    if version not in SUPPORTED:
        found = f"Java {version}" if version else "a Java that does not tell its version"
        wanted = " or ".join(map(str, SUPPORTED))
        raise MachineError(
            f"found {found}, but Spark needs Java {wanted}", do=f"{install} Or set JAVA_HOME.", path=java
        )
    return version


def _banner(java: str, install: str) -> str:
    """What a Java says of itself."""
    try:
        answer = subprocess.run([java, "-version"], capture_output=True, errors="replace", check=False)  # noqa: S603
    except OSError as fault:
        raise MachineError(
            f"Java can't be started ({type(fault).__name__})",
            do=f"Make it a program that may be run, or set JAVA_HOME. {install}",
            path=java,
        ) from None
    return answer.stderr + answer.stdout


def parse_version(banner: str) -> int | None:
    """Read the major version from what `java -version` prints: 17 from "17.0.15", 8 from "1.8.0_392"."""
    found = re.search(r'version "(?:1\.)?(\d+)', banner)
    return int(found.group(1)) if found else None
