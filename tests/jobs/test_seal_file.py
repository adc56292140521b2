"""`cancollaborate seal`: what a trust seals is what intake takes, and what intake would refuse is not sealed."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from libs.feeds import load_contracts
from libs.intake.envelope import OpenedExtract, Opener, open_sealed
from libs.intake.keys import KeyRing, make_key_pair
from libs.settings import conf_folder
from tests.jobs.commands import Run, fail_command, run_command

__all__ = ["fail_command", "run_command"]

CONTRACT = load_contracts(conf_folder())["infoflex"]
WRITTEN = 1_748_851_200  # 2025-06-02T09:00 in London
NAME = "RVW_infoflex_20250602T080000Z_000123.jwe"
KEYS = {
    "platform": make_key_pair("ours", algorithm="ECDH-ES+A256KW"),
    "trust": make_key_pair("rvw", algorithm="EdDSA"),
}


def extract_of(rows: int, *, columns: tuple[str, ...] = CONTRACT.columns, cell: str = "SMITH") -> bytes:
    lines = [columns, *([cell] * len(columns) for _ in range(rows))]
    return "".join("|".join(line) + "\r\n" for line in lines).encode("windows-1252")


@dataclass(frozen=True)
class Trust:
    """A trust's machine: its files, and the command with which it seals. It has no secret of the platform."""

    folder: Path

    @property
    def source(self) -> Path:
        return self.folder / "extract.csv"

    @property
    def outbox(self) -> Path:
        return self.folder / "outbox"

    def write(self, extract: bytes) -> None:
        self.source.write_bytes(extract)
        os.utime(self.source, (WRITTEN, WRITTEN))

    def arguments(self, **changes: Any) -> list[str]:
        options = {
            "input": self.source, "trust": "RVW", "system": "infoflex", "kind": "full", "sequence": 123,
            "signing-key": self.key("trust", 0), "platform-key": self.key("platform", 1), "output": self.outbox,
            **{name.replace("_", "-"): value for name, value in changes.items()},
        }  # fmt: skip
        told = [f"--{name}={value}" for name, value in options.items()]
        return ["seal", *told, "--set", f"paths.root={self.folder / 'no-root'}"]

    def key(self, side: str, part: int, **changes: Any) -> Path:
        path = self.folder / f"{side}-{part}-{len(changes)}.jwk"
        path.write_text(json.dumps({**KEYS[side][part], **changes}))
        return path

    def opened(self, name: str = NAME) -> OpenedExtract:
        opener = Opener(
            platform_name="cancollaborate-local",
            platform_keys=KeyRing([KEYS["platform"][0]]),
            trust_keys=KeyRing([{**KEYS["trust"][1], "iss": "RVW"}]),
            systems={"RVW": "infoflex"},
            max_sealed_bytes=10**6,
            max_extract_bytes=10**6,
        )
        found = open_sealed((self.outbox / name).read_bytes(), file_name=name, opener=opener, arrived_at=WRITTEN)
        assert isinstance(found, OpenedExtract), found
        return found


@pytest.fixture
def trust(tmp_path: Path) -> Trust:
    made = Trust(tmp_path)
    made.write(extract_of(3))
    return made


def test_what_is_sealed_opens_and_says_what_was_asked(trust: Trust, run_command: Run) -> None:
    told = run_command(*trust.arguments())
    opened = trust.opened()
    assert opened.extract == extract_of(3)
    claims = opened.claims
    assert (claims.iss, claims.aud, claims.sys, claims.feed) == ("RVW", "cancollaborate-local", "infoflex", 1)
    assert (claims.kind, claims.seq, claims.iat, claims.rows) == ("full", 123, WRITTEN, 3)
    size = (trust.outbox / NAME).stat().st_size
    assert told == f"{NAME}: 3 rows, {size:,} bytes\n"
    assert [path.name for path in trust.outbox.iterdir()] == [NAME]


def test_time_and_audience_are_those_asked_for(trust: Trust, run_command: Run) -> None:
    run_command(*trust.arguments(extracted_at="2025-06-01T23:30", audience="cancollaborate-prod"))
    assert [path.name for path in trust.outbox.iterdir()] == ["RVW_infoflex_20250601T223000Z_000123.jwe"]


@pytest.mark.parametrize(
    ("extract", "rows"),
    [
        (extract_of(0), 0),
        (extract_of(2).rstrip(), 2),
        (extract_of(2) + b"\r\n\r\n", 2),
        (extract_of(2).replace(b"SMITH", b'"a\r\n""b"""', 5), 2),
        (extract_of(2).replace(b"SMITH", b'5" scan', 5), 2),
        (extract_of(2, cell="n" * 200_000), 2),
        (extract_of(2).replace(b"\r\n", b"\n"), 2),
    ],
)
def test_rows_are_counted_as_intake_counts_them(trust: Trust, run_command: Run, extract: bytes, rows: int) -> None:
    trust.write(extract)
    assert f": {rows} rows, " in run_command(*trust.arguments())


def test_columns_beyond_the_contract_and_missing_ones_are_told_and_sealed(trust: Trust, run_command: Run) -> None:
    columns = (*(name for name in CONTRACT.columns if name != "Morphology"), "Ward Colour")
    trust.write(extract_of(1, columns=columns))
    told = run_command(*trust.arguments())
    assert "does not know: Ward Colour" in told
    assert "are missing: Morphology" in told
    assert "SMITH" not in told


@pytest.mark.parametrize(
    ("extract", "reason"),
    [
        (b"", "HEADER_WRONG"),
        (extract_of(1).replace(b"Pathway No|", b"Pathway|"), "COLUMNS_MISSING"),
        (extract_of(1).replace(b"|", b","), "DELIMITER_WRONG"),
        (extract_of(1) + b"SMITH|SMITH\r\n", "ROWS_MALFORMED"),
        (extract_of(1).replace(b"SMITH", b"SM\x81TH"), "CHARACTER_SET_WRONG"),
    ],
)
def test_an_extract_that_intake_would_refuse_is_not_sealed_and_no_value_is_told(
    trust: Trust, fail_command: Run, extract: bytes, reason: str
) -> None:
    trust.write(extract)
    line = fail_command(*trust.arguments())
    assert f"would be refused, {reason}. " in line
    assert "SM" not in line
    assert not trust.outbox.exists()


@pytest.mark.parametrize(
    ("side", "dates", "reason"),
    [
        ("trust", {"exp": WRITTEN}, "SENDER_KEY_EXPIRED"),
        ("trust", {"nbf": WRITTEN + 1}, "SENDER_KEY_EXPIRED"),
        ("trust", {"revoked": WRITTEN + 10**6}, "SENDER_KEY_REVOKED"),
        ("trust", {"iss": "RTR"}, "SENDER_WRONG"),
        ("platform", {"exp": WRITTEN}, "PLATFORM_KEY_EXPIRED"),
        ("platform", {"nbf": WRITTEN + 1}, "PLATFORM_KEY_EXPIRED"),
        ("platform", {"revoked": 0}, "PLATFORM_KEY_REVOKED"),
    ],
)
def test_a_key_with_which_intake_would_refuse_the_file_is_told_before_it_is_sent(
    trust: Trust, fail_command: Run, side: str, dates: dict[str, Any], reason: str
) -> None:
    option = {"trust": "signing_key", "platform": "platform_key"}[side]
    path = trust.key(side, 0 if side == "trust" else 1, **dates)
    line = fail_command(*trust.arguments(**{option: path}))
    assert f"would be refused, {reason}. " in line
    assert KEYS[side][0]["d"] not in line
    assert not trust.outbox.exists()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"kind": "weekly"}, "full, delta, history"),
        ({"system": "Smith"}, "Use one of: infoflex, scr"),
        ({"system": "scr"}, "would be refused, "),
        ({"sequence": 1_000_000}, "--sequence"),
        ({"trust": "Smith"}, "design, section 4.1"),
        ({"extracted_at": "yesterday"}, "--extracted-at is not an ISO timestamp"),
        ({"input": "Mary Smith.csv"}, "option=--input"),
        ({"signing_key": "nowhere.jwk"}, "nowhere.jwk"),
        ({"output": "/dev/null/x"}, "option=--output"),
    ],
)
def test_what_is_asked_for_wrongly_is_told_and_seals_nothing(
    trust: Trust, fail_command: Run, changes: dict[str, Any], says: str
) -> None:
    line = fail_command(*trust.arguments(**changes))
    assert says in line
    assert "Smith" not in line
    assert not trust.outbox.exists()


def test_the_keys_are_not_taken_for_each_other(trust: Trust, fail_command: Run) -> None:
    line = fail_command(*trust.arguments(signing_key=trust.key("trust", 1)))
    assert "not a private signing key" in line
    line = fail_command(*trust.arguments(platform_key=trust.key("trust", 0)))
    assert "not an encryption key" in line
    assert KEYS["trust"][0]["d"] not in line


def test_sizes_beyond_the_platforms_limits_are_told_before_they_are_sent(trust: Trust, fail_command: Run) -> None:
    noise = os.urandom(900_000).hex().encode()
    for limit, reason in (("max_extract_mib", "EXTRACT_TOO_LARGE"), ("max_sealed_mib", "TOO_LARGE")):
        trust.write(extract_of(1).replace(b"SMITH", noise, 1))
        line = fail_command(*trust.arguments(), "--set", f"intake.{limit}=1")
        assert f"would be refused, {reason}. " in line
    assert not trust.outbox.exists()


def test_a_file_that_was_sealed_is_not_written_over(trust: Trust, run_command: Run, fail_command: Run) -> None:
    run_command(*trust.arguments())
    sealed = (trust.outbox / NAME).read_bytes()
    assert "next --sequence" in fail_command(*trust.arguments())
    assert (trust.outbox / NAME).read_bytes() == sealed


def test_sealing_needs_no_secret_of_the_platform_and_no_spark(trust: Trust, run_command: Run) -> None:
    run_command(*trust.arguments())
    assert not (trust.folder / "no-root").exists()
