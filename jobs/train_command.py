"""The command `train`: the models that learn from the lake, one kind at a time."""

from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from jobs.options import AsAt, Env, Set
from jobs.screens.progress import StepLines
from libs import log
from libs.settings import load_settings, moment_of

Log = Annotated[str, typer.Option("--log-level", help="Events on standard error as JSON lines: INFO or WARNING.")]


class Trainable(StrEnum):
    """What can be trained."""

    BREACH_RISK = "breach_risk"
    LINKAGE = "linkage"


# The step that trains each, as `jobs.steps` knows it.
_STEPS = {Trainable.BREACH_RISK: "train", Trainable.LINKAGE: "train_linkage"}


def train(
    model: Annotated[Trainable, typer.Option("--model", help="What is trained.")] = Trainable.BREACH_RISK,
    env: Env = "local",
    set_: Set = None,
    as_at: AsAt = None,
    log_level: Log = "WARNING",
) -> None:
    """Fit the models of breach risk from the past and register them as challengers, or the model that links people.

    The linkage model becomes champion at once if, with NHS numbers blanked, it is precise enough.

    Example: `cancollaborate train --model linkage`
    """
    log.configure(log_level)
    settings = load_settings(env, set_ or ())
    moment = moment_of(as_at, settings)

    from jobs.steps import run_steps  # noqa: PLC0415 - Spark's libraries load only when they are needed
    from libs.lakehouse.session import start_session  # noqa: PLC0415 - as above

    with StepLines(Console(stderr=True, highlight=False)) as lines:
        lines.say("starting Spark")
        outcomes = run_steps(start_session(settings), settings, (_STEPS[model],), as_at=moment, listener=lines.listen)
    if model is Trainable.LINKAGE:
        from jobs.screens.linkage import show_trained  # noqa: PLC0415 - Splink loads only when it is needed
        from jobs.train_linkage import LinkageTrained  # noqa: PLC0415 - as above

        for outcome in outcomes:
            if isinstance(outcome, LinkageTrained):
                show_trained(Console(highlight=False), outcome)
