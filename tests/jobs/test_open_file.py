"""`cancollaborate open`: what a sealed file says of itself and whether it would be taken; no value unless asked for."""

import os
import stat
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from jobs import cli
from libs.intake.claims import Claims, sealed_name
from libs.intake.envelope import seal
from libs.intake.keys import KeyRing
from libs.settings import Settings
from tests.jobs.commands import Run, fail_command, run_command
from tests.jobs.test_seal_file import CONTRACT, KEYS, WRITTEN, extract_of

__all__ = ["fail_command", "run_command"]

CLAIMS = Claims("RVW", "cancollaborate-local", "infoflex", feed=1, seq=123, iat=WRITTEN, kind="full", rows=3)
COLUMNS = (*(name for name in CONTRACT.columns if name != "Morphology"), "Ward Colour")


@dataclass(frozen=True)
class Platform:
    """The platform's machine: its rings, and a folder in which sealed files lie."""

    settings: Settings
    options: list[str] = field(default_factory=list)

    def put(self, extract: bytes, name: str | None = None, **claims: Any) -> Path:
        said = Claims(**{**CLAIMS.__dict__, **claims})
        sealed = seal(extract, said, signing_key=KEYS["trust"][0], platform_key=KEYS["platform"][1])
        path = self.settings.paths.root / (name or sealed_name(said))
        path.write_bytes(sealed)
        os.utime(path, (WRITTEN + 60, WRITTEN + 60))
        return path

    def hold(self, **dates: int) -> None:
        """The rings, the trust's key with these dates."""
        rings = {"platform": [KEYS["platform"][0]], "trusts": [{**KEYS["trust"][1], "iss": "RVW", **dates}]}
        for name, keys in rings.items():
            ref = getattr(self.settings.keys, name)
            path = self.settings.paths.secrets / ref.scope / ref.key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(KeyRing(keys).to_json())


@pytest.fixture
def platform(settings: Settings) -> Platform:
    made = Platform(settings, ["--set", f"paths.root={settings.paths.root}"])
    made.hold()
    return made


@pytest.mark.parametrize("name", [None, "12_RVW_infoflex_20250602T080000Z_000123.jwe"])
def test_a_good_file_is_told_by_its_claims_and_columns_and_by_no_value(
    platform: Platform, run_command: Run, name: str | None
) -> None:
    shown = run_command("open", platform.put(extract_of(3, columns=COLUMNS), name), *platform.options)
    for said in (
        sealed_name(CLAIMS), "would be taken", "cancollaborate-local", "infoflex, contract version 1", "full", "123",
        "Mon 2 Jun 2025, 09:00", "3 signed", "does not know: Ward Colour", "are missing: Morphology",
    ):  # fmt: skip
        assert said in shown
    assert "SMITH" not in shown


@pytest.mark.parametrize(
    ("claims", "extract", "reason"),
    [
        ({"rows": 10**9}, extract_of(3), "ROW_COUNT_WRONG"),
        ({}, extract_of(3) + b"SMITH|SMITH\r\n", "ROWS_MALFORMED"),
        ({"feed": 2}, extract_of(3), "CONTRACT_UNKNOWN"),
        ({"sys": "scr"}, extract_of(3), "CONTRACT_UNKNOWN"),
    ],
)
def test_a_file_whose_rows_are_not_taken_is_told_with_its_claims_and_the_reason_and_ends_in_failure(
    platform: Platform, fail_command: Run, claims: dict[str, Any], extract: bytes, reason: str
) -> None:
    told = fail_command("open", platform.put(extract, **claims), *platform.options, shows=True)
    assert "would be refused" in told
    assert told.count(reason) == 2
    assert "Sequence" in told
    assert "SMITH" not in told


@pytest.mark.parametrize(
    ("claims", "name", "reason"),
    [
        ({"aud": "cancollaborate-prod"}, None, "AUDIENCE_WRONG"),
        ({"iat": WRITTEN + 3600}, None, "EXTRACT_IN_FUTURE"),
        ({}, "RVW_infoflex_20250602T080000Z_000124.jwe", "CLAIMS_DISAGREE"),
        ({}, "Mary Smith 9434765919.jwe", "NAME_INVALID"),
    ],
)
def test_a_file_that_does_not_open_is_told_in_one_line_and_a_name_of_another_form_is_not_echoed(
    platform: Platform, fail_command: Run, claims: dict[str, Any], name: str | None, reason: str
) -> None:
    line = fail_command("open", platform.put(extract_of(3), name, **claims), *platform.options)
    assert f"would be refused, {reason}. " in line
    assert "Mary" not in line
    assert ("differ in: sequence" in line) == (reason == "CLAIMS_DISAGREE")


def test_the_arrival_is_when_the_file_was_written_or_what_is_asked_for(
    platform: Platform, run_command: Run, fail_command: Run
) -> None:
    path = platform.put(extract_of(3))
    platform.hold(revoked=WRITTEN + 61)
    assert "would be taken" in run_command("open", path, *platform.options)
    late = fail_command("open", path, "--as-at", "2025-06-02T09:02", *platform.options)
    assert "SENDER_KEY_REVOKED" in late


def test_a_damaged_and_a_missing_file_and_one_beyond_the_limit_are_told(platform: Platform, fail_command: Run) -> None:
    path = platform.put(extract_of(3))
    path.write_bytes(path.read_bytes()[:-8])
    assert "DAMAGED" in fail_command("open", path, *platform.options)
    path.write_bytes(b"x" * (2**20 + 1))
    assert "TOO_LARGE" in fail_command("open", path, *platform.options, "--set", "intake.max_sealed_mib=1")
    path.unlink()
    assert "can't be read (FileNotFoundError)" in fail_command("open", path, *platform.options)


def test_without_the_platforms_keys_nothing_opens_and_the_ring_is_named(
    platform: Platform, tmp_path: Path, fail_command: Run
) -> None:
    path = platform.put(extract_of(3))
    assert "a secret is missing" in fail_command("open", path, "--set", f"paths.root={tmp_path / 'elsewhere'}")


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["cancollaborate", *map(str, arguments)])
    cli.main()


def test_the_extract_is_written_for_its_owner_only_and_with_a_warning(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "extract.csv"
    run(monkeypatch, "open", platform.put(extract_of(3)), "--output", target, *platform.options)
    told = capsys.readouterr()
    assert target.read_bytes() == extract_of(3)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert "it identifies patients" in told.err
    assert len(told.err.splitlines()) == 1
    assert "would be taken" in told.out
    assert "SMITH" not in told.out + told.err


def test_the_extract_goes_to_the_terminal_as_it_was_written_and_what_is_told_beside_it(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    run(monkeypatch, "open", platform.put(extract_of(3)), "--output", "-", *platform.options)
    told = capfdbinary.readouterr()
    assert told.out == extract_of(3)
    assert b"it identifies patients" in told.err
    assert b"would be taken" in told.err


def test_no_file_is_written_over(platform: Platform, tmp_path: Path, fail_command: Run) -> None:
    target = tmp_path / "extract.csv"
    target.write_text("mine")
    assert "option=--output" in fail_command("open", platform.put(extract_of(3)), "--output", target, *platform.options)
    assert target.read_text() == "mine"


def test_no_key_is_shown(platform: Platform, run_command: Run) -> None:
    shown = run_command("open", platform.put(extract_of(3)), *platform.options)
    for private, _ in KEYS.values():
        assert not any(str(private[part]) in shown for part in ("d", "x"))
