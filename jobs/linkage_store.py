"""What the hour reads of linkage's tables and writes to them: keys, pairs, the clerical queue, links and events."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.linkage_tables import DECISIONS, EVENTS, KEYS, LINKS, PAIRS, REVIEW
from jobs.outcome import Run
from libs.fingerprint import row_hash
from libs.lakehouse.tables import Lake
from libs.pathways import link_decision
from libs.pathways.people import RECORD_KEY
from ml.linkage.hourly import Ordinals
from ml.linkage.review import FIELDS

EVENT_KEY = ("kind", "person_id", "other_person_id", "after_file_id")
_SIDE = {"trust": "trust", "system": "system", "source_patient_id": "patient_id"}
_ASKED = (
    "pair_id",
    *(f"{side}_{short}" for side in ("left", "right") for short in _SIDE.values()),
    *("probability", "match_weight", "reason", *FIELDS),
)


@dataclass(frozen=True)
class Span:
    """The files that are taken in: those after `after`, up to and with `upto`."""

    after: int
    upto: int


def decisions(lake: Lake) -> pd.DataFrame:
    """What people decided: `left`, `right` and `is_same`."""
    if not lake.exists(DECISIONS):
        none = pd.DataFrame({"left": [], "right": [], "is_same": []})
        return none.astype({"left": np.int64, "right": np.int64, "is_same": bool})
    ends = (F.col("left_ordinal").alias("left"), F.col("right_ordinal").alias("right"))
    return as_frame(lake.read(DECISIONS).select(*ends, "is_same"))


def known_before(lake: Lake, ordinals: Ordinals | None) -> pd.DataFrame:
    """The persons of these records, or of all, as they stand: `ordinal`, `person`, `tier`, `probability`."""
    if not lake.exists(LINKS):
        none = pd.DataFrame({"ordinal": [], "person": [], "tier": [], "probability": []})
        return none.astype({"ordinal": np.int64, "person": np.int64, "tier": np.int32, "probability": float})
    person = F.conv("person_id", 16, -10).cast("bigint").alias("person")
    links = lake.read(LINKS).select(F.xxhash64(*RECORD_KEY).alias("ordinal"), person, "tier", "probability")
    if ordinals is not None:
        wanted = lake.spark.createDataFrame(pa.table({"ordinal": ordinals}))
        links = links.join(F.broadcast(wanted), ["ordinal"], "left_semi")
    return as_frame(links)


def as_frame(rows: DataFrame) -> pd.DataFrame:
    """Rows in this process, by way of Arrow."""
    frame: pd.DataFrame = rows.toArrow().to_pandas()
    return frame


def write_links(lake: Lake, links: pd.DataFrame, records: pa.Table, *, upto: int) -> int:
    """Write the persons of records, which are others than before; how many."""
    if links.empty:
        return 0
    told = pa.Table.from_pandas(links[["ordinal", "person", "tier", "probability"]], preserve_index=False)
    keyed = told.join(records.select(["ordinal", *RECORD_KEY]), "ordinal", join_type="inner")
    person_id = F.lower(F.lpad(F.hex("person"), 16, "0")).alias("person_id")
    rows = lake.spark.createDataFrame(keyed).select(
        *RECORD_KEY, person_id, F.col("tier").cast("int").alias("tier"), "probability"
    )
    rows = rows.withColumn("row_hash", row_hash(["person_id", "tier", "probability"]))
    rows = rows.withColumn("file_id", F.lit(upto).cast("bigint"))
    lake.write_changes(LINKS, rows, row_count=len(keyed), keys=RECORD_KEY)
    return len(keyed)


def asked_after(queue: pd.DataFrame, after: int) -> Ordinals:
    """The records of pairs that were queued since the step was last done."""
    late = queue[queue["file_id"] > after]
    return np.union1d(late["left"].to_numpy(np.int64), late["right"].to_numpy(np.int64))


def linked_after(lake: Lake, after: int) -> Ordinals:
    """The records whose persons were written since the step was last done: a run that wrote them was killed."""
    if not lake.exists(LINKS):
        return np.array([], dtype=np.int64)
    rows = lake.read(LINKS).where(F.col("file_id") > after).select(F.xxhash64(*RECORD_KEY).alias("ordinal"))
    return np.asarray(rows.toArrow()["ordinal"].to_numpy(), dtype=np.int64)


def forget_keys(lake: Lake) -> None:
    """Let go of the keys before anything is linked by another model: a run that is killed then begins anew."""
    lake.drop_where(KEYS, F.lit(True))


def write_events(lake: Lake, events: pd.DataFrame, run: Run, span: Span, *, model_version: int, is_again: bool) -> None:
    """Tell of persons that were merged or split.

    A run that was killed may have told of events of the same span. They stand if it wrote the persons too (`is_again`);
    otherwise they never came about, and go unless they are told now.
    """
    stands = lake.exists(EVENTS)
    if events.empty and (is_again or not stands):
        return
    told = pd.DataFrame(
        {
            "kind": events["kind"],
            "person_id": _hex(events["person"]),
            "other_person_id": _hex(events["other_person"]),
            "reason": events["reason"],
        }
    )
    text = pa.schema({name: pa.string() for name in told.columns})
    rows = lake.spark.createDataFrame(pa.Table.from_pandas(told, schema=text, preserve_index=False)).select(
        "*",
        F.lit(span.after).cast("bigint").alias("after_file_id"),
        F.lit(span.upto).cast("bigint").alias("file_id"),
        F.lit(model_version).alias("model_version"),
        row_hash(["kind", "person_id", "other_person_id", "reason"]).alias("row_hash"),
    )
    stamp = {"run_id": run.run_id, "as_at": run.as_at}
    of_now = lake.read(EVENTS).where(F.col("after_file_id") == span.after) if stands else None
    if of_now is None or of_now.isEmpty():
        if len(told):
            lake.append(EVENTS, rows.select("*", *(F.lit(value).alias(name) for name, value in stamp.items())))
        return
    gone = None if is_again else of_now.select(*EVENT_KEY).join(rows, [*EVENT_KEY], "left_anti")
    lake.merge(EVENTS, rows, keys=EVENT_KEY, gone=gone, stamp=stamp)


def write_review(
    lake: Lake, review: pd.DataFrame, records: pa.Table, standing: pd.DataFrame, run: Run, *, upto: int
) -> None:
    """Bring the clerical queue of these records, which stands so (`queued`), to hold these pairs and no others.

    An empty one is written too: it says that people were asked, and nothing waits.
    """
    asked = _named(review, records)
    both = pd.concat([standing[list(_ASKED)], asked], ignore_index=True)
    news = asked[~both.duplicated().to_numpy()[len(standing) :]]
    concerned = records["ordinal"].to_numpy()
    is_of_these = standing["left"].isin(concerned) | standing["right"].isin(concerned)
    gone = standing.loc[is_of_these & ~standing["pair_id"].isin(asked["pair_id"]), ["pair_id"]]
    if news.empty and gone.empty and lake.exists(REVIEW):
        return
    numbers = ("probability", "match_weight")
    schema = pa.schema({name: pa.float64() if name in numbers else pa.string() for name in _ASKED})
    rows = lake.spark.createDataFrame(pa.Table.from_pandas(news, schema=schema, preserve_index=False)).select(
        "*",
        F.lit(run.as_at.date()).alias("asked_on"),
        F.lit(upto).cast("bigint").alias("file_id"),
        row_hash(_ASKED).alias("row_hash"),
    )
    settled = lake.spark.createDataFrame(pa.table({"pair_id": pa.array(gone["pair_id"], pa.string())}))
    lake.write_changes(REVIEW, rows, row_count=len(news) + len(gone), keys=("pair_id",), gone=settled)


def _named(review: pd.DataFrame, records: pa.Table) -> pd.DataFrame:
    """The pairs with their id and what their records are called, as the queue holds them."""
    ends = pa.array(np.union1d(review["left"].to_numpy(np.int64), review["right"].to_numpy(np.int64)))
    named = records.filter(pc.is_in(records["ordinal"], ends)).select(["ordinal", *RECORD_KEY]).to_pandas()
    named = named.set_index("ordinal")
    sides = {
        f"{side}_{short}": review[side].map(named[name]) for side in ("left", "right") for name, short in _SIDE.items()
    }
    asked = review.assign(pair_id=pair_id(review["left"], review["right"]), **sides)
    return asked[list(_ASKED)]


def write_pairs(lake: Lake, new: pa.Table, gone: pd.DataFrame, *, is_anew: bool, upto: int) -> None:
    """Bring the pairs to hold the new ones and not those that are gone; all of them when they were made anew."""
    rows = lake.spark.createDataFrame(new).select(
        "*", row_hash(new.column_names).alias("row_hash"), F.lit(upto).cast("bigint").alias("file_id")
    )
    if is_anew:
        lake.swap(PAIRS, rows)
    elif len(new) or len(gone):
        lost = lake.spark.createDataFrame(pa.Table.from_pandas(gone.astype(np.int64), preserve_index=False))
        lake.write_changes(PAIRS, rows, row_count=len(new) + len(gone), keys=("left", "right"), gone=lost)


def write_keys(lake: Lake, keys: pa.Table, *, made_by: str, is_anew: bool) -> None:
    """Add the keys of changed records, or put all in the place of those that another model made."""
    rows = lake.spark.createDataFrame(keys).withColumn("made_by", F.lit(made_by))
    if is_anew:
        lake.swap(KEYS, rows)
    elif len(keys):
        lake.append(KEYS, rows)


def pair_id(left: "pd.Series[int]", right: "pd.Series[int]") -> "pd.Series[str]":
    """What a pair is called in the queue: the ids of both records."""
    return _hex(left) + "-" + _hex(right)


def _hex(ordinals: "pd.Series[int]") -> "pd.Series[str]":
    """`people.record_id` of the records with these ordinals."""
    return ordinals.astype(np.int64).map(lambda ordinal: format(ordinal & (2**64 - 1), "016x")).astype(object)


def queued(lake: Lake) -> pd.DataFrame:
    """The clerical queue: what it tells of each pair, the ordinals of both sides (`left`, `right`), and `file_id`."""
    if not lake.exists(REVIEW):
        return pd.DataFrame({name: [] for name in [*_ASKED, "left", "right", "file_id"]})
    standing = lake.read(REVIEW)
    left, right = link_decision.ordinals()
    # Of a field that is compared since a newer version of the platform the table does not tell.
    told = [name for name in _ASKED if name in standing.columns]
    found = as_frame(standing.select(*told, left.alias("left"), right.alias("right"), "file_id"))
    return found.assign(**{name: None for name in _ASKED if name not in told})
