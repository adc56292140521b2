"""What a person sees of the command: one clear line when something is missing, and never a traceback or a value."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs import cli
from jobs.ddl import ddl
from libs.intake.keys import KeyRing, make_key_pair
from libs.settings import Settings, load_settings
from tests.jobs.screens.published import publish_rows

COMMAND = Path(sys.executable).with_name("cancollaborate")
COMMANDS = [each.name or getattr(each.callback, "__name__", "") for each in cli.app.registered_commands]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The installed command, as a person starts it."""
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True, check=False)


def the_line_of(failed: subprocess.CompletedProcess[str]) -> str:
    """The one line of a failure, after what holds for all of them."""
    assert failed.returncode != 0
    assert failed.stdout == ""
    return one_line(failed.stderr)


def one_line(told: str) -> str:
    assert "Traceback" not in told
    lines = [line for line in told.splitlines() if line.strip()]
    assert len(lines) == 1
    assert lines[0].startswith("cancollaborate: ")
    return lines[0]


def run_here(monkeypatch: pytest.MonkeyPatch, *arguments: str, spark: SparkSession | None = None) -> None:
    """The command in this process, with the session of the tests where it would start one."""
    monkeypatch.setattr(sys, "argv", ["cancollaborate", *arguments])
    if spark is not None:
        monkeypatch.setattr("libs.lakehouse.session.start_session", lambda settings: spark)
    cli.main()


@pytest.fixture
def failure(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run the command in this process; give the one line of its failure, and see that nothing else was said."""

    def fail(*arguments: str) -> str:
        with pytest.raises(SystemExit) as end:
            run_here(monkeypatch, *arguments)
        assert end.value.code not in (0, None)
        told = capsys.readouterr()
        assert told.out == ""
        return one_line(told.err)

    return fail


def root_of(settings: Settings) -> str:
    return f"paths.root={settings.paths.root}"


@pytest.fixture
def no_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any Java; the folder is the only one on PATH, for a test to put one into."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.mark.parametrize(
    ("arguments", "names", "says_what_to_do"),
    [
        (["hourly", "--set", "paths.landin=x"], "'paths.landin'", "Did you mean 'paths.landing'?"),
        (["status", "--env", "nowhere"], "'nowhere'", "Use one of: dev, england, local, northern, prod, staging."),
        (["hourly", "--set", "intake.max_sealed_mib=lots"], "'intake.max_sealed_mib'", "Set it in conf/local.yml"),
        (["ingest", "--set", "spark.driver_memory"], "--set takes key=value", "Write for example --set"),
        (["hourly", "--as-at", "yesterday"], "--as-at", "Write for example 2025-06-02T09:00"),
        (["status", "--set", "warehouse.url=nonsense"], "warehouse.url", "Mend warehouse.url."),
        (["simulate", "--ends-at", "yesterday"], "--ends-at", "Write for example 2025-06-02T09:00"),
        (["hourly", "--log-level", "LOUD"], "--log-level", "Use INFO or WARNING."),
        (["demo", "--log-level", "LOUD"], "--log-level", "Use INFO or WARNING."),
        (["hourly", "--set", "paths=5"], "'paths'", "Set it in conf/local.yml"),
        (["hourly", "--set", "timezone=Nowhere"], "'timezone'", "Set it in conf/local.yml"),
        (["simulate", "--pathways", "0"], "--pathways", "greater than or equal to 1"),
        (["hurly"], "'hurly'", "`cancollaborate --help` shows what there is"),
        (["hourly", "--nonsense"], "--nonsense", "`cancollaborate --help` shows what there is"),
        (["status", "--set", "keys[/x]=1"], "'keys[/x]'", "Did you mean 'keys'?"),
        (["demo", "--hours"], "--hours", "`cancollaborate --help` shows what there is"),
        (["train", "--model", "weather"], "'weather'", "is not one of 'breach_risk', 'linkage'"),
        (["publish", "--ddl", "access"], "'access'", "Use one of: mssql, postgresql, sqlite."),
        (["publish", "--ddl"], "--ddl", "`cancollaborate --help` shows what there is"),
        (["demo", "--set", "is_synthetic=false"], "makes its own patients", "Run it with --env local."),
    ],
)
def test_what_is_typed_wrong_is_named_with_what_to_do(
    arguments: list[str], names: str, says_what_to_do: str, failure: Callable[..., str]
) -> None:
    line = failure(*arguments)
    assert names in line
    assert says_what_to_do in line


def test_the_installed_command_fails_with_one_line_and_without_a_traceback() -> None:
    line = the_line_of(run("hourly", "--set", "paths.landin=x"))
    assert "Did you mean 'paths.landing'?" in line


@pytest.mark.usefixtures("no_java")
def test_the_script_of_the_database_is_printed_without_java_lake_or_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_here(monkeypatch, "publish", "--ddl", "mssql", "--set", f"paths.root={tmp_path / 'root'}")
    told = capsys.readouterr()
    assert told.err == ""
    assert told.out == ddl("mssql")
    assert "CREATE TABLE reporting.ptl_current (" in told.out
    assert not (tmp_path / "root").exists()


def test_the_script_of_the_database_loads_no_driver_and_starts_no_session() -> None:
    code = """
import sys
from jobs.cli import main
sys.argv = ["cancollaborate", "publish", "--ddl", "mssql"]
main()
loaded = {"pyodbc", "psycopg", "mlflow", "sklearn", "great_expectations"} & set(sys.modules)
from pyspark import SparkContext
print(sorted(loaded), SparkContext._gateway, file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[] None\n"


def test_status_before_any_publication_says_what_to_run_first(failure: Callable[..., str], tmp_path: Path) -> None:
    line = failure("status", "--set", f"paths.root={tmp_path}")
    assert "no publication yet" in line
    assert "`cancollaborate hourly`" in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("no_java")
def test_without_any_java_it_says_what_to_install(failure: Callable[..., str]) -> None:
    line = failure("link")
    assert "Java was not found" in line
    assert "Install Java 17" in line


@pytest.mark.usefixtures("no_java")
def test_a_java_home_that_points_nowhere_is_named(
    failure: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "nowhere"))
    line = failure("clocks")
    assert str(tmp_path / "nowhere") in line
    assert "Mend JAVA_HOME" in line


def test_a_java_of_another_version_is_named_with_those_that_are_needed(
    failure: Callable[..., str], no_java: Path
) -> None:
    java = no_java / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    java.chmod(0o755)
    line = failure("gold")
    assert "found Java 11, but Spark needs Java 17 or 21" in line
    assert str(java) in line


def test_a_java_that_is_no_program_is_named_with_what_to_do(failure: Callable[..., str], no_java: Path) -> None:
    java = no_java / "java"
    java.write_bytes(b"not a program")
    java.chmod(0o755)
    line = failure("gold")
    assert str(java) in line
    assert "can't be started" in line
    assert "Install Java 17" in line


def test_missing_jars_say_to_set_up(failure: Callable[..., str], tmp_path: Path) -> None:
    line = failure("publish", "--set", f"spark.jars={tmp_path}", "--set", f"paths.root={tmp_path}")
    assert str(tmp_path) in line
    assert "make setup" in line


@pytest.fixture
def no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """A session must not be started: it takes ten seconds to be told in vain."""

    def start(settings: Settings) -> SparkSession:
        raise AssertionError("a session was started for nothing")

    monkeypatch.setattr("libs.lakehouse.session.start_session", start)


@pytest.mark.usefixtures("no_session")
@pytest.mark.parametrize("command", ["ingest", "hourly"])
def test_a_missing_landing_folder_is_named_before_spark_starts(
    command: str, settings: Settings, failure: Callable[..., str]
) -> None:
    line = failure(command, "--set", root_of(settings))
    assert str(settings.paths.landing) in line
    assert "Set paths.landing" in line


@pytest.mark.usefixtures("no_session")
def test_a_missing_and_an_unreadable_key_are_named_before_spark_starts_and_never_shown(
    settings: Settings, failure: Callable[..., str]
) -> None:
    folder = settings.paths.landing / "RVW"
    folder.mkdir(parents=True)
    (folder / "RVW_infoflex_20250602T080000Z_000001.jwe").write_bytes(b"x")
    line = failure("hourly", "--set", root_of(settings))
    assert "platform-private.jwks" in line
    assert "simulate" in line
    private, _ = make_key_pair("platform", algorithm="ECDH-ES+A256KW")
    scope = settings.paths.secrets / "cancollaborate"
    scope.mkdir(parents=True)
    (scope / "platform-private.jwks").write_text(KeyRing([private]).to_json())
    (scope / "trusts-public.jwks").write_text('{"keys": [{"d": "hunter2", "kty": "EC"')
    line = failure("hourly", "--set", root_of(settings))
    assert "trust keys" in line
    assert "hunter2" not in line
    assert private["d"] not in line


@pytest.mark.usefixtures("no_session")
@pytest.mark.parametrize(
    ("content", "arguments", "says"),
    [
        (None, ["--output", "out.csv"], "the file can't be read"),
        ("", ["--output", "out.csv"], "the file is empty"),
        ("id,route\nKowalski\n", ["--output", "out.csv"], "line=2"),
        ("id,route\nKowalski,USC\n", ["--explain", "Smith"], "no row has the id that was asked for"),
        ("id,route\nKowalski,USC\n", [], "give --output, --explain or both"),
        ("id,route\nKowalski,USC\n", ["--output", "out.csv", "--as-at", "soon"], "--as-at is not an ISO timestamp"),
    ],
)
def test_a_file_that_cannot_be_timed_is_told_before_spark_starts_and_without_a_value(
    tmp_path: Path, failure: Callable[..., str], content: str | None, arguments: list[str], says: str
) -> None:
    path = tmp_path / "rows.csv"
    if content is not None:
        path.write_text(content)
    line = failure("clock-file", "--input", str(path), *arguments)
    assert says in line
    assert "Kowalski" not in line
    assert "Smith" not in line


def test_a_file_is_timed_and_a_row_of_it_explained_in_one_go(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "rows.csv", tmp_path / "timed.csv"
    source.write_text("id,route,referral\nP1,USC,2024-05-01\nP2,USC,2024-05-02\n")
    arguments = ["--input", str(source), "--as-at", "2024-06-10", "--set", f"paths.root={tmp_path / 'root'}"]
    run_here(monkeypatch, "clock-file", *arguments, "--output", str(target), "--explain", "P2", spark=spark)
    told = capsys.readouterr()
    assert told.err == ""
    assert told.out.endswith(f"2 rows timed, in {target}\n")
    assert "Pathway P2" in told.out
    assert "open and 11 days past the limit, day 39" in told.out
    assert "Pathway P1" not in told.out
    assert "SYNTHETIC" not in told.out
    assert target.read_text().count("OPEN_BREACHED") == 4
    run_here(monkeypatch, "clock-file", *arguments, "--explain", "P1", spark=spark)
    assert "rows timed" not in capsys.readouterr().out


def test_a_pathway_of_a_lake_without_clocks_is_not_explained_but_told_what_to_run(
    spark: SparkSession, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run_here(monkeypatch, "clocks", "--explain", "RVW:1", "--set", root_of(settings), spark=spark)
    assert "`cancollaborate hourly`" in one_line(capsys.readouterr().err)


def test_a_step_before_its_time_says_what_to_run_first(
    spark: SparkSession, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_here(monkeypatch, "gold", "--set", root_of(settings), spark=spark)
    assert "nothing new" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        run_here(monkeypatch, "status", "--set", root_of(settings))
    assert "`cancollaborate hourly`" in one_line(capsys.readouterr().err)


def test_a_password_in_the_url_of_the_warehouse_is_not_shown(failure: Callable[..., str]) -> None:
    line = failure("status", "--set", "warehouse.url=oracle://someone:hunter2@nowhere/db")
    assert "hunter2" not in line
    assert "cancollaborate[mssql]" in line


def test_a_database_that_is_none_is_told_in_one_line(failure: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "reporting.sqlite").write_text("Mary Smith 9434765919 " * 99)
    assert "9434765919" not in failure("status", "--set", f"paths.root={tmp_path}")


def test_an_unforeseen_fault_is_told_by_kind_and_place_and_never_by_its_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("Mary Smith 9434765919")

    monkeypatch.setattr(cli, "load_settings", fail)
    with pytest.raises(SystemExit) as end:
        run_here(monkeypatch, "status")
    assert end.value.code == 1
    line = one_line(capsys.readouterr().err)
    assert "unexpected ValueError at jobs/cli.py:" in line or "tests/jobs/test_cli.py:" in line
    assert "Smith" not in line


def test_a_command_that_is_interrupted_says_in_one_line_that_it_goes_on_from_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "load_settings", interrupted)
    with pytest.raises(SystemExit) as end:
        run_here(monkeypatch, "status")
    assert end.value.code == 130
    assert "Run the same command again" in one_line(capsys.readouterr().err)


def test_a_status_that_is_shown_ends_with_success(tmp_path: Path) -> None:
    publish_rows(tmp_path, {}).dispose()
    shown = run("status", "--set", f"paths.root={tmp_path}")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "CanCollaborate status" in shown.stdout
    assert "SYNTHETIC" in shown.stdout


def test_success_returns_and_never_exits_because_a_wheel_task_takes_that_for_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    publish_rows(tmp_path, {}).dispose()
    run_here(monkeypatch, "status", "--set", f"paths.root={tmp_path}")
    run_here(monkeypatch, "simulate", "--pathways", "20", "--hours", "1", "--set", f"paths.root={tmp_path}")
    told = capsys.readouterr()
    assert "SYNTHETIC: 4 sealed files" in told.out
    assert "cancollaborate hourly --as-at 2025-06-02T09:00" in told.out
    assert told.err == ""


def test_a_world_that_was_simulated_shows_no_key_and_no_patient(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_here(monkeypatch, "simulate", "--pathways", "20", "--hours", "1", "--set", f"paths.root={tmp_path}")
    told = "".join(capsys.readouterr())
    settings = load_settings("local", [f"paths.root={tmp_path}"])
    ring = (settings.paths.secrets / "cancollaborate" / "platform-private.jwks").read_text()
    private = KeyRing.from_json(ring).find("platform-synthetic", use="enc")
    assert private is not None
    assert "platform-synthetic" in ring
    assert not any(word in told for word in ("platform-synthetic", '"d"', "nhs_number"))


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_has_an_example(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_here(monkeypatch, command, "--help")
    shown = capsys.readouterr().out
    assert f"Example: cancollaborate {command}" in shown
    assert "--set" in shown


def test_without_a_command_it_shows_what_there_is() -> None:
    shown = run()
    assert shown.returncode != 0
    assert all(f" {command} " in shown.stdout for command in ("demo", "hourly", "status", "ingest", "publish"))
    assert "Traceback" not in shown.stderr
