"""Train the linkage model: it learns from the records of the lake, is measured with NHS numbers blanked, and judged."""

from dataclasses import dataclass

from pyspark.sql import SparkSession

from jobs.changed import last_file_id
from jobs.linkage_backend import backend_for
from jobs.linkage_records import read_records
from jobs.linkage_terms import write_terms
from jobs.outcome import Outcome, Run
from jobs.short_names import short_forms
from jobs.world_truth import data_name
from libs import log
from libs.errors import TrainingError
from libs.lakehouse.tables import open_lake
from libs.settings import Settings
from ml.linkage import beside, registry
from ml.linkage.candidate import make_candidate
from ml.linkage.estimate import Estimate, estimate
from ml.linkage.fit import fit
from ml.linkage.gate import Verdict, judge
from ml.linkage.scoring import Thresholds, prepare
from ml.linkage.training import FEWEST_RECORDS
from ml.store import model_store

STEP = "train_linkage"


@dataclass(frozen=True, kw_only=True)
class LinkageTrained(Outcome):
    """The outcome, and the version that was registered: what it was trained on, how good it is and what became of it.

    `rows_read` is the number of records.
    """

    version: int
    data: str
    estimate: Estimate
    verdict: Verdict


def run(spark: SparkSession, settings: Settings, run: Run) -> LinkageTrained:
    """Register a version, as champion if it is precise enough. A refusal is a result and no failure.

    Raises StepOrderError before anything was cleansed, and TrainingError where there are too few records.
    """
    lake = open_lake(spark, settings)
    records = read_records(lake)
    if len(records) < FEWEST_RECORDS:
        raise TrainingError(
            "too few records to learn linkage from", do=f"Load more history, then train: {FEWEST_RECORDS} are needed.",
            records=len(records),
        )  # fmt: skip
    thresholds = Thresholds(settings.linkage.accept_probability, settings.linkage.review_probability)
    with backend_for(spark, len(records), settings) as backend:
        backend.register("records", records)
        prepare(backend, "records", short_forms())
        model = fit(backend)
        tables = beside.taken(backend)
        found = estimate(backend, "records", model, tables, short_forms=short_forms(), thresholds=thresholds)
    data = data_name(settings, run, f"{len(records):,} records")
    verdict = judge(found, least_precision=settings.linkage.least_precision)
    store = model_store(settings.paths.root)
    standing = registry.champion(store)
    candidate = make_candidate(model, found, data=data, record_count=len(records), thresholds=thresholds)
    version = registry.register(store, candidate)
    # Before it may become champion: the hour must find what stands beside whom it reads.
    write_terms(lake, tables, version=version, champion=standing.version if standing else None)
    registry.record(store, version, verdict)
    level = "INFO" if verdict.is_promoted else "WARNING"
    log.event("trained", level=level, step=STEP, kind=registry.NAME, rows=len(records), reason=verdict.sentence)
    return LinkageTrained(
        STEP, last_file_id(lake), len(records), 1, lake.commits,
        version=version, data=data, estimate=found, verdict=verdict,
    )  # fmt: skip
