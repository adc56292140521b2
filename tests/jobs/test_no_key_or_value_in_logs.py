"""After an hour no key and no patient value stands in a log, the event log, a checkpoint or what is printed."""

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from libs.settings import Settings
from tests.jobs.conftest import SECOND_HOUR, Start
from tests.jobs.test_no_patient_value import patient_values, texts

pytestmark = pytest.mark.spark
PRIVATE = ("d", "p", "q", "dp", "dq", "qi")


def private_parts(settings: Settings) -> set[str]:
    """Every private part of every key of the world, as it may be spelt."""
    files = [*settings.paths.secrets.rglob("*.jwks"), *(settings.paths.root / "trust_keys").rglob("*.jwk")]
    held = [json.loads(file.read_text()) for file in files]
    keys = [key for each in held for key in each.get("keys", [each])]
    parts = [base64.urlsafe_b64decode(key[name] + "==") for key in keys for name in PRIVATE if name in key]
    assert len(parts) >= 3
    return {spelt for part in parts for spelt in spellings(part)}


def spellings(part: bytes) -> Iterable[str]:
    yield base64.urlsafe_b64encode(part).decode().rstrip("=")
    yield base64.b64encode(part).decode().rstrip("=")
    yield part.hex()
    yield part.decode("latin-1")
    yield str(int.from_bytes(part, "big"))


@pytest.mark.timeout(900)
def test_an_hour_leaves_no_key_and_no_patient_value_in_any_log(start: Start, tmp_path: Path) -> None:
    lake = start.copy()
    events = tmp_path / "events"
    events.mkdir()
    # Among the files are some that can't be taken: what is said of them must not quote them either.
    name = sorted(patient_values(lake))[0]
    for path, content in (("RVW/notes.txt", name), ("RTR/RTR_scr_20250602T080000Z_090001.jwe", name)):
        (lake.paths.landing / path).write_text(content)
    confs = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": f"file:{events}",
        "spark.eventLog.compress": "false",
        "spark.sql.maxPlanStringLength": "1000000",
    }
    arguments = " ".join(f"--conf {key}={value}" for key, value in confs.items())
    command = [
        sys.executable, "-m", "jobs.cli", "hourly", "--set", f"paths.root={lake.paths.root}",
        "--as-at", SECOND_HOUR.isoformat(), "--log-level", "INFO",
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, check=True,
        env=os.environ | {"PYSPARK_SUBMIT_ARGS": f"{arguments} pyspark-shell"},
    )  # fmt: skip
    found = {"printed": done.stdout + done.stderr, "spark.log": (lake.paths.root / "spark.log").read_text()}
    found |= texts(events) | texts(lake.paths.checkpoints)
    found |= {str(path): path.read_text() for path in lake.paths.outbox.rglob("*.txt")}
    assert '"event": "file_judged"' in found["printed"]
    assert "MapInArrow" in "".join(texts(events).values())
    assert len(found) > 8
    pattern = re.compile("|".join(map(re.escape, sorted(patient_values(lake) | private_parts(lake)))))
    assert {where: bool(pattern.search(text)) for where, text in found.items()} == dict.fromkeys(found, False)
    # The search does find what is there.
    assert pattern.search((lake.paths.secrets / "cancollaborate" / "platform-private.jwks").read_text())
