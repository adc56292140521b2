"""What linking people costs, from Delta to Delta: all of them, and an hour in which a few in a hundred changed.

    python -m tests.benchmarks.linkage [entries] [share that changes]

Index entries of all trusts of the synthetic world are drawn with their faults, a model is fitted to those that stand
first, and the step links them by it; then the last of them come, as new and as changed records. In the end all are
linked anew in a lake of their own: the pairs must be the same.
"""

import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs import people_by_model
from jobs.demo import ENDS_AT
from jobs.linkage_basis import Basis
from jobs.linkage_records import read_records
from jobs.linkage_tables import LINKS, PAIRS
from jobs.outcome import Run
from jobs.short_names import short_forms
from libs.fingerprint import row_hash
from libs.lakehouse.session import start_session
from libs.lakehouse.tables import Lake, open_lake
from libs.pathways.people import RECORD_KEY
from libs.settings import Settings, conf_folder, load_settings
from libs.synthetic.figures import load_figures
from ml.linkage import beside
from ml.linkage.backend import DuckDBBackend
from ml.linkage.fit import fit
from ml.linkage.scoring import Thresholds, prepare
from tests.benchmarks.index_entries import draw_index_entries

ENTRIES, CHANGED, SHARED = 1_000_000, 0.03, 0.1
_RUN = Run("bench", ENDS_AT, ENDS_AT)


def main() -> None:
    """Print how long each part takes, how much memory this process and Spark hold, and whether both ways agree."""
    entries = int(sys.argv[1]) if len(sys.argv) > 1 else ENTRIES
    share = float(sys.argv[2]) if len(sys.argv) > 2 else CHANGED
    folder = Path(tempfile.mkdtemp(prefix="linkage-"))
    try:
        settings = load_settings("local", [f"paths.root={folder}"])
        spark = start_session(settings, "linkage")
        trusts = tuple(sorted(load_figures(conf_folder()).providers))
        drawn = draw_index_entries(int(entries / (1 + SHARED)), trusts=trusts, shared=SHARED, seed=11)
        say(f"SYNTHETIC index entries ({drawn.parameters}) of {len(trusts)} trusts: {len(drawn.patients):,}")
        before, after = _versions(drawn.patients, share)
        _bench(settings, open_lake(spark, settings), Lake(spark, folder / "anew"), before, after)
    finally:
        shutil.rmtree(folder)


def _bench(settings: Settings, lake: Lake, other: Lake, before: pd.DataFrame, after: pd.DataFrame) -> None:
    lake.swap("silver.patient", _frame(lake.spark, before))
    with _timed("fit"):
        basis = learnt_basis(lake)
    with _timed(f"all {len(before):,}, Delta to Delta"):
        people_by_model.relink(lake, basis, settings, _RUN, after=0, upto=1)
    lake.merge("silver.patient", _frame(lake.spark, after), keys=RECORD_KEY)
    with _timed(f"an hour with {len(after):,} new or changed"):
        people_by_model.relink(lake, basis, settings, _RUN, after=1, upto=2)
    other.swap("silver.patient", lake.read("silver.patient"))
    with _timed("all anew"):
        people_by_model.relink(other, basis, settings, _RUN, after=0, upto=2)
    for table, columns in ((PAIRS, ("left", "right", "is_accepted")), (LINKS, (*RECORD_KEY, "person_id"))):
        one, two = (each.read(table).select(*columns) for each in (lake, other))
        only = (one.exceptAll(two).count(), two.exceptAll(one).count())
        say(f"{table}: {one.count():,} rows, only after the hour {only[0]}, only anew {only[1]}")


def learnt_basis(lake: Lake) -> Basis:
    """A model of the lake's records and what stands beside it, which no registry holds."""
    base = load_settings("local").linkage
    with DuckDBBackend() as backend:
        backend.register("records", read_records(lake))
        prepare(backend, "records", short_forms())
        model, tables = fit(backend), beside.taken(backend)
    return Basis(model, 1, tables, short_forms(), Thresholds(base.accept_probability, base.review_probability))


def _versions(patients: pd.DataFrame, share: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What stands at first, and what comes: a third of it new, the others moved house or have another telephone."""
    rng = np.random.default_rng(3)
    come = rng.choice(len(patients), int(share * len(patients)), replace=False)
    new, moved = np.split(come, [len(come) // 3])
    before = patients.drop(index=new).assign(file_id=1)
    elsewhere = patients["postcode"].to_numpy()[rng.integers(0, len(patients), len(moved))]
    changed = patients.iloc[moved].assign(postcode=elsewhere)
    return before, pd.concat([patients.iloc[new], changed]).assign(file_id=2)


def _frame(spark: SparkSession, patients: pd.DataFrame) -> DataFrame:
    rows = spark.createDataFrame(pa.Table.from_pandas(patients.drop(columns="person_id"), preserve_index=False))
    hashed = [name for name in rows.columns if name not in {*RECORD_KEY, "file_id", "first_extracted_at"}]
    return rows.withColumn("row_hash", row_hash(hashed)).withColumn("file_id", F.col("file_id").cast("bigint"))


@contextmanager
def _timed(what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    say(
        f"{what}: {time.monotonic() - began:.1f} s (so far at most {peak:.1f} GiB here and {_spark_gib():.1f} in Spark)"
    )


def _spark_gib() -> float:
    """The most memory that a process of ours which runs Java has held."""
    most = 0.0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            told = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        except OSError:
            continue
        if told.get("Name", "").strip() == "java" and told["Uid"].split()[0] == str(os.getuid()):
            most = max(most, int(told["VmHWM"].split()[0]) / 1024**2)
    return most


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
