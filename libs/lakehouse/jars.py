"""The Delta jars: resolved once at set-up into a cache, loaded from files ever after.

Resolving at each start costs seconds and fails offline (platform notes 4.1).
Run `python -m libs.lakehouse.jars` to fill the cache; `make` does.
"""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from libs.errors import MachineError
from libs.lakehouse.java import check_java
from libs.settings import load_settings

# Delta names its jar by Spark's version; pyspark brings everything that Delta needs beyond these groups.
_GROUPS = ("io.delta_delta-spark", "io.delta_delta-storage", "io.unitycatalog_unitycatalog-client")
_EXCLUDED = "org.apache.hadoop:*,org.apache.parquet:*,com.fasterxml.jackson.core:*,org.slf4j:*,io.delta:delta-kernel-*"


def delta_package() -> str:
    """The Maven coordinates of the Delta jar that fits the installed pyspark and delta-spark."""
    spark = ".".join(version("pyspark").split(".")[:2])
    return f"io.delta:delta-spark_{spark}_2.13:{version('delta-spark')}"


def cached_jars(cache: Path) -> list[Path]:
    """The jars to load. Raises MachineError when the cache doesn't hold them."""
    folder = _folder(cache)
    found = [jar for group in _GROUPS for jar in sorted(folder.glob(f"{group}*.jar"))]
    if len(found) < len(_GROUPS):
        raise MachineError("the Delta jars are not in the cache", do="Run `make setup` once, online.", path=str(folder))
    return found


def resolve_jars(cache: Path) -> list[Path]:
    """Fill the cache through Spark's own resolver and return the jars.

    Raises MachineError when Java is missing or the jars can't be fetched.
    """
    check_java(os.environ)
    submit = Path(sys.executable).with_name("spark-submit")
    nothing = Path(__file__).with_name("java.py")  # any script that does nothing when run
    command = [
        str(submit), "--master", "local[1]", "--packages", delta_package(), "--exclude-packages", _EXCLUDED,
        "--conf", f"spark.jars.ivy={_folder(cache).parent}", "--conf", "spark.ui.enabled=false", str(nothing),
    ]  # fmt: skip
    environment = {**os.environ, "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603
    if done.returncode != 0:
        last = next((line for line in reversed(done.stderr.splitlines()) if line.strip()), "")
        raise MachineError(
            "the Delta jars could not be fetched", do=f"Is Maven Central reachable? Spark said: {last.strip()[:200]}",
            package=delta_package(),
        )  # fmt: skip
    return cached_jars(cache)


def _folder(cache: Path) -> Path:
    return cache.expanduser() / f"delta-{version('delta-spark')}-spark-{version('pyspark')}" / "jars"


if __name__ == "__main__":
    jar_cache = load_settings().spark.jars
    try:
        cached_jars(jar_cache)
    except MachineError:
        sys.stderr.write("Fetching the Delta jars (once)\n")
        resolve_jars(jar_cache)
