"""Records of one or two files as people: who is one, which pairs say so, and which people should look at."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from ml.linkage.clusters import Integers, clusters
from ml.linkage.ranked import as_pairs, best_first, strength
from ml.linkage.repeats import Repeats
from ml.linkage.review import to_decide, unsettled

BY_CLUSTER = "cluster"  # no pair by itself: others hold the two together


@dataclass(frozen=True)
class Linked:
    """`person`: the place of the first record of each record's person. `links`: every pair of a person, `left`,
    `right`, `probability`, `match_weight`, `rule`. `review`: pairs for people to decide, with a `reason` and the level
    of each field.
    """

    person: Integers
    links: pd.DataFrame
    review: pd.DataFrame


def linked(pairs: pa.Table, identity: Integers, source: Integers, repeats: Repeats) -> Linked:
    """The people that scored pairs make of records that lie in one source, or in two of which none holds anybody twice
    unless its own records say so.

    `pairs` and `identity` (a code for each verified number, -1 where there is none) are of the records that `repeats`
    keeps, `source` is of all. The order of rows changes nothing.
    """
    frame = best_first(pairs.to_pandas())
    accepted = frame[frame["is_accepted"]].reset_index(drop=True)
    has_two_sources = len(np.unique(source)) > 1
    made = clusters(
        len(identity),
        as_pairs(accepted),
        strength(accepted),
        apart=as_pairs(frame[frame["is_apart"]]),
        identity=identity,
        source=source[repeats.kept] if has_two_sources else None,
    )
    taken = np.ones(len(accepted), dtype=bool)
    taken[[*made.broken, *made.undecided]] = False
    person = repeats.person(made.person)
    links = _links(person, _at_places(accepted[taken], repeats))
    if has_two_sources:
        links = links[source[links["left"]] != source[links["right"]]].reset_index(drop=True)
    asked = to_decide(
        _at_places(unsettled(frame, made.person), repeats),
        _at_places(accepted.iloc[list(made.broken)], repeats),
        _at_places(accepted.iloc[list(made.undecided)], repeats),
    )
    return Linked(person, links, asked)


def _at_places(pairs: pd.DataFrame, repeats: Repeats) -> pd.DataFrame:
    """Pairs of records that were kept as pairs of all records."""
    return pairs.assign(left=repeats.kept[pairs["left"]], right=repeats.kept[pairs["right"]])


def _links(person: Integers, kept: pd.DataFrame) -> pd.DataFrame:
    """Every pair of each person; one that was not kept by itself is as sure as the weakest that holds its person."""
    records = pd.DataFrame({"person": person, "record": np.arange(len(person))})
    records = records[records.groupby("person")["record"].transform("size") > 1]
    every = records.merge(records, on="person", suffixes=("_left", "_right"))
    every = every[every["record_left"] < every["record_right"]]
    every = every.rename(columns={"record_left": "left", "record_right": "right"})
    kept = kept.assign(person=person[kept["left"]])
    weakest = kept.groupby("person")[["probability", "match_weight"]].min()
    found = every.merge(
        kept[["left", "right", "probability", "match_weight", "rule"]], on=["left", "right"], how="left"
    )
    held = weakest.reindex(found["person"]).reset_index(drop=True)
    found["rule"] = found["rule"].fillna(BY_CLUSTER)
    for name in ("probability", "match_weight"):
        found[name] = found[name].fillna(held[name])
    return found.sort_values(["left", "right"]).drop(columns="person").reset_index(drop=True)
