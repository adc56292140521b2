"""After an hour no key and no patient value stands in a log, the event log, a checkpoint or what is printed."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from libs.settings import Settings
from tests.jobs.conftest import SECOND_HOUR, Start
from tests.jobs.test_no_patient_value import contents, holding, patient_values

pytestmark = pytest.mark.spark
PRIVATE = ("d", "p", "q", "dp", "dq", "qi")


def private_parts(settings: Settings) -> set[str | bytes]:
    """Every private part of every key of the world, as it may be spelt."""
    files = [*settings.paths.secrets.rglob("*.jwks"), *(settings.paths.root / "trust_keys").rglob("*.jwk")]
    held = [json.loads(file.read_text()) for file in files]
    keys = [key for each in held for key in each.get("keys", [each])]
    parts = [base64.urlsafe_b64decode(key[name] + "==") for key in keys for name in PRIVATE if name in key]
    assert len(parts) >= 3
    return {spelt for part in parts for spelt in spellings(part)}


def spellings(part: bytes) -> Iterable[str | bytes]:
    yield base64.urlsafe_b64encode(part).decode().rstrip("=")
    yield base64.b64encode(part).decode().rstrip("=")
    yield part.hex()
    yield part
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
    found = {"printed": (done.stdout + done.stderr).encode(), "spark.log": (lake.paths.root / "spark.log").read_bytes()}
    logged = contents(events)
    found |= logged | contents(lake.paths.checkpoints)
    found |= {str(path): path.read_bytes() for path in lake.paths.outbox.rglob("*.txt")}
    assert b'"event": "file_judged"' in found["printed"]
    assert any(b"MapInArrow" in text for text in logged.values())
    assert len(found) > 8
    # The search does find what is there.
    found["keys"] = (lake.paths.secrets / "cancollaborate" / "platform-private.jwks").read_bytes()
    assert holding(found, patient_values(lake) | private_parts(lake), tmp_path) == {"keys"}
