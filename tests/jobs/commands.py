"""The command in this process: what it says, and the one line with which it fails."""

import sys
from collections.abc import Callable

import pytest

from jobs import cli

Run = Callable[..., str]


@pytest.fixture
def run_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command that succeeds; give all that it says."""

    def run(*arguments: object) -> str:
        monkeypatch.setenv("COLUMNS", "160")
        monkeypatch.setattr(sys, "argv", ["cancollaborate", *map(str, arguments)])
        cli.main()
        told = capsys.readouterr()
        assert told.err == ""
        return told.out

    return run


@pytest.fixture
def fail_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command that fails; give the one line that it says, and see that it is one."""

    def fail(*arguments: object, shows: bool = False) -> str:
        monkeypatch.setattr(sys, "argv", ["cancollaborate", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        assert end.value.code not in (0, None)
        told = capsys.readouterr()
        assert bool(told.out) == shows
        (line,) = told.err.splitlines()
        assert line.startswith("cancollaborate: ")
        return told.out + line

    return fail
