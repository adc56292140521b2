"""A third register is a YAML file: the code as it stands, with one more contract beside it, runs its hour."""

import json
import os
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text

from libs.intake.keys import KeyRing, make_key_pair
from libs.settings import load_settings

CODE = Path(__file__).parents[2]
REGISTER = Path(__file__).parent / "third_register"
AS_AT = "2025-06-02T09:05"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Connection:
    """What is published of one extract of Lantern, by a copy of the code beside which nothing but its contract lies."""
    folder = tmp_path_factory.mktemp("third")
    for part in ("libs", "jobs", "expectations", "ml", "conf"):
        shutil.copytree(CODE / part, folder / "code" / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REGISTER / "lantern.yml", folder / "code" / "conf" / "feeds")
    settings = load_settings("local", [f"paths.root={folder / 'root'}"])
    private, public = make_key_pair("RTR", algorithm="EdDSA")
    platform, for_trusts = make_key_pair("platform", algorithm="ECDH-ES+A256KW")
    rings = {settings.keys.platform: [platform], settings.keys.trusts: [{**public, "iss": "RTR"}]}
    files = {settings.paths.secrets / ref.scope / ref.key: KeyRing(ring).to_json() for ref, ring in rings.items()}
    files |= {
        folder / "signing.jwk": json.dumps(private),
        folder / "platform.jwk": json.dumps(for_trusts),
    }
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    landing = settings.paths.landing / "RTR"
    landing.mkdir(parents=True)
    command(
        folder, "seal", "--input", REGISTER / "extract.csv", "--trust", "RTR", "--system", "lantern", "--kind", "full",
        "--sequence", 1, "--extracted-at", "2025-06-02T09:00", "--output", landing,
        "--signing-key", folder / "signing.jwk", "--platform-key", folder / "platform.jwk",
    )  # fmt: skip
    arrived = datetime.fromisoformat(f"{AS_AT}+01:00").timestamp()
    for path in landing.iterdir():
        os.utime(path, (arrived, arrived))
    command(folder, "hourly", "--as-at", AS_AT)
    return create_engine(settings.warehouse.url).connect()


def command(folder: Path, *arguments: object) -> None:
    settings = ("--set", f"paths.root={folder / 'root'}", "--set", "trusts.RTR.system=lantern")
    done = subprocess.run(
        [sys.executable, "-c", "from jobs.cli import main; main()", *map(str, arguments), *settings],
        cwd=folder / "code", env={**os.environ, "PYTHONPATH": str(folder / "code")}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]


def rows_of(published: Connection, query: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in published.execute(text(query))]


@pytest.mark.spark
def test_its_referrals_are_on_the_list_with_their_clocks(published: Connection) -> None:
    query = """SELECT local_pathway_ids, tumour_site, referral_received_on, first_seen_trust, outcome_28, outcome_62
        FROM ptl_current ORDER BY local_pathway_ids"""
    assert rows_of(published, query) == [
        ("RTR:L2", "lung", "2025-05-12", "RTR", "OPEN", "OPEN"),
        ("RTR:L3", None, "2025-05-01", None, "NOT_APPLICABLE", "NOT_APPLICABLE"),
    ]


@pytest.mark.spark
def test_a_wait_that_ended_too_late_is_a_breach(published: Connection) -> None:
    query = """SELECT month, org, CAST(denominator_share AS REAL), CAST(days_63_76 AS REAL) FROM performance_month
        WHERE standard = '62'"""
    assert rows_of(published, query) == [("2025-05", "RTR", 1, 1)]


@pytest.mark.spark
def test_what_was_wrong_is_told_of_it(published: Connection) -> None:
    query = "SELECT rule_code, failed FROM dq_result WHERE source = 'RTR' AND failed > 0 ORDER BY rule_code"
    assert rows_of(published, query) == [("NOTE_IDENTIFIES", 1), ("WORD_UNMAPPED", 1)]


def test_nothing_of_the_code_names_it() -> None:
    parts = [path for part in ("libs", "jobs", "expectations", "ml", "conf") for path in (CODE / part).rglob("*")]
    assert [path for path in parts if path.suffix in {".py", ".yml"} and "lantern" in path.read_text().lower()] == []
