"""People are the same however their records come: fifty orders, sizes of batches and partitionings, on a real lake."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs import people_by_model
from jobs.linkage_basis import Basis
from jobs.linkage_tables import LINKS, PAIRS, REVIEW
from jobs.outcome import Run
from jobs.short_names import short_forms
from libs.fingerprint import row_hash
from libs.lakehouse.tables import Lake
from libs.pathways.linkage_records import linkage_records
from libs.pathways.people import RECORD_KEY
from libs.settings import load_settings
from ml.linkage import beside
from ml.linkage.backend import DuckDBBackend
from ml.linkage.fit import fit
from ml.linkage.scoring import Thresholds, prepare
from tests.benchmarks.index_entries import draw_index_entries
from tests.jobs.test_people_by_model import AS_AT

PEOPLE, SHUFFLES = 600, 50


@pytest.fixture(scope="module")
def patients() -> pd.DataFrame:
    drawn = draw_index_entries(PEOPLE, trusts=("RTR", "RVW", "RTD"), shared=0.4, seed=3).patients
    # Every second one without a number: the model has something to do, and people have something to decide.
    drawn.loc[drawn.index % 2 == 0, "nhs_number"] = None
    return drawn.drop(columns="person_id").assign(file_id=1)


@pytest.fixture(scope="module")
def basis(spark: SparkSession, patients: pd.DataFrame) -> Basis:
    with DuckDBBackend(threads=1) as backend:
        records = spark.createDataFrame(pa.Table.from_pandas(patients, preserve_index=False))
        backend.register("records", linkage_records(records).toArrow().sort_by("ordinal"))
        prepare(backend, "records", short_forms())
        model = fit(backend)
        return Basis(model, 1, beside.taken(backend), short_forms(), Thresholds(accept=0.95, review=0.5))


def brought(
    lake: Lake, basis: Basis, batches: list[pd.DataFrame], *, partitions: int
) -> dict[str, set[tuple[object, ...]]]:
    """Who is one, by which pairs, and what people are asked, after these batches came one after another."""
    for number, batch in enumerate(batches, start=1):
        rows = lake.spark.createDataFrame(pa.Table.from_pandas(batch, preserve_index=False)).repartition(partitions)
        rows = rows.withColumn("row_hash", row_hash(["family_name"])).withColumn(
            "file_id", F.lit(number).cast("bigint")
        )
        lake.merge("silver.patient", rows, keys=RECORD_KEY)
        run = Run("shuffled", AS_AT, AS_AT)
        people_by_model.relink(lake, basis, load_settings("local"), run, after=number - 1, upto=number)
    columns = {
        LINKS: [*RECORD_KEY, "person_id", "tier"],
        PAIRS: ["left", "right", "is_accepted"],
        REVIEW: ["pair_id", "reason"],
    }
    return {name: {tuple(row) for row in lake.read(name).select(*of).collect()} for name, of in columns.items()}


@pytest.mark.soak
@pytest.mark.parametrize("part", range(10))
def test_order_batches_and_partitions_change_neither_people_nor_pairs_nor_questions(
    spark: SparkSession, patients: pd.DataFrame, basis: Basis, tmp_path: Path, part: int
) -> None:
    at_once = brought(Lake(spark, tmp_path / "whole"), basis, [patients], partitions=1)
    assert len({row[3] for row in at_once[LINKS]}) < len(patients) - PEOPLE * 0.3
    assert at_once[REVIEW]
    for seed in range(part * SHUFFLES // 10, (part + 1) * SHUFFLES // 10):
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(patients))
        cuts = np.sort(rng.choice(np.arange(1, len(patients)), rng.integers(1, 5), replace=False))
        batches = [patients.iloc[places] for places in np.split(order, cuts)]
        found = brought(Lake(spark, tmp_path / str(seed)), basis, batches, partitions=int(rng.integers(1, 6)))
        assert found == at_once, f"shuffle {seed}"
