"""Score: the champions tell how likely each open pathway is to breach the standards whose clocks still run."""

from datetime import date
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.changed import changed_pathway_keys, last_file_id, vanished
from jobs.linked_view import linked_view
from jobs.outcome import Outcome, Run
from libs import log
from libs.errors import ModelStoreError
from libs.lakehouse.tables import Lake, open_lake, settle
from libs.rules import Rules, load_rules
from libs.settings import Settings
from ml.breach_risk.features import STANDARDS, with_first_treatment
from ml.breach_risk.scoring import KEY, risk_scores
from ml.store import CHAMPION, model_store

if TYPE_CHECKING:
    from ml.breach_risk.registry import Registered

STEP = "score"
TABLE = "gold.risk_score"


def run(spark: SparkSession, settings: Settings, run: Run) -> Outcome:
    """Bring `gold.risk_score` up to date: the scores of today, of pathways that are open and can still be saved.

    Without a champion nobody is scored, and the scores of an earlier one go, since nothing would bring them up to date.
    Scores move with the day, so a new day or another champion scores every open pathway; within a day only those that
    changed.
    """
    champions = _champions(settings)
    lake = open_lake(spark, settings)
    if not champions:
        log.event("not_scored", step=STEP, reason="there is no champion")
        return Outcome(STEP, run.watermark(STEP), 0, _take_back(lake), lake.commits)
    after, upto = run.watermark(STEP), run.upto("clocks", newest=last_file_id(lake))
    is_all = run.is_new_day(STEP) or _is_of_other_models(lake, champions)
    if upto <= after and not is_all:
        return Outcome(STEP, upto)
    keys = _keys(lake, settings, after=after, upto=upto, is_all=is_all)
    rules = load_rules()
    running = _running(lake, keys, rules, as_at_on=run.as_at.date())
    scores = settle(risk_scores(running, champions, rules, scored_on=run.as_at.date()))
    changed_count = lake.merge(
        TABLE,
        scores,
        keys=KEY,
        gone=vanished(lake, TABLE, KEY, worked_on=keys, produced=scores),
        stamp={"run_id": run.run_id, "as_at": run.as_at},
    )
    return Outcome(STEP, upto, keys.count(), changed_count, lake.commits)


def _champions(settings: Settings) -> "dict[str, Registered]":
    store = model_store(settings.paths.root)
    if not store.exists():
        return {}
    # MLflow and scikit-learn take seconds to load: an hour without a model shall not pay for them.
    from mlflow.exceptions import MlflowException  # noqa: PLC0415

    from ml.breach_risk import registry  # noqa: PLC0415

    try:
        return registry.with_alias(store, CHAMPION)
    except MlflowException as fault:
        raise ModelStoreError(
            "a champion stands in the registry and can't be loaded",
            do="Restore the store, or train and promote anew.", kind=type(fault).__name__,
        ) from None  # fmt: skip


def _take_back(lake: Lake) -> int:
    """Remove every score that stands; return how many there were."""
    if not lake.exists(TABLE):
        return 0
    standing = lake.read(TABLE)
    return lake.merge(TABLE, standing.limit(0), keys=KEY, gone=standing)


def _is_of_other_models(lake: Lake, champions: "dict[str, Registered]") -> bool:
    """Whether the standing scores come from other models than the champions of now."""
    if not lake.exists(TABLE):
        return True
    standing = lake.read(TABLE).select("standard", "model_version").distinct().collect()
    return {(row[0], row[1]) for row in standing} != {(name, each.version) for name, each in champions.items()}


def _keys(lake: Lake, settings: Settings, *, after: int, upto: int, is_all: bool) -> DataFrame:
    systems = sorted({trust.system for trust in settings.trusts.values()})
    keys = changed_pathway_keys(lake, systems, after=after, upto=upto, is_new_day=is_all)
    if is_all and lake.exists(TABLE):
        keys = keys.union(lake.read(TABLE).select("pathway_key"))
    return settle(keys.distinct())


def _running(lake: Lake, keys: DataFrame, rules: Rules, *, as_at_on: date) -> DataFrame:
    """The open ones of the pathways, once for each clock that runs and has not breached."""
    is_running = (F.col("outcome") == "OPEN") & F.col("standard").isin(*STANDARDS)
    clocks = lake.read("gold.pathway_standard").where(is_running).select("pathway_key", "standard")
    clocks = settle(clocks.join(keys, ["pathway_key"], "left_semi"))
    pathways, treatments = linked_view(lake, clocks.select("pathway_key").distinct(), rules, as_at_on=as_at_on)
    is_open = F.col("closed_on").isNull() & ~F.coalesce(F.col("is_departed"), F.lit(False))
    return with_first_treatment(pathways, treatments).where(is_open).join(clocks, ["pathway_key"], "inner")
