"""`cancollaborate keys`: pairs are made and rings kept, and nothing that is said holds what a key is made of."""

import json
import re
import stat
from pathlib import Path
from typing import Any

import pytest

from libs.intake.keys import PRIVATE_PARTS, KeyRing, make_key_pair
from libs.settings import Settings
from tests.jobs.commands import Run, fail_command, run_command

__all__ = ["fail_command", "run_command"]

AT = "2025-06-02T09:00"
AT_SECONDS = 1_748_851_200


@pytest.fixture
def root(settings: Settings) -> list[str]:
    return ["--set", f"paths.root={settings.paths.root}"]


def ring_of(settings: Settings, name: str) -> KeyRing:
    ref = getattr(settings.keys, name)
    return KeyRing.from_json((settings.paths.secrets / ref.scope / ref.key).read_text())


def make(run: Run, folder: Path, side: str, *options: str, kid: str = "first") -> tuple[Path, Path, str]:
    private, public = folder / f"{kid}.jwk", folder / f"{kid}-public.jwk"
    told = run("keys", "make", "--for", side, "--kid", kid, "--private", private, "--public", public, *options)
    return private, public, told


def material(*paths: Path) -> set[str]:
    """All that keys are made of, private and public."""
    keys = [json.loads(path.read_text()) for path in paths]
    return {key[part] for key in keys for part in (*PRIVATE_PARTS, "x", "y", "n") if part in key}


@pytest.mark.parametrize(
    ("side", "options", "algorithm", "owner"),
    [
        ("platform", [], "RSA-OAEP-256", None),
        ("trust", ["--trust", "RVW"], "EdDSA", "RVW"),
        ("trust", ["--trust", "RVW", "--algorithm", "ECDH-ES+A256KW"], "ECDH-ES+A256KW", "RVW"),
        ("platform", ["--algorithm", "ES256"], "ES256", None),
    ],
)
def test_a_pair_is_two_files_of_which_only_the_owner_reads_the_private_one(
    tmp_path: Path, run_command: Run, side: str, options: list[str], algorithm: str, owner: str | None
) -> None:
    private, public, told = make(run_command, tmp_path, side, *options)
    ours, theirs = json.loads(private.read_text()), json.loads(public.read_text())
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert "d" in ours
    assert not PRIVATE_PARTS & theirs.keys()
    for key in (ours, theirs):
        assert (key["kid"], key["alg"], key.get("iss")) == ("first", algorithm, owner)
    assert f"Never send {private}" in told
    assert f"send {public} to" in told
    assert not any(part in told for part in material(private, public))


def test_a_pair_says_from_when_until_when_it_is_valid_in_london_time(tmp_path: Path, run_command: Run) -> None:
    private, public, _ = make(run_command, tmp_path, "platform", "--not-before", AT, "--expires", "2026-01-01")
    for path in (private, public):
        key = json.loads(path.read_text())
        assert (key["nbf"], key["exp"]) == (AT_SECONDS, 1_767_225_600)


@pytest.mark.parametrize("which", ["private", "public"])
def test_no_key_is_written_over_another_file(tmp_path: Path, run_command: Run, fail_command: Run, which: str) -> None:
    standing = tmp_path / "here"
    standing.write_text("mine")
    paths = {"private": tmp_path / "a", "public": tmp_path / "b", which: standing}
    line = fail_command(
        "keys", "make", "--for", "platform", "--kid", "x", "--private", paths["private"], "--public", paths["public"]
    )
    assert str(standing) in line
    assert list(tmp_path.iterdir()) == [standing]
    assert standing.read_text() == "mine"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--for", "trust"], "--trust RVW"),
        (["--for", "trust", "--trust", "rvw"], "--trust RVW"),
        (["--for", "platform", "--trust", "RVW"], "--for trust"),
        (["--for", "platform", "--kid", "Mary Smith"], "letters, figures"),
        (["--for", "platform", "--algorithm", "HS256"], "RSA-OAEP-256, ECDH-ES+A256KW"),
        (["--for", "platform", "--expires", "soon"], "--expires is not an ISO timestamp"),
        (["--for", "platform", "--not-before", AT, "--expires", AT], "Give a later end"),
        (["--for", "platform", "--public", "a.jwk"], "are one file"),
        (["--for", "platform", "--algorithm", "ES256", "--private", "/dev/null/x"], "can't be written"),
    ],
)
def test_what_makes_no_pair_is_told_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fail_command: Run, options: list[str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    line = fail_command("keys", "make", "--kid", "x", "--private", "a.jwk", "--public", "b.jwk", *options)
    assert says in line
    assert "Mary" not in line
    assert list(tmp_path.iterdir()) == []


def test_a_trusts_public_key_is_added_with_its_owner_and_its_fingerprint_is_the_one_that_the_trust_saw(
    tmp_path: Path, settings: Settings, root: list[str], run_command: Run
) -> None:
    private, public, made = make(run_command, tmp_path, "trust", "--trust", "RVW")
    added = run_command("keys", "add", public, "--ring", "trusts", *root)
    (key,) = ring_of(settings, "trusts")
    assert (key.kid, key.iss, key.imported.is_private) == ("first", "RVW", False)
    assert key.fingerprint in made
    assert key.fingerprint in added
    path = settings.paths.secrets / settings.keys.trusts.scope / settings.keys.trusts.key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not any(part in made + added for part in material(private, public))


def test_the_platforms_private_key_is_added_and_so_is_the_public_part_of_one_that_a_vault_keeps(
    tmp_path: Path, settings: Settings, root: list[str], run_command: Run
) -> None:
    private, _, _ = make(run_command, tmp_path, "platform", kid="here")
    _, public, _ = make(run_command, tmp_path, "platform", kid="vault")
    for path in (private, public):
        run_command("keys", "add", path, "--ring", "platform", *root)
    assert {key.kid: key.imported.is_private for key in ring_of(settings, "platform")} == {"here": True, "vault": False}
    assert "platform, kept in a vault" in run_command("keys", "list", "--ring", "platform", *root)


def refused_key(change: dict[str, Any], *, is_private: bool = False, algorithm: str = "EdDSA") -> str:
    pair = make_key_pair("rvw", algorithm=algorithm)
    return json.dumps({**pair[0 if is_private else 1], **change})


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        (refused_key({}, is_private=True), ["--ring", "trusts", "--trust", "RVW"], "must not leave the trust"),
        (refused_key({"p": "hunter2"}), ["--ring", "trusts", "--trust", "RVW"], "must not leave the trust"),
        (refused_key({}), ["--ring", "trusts"], "with --trust"),
        (refused_key({}), ["--ring", "trusts", "--trust", "RX1"], "with --trust"),
        (refused_key({"iss": "RTR"}), ["--ring", "trusts", "--trust", "RVW"], "names another owner"),
        (refused_key({"alg": "HS256"}), ["--ring", "trusts", "--trust", "RVW"], "alg is missing"),
        (refused_key({}, algorithm="ECDH-ES+A256KW"), ["--ring", "platform"], "RSA-OAEP-256 only"),
        (refused_key({"iss": "RVW"}, is_private=True), ["--ring", "platform"], "--ring trusts"),
        ("hunter2", ["--ring", "platform"], "is not one key"),
        ('{"keys": ["hunter2"]}', ["--ring", "platform"], "is not one key"),
        (None, ["--ring", "platform"], "can't be read (FileNotFoundError)"),
    ],
)
def test_a_key_that_may_not_stand_in_a_ring_is_refused_and_not_shown(
    settings: Settings, root: list[str], fail_command: Run, text: str | None, options: list[str], says: str
) -> None:
    path = settings.paths.root / "key.jwk"
    path.parent.mkdir()
    if text is not None:
        path.write_text(text)
    line = fail_command("keys", "add", path, *options, *root)
    assert says in line
    shown = {"hunter2", *re.findall(r'"(?:d|x)": "([^"]+)"', text or "")}
    assert not any(part in line for part in shown)
    assert not settings.paths.secrets.exists()


def test_a_second_key_with_an_id_that_stands_there_is_refused_and_the_ring_stays(
    tmp_path: Path, settings: Settings, root: list[str], run_command: Run, fail_command: Run
) -> None:
    _, public, _ = make(run_command, tmp_path, "trust", "--trust", "RVW")
    run_command("keys", "add", public, "--ring", "trusts", *root)
    before = ring_of(settings, "trusts").to_json()
    assert "share a kid" in fail_command("keys", "add", public, "--ring", "trusts", *root)
    assert ring_of(settings, "trusts").to_json() == before


@pytest.fixture
def filled(tmp_path: Path, root: list[str], run_command: Run) -> list[Path]:
    """A platform key, and two keys of RVW; the files that hold them."""
    paths = [*make(run_command, tmp_path, "platform", "--algorithm", "ECDH-ES+A256KW", kid="ours")[:2]]
    run_command("keys", "add", paths[0], "--ring", "platform", *root)
    for kid, dates in (("rvw-old", []), ("rvw-new", ["--not-before", "2025-06-03T00:00"])):
        paths += make(run_command, tmp_path, "trust", "--trust", "RVW", *dates, kid=kid)[:2]
        run_command("keys", "add", paths[-1], "--ring", "trusts", *root)
    return paths


def line_of(shown: str, kid: str) -> str:
    (line,) = (line for line in shown.splitlines() if f" {kid} " in line)
    return line


def test_the_list_tells_of_both_rings_how_each_key_stands_and_nothing_of_what_it_is_made_of(
    root: list[str], run_command: Run, filled: list[Path]
) -> None:
    shown = run_command("keys", "list", "--as-at", AT, *root)
    assert "sealing" in line_of(shown, "ours")
    assert line_of(shown, "ours").rstrip().endswith("current")
    assert all(word in line_of(shown, "rvw-old") for word in ("RVW", "signing", "EdDSA", "current"))
    assert line_of(shown, "rvw-new").rstrip().endswith("not yet")
    assert "2025-06-03 00:00" in line_of(shown, "rvw-new")
    later = run_command("keys", "list", "--ring", "trusts", "--as-at", "2025-06-03", *root)
    assert line_of(later, "rvw-new").rstrip().endswith("current")
    assert "ours" not in later
    assert not any(part in shown + later for part in material(*filled))


def test_a_list_of_rings_that_were_never_written_is_empty(root: list[str], run_command: Run) -> None:
    assert run_command("keys", "list", "--as-at", AT, *root).count("None.") == 2


@pytest.mark.usefixtures("filled")
def test_a_retired_key_ends_then_and_another_keeps_its_dates(
    settings: Settings, root: list[str], run_command: Run, fail_command: Run
) -> None:
    told = run_command("keys", "retire", "rvw-old", "--ring", "trusts", "--at", AT, *root)
    assert "ends at 2025-06-02 09:00" in told
    assert "48 hours" in told
    assert {key.kid: key.expires for key in ring_of(settings, "trusts")} == {"rvw-old": AT_SECONDS, "rvw-new": None}
    shown = run_command("keys", "list", "--as-at", AT, *root)
    assert line_of(shown, "rvw-old").rstrip().endswith("ended")
    assert "ends before" in fail_command("keys", "retire", "rvw-old", "--ring", "trusts", "--at", "2025-06-03", *root)


@pytest.mark.usefixtures("filled")
def test_a_withdrawn_key_stays_so_and_the_trust_is_told_what_comes_next(
    settings: Settings, root: list[str], run_command: Run
) -> None:
    told = run_command("keys", "revoke", "rvw-old", "--ring", "trusts", "--as-at", AT, *root)
    assert "withdrawn since 2025-06-02 09:00" in told
    assert "the trust makes a new pair" in told
    again = run_command("keys", "revoke", "rvw-old", "--ring", "trusts", *root)
    assert "withdrawn since 2025-06-02 09:00" in again
    assert ring_of(settings, "trusts").named("rvw-old").revoked == AT_SECONDS
    shown = run_command("keys", "list", "--as-at", AT, *root)
    assert line_of(shown, "rvw-old").rstrip().endswith("2025-06-02 09:00  revoked")


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("command", [["retire", "--at", AT], ["revoke"]])
def test_a_key_that_is_not_there_is_told_without_what_was_typed(
    root: list[str], fail_command: Run, command: list[str]
) -> None:
    line = fail_command("keys", *command, "hunter2", "--ring", "trusts", *root)
    assert "`cancollaborate keys list`" in line
    assert "hunter2" not in line


def test_a_ring_that_can_not_be_read_is_named_and_not_shown(
    settings: Settings, root: list[str], fail_command: Run
) -> None:
    folder = settings.paths.secrets / settings.keys.trusts.scope
    folder.mkdir(parents=True)
    (folder / settings.keys.trusts.key).write_text('{"keys": [{"d": "hunter2"')
    line = fail_command("keys", "list", *root)
    assert "keys of the trusts" in line
    assert "hunter2" not in line


@pytest.mark.parametrize("command", ["make", "list", "add", "retire", "revoke"])
def test_the_help_of_every_command_on_keys_has_an_example(command: str, run_command: Run) -> None:
    shown = run_command("keys", command, "--help")
    assert f"Example: cancollaborate keys {command}" in shown
    assert "--set" in shown
