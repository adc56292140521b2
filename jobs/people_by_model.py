"""Which records are one person, by the trained model: what changed is compared with all, nothing else is done over.

Keys of records stand with the `file_id` that told of the record last. A record that was told otherwise since has other
keys; its old ones are passed over, so that nothing need be deleted from a table of tens of millions of rows.
"""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.linkage_backend import backend_for
from jobs.linkage_basis import Basis
from jobs.linkage_store import (
    Span,
    asked_after,
    decisions,
    forget_keys,
    known_before,
    linked_after,
    queued,
    write_events,
    write_keys,
    write_links,
    write_pairs,
    write_review,
)
from jobs.linkage_tables import KEYS, PAIRS
from jobs.outcome import Run
from libs import log
from libs.lakehouse.tables import Lake
from libs.pathways.linkage_records import linkage_records
from libs.pathways.people import RECORD_KEY
from libs.settings import Settings
from ml.linkage.hourly import Ordinals, became, concerned
from ml.linkage.increment import changed_keys, changed_open_keys, compared

_FACTS = ["ordinal", "arrived_at", "source", "nhs_number", "is_verified", "birth_date", *RECORD_KEY]


def relink(lake: Lake, basis: Basis, settings: Settings, run: Run, *, after: int, upto: int) -> int:
    """Bring the people up to date with the records that files after `after` changed; how many links changed.

    With another model, or another version of the engine that makes the keys, every record counts as changed. Tables are
    written in such an order that after a run that was killed the next finds what is to be done: pairs after links, keys
    last, and whoever it wrote is looked at again.
    """
    patients = lake.read("silver.patient")
    is_anew = not lake.exists(KEYS) or lake.read(KEYS).where(F.col("made_by") == basis.name).isEmpty()
    changed = linkage_records(patients if is_anew else patients.where(F.col("file_id") > after)).toArrow()
    decided = decisions(lake)
    if not len(changed) and decided.empty:
        return 0
    with backend_for(lake.spark, patients.count(), settings) as backend:
        keys = changed_keys(backend, changed, basis.short_forms, basis.beside)
        sharing, known = (
            _nobody(changed) if is_anew else _who_shares(lake, patients, changed_open_keys(backend), changed)
        )
        new = compared(
            backend, known, sharing, basis.model, basis.thresholds, short_forms=basis.short_forms, beside=basis.beside
        )
    standing = new.slice(0, 0) if is_anew else lake.read(PAIRS).select(*new.column_names).toArrow()
    linked, queue = linked_after(lake, after), queued(lake)
    unfinished = np.union1d(linked, asked_after(queue, after))
    look_at = concerned(
        standing.to_pandas(), new.to_pandas(), changed["ordinal"].to_numpy(), decided, unfinished=unfinished
    )
    records = _facts(patients, pa.concat_tables([part.select(_FACTS) for part in (changed, known)]), look_at.ordinals)
    before = known_before(lake, None if is_anew else look_at.ordinals)
    # What people decided of a record that is no more waits for it to come back.
    known_ones = records["ordinal"].to_numpy()
    is_known = look_at.pairs["left"].isin(known_ones) & look_at.pairs["right"].isin(known_ones)
    found = became(_as_persons(records), look_at.pairs[is_known], before, is_of_another_model=is_anew)
    if is_anew:
        forget_keys(lake)
    write_events(lake, found.events, run, Span(after, upto), model_version=basis.version, is_again=bool(len(linked)))
    write_review(lake, found.review, records, queue, run, upto=upto)
    changed_count = write_links(lake, found.links, records, upto=upto)
    news = new.filter(pa.array(look_at.is_news))
    write_pairs(lake, news, look_at.gone, is_anew=is_anew, upto=upto)
    write_keys(lake, keys, made_by=basis.name, is_anew=is_anew)
    if found.unkept_decisions:
        reason = "decisions contradict a verified number or one another"
        log.event("decisions_not_kept", level="WARNING", step="link", rows=found.unkept_decisions, reason=reason)
    log.event("people_linked", step="link", rows=len(changed), rows_changed=changed_count)
    return changed_count


def _nobody(changed: pa.Table) -> tuple[pa.Table, pa.Table]:
    none = pa.table({name: pa.array([], pa.int64()) for name in ("ordinal", "known", "file_id")})
    return none, changed.slice(0, 0)


def _who_shares(lake: Lake, patients: DataFrame, keys: pa.Table, changed: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Pairs of a changed record and one that may share a key with it, and the records of the latter."""
    mine = F.broadcast(lake.spark.createDataFrame(keys))
    standing = lake.read(KEYS).select(F.col("ordinal").alias("known"), F.explode("keys").alias("key"), "file_id")
    sharing = standing.join(mine, ["key"], "inner").select("ordinal", "known", "file_id").toArrow()
    known = np.setdiff1d(sharing["known"].to_numpy(), changed["ordinal"].to_numpy())
    return sharing, _records_of(patients, known)


def _records_of(patients: DataFrame, ordinals: Ordinals) -> pa.Table:
    wanted = patients.sparkSession.createDataFrame(pa.table({"ordinal": ordinals}))
    return linkage_records(patients).join(F.broadcast(wanted), ["ordinal"], "left_semi").toArrow()


def _facts(patients: DataFrame, at_hand: pa.Table, ordinals: Ordinals) -> pa.Table:
    """What is known of these records, in the order in which they came (`_FACTS`).

    Of two that came at the same time the lesser key names the person, as it does without a model.
    """
    missing = np.setdiff1d(ordinals, at_hand["ordinal"].to_numpy())
    every = pa.concat_tables([at_hand, _records_of(patients, missing).select(_FACTS)]) if len(missing) else at_hand
    wanted = every.filter(pc.is_in(every["ordinal"], pa.array(ordinals)))
    return wanted.sort_by([(name, "ascending") for name in ("arrived_at", *RECORD_KEY)])


def _as_persons(records: pa.Table) -> pd.DataFrame:
    """The records as `persons` takes them."""
    frame: pd.DataFrame = records.select(["ordinal", "source", "birth_date"]).to_pandas()
    identity = pc.if_else(records["is_verified"], records["nhs_number"], pa.scalar(None, pa.string()))
    return frame.assign(arrived_at=range(len(frame)), identity=identity.to_pandas())
