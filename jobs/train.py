"""Train: the past becomes rows, a model is fitted for each standard, tested and registered as the challenger."""

import pandas as pd
from pyspark.sql import DataFrame, SparkSession

from jobs.changed import last_file_id
from jobs.linked_view import linked_view
from jobs.outcome import Outcome, Run
from jobs.world_truth import data_name
from libs import log
from libs.errors import TrainingError
from libs.lakehouse.tables import Lake, open_lake, settle
from libs.rules import load_rules
from libs.settings import Settings
from ml.breach_risk.candidate import make_candidate
from ml.breach_risk.features import STANDARDS, with_first_treatment
from ml.breach_risk.registry import register
from ml.breach_risk.snapshots import training_rows
from ml.store import model_store

STEP = "train"
SEED = 1


def run(spark: SparkSession, settings: Settings, run: Run) -> Outcome:
    """Register a challenger for each standard with enough past. Raises TrainingError where none has."""
    lake = open_lake(spark, settings)
    past = past_pathways(lake, run)
    data = data_name(settings, run, f"{past.count():,} linked pathways")
    rows_read, registered_count = 0, 0
    refusals: list[TrainingError] = []
    for standard in STANDARDS:
        rows = training_frame(past, standard=standard)
        rows_read += len(rows)
        try:
            candidate = make_candidate(rows, standard=standard, data=data, seed=SEED)
        except TrainingError as fault:
            refusals.append(fault)
            log.event("not_trained", level="WARNING", step=STEP, kind=f"breach_risk_{standard}", reason=fault.what)
            continue
        register(model_store(settings.paths.root), candidate)
        registered_count += 1
        log.event("trained", step=STEP, kind=f"breach_risk_{standard}", rows=len(rows))
    if not registered_count:
        raise refusals[0]
    return Outcome(STEP, last_file_id(lake), rows_read, registered_count)


def past_pathways(lake: Lake, run: Run) -> DataFrame:
    """Every linked pathway with its first treatment, as the lake holds it."""
    keys = lake.read("silver.linked_pathway").select("pathway_key")
    return settle(with_first_treatment(*linked_view(lake, keys, load_rules(), as_at_on=run.as_at.date())))


def training_frame(past: DataFrame, *, standard: str) -> pd.DataFrame:
    """The training rows of a standard on this machine."""
    return training_rows(past, load_rules(), standard=standard).toPandas()
