"""Other JOSE implementations and ours open each other's files, by the programs that conf/feeds/README.md prints."""

import hashlib
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import JWKRegistry

from libs.feeds import load_contracts
from libs.intake.claims import CLAIM_NAMES, KINDS, sealed_name
from libs.intake.envelope import OpenedExtract, open_sealed
from libs.intake.keys import KeyRing, make_key_pair
from libs.intake.reasons import REASONS, Refusal
from libs.settings import load_settings
from tests.libs.intake.conftest import CLAIMS, World, flip

CONF = Path(__file__).parents[3] / "conf"
PAGE = (CONF / "feeds" / "README.md").read_text(encoding="utf-8")
PROGRAMS = dict(re.findall(r"^```(python|js|java|csharp)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
CACHE = Path.home() / ".cache" / "cancollaborate"
JOSE, NIMBUS = "6.2.18", "10.10"

PLATFORMS, SIGNERS = ("ec", "rsa"), ("rvw", "rvw-es", "rvw-ps")
PAIRS = {f"{signer} to {platform}": (signer, platform) for signer, platform in itertools.product(SIGNERS, PLATFORMS)}
EXTRACTS = {
    "nothing": b"",
    "a few rows": "NHS No|Name\r\n|D\u2019Arcy \u00a3\r\n".encode("windows-1252"),
    "three megabytes": b"A|B\n" + hashlib.shake_256(b"seed").hexdigest(1_500_000).encode("ascii"),
}


@dataclass(frozen=True)
class Program:
    """A program of the page, ready to run; Nimbus alone does without Ed25519."""

    command: tuple[str, ...]
    has_edwards: bool = True

    def run(self, *arguments: object, folder: Path) -> subprocess.CompletedProcess[bytes]:
        command = [*self.command, *map(str, arguments)]
        return subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=120)

    def must(self, *arguments: object, folder: Path) -> bytes:
        """What it prints; that it fails is a failure of the test."""
        done = self.run(*arguments, folder=folder)
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout

    def skip_without(self, signer: str) -> None:
        if signer == "rvw" and not self.has_edwards:
            pytest.skip("Nimbus wants Tink for Ed25519")


@pytest.fixture(scope="module", params=["python", "js", pytest.param("java", marks=pytest.mark.soak)])
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Program:
    prepare = {"python": _python, "js": _node, "java": _java}[request.param]
    return prepare(tmp_path_factory.mktemp("program"))


def _python(folder: Path) -> Program:
    script = folder / "sealed_extract.py"
    script.write_text(PROGRAMS["python"], encoding="utf-8")
    return Program((sys.executable, str(script)))


def _node(folder: Path) -> Program:
    node, npm = _tool("node"), _tool("npm")
    installed = CACHE / "node" / f"jose-{JOSE}"
    if not (installed / "node_modules" / "jose" / "package.json").is_file():
        quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=0")
        _fetch(installed, [npm, "install", *quiet, "--prefix", "{folder}", f"jose@{JOSE}"])
    (folder / "node_modules").symlink_to(installed / "node_modules")
    script = folder / "sealed_extract.mjs"
    script.write_text(PROGRAMS["js"], encoding="utf-8")
    return Program((node, str(script)))


def _java(folder: Path) -> Program:
    java, compiler, maven = _tool("java"), _tool("javac"), _tool("mvn")
    installed = CACHE / "java" / f"nimbus-jose-jwt-{NIMBUS}"
    if not installed.is_dir():
        artifact = f"-Dartifact=com.nimbusds:nimbus-jose-jwt:{NIMBUS}"
        _fetch(installed, [maven, "-q", "-B", "dependency:copy", artifact, "-DoutputDirectory={folder}"])
    script = folder / "SealedExtract.java"
    script.write_text(PROGRAMS["java"], encoding="utf-8")
    path = os.pathsep.join([f"{installed}{os.sep}*", str(folder)])
    subprocess.run([compiler, "-encoding", "utf-8", "-cp", path, str(script)], check=True)
    return Program((java, "-cp", path, "SealedExtract"), has_edwards=False)


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name} on this machine")
    return found


def _fetch(installed: Path, command: list[str]) -> None:
    """Fetch a library whole or not at all; without a network the tests of its language are left out."""
    part = installed.with_name(f"{installed.name}.{os.getpid()}.part")
    part.mkdir(parents=True)
    command = [word.replace("{folder}", str(part)) for word in command]
    try:
        subprocess.run(command, cwd=part, check=True, capture_output=True, timeout=120)
        shutil.rmtree(installed, ignore_errors=True)
        part.rename(installed)
    except (subprocess.SubprocessError, OSError):
        pytest.skip(f"{installed.name} could not be fetched: is there a network?")
    finally:
        shutil.rmtree(part, ignore_errors=True)


@pytest.fixture(scope="module")
def keys(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with each key of the world as a trust would hold it: one JWK a file."""
    folder = tmp_path_factory.mktemp("keys")
    for name, (private, public) in world.keys.items():
        (folder / f"{name}.private.jwk").write_text(json.dumps(private), encoding="utf-8")
        (folder / f"{name}.public.jwk").write_text(json.dumps(public), encoding="utf-8")
    return folder


def stated(**changes: Any) -> list[str]:
    """The claims as the arguments of a program."""
    return [f"{name}={value}" for name, value in {**CLAIMS.__dict__, **changes}.items()]


def open_with_us(world: World, file: Path) -> OpenedExtract:
    opener = replace(world.opener, max_sealed_bytes=20_000_000, max_extract_bytes=10_000_000)
    opened = open_sealed(file.read_bytes(), file_name=file.name, opener=opener)
    assert isinstance(opened, OpenedExtract), opened
    return opened


@pytest.mark.parametrize("extract", EXTRACTS.values(), ids=EXTRACTS)
@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_what_another_implementation_seals_we_open_byte_for_byte(
    world: World, program: Program, keys: Path, tmp_path: Path, pair: tuple[str, str], extract: bytes
) -> None:
    signer, platform = pair
    program.skip_without(signer)
    (tmp_path / "extract.csv").write_bytes(extract)
    files = ("extract.csv", ".", keys / f"{signer}.private.jwk", keys / f"{platform}.public.jwk")
    program.must("seal", *files, *stated(), folder=tmp_path)
    opened = open_with_us(world, tmp_path / sealed_name(CLAIMS))
    assert opened.claims == CLAIMS
    assert opened.extract == extract


@pytest.mark.parametrize("extract", EXTRACTS.values(), ids=EXTRACTS)
@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_what_we_seal_another_implementation_opens_byte_for_byte(
    world: World, program: Program, keys: Path, tmp_path: Path, pair: tuple[str, str], extract: bytes
) -> None:
    signer, platform = pair
    program.skip_without(signer)
    (tmp_path / "sealed.jwe").write_bytes(world.seal(extract, signer=signer, platform=platform))
    key_files = (keys / f"{platform}.private.jwk", keys / f"{signer}.public.jwk")
    printed = program.must("unseal", "sealed.jwe", "extract.csv", *key_files, folder=tmp_path)
    header = json.loads(printed.splitlines()[0])
    assert {name: header[name] for name in CLAIMS.__dict__} == CLAIMS.__dict__
    assert (tmp_path / "extract.csv").read_bytes() == extract


@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_answer_sealed_to_a_trusts_key_is_read_by_another_implementation(
    world: World, program: Program, keys: Path, tmp_path: Path, platform: str
) -> None:
    answer = json.dumps({"status": "accepted", "sentence": "D\u2019Arcy"}, ensure_ascii=False).encode()
    public = world.keys[platform][1]
    header = {"alg": public["alg"], "enc": "A256GCM", "kid": public["kid"], "cty": "json"}
    sealed = jwe.encrypt_compact(header, answer, JWKRegistry.import_key(public), algorithms=list(header.values())[:2])
    (tmp_path / "one.answer.jwe").write_text(sealed, encoding="ascii")
    assert program.must("answer", "one.answer.jwe", keys / f"{platform}.private.jwk", folder=tmp_path) == answer


def test_the_keys_that_a_program_makes_are_keys_of_the_contract(program: Program, tmp_path: Path) -> None:
    edwards = ("EdDSA",) if program.has_edwards else ()
    for algorithm in (*edwards, "ES256", "PS256", "ECDH-ES+A256KW", "RSA-OAEP-256"):
        program.must("keys", algorithm, algorithm, folder=tmp_path)
        private, public = (
            json.loads((tmp_path / f"{algorithm}.{part}.jwk").read_text()) for part in ("private", "public")
        )
        assert {name: value for name, value in private.items() if name in public} == public
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & set(public)
        assert (public["kid"], public["alg"]) == (algorithm, algorithm)
        KeyRing([private])
        KeyRing([public])


def test_a_file_that_was_changed_or_signed_with_another_key_is_not_unsealed(
    world: World, program: Program, keys: Path, tmp_path: Path
) -> None:
    sealed, own = world.seal(signer="rvw-es"), world.keys["rvw-es"][1]
    stranger = make_key_pair("rvw-es", algorithm="ES256")[1]
    for content, signing_key, is_refused in [
        (flip(sealed, 3), own, True),
        (sealed, stranger, True),
        (sealed, own, False),
    ]:
        (tmp_path / "sealed.jwe").write_bytes(content)
        (tmp_path / "signer.jwk").write_text(json.dumps(signing_key), encoding="utf-8")
        arguments = ("unseal", "sealed.jwe", "extract.csv", keys / "ec.private.jwk", "signer.jwk")
        assert (program.run(*arguments, folder=tmp_path).returncode != 0) is is_refused
        assert (tmp_path / "extract.csv").exists() is not is_refused


def test_nothing_that_was_sealed_is_overwritten(program: Program, keys: Path, tmp_path: Path) -> None:
    (tmp_path / "extract.csv").write_bytes(b"A|B\n1|2\n3|4\n")
    files = ("extract.csv", ".", keys / "rvw-es.private.jwk", keys / "ec.public.jwk")
    program.must("seal", *files, *stated(), folder=tmp_path)
    sealed = (tmp_path / sealed_name(CLAIMS)).read_bytes()
    assert program.run("seal", *files, *stated(rows=3), folder=tmp_path).returncode != 0
    assert (tmp_path / sealed_name(CLAIMS)).read_bytes() == sealed


# What the page says of the contract.


@pytest.mark.parametrize("typ", ["JOSE", "JWT"])
def test_a_typ_that_a_library_adds_is_let_pass_in_both_headers(world: World, typ: str) -> None:
    sealed = world.encrypt(world.sign(world.header(typ=typ)), typ=typ)
    assert isinstance(open_sealed(sealed, file_name=sealed_name(CLAIMS), opener=world.opener), OpenedExtract)


def test_a_parameter_that_the_contract_does_not_know_is_refused_in_either_header(world: World) -> None:
    strange: list[dict[str, Any]] = [{"jti": "7"}, {"b64": True}, {"crit": ["kid"]}, {"jku": "https://example.org"}]
    signed = [world.forge(**parameter) for parameter in strange]
    sealed = [world.encrypt(world.sign(world.header()), **one) for one in ({"zip": "DEF"}, strange[-1])]
    for file in (*signed, *sealed):
        opened = open_sealed(file, file_name=sealed_name(CLAIMS), opener=world.opener)
        assert isinstance(opened, Refusal)
        assert opened.reason == "ALGORITHM_REFUSED"


def test_the_page_prints_one_program_in_each_of_four_languages() -> None:
    assert list(PROGRAMS) == ["python", "js", "java", "csharp"]
    assert PAGE.count("```") == 2 * (len(PROGRAMS) + PAGE.count("```sh"))


def test_the_page_names_the_versions_that_are_tried() -> None:
    for named in (f"jwcrypto {version('jwcrypto')}", f"jose {JOSE}", f"nimbus-jose-jwt {NIMBUS}"):
        assert named in PAGE


def test_the_page_lists_every_claim_and_every_kind_once() -> None:
    rows = re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE)
    assert {name: rows.count(name) for name in (*CLAIM_NAMES, *KINDS)} == dict.fromkeys((*CLAIM_NAMES, *KINDS), 1)


def test_every_reason_on_the_page_is_one_that_an_answer_gives() -> None:
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", PAGE))
    assert named
    assert named <= set(REASONS)


def test_the_limits_on_the_page_are_those_that_ship() -> None:
    shipped = load_settings("local").intake
    limits = re.findall(r"(\d[\d.]*)[^\d\n]*`intake\.(\w+)`", PAGE)
    assert len(limits) == PAGE.count("`intake.")
    for figure, name in limits:
        assert getattr(shipped, name) == float(figure)


def test_the_page_is_no_contract() -> None:
    assert set(load_contracts(CONF)) == {path.stem for path in (CONF / "feeds").glob("*.yml")}
