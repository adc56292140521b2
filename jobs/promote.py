"""Promote: a challenger that beats the look-up table and is no worse than the champion takes its place."""

from dataclasses import replace

from pyspark.sql import SparkSession

from jobs.changed import last_file_id
from jobs.outcome import Outcome, Run
from jobs.train import past_pathways, training_frame
from jobs.world_truth import world_identity
from libs import log
from libs.errors import StepOrderError
from libs.lakehouse.tables import open_lake
from libs.settings import Settings
from ml.breach_risk import registry
from ml.breach_risk.gate import Verdict, judge
from ml.breach_risk.rivals import compare
from ml.store import CHALLENGER, CHAMPION, model_store

STEP = "promote"


def run(spark: SparkSession, settings: Settings, run: Run) -> Outcome:
    """Judge the challengers. A refusal is a result and no failure: the champion stays, and its version says why.

    Raises StepOrderError where there is no challenger.
    """
    verdicts = judge_challengers(spark, settings, run)
    promoted_count = sum(verdict.is_promoted for verdict in verdicts)
    return Outcome(STEP, last_file_id(open_lake(spark, settings)), len(verdicts), promoted_count)


def judge_challengers(spark: SparkSession, settings: Settings, run: Run) -> list[Verdict]:
    """The verdict on the challenger of each standard, carried out and written on its version."""
    store = model_store(settings.paths.root)
    challengers = registry.with_alias(store, CHALLENGER)
    if not challengers:
        raise StepOrderError("there is no challenger to judge", do="Run `cancollaborate train` first.")
    champions = registry.with_alias(store, CHAMPION)
    world = world_identity(settings.paths.root) if settings.is_synthetic else None
    past = past_pathways(open_lake(spark, settings), run)
    verdicts = []
    for standard, challenger in challengers.items():
        rows = training_frame(past, standard=standard)
        rivals = compare(rows, challenger=challenger, champion=champions.get(standard))
        verdict = judge(challenger.name, challenger.version, rivals)
        if world:
            verdict = replace(verdict, sentence=f"{verdict.sentence}; measured on the SYNTHETIC world {world}")
        registry.record(store, verdict)
        log.event("judged", step=STEP, kind=verdict.model_name, reason=verdict.sentence)
        verdicts.append(verdict)
    return verdicts
