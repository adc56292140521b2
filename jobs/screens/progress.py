"""How a run goes while it goes: one line for each step that is done, and the step at work below it."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.status import Status

from jobs.outcome import Outcome

_DOING = {
    "ingest": "opening sealed files",
    "cleanse": "making rows canonical",
    "link": "linking people and pathways",
    "clocks": "running the clocks",
    "score": "telling who may breach",
    "gold": "counting the lists",
    "publish": "checking, publishing to SQL",
    "train": "training models",
    "train_linkage": "learning who is one person",
    "promote": "judging models",
    "forecast": "forecasting",
}


class StepLines:
    """Shows a spinner on a terminal and plain lines elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def say(self, what: str) -> None:
        """Name what is being done now."""
        self._stop()
        if self._console.is_terminal:
            self._status = self._console.status(f"{what} …", spinner="dots")
            self._status.start()

    def head(self, text: str) -> None:
        """Print what the steps that follow work on."""
        self._stop()
        self._console.print(text, style="bold")

    def listen(self, step: str, outcome: Outcome | None, seconds: float) -> None:
        """Take what `run_steps` tells: the start of a step, then its outcome."""
        if outcome is None:
            self.say(_DOING[step])
            return
        self._stop()
        changed = f"{outcome.rows_changed:,} changed" if outcome.rows_changed else "nothing new"
        self._console.print(f"  {step:<8} {seconds:5.1f} s  {changed}", style="dim")

    def _stop(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None
